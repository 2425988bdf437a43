//! Event file names, visible to TensorBoard or hidden from it.
//!
//! TensorBoard reads every file with `tfevents` in the name, at any depth below the log folder
//! ([`io_wrapper.py`](https://github.com/tensorflow/tensorboard/blob/master/tensorboard/backend/event_processing/io_wrapper.py)).
//! Hiding renames a file and keeps the contents.

use std::fs;
use std::path::Path;

use super::error::EventError;

/// Prefix of event files visible to TensorBoard.
pub const VISIBLE: &str = "events.out.tfevents.";
/// Prefix of hidden event files.
pub const HIDDEN: &str = "events.hidden.";

/// Whether `name` is the name of an event file, visible or hidden.
pub fn is_event_file(name: &str) -> bool {
    name.contains("tfevents") || name.starts_with(HIDDEN)
}

/// Renames the event files in `dir` to visible or hidden names; a missing folder is not an error.
///
/// # Errors
///
/// [`EventError::Io`] if the folder cannot be read or a file cannot be renamed.
pub fn set_visible(dir: &Path, visible: bool) -> Result<(), EventError> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(EventError::io("read", dir))?,
    };
    let (from, to) = if visible { (HIDDEN, VISIBLE) } else { (VISIBLE, HIDDEN) };
    for entry in entries {
        let entry = entry.map_err(EventError::io("read", dir))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(rest) = name.strip_prefix(from) {
            let path = entry.path();
            let renamed = fs::rename(&path, dir.join(format!("{to}{rest}")));
            renamed.map_err(EventError::io("rename", &path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hiding_is_reversible() {
        let dir = tempfile::tempdir().unwrap();
        let names = || {
            let mut names: Vec<_> = fs::read_dir(dir.path())
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        for name in ["events.out.tfevents.1.host.2.0.v2", "run.json"] {
            fs::write(dir.path().join(name), name).unwrap();
        }
        let before = names();
        set_visible(dir.path(), false).unwrap();
        assert_eq!(names(), ["events.hidden.1.host.2.0.v2", "run.json"]);
        assert!(!names()[0].contains("tfevents") && is_event_file(&names()[0]));
        set_visible(dir.path(), false).unwrap();
        set_visible(dir.path(), true).unwrap();
        assert_eq!(names(), before);
        set_visible(&dir.path().join("missing"), true).unwrap();
    }
}
