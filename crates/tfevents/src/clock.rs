//! The time that events carry; it is always handed in, never asked for behind the caller's back.

use std::time::{SystemTime, UNIX_EPOCH};

/// Where the wall times of events come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Always this time, in seconds since 1970: the same run then gives the same bytes.
    Fixed(f64),
}

impl Clock {
    /// The time, in seconds since 1970.
    pub fn now(self) -> f64 {
        match self {
            // A clock set before 1970 is wrong anyway; what TensorBoard wants is a number.
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
    fn system_time_is_after_this_was_written_and_goes_on() {
        let first = Clock::System.now();
        assert!(1.7e9 < first);
        assert!(first <= Clock::System.now());
    }

    #[test]
    fn fixed_time_stands_still() {
        assert_eq!(Clock::Fixed(1.5).now(), 1.5);
    }
}
