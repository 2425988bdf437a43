//! The end of a folder: a run or a sweep is removed whole, never one that somebody is at work on.

use std::fs;
use std::path::{Path, PathBuf};

use super::atomic::{PREFIX, SUFFIX};
use super::error::RunsError;
use super::lock::Lock;

/// Removes the folder of a run, or of a sweep with its runs in `children`.
///
/// That another process is at work in any of them is [`RunsError::InUse`], and nothing is removed. It
/// gets a hidden name first: whoever looks sees the whole folder or none, and what is left if this
/// process dies is in nobody's way.
pub fn remove_folder(folder: &Path, children: &[PathBuf]) -> Result<(), RunsError> {
    let folders = std::iter::once(folder).chain(children.iter().map(PathBuf::as_path));
    let locks = folders.map(Lock::take).collect::<Result<Vec<_>, _>>()?;
    let hidden = hidden(folder);
    fs::rename(folder, &hidden).map_err(RunsError::io("remove", folder))?;
    fs::remove_dir_all(&hidden).map_err(RunsError::io("remove", &hidden))?;
    drop(locks);
    Ok(())
}

/// Removes a folder if there is nothing in it.
pub fn remove_empty(folder: &Path) {
    // Where there is, the system refuses, as it should.
    let _ = fs::remove_dir(folder);
}

/// A name beside the folder's that no listing shows and nothing has.
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
}
