//! Removal of folders: a run or a sweep is removed whole, and never while in use.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::RunsError;
use super::leftovers::{PREFIX, SUFFIX, remove_abandoned, remove_whole};
use super::lock::Lock;
use crate::system;

/// Removes the folder of a run, or of a sweep with runs in `children`.
///
/// A folder in use by another process is [`RunsError::InUse`], and nothing is removed. The folder
/// first gets a hidden name, so other processes see the whole folder or none. After a crash, the
/// next removal or planning there removes the rest. Symbolic links are never followed: for a link
/// in the folder's place, only the link is removed.
pub fn remove_folder(folder: &Path, children: &[PathBuf]) -> Result<(), RunsError> {
    let real = |path: &Path| system::is_folder(path).map_err(RunsError::io("remove", path));
    if folder.is_symlink() {
        return fs::remove_file(folder).map_err(RunsError::io("remove", folder));
    }
    real(folder)?;
    let children = children.iter().filter(|child| child.parent() == Some(folder));
    let children = children.filter(|child| matches!(real(child), Ok(true)));
    let folders = std::iter::once(folder).chain(children.map(PathBuf::as_path));
    let locks = folders.map(Lock::take).collect::<Result<Vec<_>, _>>()?;
    let hidden = hidden(folder);
    fs::rename(folder, &hidden).map_err(RunsError::io("remove", folder))?;
    remove_whole(&hidden).map_err(RunsError::io("remove", folder))?;
    drop(locks);
    folder.parent().into_iter().for_each(remove_abandoned);
    Ok(())
}

/// Removes a folder, if empty.
pub fn remove_empty(folder: &Path) {
    // The system refuses to remove a folder with content.
    let _ = fs::remove_dir(folder);
}

/// An unused hidden name beside the folder.
fn hidden(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let numbered =
        |number: u32| folder.with_file_name(format!("{PREFIX}{name}.removed-{number}{SUFFIX}"));
    (0..).map(numbered).find(|path| !path.exists()).unwrap_or_else(|| numbered(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_goes_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let sweep = dir.path().join("sweep");
        let children = ["0000", "0001"].map(|name| sweep.join(name));
        children.iter().for_each(|child| fs::create_dir_all(child).unwrap());
        let busy = Lock::take(&children[1]).unwrap();
        let error = remove_folder(&sweep, &children).unwrap_err();
        assert!(matches!(error, RunsError::InUse { .. }), "{error}");
        assert!(children[0].is_dir());
        drop(busy);
        remove_folder(&sweep, &children).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    #[cfg(unix)]
    fn links_are_removed_and_never_followed() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let (sweep, other) = (dir.path().join("sweep"), dir.path().join("other"));
        fs::create_dir_all(other.join("train")).unwrap();
        fs::create_dir(&sweep).unwrap();
        symlink(&other, sweep.join("0000")).unwrap();
        remove_folder(&sweep, &[sweep.join("0000")]).unwrap();
        assert!(!sweep.exists() && other.join("train").is_dir());
        let link = dir.path().join("link");
        symlink(&other, &link).unwrap();
        remove_folder(&link, &[]).unwrap();
        assert!(!link.is_symlink() && other.join("train").is_dir());
        assert_eq!(fs::read_dir(&other).unwrap().count(), 1, "no lock was made behind the link");
    }

    #[test]
    fn killed_removal_is_finished_by_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let (left, run) = (dir.path().join(".a.removed-0.tmp"), dir.path().join("b"));
        fs::create_dir(&left).unwrap();
        fs::create_dir(&run).unwrap();
        drop(Lock::take(&left).unwrap());
        fs::write(left.join("run.json"), "{").unwrap();
        remove_folder(&run, &[]).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
