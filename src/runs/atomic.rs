//! Files that are there whole or not at all, whenever this process dies; it never appends.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::error::RunsError;

/// What files under way are called, so that what a killed process left can be told and removed.
pub(super) const PREFIX: &str = ".";
pub(super) const SUFFIX: &str = ".tmp";

/// What a file is to survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survives {
    /// The death of this process: the bytes are handed to the system.
    Kill,
    /// The death of the machine: the bytes are forced to the disk, which may take milliseconds.
    PowerLoss,
}

/// Writes `bytes` to the file at `path` in the place of what was there: a reader sees the old file
/// or the new one, never a part.
///
/// A process that is killed leaves at most a hidden file named after `path` beside it, see
/// [`remove_leftovers`].
pub fn write_atomic(path: &Path, bytes: &[u8], survives: Survives) -> Result<(), RunsError> {
    let mut file = temporary(path).map_err(RunsError::io("write", path))?;
    file.write_all(bytes).map_err(RunsError::io("write", path))?;
    if survives == Survives::PowerLoss {
        file.as_file().sync_data().map_err(RunsError::io("write", path))?;
    }
    file.persist(path).map_err(|error| RunsError::io("write", path)(error.error))?;
    match survives {
        Survives::Kill => Ok(()),
        Survives::PowerLoss => sync_folder(parent(path)).map_err(RunsError::io("write", path)),
    }
}

/// Writes a new file that nobody is to change, to the disk; not atomically, so that it must be in a
/// folder that nobody sees yet.
pub fn write_frozen(path: &Path, bytes: &[u8]) -> Result<(), RunsError> {
    let write = || {
        let mut file = File::create_new(path)?;
        file.write_all(bytes)?;
        let mut rights = file.metadata()?.permissions();
        rights.set_readonly(true);
        file.set_permissions(rights)?;
        file.sync_data()
    };
    write().map_err(RunsError::io("write", path))
}

/// Removes what processes that were killed have left in `folder`, if there is such a folder; only
/// whoever has it for himself may.
pub fn remove_leftovers(folder: &Path) -> Result<(), RunsError> {
    remove_files(folder, |name| name.starts_with(PREFIX) && name.ends_with(SUFFIX))
}

/// Removes the files in `folder`, if there is such a folder, whose names are `unwanted`.
pub fn remove_files(folder: &Path, unwanted: impl Fn(&str) -> bool) -> Result<(), RunsError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(RunsError::io("read the folder", folder)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(RunsError::io("read the folder", folder))?;
        if entry.file_name().to_str().is_some_and(&unwanted) {
            let path = entry.path();
            fs::remove_file(&path).map_err(RunsError::io("remove", &path))?;
        }
    }
    Ok(())
}

/// The folder of a path.
fn parent(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// A new hidden file beside `path`.
fn temporary(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let file_name = path.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!("{PREFIX}{file_name}.");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX);
    readable_by_others(&mut builder);
    builder.tempfile_in(parent(path))
}

/// Gives the file the rights of any other new file instead of those of a secret.
#[cfg(unix)]
fn readable_by_others(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn readable_by_others(_: &mut tempfile::Builder<'_, '_>) {}

/// Forces the names in a folder to the disk; other systems than Unix do not offer it.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
