//! One writer per folder: a lock released at the end of the process, even after a crash. The workers of
//! a sweep share the lock of the sweep's folder.
//!
//! The lock is `flock` on the file `.lock` in the folder. On NFS, `flock` works between machines
//! unless the share is mounted with `nolock` or `local_lock`. Some file systems have no locks, for
//! example Lustre without `-o flock`. There, a run has an [owner file](super::owner).

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::RunsError;
use crate::system::{self, Displaced, check_in_place};

/// The locked file. The file stays after the lock ends, except by [`Lock::retire`].
pub(super) const NAME: &str = ".lock";

/// The interval between two attempts to take a lock.
const RETRY_EVERY: Duration = Duration::from_millis(100);

/// The right to write into a folder, until the value or the process ends.
#[derive(Debug)]
pub struct Lock {
    /// Open as long as the lock is held.
    file: File,
    folder: PathBuf,
    /// Whether the file system has locks.
    is_enforced: bool,
}

/// The time to wait for a lock that is to be shared.
const SHARE_WITHIN: Duration = Duration::from_secs(2);

/// A lock, once another process releases it within `patience`, or until `stop`.
fn within(
    patience: Duration,
    stop: &dyn Fn() -> bool,
    take: impl Fn() -> Result<Lock, RunsError>,
) -> Result<Lock, RunsError> {
    let until = Instant::now() + patience;
    loop {
        match take() {
            Err(RunsError::InUse { .. }) if Instant::now() < until && !stop() => {
                std::thread::sleep(RETRY_EVERY);
            }
            taken => return taken,
        }
    }
}

impl Lock {
    /// Locks the folder for this process, without waiting. A lock of another process is
    /// [`RunsError::InUse`].
    pub fn take(folder: &Path) -> Result<Lock, RunsError> {
        Lock::open(folder, File::try_lock)
    }

    /// Locks the folder like [`Lock::take`], but lets other processes share the lock. A process that only looks
    /// whether a sweep has ended holds the lock for a moment, which is waited for.
    pub fn share(folder: &Path) -> Result<Lock, RunsError> {
        within(SHARE_WITHIN, &|| false, || Lock::open(folder, File::try_lock_shared))
    }

    /// Locks the folder like [`Lock::take`], once another process releases the lock within
    /// `patience`, or until `stop`.
    pub fn take_within(
        folder: &Path,
        patience: Duration,
        stop: &dyn Fn() -> bool,
    ) -> Result<Lock, RunsError> {
        within(patience, stop, || Lock::take(folder))
    }

    fn open(
        folder: &Path,
        lock: impl Fn(&File) -> Result<(), TryLockError>,
    ) -> Result<Lock, RunsError> {
        loop {
            let taken = Lock::open_once(folder, &lock)?;
            // Another process may have retired the file between the opening and the lock. If the
            // folder is gone too, the next opening fails.
            if taken.check_in_place().is_ok() {
                // The text only serves the error message of the next process, so a full disk is
                // ignored.
                let _ = taken.file.set_len(0).and_then(|()| writeln!(&taken.file, "{}", here()));
                return Ok(taken);
            }
        }
    }

    fn open_once(
        folder: &Path,
        lock: &impl Fn(&File) -> Result<(), TryLockError>,
    ) -> Result<Lock, RunsError> {
        let path = folder.join(NAME);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file =
            system::open_own(&path, &mut options).map_err(RunsError::io("open", &path))?;
        let is_enforced = match lock(&file) {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => {
                return Err(RunsError::InUse {
                    path: folder.to_owned(),
                    holder: holder(&mut file),
                });
            }
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => false,
            Err(TryLockError::Error(error)) => return Err(RunsError::io("lock", &path)(error)),
        };
        Ok(Lock { file, folder: folder.to_owned(), is_enforced })
    }

    /// Removes the file and ends the lock: a finished run of a sweep has a file less. A process that
    /// has opened the file meanwhile finds out and opens another.
    pub fn retire(self) {
        // A file that stays is locked again by the next process.
        let _ = fs::remove_file(self.folder.join(NAME));
    }

    /// Locks a previously locked folder, without creating the file. `None` if never locked, or if
    /// locked by another process.
    pub(super) fn take_abandoned(folder: &Path) -> Option<Lock> {
        let mut options = OpenOptions::new();
        let file = system::open_own(&folder.join(NAME), options.read(true).write(true)).ok()?;
        file.try_lock().ok()?;
        Some(Lock { file, folder: folder.to_owned(), is_enforced: true })
    }

    /// Whether the file system has locks at all. They may still not hold between machines.
    pub(super) fn is_enforced(&self) -> bool {
        self.is_enforced
    }

