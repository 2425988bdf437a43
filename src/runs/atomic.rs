//! Atomic writes: after a crash of the process, a file is complete or absent. The module never
//! appends.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::error::RunsError;
use super::leftovers::{PREFIX, SUFFIX};
use super::sums::hex;

/// The failure survived by a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// A crash of the process: the bytes are handed to the system.
    ProcessCrash,
    /// A power loss: the bytes are forced to the disk, which may take milliseconds.
    PowerLoss,
}

/// Writes `bytes` to `path`, replacing an earlier file. A reader sees the old file or the new file,
/// never a part.
///
/// A killed process leaves at most a hidden file beside `path`, named after `path`, see
/// [`remove_leftovers`](super::remove_leftovers).
pub fn write_atomic(path: &Path, bytes: &[u8], durability: Durability) -> Result<(), RunsError> {
    let mut temporary = temporary(path).map_err(RunsError::io("write", path))?;
    let file = temporary.as_file_mut();
    file.write_all(bytes).map_err(RunsError::io("write", path))?;
    if durability == Durability::PowerLoss {
        file.sync_data().map_err(RunsError::io("write", path))?;
    }
    temporary.persist(path).map_err(|error| RunsError::io("write", path)(error.error))?;
    match durability {
        Durability::ProcessCrash => Ok(()),
        Durability::PowerLoss => sync_folder(parent(path)).map_err(RunsError::io("write", path)),
    }
}

/// Writes a new read-only file to the disk and returns the SHA-256 of the content. The write is not
/// atomic: the folder must have a hidden name.
pub fn write_frozen(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<String, RunsError> {
    let write = || {
        let mut out = Summed { to: BufWriter::new(File::create_new(path)?), sum: Sha256::new() };
        content(&mut out)?;
        let file = out.to.into_inner().map_err(io::IntoInnerError::into_error)?;
        let mut rights = file.metadata()?.permissions();
        rights.set_readonly(true);
        file.set_permissions(rights)?;
        file.sync_data()?;
        Ok(hex(&out.sum.finalize()))
    };
    write().map_err(RunsError::io("write", path))
}

/// A writer with a running SHA-256 of the bytes.
struct Summed<W> {
    to: W,
    sum: Sha256,
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.sum.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The folder of a path.
fn parent(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// A new hidden file beside `path`, with the permissions of any other new file. Errors are the
/// system's own: the hidden name means nothing to a user.
fn temporary(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let file_name = path.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!("{PREFIX}{file_name}.");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX).make_in(parent(path), |path| File::create_new(path))
}

/// Forces the names in a folder to the disk. Only Unix offers this operation.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
