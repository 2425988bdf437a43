//! Memory in bytes: how much this process may use, how an amount is written, and allocations that
//! fail with an error instead of ending the process. It knows neither data nor networks.

mod machine;

use std::fmt;
use std::panic::resume_unwind;

pub use machine::{Machine, VARIABLE, check_variable, machine};

/// An amount of memory; it prints as `4.4 TB`, in powers of 1000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
        if self.0 < 1000 {
            return write!(f, "{} B", self.0);
        }
        let mut value = self.0 as f64 / 1000.0;
        let mut unit = 0;
        while 999.5 <= value && unit + 1 < UNITS.len() {
            value /= 1000.0;
            unit += 1;
        }
        let decimals = usize::from(value < 9.95);
        write!(f, "{value:.decimals$} {}", UNITS[unit])
    }
}

impl std::str::FromStr for Bytes {
    type Err = String;

    /// Reads `24GB`, `24 GB`, `512MiB` or a plain number of bytes.
    fn from_str(text: &str) -> Result<Bytes, String> {
        let wrong = || format!("got `{text}`, want an amount of memory such as `24GB` or `512MiB`");
        let trimmed = text.trim();
        let end = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(end);
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let unit = unit.trim().to_ascii_lowercase();
        let powers = ["", "k", "m", "g", "t", "p"];
        let is = |power: &&str, end: &str| unit == format!("{power}{end}");
        let place = |end: &'static str| powers.iter().position(|power| is(power, end));
        let factor = match (place("b"), place("ib").filter(|power| 0 < *power), place("")) {
            (Some(power), ..) => 1000_f64.powi(power as i32),
            (_, Some(power), _) => 1024_f64.powi(power as i32),
            (.., Some(power)) => 1000_f64.powi(power as i32),
            _ => return Err(wrong()),
        };
        Ok(Bytes((number * factor) as u64))
    }
}

/// The system gives no more memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("out of memory: the system gives no {} more", Bytes(*bytes as u64))]
pub struct OutOfMemory {
    /// Bytes that were asked for.
    pub bytes: usize,
}

/// A run that cannot fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("out of memory: the run needs {needs}, this machine has {has}")]
pub struct TooLarge {
    /// What the run takes.
    pub needs: Bytes,
    /// What there is.
    pub has: Bytes,
}

/// Whether as much could be had on this machine, if nothing else took any.
///
/// # Errors
///
/// The machine has less.
pub fn check(needs: Bytes) -> Result<(), TooLarge> {
    match machine() {
        Some(Machine { total: has, .. }) if has < needs => Err(TooLarge { needs, has }),
        _ => Ok(()),
    }
}

/// Makes room for `more` items at the end of a vector.
///
/// # Errors
///
/// The system gives no more memory; the vector is as it was.
pub fn reserve<T>(items: &mut Vec<T>, more: usize) -> Result<(), OutOfMemory> {
    let bytes = more.saturating_mul(size_of::<T>());
    items.try_reserve(more).map_err(|_| OutOfMemory { bytes })
}

/// Makes sure that the system gives `bytes` now, for an allocation that cannot fail otherwise.
pub fn probe(bytes: usize) {
    // A small one is never refused.
    const SMALL: usize = 1 << 20;
    if SMALL < bytes && Vec::<u8>::new().try_reserve_exact(bytes).is_err() {
        give_up(bytes);
    }
}

/// Ends the work of this thread as a panic does, with [`OutOfMemory`] as the payload and without a
/// message: the place that contains panics makes an error of it.
///
/// It is for the buffers of a network, of which there are dozens in as many constructors.
pub fn give_up(bytes: usize) -> ! {
    resume_unwind(Box::new(OutOfMemory { bytes }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_with_two_digits_at_least() {
        let text = |bytes| Bytes(bytes).to_string();
        assert_eq!(text(0), "0 B");
        assert_eq!(text(999), "999 B");
        assert_eq!(text(1_000), "1.0 kB");
        assert_eq!(text(999_499), "999 kB");
        assert_eq!(text(999_999), "1.0 MB");
        assert_eq!(text(24_800_000_000), "25 GB");
        assert_eq!(text(4_398_046_511_104), "4.4 TB");
        assert_eq!(text(u64::MAX), "18 EB");
    }

    #[test]
    fn amounts_are_read_in_the_usual_units() {
        let read = |text: &str| text.parse::<Bytes>().map(|bytes| bytes.0);
        assert_eq!(read("1000"), Ok(1000));
        assert_eq!(read("24GB"), Ok(24_000_000_000));
        assert_eq!(read(" 1.5 mb "), Ok(1_500_000));
        assert_eq!(read("512MiB"), Ok(512 << 20));
        assert_eq!(read("2G"), Ok(2_000_000_000));
        for wrong in ["", "GB", "1 XB", "-1", "1e3", "1.2.3", "ib"] {
            let error = read(wrong).unwrap_err();
            assert!(error.ends_with("such as `24GB` or `512MiB`"), "{wrong}: {error}");
        }
    }

    #[test]
    fn room_that_cannot_be_had_is_an_error() {
        let mut items = vec![1_u64];
        let error = reserve(&mut items, usize::MAX / 16).unwrap_err();
        assert!(error.to_string().starts_with("out of memory: the system gives no "), "{error}");
        assert_eq!(items, [1]);
        reserve(&mut items, 10).unwrap();
        let payload = std::panic::catch_unwind(|| give_up(8)).unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&OutOfMemory { bytes: 8 }));
    }
}
