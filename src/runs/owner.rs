//! The owner file: one writer per run where locks may not hold between machines. The file names the last process
//! that took the run. An earlier process re-reads the file before it writes, and stops when another is named.
//!
//! A process that finds another one named waits for [`GRACE`] before it reads the run's files: writes that the
//! other began before are then over, and the next re-reading stops it.

use std::cell::Cell;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::atomic::{Durability, write_atomic};
use super::error::RunsError;
use super::lock::{Lock, here};
use super::mounts::may_lack_locks;
use crate::system;

/// The file, in the folder of a run.
const NAME: &str = ".owner";
/// The wait for the end of writes that another process has begun.
const GRACE: Duration = Duration::from_secs(1);
/// The file is read at most this often between checkpoints.
const REREAD_EVERY: Duration = Duration::from_millis(100);

/// The claim of this process on a run.
#[derive(Debug)]
pub struct Owner {
    folder: PathBuf,
    /// The text that names this process, and no other one.
    text: String,
    /// The time of the last reading.
    read: Cell<Instant>,
}

impl Owner {
    /// Names this process in the folder, if `lock` may not exclude others or if a process was named there. A wait
    /// ends early by `stop`.
    ///
    /// # Errors
    ///
    /// An unwritable folder; [`RunsError::InUse`] if yet another process is named meanwhile.
    pub fn claim(
        folder: &Path,
        lock: &Lock,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Owner>, RunsError> {
        let path = folder.join(NAME);
        let before = fs::exists(&path).map_err(RunsError::io("read", &path))?;
        if !before && lock.is_enforced() && !may_lack_locks(folder) {
            return Ok(None);
        }
        let time = chrono::Local::now().format("%Y-%m-%dT%H:%M:%S%.9f");
        let text = format!("{} since {time}", here());
        write_atomic(&path, text.as_bytes(), Durability::ProcessCrash)?;
        let owner = Owner { folder: folder.to_owned(), text, read: Cell::new(Instant::now()) };
        let until = Instant::now() + GRACE;
        while before && Instant::now() < until && !stop() {
            std::thread::sleep(GRACE / 20);
        }
        owner.check()?;
        Ok(Some(owner))
    }

    /// Reads the file again.
    ///
    /// # Errors
    ///
    /// [`RunsError::InUse`] if another process is named, or none: that process has ended the run.
    pub fn check(&self) -> Result<(), RunsError> {
        self.read.set(Instant::now());
        let path = self.folder.join(NAME);
        let holder = match system::read_to_string(&path) {
            Ok(text) if text == self.text => return Ok(()),
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => "another process".to_owned(),
            Err(error) => return Err(RunsError::io("read", &path)(error)),
        };
        Err(RunsError::InUse { path: self.folder.clone(), holder })
    }

    /// Reads the file again like [`Owner::check`], unless that was a moment ago.
    pub fn check_at_times(&self) -> Result<(), RunsError> {
        if self.read.get().elapsed() < REREAD_EVERY { Ok(()) } else { self.check() }
    }

    /// Removes the file, at the end of the work on the run.
    pub fn release(self) {
        // A file that stays costs the next process the wait, and nothing else.
        if self.check().is_ok() {
            let _ = fs::remove_file(self.folder.join(NAME));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enforced_lock_needs_no_owner() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        assert!(Owner::claim(dir.path(), &lock, &|| false).unwrap().is_none());
        assert!(!dir.path().join(NAME).exists());
    }

    #[test]
    fn second_owner_stops_the_first_and_waits_for_its_writes() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        fs::write(dir.path().join(NAME), "process 1 on another since yesterday").unwrap();
        let claim = || Owner::claim(dir.path(), &lock, &|| false).unwrap().unwrap();
        let begun = Instant::now();
        let first = claim();
        assert!(GRACE <= begun.elapsed());
        first.check().unwrap();
        let second = claim();
        let error = first.check().unwrap_err();
        assert!(
            matches!(&error, RunsError::InUse { holder, .. } if *holder == second.text),
            "{error}"
        );
        first.release();
        second.check().unwrap();
        second.release();
        assert!(!dir.path().join(NAME).exists());
    }

    #[test]
    fn owner_of_a_run_that_another_has_ended_stops() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        fs::write(dir.path().join(NAME), "").unwrap();
        let owner = Owner::claim(dir.path(), &lock, &|| true).unwrap().unwrap();
        owner.check_at_times().unwrap();
        fs::remove_file(dir.path().join(NAME)).unwrap();
        owner.check_at_times().unwrap();
        std::thread::sleep(REREAD_EVERY);
        assert!(matches!(owner.check_at_times(), Err(RunsError::InUse { .. })));
    }
}
