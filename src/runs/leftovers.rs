//! Leftovers of killed processes: partly written files, and folders in planning or removal. All
//! have hidden names. A free lock or the age marks an abandoned folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use super::error::RunsError;
use super::lock::{Lock, NAME};

/// The prefix and the suffix of unfinished files, for recognizing and removing leftovers.
pub(super) const PREFIX: &str = ".";
pub(super) const SUFFIX: &str = ".tmp";

/// The minimum age of an abandoned empty folder; a new folder is locked right after creation.
const EMPTY_FOR: Duration = Duration::from_secs(60);

/// A counter for unique names of this process's folders.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// Whether `name` is the name of an unfinished file or folder.
pub(super) fn is_under_way(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// Removes the files of killed processes in `folder`, if the folder exists. The caller must hold
/// the lock of the folder.
pub fn remove_leftovers(folder: &Path) -> Result<(), RunsError> {
    remove_files(folder, is_under_way)
}

/// Removes the files with `unwanted` names in `folder`, if the folder exists. Folders and links
/// always stay.
pub fn remove_files(folder: &Path, unwanted: impl Fn(&str) -> bool) -> Result<(), RunsError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(RunsError::io("read the folder", folder)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(RunsError::io("read the folder", folder))?;
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && entry.file_name().to_str().is_some_and(&unwanted) {
            let path = entry.path();
            fs::remove_file(&path).map_err(RunsError::io("remove", &path))?;
        }
    }
    Ok(())
}

/// Removes the folders of killed plannings and removals in `parent`. Folders of live processes and
/// undeletable folders stay.
pub fn remove_abandoned(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && entry.file_name().to_str().is_some_and(is_abandoned_name) {
            remove_if_abandoned(&entry.path());
        }
    }
}

/// Whether `name` is the name of a folder in planning (`.20261123-210800.1234-0.tmp`) or in removal
/// (`.20261123-210800.removed-0.tmp`).
fn is_abandoned_name(name: &str) -> bool {
    let inner = name.strip_prefix(PREFIX).and_then(|name| name.strip_suffix(SUFFIX));
    inner.and_then(|name| name.rsplit_once('.')).is_some_and(|(name, mark)| {
        let is_time = name.split('-').take(2).map(str::len).eq([8, 6])
            && name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        is_time && !mark.is_empty() || mark.starts_with("removed-")
    })
}

fn remove_if_abandoned(folder: &Path) {
    if let Some(lock) = Lock::take_abandoned(folder) {
        let _ = remove_whole(folder);
        return drop(lock);
    }
    let made = fs::symlink_metadata(folder).and_then(|found| found.modified());
    let age = made.ok().and_then(|made| SystemTime::now().duration_since(made).ok());
    if !Lock::is_used_in(folder) && age.is_some_and(|age| EMPTY_FOR <= age) {
        // The lock is removed last: a folder without a lock is empty, or this call does nothing.
        let _ = fs::remove_dir(folder);
    }
}

/// Removes a folder with all content, the lock last, so that leftovers of a kill are recognized.
pub(super) fn remove_whole(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() == NAME {
            continue;
        }
        let removed = if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())
        } else {
            fs::remove_file(entry.path())
        };
        gone(removed)?;
    }
    gone(fs::remove_file(folder.join(NAME)))?;
    gone(fs::remove_dir(folder))
}

/// Accepts a removal by another process in the meantime.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    removed.or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })
}

/// A new hidden folder, locked from creation. A drop removes the folder, unless renamed to the
/// final name.
#[derive(Debug)]
pub(super) struct HiddenFolder {
    path: PathBuf,
    kept: bool,
    /// The lock tells other processes that the folder is not abandoned.
    _lock: Lock,
}

impl HiddenFolder {
    /// Creates the folder in `parent`, for the later name `name`.
    pub(super) fn create(parent: &Path, name: &str) -> Result<HiddenFolder, RunsError> {
        let pid = std::process::id();
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = parent.join(format!("{PREFIX}{name}.{pid}-{number}{SUFFIX}"));
            match fs::create_dir(&path) {
                Ok(()) => {}
                // Another process with the same PID, on a shared disk or in a container.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(RunsError::io("create a folder in", parent)(error)),
            }
            match Lock::take(&path) {
                Ok(lock) => return Ok(HiddenFolder { path, kept: false, _lock: lock }),
                // Another process has treated the folder as abandoned before the lock was taken.
                Err(RunsError::InUse { .. }) => {}
                Err(RunsError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    let _ = fs::remove_dir_all(&path);
                    // The hidden name means nothing to a user.
                    return Err(match error {
                        RunsError::Io { source, .. } => {
                            RunsError::io("create a folder in", parent)(source)
                        }
                        other => other,
                    });
                }
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps the folder at the present path.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for HiddenFolder {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_under_way_are_told_from_others() {
        for name in [
            ".20261123-210800.1234-0.tmp",
            ".20261123-210800.Ab3xYz.tmp",
            ".20261123-210800-1.removed-0.tmp",
            ".0003-units=64.removed-12.tmp",
        ] {
            assert!(is_abandoned_name(name), "{name}");
        }
        for name in [".tmp", ".cache.tmp", ".vim.swap.tmp", "20261123-210800.x.tmp", ".git"] {
            assert!(!is_abandoned_name(name), "{name}");
        }
    }

    #[test]
    fn abandoned_folders_go_and_busy_ones_stay() {
        let dir = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = dir.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        let killed = folder(".20261123-210800.1-0.tmp");
        drop(Lock::take(&killed).unwrap());
        fs::write(killed.join("plan.json"), "{").unwrap();
        let busy = folder(".20261123-210801.1-1.tmp");
        let lock = Lock::take(&busy).unwrap();
        let removed = folder(".20261123-210802.removed-0.tmp");
        drop(Lock::take(&removed).unwrap());
        fs::create_dir_all(removed.join("train/deep")).unwrap();
        let fresh = folder(".20261123-210803.removed-0.tmp");
        let foreign = folder(".mine.tmp");
        drop(Lock::take(&foreign).unwrap());
        remove_abandoned(dir.path());
        assert!(!killed.exists() && !removed.exists());
        assert!(busy.exists() && fresh.exists() && foreign.exists());
        let old = SystemTime::now() - Duration::from_secs(3600);
        fs::File::open(&fresh).unwrap().set_modified(old).unwrap();
        drop(lock);
        remove_abandoned(dir.path());
        assert!(!busy.exists() && !fresh.exists() && foreign.exists());
    }

    #[test]
    fn folders_that_are_being_made_survive_removals_at_the_same_time() {
        let dir = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let remover = scope.spawn(|| (0..300).for_each(|_| remove_abandoned(dir.path())));
            for _ in 0..300 {
                let made = HiddenFolder::create(dir.path(), "20261123-210800").unwrap();
                fs::write(made.path().join("plan.json"), "{}").unwrap();
            }
            remover.join().unwrap();
        });
    }

    #[test]
    fn folders_called_like_leftovers_stay() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(".x.tmp")).unwrap();
        fs::write(dir.path().join(".run.json.abc.tmp"), "{").unwrap();
        remove_leftovers(dir.path()).unwrap();
        assert!(dir.path().join(".x.tmp").is_dir());
        assert!(!dir.path().join(".run.json.abc.tmp").exists());
    }
}
