//! Files that are there whole or not at all, whenever this process dies; it never appends.

use std::io::Write;
use std::path::Path;

use super::error::RunsError;

/// Writes `bytes` to the file at `path` in the place of what was there: a reader sees the old file
/// or the new one, never a part.
///
/// A process that is killed leaves at most a hidden file named after `path` beside it. The bytes
/// are handed to the system, not forced to the disk: what may be lost with the power is lost.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), RunsError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let file_name = path.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!(".{file_name}.");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".tmp");
    readable_by_others(&mut builder);
    let mut file = builder
        .tempfile_in(parent.unwrap_or(Path::new(".")))
        .map_err(RunsError::io("write", path))?;
    file.write_all(bytes).map_err(RunsError::io("write", path))?;
    file.persist(path).map_err(|error| RunsError::io("write", path)(error.error))?;
    Ok(())
}

/// Gives the file the rights of any other new file instead of those of a secret.
#[cfg(unix)]
fn readable_by_others(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn readable_by_others(_: &mut tempfile::Builder<'_, '_>) {}
