//! What can go wrong with an event file, in words.

use std::io;
use std::path::{Path, PathBuf};

/// An event file that cannot be written or continued.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// The system refused; the file still ends with a whole record, and the same call may be made
    /// again once there is room.
    #[error("cannot {deed} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        deed: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be continued from where its writer is said to have been: it is another
    /// file, or was changed since. Only a fresh file helps.
    #[error(
        "cannot continue `{}` at byte {want}: got whole records up to byte {got}", path.display()
    )]
    NoRecordBoundary {
        /// The file.
        path: PathBuf,
        /// Where it was to be continued.
        want: u64,
        /// The last end of a whole record up to there.
        got: u64,
    },
}

impl EventError {
    /// Says for an error of the system what was tried on what.
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
