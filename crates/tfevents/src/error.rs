//! Errors of reading and writing event files.

use std::io;
use std::path::{Path, PathBuf};

/// An error of an event file.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// An I/O error. The file still ends with a whole record, and a retry of the same call is safe.
    #[error("cannot {deed} `{}`: {source}", path.display())]
    Io {
        /// The failed operation.
        deed: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The requested offset is not the end of a record: the file was replaced or changed. Create a
    /// new file instead.
    #[error(
        "cannot continue `{}` at byte {want}: got whole records up to byte {got}", path.display()
    )]
    NoRecordBoundary {
        /// The file.
        path: PathBuf,
        /// The requested offset in bytes.
        want: u64,
        /// End of the last whole record before `want`, in bytes.
        got: u64,
    },
}

impl EventError {
    /// Adds the operation and the path to an I/O error.
    pub(super) fn io(deed: &'static str, path: &Path) -> impl FnOnce(io::Error) -> EventError {
        move |source| EventError::Io { deed, path: path.to_owned(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_deed_and_path() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert_eq!(
            EventError::io("write to", Path::new("a/b"))(full).to_string(),
            "cannot write to `a/b`: no storage space"
        );
        let torn = EventError::NoRecordBoundary { path: "a/b".into(), want: 90, got: 78 };
        assert_eq!(
            torn.to_string(),
            "cannot continue `a/b` at byte 90: got whole records up to byte 78"
        );
    }
}
