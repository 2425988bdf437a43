//! Source of the wall time of events, injected by the caller.

use std::time::{SystemTime, UNIX_EPOCH};

/// Source of wall times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clock {
    /// The system clock.
    System,
    /// A constant time in seconds since the Unix epoch, for reproducible bytes.
    Fixed(f64),
}

impl Clock {
    /// Seconds since the Unix epoch.
    pub fn now(self) -> f64 {
        match self {
            // A clock before 1970 is wrong in any case; the format needs a number.
            Clock::System => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0.0, |elapsed| elapsed.as_secs_f64()),
            Clock::Fixed(seconds) => seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_time_is_monotonic() {
        let first = Clock::System.now();
        assert!(1.7e9 < first);
        assert!(first <= Clock::System.now());
    }

    #[test]
    fn fixed_time_is_constant() {
        assert_eq!(Clock::Fixed(1.5).now(), 1.5);
    }
}
