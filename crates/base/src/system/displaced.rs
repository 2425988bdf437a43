//! Detection of open files removed, moved or replaced by another program: writes still succeed, but
//! the data is lost.

use std::fs::File;
use std::path::{Path, PathBuf};

/// The error of an open file no longer at its path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` was removed, moved or replaced while the run was writing there; put it back and \
     `runner resume` goes on, or start anew",
    path.display()
)]
pub struct Displaced {
    /// The opened path.
    pub path: PathBuf,
}

/// Checks by device and inode: `file` is still the file at `path`.
///
/// # Errors
///
/// [`Displaced`] with the path `shown`.
pub fn check_in_place(file: &File, path: &Path, shown: &Path) -> Result<(), Displaced> {
    if is_at(file, path) { Ok(()) } else { Err(Displaced { path: shown.to_owned() }) }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |found: &std::fs::Metadata| (found.dev(), found.ino());
    let (open, there) = (file.metadata(), std::fs::symlink_metadata(path));
    matches!((&open, &there), (Ok(open), Ok(there)) if identity(open) == identity(there))
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn removed_and_replaced_files_are_detected() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("history.csv");
        let file = File::create(&path).unwrap();
        check_in_place(&file, &path, &path).unwrap();
        fs::remove_file(&path).unwrap();
        let error = check_in_place(&file, &path, dir.path()).unwrap_err();
        assert!(error.to_string().starts_with(&format!("`{}` was removed", dir.path().display())));
        fs::write(&path, "another").unwrap();
        if cfg!(unix) {
            check_in_place(&file, &path, &path).unwrap_err();
        }
    }
}
