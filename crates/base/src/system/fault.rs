//! One-line error messages, and the distinction between faults of the machine and of the experiment.

use std::collections::TryReserveError;
use std::error::Error;
use std::io::{self, ErrorKind};

use super::displaced::Displaced;
use crate::memory::{OutOfMemory, TooLarge};

/// Joins the error and its causes in one line; a cause contained in an earlier part is skipped.
pub fn sentence(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |text, cause| {
        match text.is_empty() || text.contains(&cause) {
            true if text.is_empty() => cause,
            true => text,
            false => format!("{text}: {cause}"),
        }
    })
}

/// Whether the machine caused the error: a full or broken disk, too little memory, missing
/// permissions, too few threads, a vanished file. The same run may succeed later.
pub fn is_machine_fault(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<Displaced>()
            || cause.is::<OutOfMemory>()
            || cause.is::<TooLarge>()
            || cause.is::<TryReserveError>()
            || cause.downcast_ref().is_some_and(is_system_fault)
    })
}

/// Whether an I/O error is a fault of the system, not of a wrong path or content.
fn is_system_fault(error: &io::Error) -> bool {
    let inner = error.get_ref().map(|inner| inner as &(dyn Error + 'static));
    if let Some(inner) = inner.and_then(|inner| inner.downcast_ref::<io::Error>()) {
        return is_system_fault(inner);
    }
    match error.kind() {
        ErrorKind::NotFound
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::InvalidInput
        | ErrorKind::InvalidData
        | ErrorKind::InvalidFilename
        | ErrorKind::UnexpectedEof => false,
        ErrorKind::StorageFull
        | ErrorKind::QuotaExceeded
        | ErrorKind::FileTooLarge
        | ErrorKind::OutOfMemory
        | ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::WouldBlock => true,
        _ => error.raw_os_error().is_some(),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read `a`: {source}")]
    struct Reading {
        source: io::Error,
    }

    fn reading(kind: ErrorKind) -> anyhow::Error {
        anyhow::Error::from(Reading { source: kind.into() }).context("the data is missing")
    }

    #[test]
    fn causes_are_not_repeated() {
        let want = "the data is missing: cannot read `a`: entity not found";
        assert_eq!(sentence(&reading(ErrorKind::NotFound)), want);
        assert_eq!(sentence(&anyhow!("alone")), "alone");
    }

    #[test]
    fn system_errors_are_machine_faults() {
        for kind in [ErrorKind::StorageFull, ErrorKind::PermissionDenied, ErrorKind::WouldBlock] {
            assert!(is_machine_fault(&reading(kind)), "{kind}");
        }
        let broken = io::Error::from_raw_os_error(5);
        assert!(is_machine_fault(&anyhow::Error::from(broken).context("read")));
        let reserved = Vec::<u8>::new().try_reserve(usize::MAX).unwrap_err();
        assert!(is_machine_fault(&anyhow::Error::from(reserved)));
        let displaced = Err::<(), _>(Displaced { path: "a".into() }).context("epoch 3");
        assert!(is_machine_fault(&displaced.unwrap_err()));
    }

    #[test]
    fn other_errors_are_no_machine_faults() {
        assert!(!is_machine_fault(&anyhow!("loss is nan at step 312")));
        assert!(!is_machine_fault(&reading(ErrorKind::NotFound)));
        assert!(!is_machine_fault(&reading(ErrorKind::InvalidData)));
    }
}