    /// Whether the path still leads to the locked folder.
    pub fn check_in_place(&self) -> Result<(), Displaced> {
        check_in_place(&self.file, &self.folder.join(NAME), &self.folder)
    }

    /// Whether some process holds the lock now. The call changes nothing in the folder.
    ///
    /// During the call, [`Lock::take`] of another process may be refused.
    pub fn is_held_in(folder: &Path) -> bool {
        let file = system::open_own(&folder.join(NAME), OpenOptions::new().read(true));
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Whether some process has ever locked the folder, as for every run.
    pub fn is_used_in(folder: &Path) -> bool {
        fs::symlink_metadata(folder.join(NAME)).is_ok_and(|found| found.is_file())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone would leave the lock to a child process between fork and exec, because the
        // child inherits all open files.
        let _ = self.file.unlock();
    }
}

/// The name of this process, for others.
pub(super) fn here() -> String {
    let host = gethostname::gethostname();
    format!("process {} on {}", std::process::id(), host.to_string_lossy())
}

/// The text of the lock's holder in the file.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(200).read_to_string(&mut text));
    match text.trim() {
        text if read.is_ok() && !text.is_empty() => text.to_owned(),
        _ => "another process".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_was_first() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::take(dir.path()).unwrap();
        let want =
            format!("cannot write to `{}`: {} is at work in it", dir.path().display(), here());
        assert!(Lock::take(dir.path()).unwrap_err().to_string().starts_with(&want));
        assert!(Lock::is_held_in(dir.path()));
        drop(first);
        assert!(!Lock::is_held_in(dir.path()));
        Lock::take(dir.path()).unwrap();
    }

    #[test]
    fn a_shared_lock_excludes_only_the_whole_lock() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::share(dir.path()).unwrap();
        let second = Lock::share(dir.path()).unwrap();
        drop(first);
        assert!(matches!(Lock::take(dir.path()), Err(RunsError::InUse { .. })));
        drop(second);
        let whole = Lock::take(dir.path()).unwrap();
        assert!(matches!(Lock::share(dir.path()), Err(RunsError::InUse { .. })));
        drop(whole);
    }

    #[test]
    fn a_lock_that_is_released_in_time_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::take(dir.path()).unwrap();
        let waited = Lock::take_within(dir.path(), Duration::ZERO, &|| false);
        assert!(matches!(waited, Err(RunsError::InUse { .. })));
        let waited = Lock::take_within(dir.path(), Duration::from_secs(600), &|| true);
        assert!(matches!(waited, Err(RunsError::InUse { .. })));
        let waiting = std::thread::spawn({
            let dir = dir.path().to_owned();
            move || Lock::take_within(&dir, Duration::from_secs(600), &|| false).map(drop)
        });
        std::thread::sleep(Duration::from_millis(20));
        drop(first);
        waiting.join().unwrap().unwrap();
    }

    #[test]
    fn retired_lock_is_taken_by_one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let holders = std::sync::atomic::AtomicUsize::new(0);
        let work = || {
            for _ in 0..200 {
                let patience = Duration::from_secs(600);
                let lock = Lock::take_within(dir.path(), patience, &|| false).unwrap();
                assert_eq!(holders.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                lock.check_in_place().unwrap();
                holders.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                lock.retire();
            }
        };
        std::thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(work))));
        assert!(!dir.path().join(NAME).exists());
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let error = Lock::take(&dir.path().join("missing")).unwrap_err().to_string();
        assert!(error.starts_with("cannot open `"), "{error}");
    }

    #[test]
    fn lock_knows_its_folder_from_another_at_its_path() {
        let dir = tempfile::tempdir().unwrap();
        let (here, there) = (dir.path().join("here"), dir.path().join("there"));
        fs::create_dir(&here).unwrap();
        let lock = Lock::take(&here).unwrap();
        lock.check_in_place().unwrap();
        fs::rename(&here, &there).unwrap();
        lock.check_in_place().unwrap_err();
        fs::create_dir(&here).unwrap();
        fs::write(here.join(NAME), "").unwrap();
        assert!(lock.check_in_place().is_err() || !cfg!(unix));
    }

    #[test]
    #[cfg(unix)]
    fn lock_is_never_opened_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (run, other) = (dir.path().join("run"), dir.path().join("precious"));
        fs::create_dir(&run).unwrap();
        fs::write(&other, "precious").unwrap();
        std::os::unix::fs::symlink(&other, run.join(NAME)).unwrap();
        let error = Lock::take(&run).unwrap_err().to_string();
        assert!(error.contains("it is a symbolic link"), "{error}");
        assert!(!Lock::is_held_in(&run) && !Lock::is_used_in(&run));
        assert_eq!(fs::read_to_string(other).unwrap(), "precious");
    }
}
