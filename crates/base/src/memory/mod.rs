//! Memory limits, amounts in bytes, and fallible allocation.

mod bytes;
mod machine;

use std::panic::resume_unwind;

pub use bytes::Bytes;
pub use machine::{Machine, VARIABLE, check_variable, machine};

/// The error of a failed allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("out of memory: the system gives no {} more", Bytes(*bytes as u64))]
pub struct OutOfMemory {
    /// Requested bytes.
    pub bytes: usize,
}

/// The error of a run above the memory limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("out of memory: the run needs {needs}, this machine has {has}")]
pub struct TooLarge {
    /// Memory of the run.
    pub needs: Bytes,
    /// Memory limit of this process.
    pub has: Bytes,
}

/// Checks `needs` against the memory limit of this process, regardless of current usage.
///
/// # Errors
///
/// [`TooLarge`] if `needs` exceeds the limit.
pub fn check(needs: Bytes) -> Result<(), TooLarge> {
    match machine() {
        Some(Machine { total: has, .. }) if has < needs => Err(TooLarge { needs, has }),
        _ => Ok(()),
    }
}

/// Reserves capacity for `more` items.
///
/// # Errors
///
/// [`OutOfMemory`] if the allocation fails; the vector is unchanged.
pub fn reserve<T>(items: &mut Vec<T>, more: usize) -> Result<(), OutOfMemory> {
    let bytes = more.saturating_mul(size_of::<T>());
    items.try_reserve(more).map_err(|_| OutOfMemory { bytes })
}

/// Tries an allocation of `bytes` before an infallible allocation; calls [`give_up`] on failure.
pub fn probe(bytes: usize) {
    // Small allocations do not fail in practice.
    const SMALL: usize = 1 << 20;
    if SMALL < bytes && Vec::<u8>::new().try_reserve_exact(bytes).is_err() {
        give_up(bytes);
    }
}

/// Unwinds this thread with [`OutOfMemory`] as payload and without a panic message. The caller with
/// `catch_unwind` converts the payload to an error.
///
/// Unwinding serves the dozens of constructors of network buffers, all infallible in signature.
pub fn give_up(bytes: usize) -> ! {
    resume_unwind(Box::new(OutOfMemory { bytes }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_two_digits() {
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
    fn amounts_parse_in_common_units() {
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
    fn failed_allocation_is_an_error() {
        let mut items = vec![1_u64];
        let error = reserve(&mut items, usize::MAX / 16).unwrap_err();
        assert!(error.to_string().starts_with("out of memory: the system gives no "), "{error}");
        assert_eq!(items, [1]);
        reserve(&mut items, 10).unwrap();
        let payload = std::panic::catch_unwind(|| give_up(8)).unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&OutOfMemory { bytes: 8 }));
    }
}
