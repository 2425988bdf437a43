//! One writer per folder: a lock that ends with its process, however that ends; it never waits.
//!
//! It is `flock` on the file `.lock` in the folder. On NFS that works between machines as long as
//! the share is not mounted with `nolock` or `local_lock`. Where a file system knows no locks, as
//! Lustre without `-o flock`, it is up to the user that nobody resumes what is still running.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::Path;

use super::error::RunsError;

/// The file that is locked; it stays when the lock ends, for another may be waiting at it.
const NAME: &str = ".lock";

/// The right to write into a folder, until this value or its process is gone.
#[derive(Debug)]
pub struct Lock {
    /// Open as long as the folder is ours.
    file: File,
}

impl Lock {
    /// Takes the folder for this process; that another has it is [`RunsError::InUse`].
    pub fn take(folder: &Path) -> Result<Lock, RunsError> {
        let path = folder.join(NAME);
        let mut options = OpenOptions::new();
        let open = options.read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open.map_err(RunsError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(RunsError::InUse {
                    path: folder.to_owned(),
                    holder: holder(&mut file),
                });
            }
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(RunsError::io("lock", &path)(error)),
        }
        // Only for the message of whoever comes second; a full disk is no reason to stop here.
        let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", here()));
        Ok(Lock { file })
    }

    /// Whether some process has the folder now; it changes nothing there.
    ///
    /// For the moment that this takes, another's [`Lock::take`] may be refused.
    pub fn is_held_in(folder: &Path) -> bool {
        let file = File::open(folder.join(NAME));
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Whether some process has ever had the folder, as every run's has been.
    pub fn is_used_in(folder: &Path) -> bool {
        folder.join(NAME).is_file()
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone would leave the lock to a child process that is just being started: until
        // it becomes another program, it has all that we have open.
        let _ = self.file.unlock();
    }
}

fn here() -> String {
    let host = gethostname::gethostname();
    format!("process {} on {}", std::process::id(), host.to_string_lossy())
}

/// What the one who has the lock wrote into the file.
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
    fn a_folder_that_is_not_there_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let error = Lock::take(&dir.path().join("missing")).unwrap_err().to_string();
        assert!(error.starts_with("cannot open `"), "{error}");
    }
}
