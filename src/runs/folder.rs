//! The places of a run's files: one new folder per run or sweep, `<logdir>/<name>/<start time>`. An
//! existing name is never reused.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeZone};

use super::error::RunsError;
use super::leftovers::{HiddenFolder, remove_abandoned};

/// The maximum length of a folder name in bytes; the limit of file systems is 255.
const MAX_NAME: usize = 150;

/// The folder of a run or of a sweep, and the names of the files in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    /// Creates `<logdir>/<name>/<started as YYYYMMDD-HHMMSS>`. For an existing folder, `-1`, `-2`,
    /// ... is appended.
    ///
    /// `fill` writes into a hidden folder, renamed afterwards. A visible folder therefore has all
    /// initial files.
    pub fn create<Tz: TimeZone>(
        logdir: &Path,
        name: &str,
        started: &DateTime<Tz>,
        fill: impl FnOnce(&Folder) -> Result<(), RunsError>,
    ) -> Result<Folder, RunsError> {
        let parent = logdir.join(safe_name(name));
        fs::create_dir_all(&parent).map_err(RunsError::io("create the folder", &parent))?;
        remove_abandoned(&parent);
        let time = started.naive_local().format("%Y%m%d-%H%M%S").to_string();
        let mut path = parent.join(&time);
        // A rename replaces an empty folder of the same name, but not a folder with a lock inside.
        let hidden = HiddenFolder::create(&parent, &time)?;
        fill(&Folder(hidden.path().to_owned()))
            .map_err(|error| error.moved(hidden.path(), &path))?;
        for number in 1.. {
            if rename_new(hidden.path(), &path)? {
                break;
            }
            path = parent.join(format!("{time}-{number}"));
        }
        hidden.keep();
        Ok(Folder(path))
    }

    /// The folder of the run `name` in the sweep's folder, not necessarily existing.
    pub fn child(&self, name: &str) -> Folder {
        Folder(self.0.join(safe_name(name)))
    }

    /// Creates the folder of a run in the sweep's folder, if missing.
    pub fn make(&self) -> Result<(), RunsError> {
        match fs::create_dir(&self.0) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                Err(RunsError::io("create the folder", &self.0)(error))
            }
            _ => Ok(()),
        }
    }

    /// The folder at `path`.
    pub fn at(path: &Path) -> Folder {
        Folder(path.to_owned())
    }

    /// The folder itself, with the event file of the hyperparameters.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The folder of the event file with the training numbers.
    pub fn train(&self) -> PathBuf {
        self.0.join("train")
    }

    /// The folder of the event file with the validation numbers.
    pub fn validation(&self) -> PathBuf {
        self.0.join("validation")
    }

    /// The resolved plan.
    pub fn config(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    /// The record of the run.
    pub fn record(&self) -> PathBuf {
        self.0.join("run.json")
    }

    /// The name, tags and note of the run or the sweep.
    pub fn annotations(&self) -> PathBuf {
        self.0.join("annotations.json")
    }

    /// The numbers of every epoch.
    pub fn history(&self) -> PathBuf {
        self.0.join("history.csv")
    }

    /// The weights at the end.
    pub fn weights(&self) -> PathBuf {
        self.0.join("model.safetensors")
    }

    /// The predictions for the rows that validated: of a fold, or of all folds of a sweep.
    pub fn out_of_fold(&self) -> PathBuf {
        self.0.join("out_of_fold.csv")
    }

    /// The folder of the checkpoint, see [`Checkpoint`](super::Checkpoint).
    pub fn checkpoint(&self) -> PathBuf {
        self.0.join("checkpoint")
    }

    /// Whether the folder belongs to a run of a sweep.
    pub fn is_in_sweep(&self) -> bool {
        self.0.parent().is_some_and(|parent| Folder::at(parent).sweep_plan().is_file())
    }

    /// The manifest of a sweep.
    pub fn sweep_plan(&self) -> PathBuf {
        self.0.join("plan.json")
    }

    /// The number of trials of a search that was continued beyond its plan.
    pub fn trials(&self) -> PathBuf {
        self.0.join("trials.json")
    }
}

/// Checks whether experiments called `name` can create folders below `logdir`, and leaves nothing
/// there.
///
/// # Errors
///
/// A path that is no folder, or without write permission. A full disk is no error: space may be
/// free when the folder is created.
pub fn check_writable(logdir: &Path, name: &str) -> Result<(), RunsError> {
    let parent = logdir.join(safe_name(name));
    let mut nearest = parent.as_path();
    while fs::symlink_metadata(nearest).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        let Some(above) = nearest.parent() else { break };
        nearest = above;
    }
    let nearest = if nearest == Path::new("") { Path::new(".") } else { nearest };
    let refused = match tempfile::tempdir_in(nearest) {
        Ok(_) => return Ok(()),
        Err(error) => error.kind(),
    };
    let forbidden = [
        ErrorKind::PermissionDenied,
        ErrorKind::ReadOnlyFilesystem,
        ErrorKind::NotADirectory,
        ErrorKind::NotFound,
        ErrorKind::AlreadyExists,
    ];
    if forbidden.contains(&refused) {
        Err(RunsError::io("create the folder", &parent)(refused.into()))
    } else {
        Ok(())
    }
}

/// Renames the folder `from` to `to`; false if the name is taken.
fn rename_new(from: &Path, to: &Path) -> Result<bool, RunsError> {
    let taken = [ErrorKind::AlreadyExists, ErrorKind::DirectoryNotEmpty, ErrorKind::NotADirectory];
    // The check comes first, because some systems report another error for a taken name.
    if fs::symlink_metadata(to).is_ok() {
        return Ok(false);
    }
    match fs::rename(from, to) {
        Ok(()) => Ok(true),
        Err(error) if taken.contains(&error.kind()) => Ok(false),
        Err(error) => Err(RunsError::io("create the folder", to)(error)),
    }
}

/// `name` as one path component on any file system, without quotes in a shell. Letters and digits
/// of any script and `-_.,=+@` stay. Every other run of characters becomes a single `_`.
pub fn safe_name(name: &str) -> String {
    let mut safe = String::new();
    for character in name.chars() {
        let kept = character.is_alphanumeric() || "-_.,=+@".contains(character);
        match kept {
            true if MAX_NAME < safe.len() + character.len_utf8() => break,
            true => safe.push(character),
            false if safe.ends_with('_') => {}
            false => safe.push('_'),
        }
    }
    // A leading dot or dash would hide the folder, leave the parent, or look like an option.
    let safe = safe.trim_start_matches(['.', '-']).trim_end_matches('.');
    if safe.is_empty() { "run".to_owned() } else { safe.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_their_folder() {
        let cases = [
            ("adam", "adam"),
            ("0003-learning_rate=0.01,units=64", "0003-learning_rate=0.01,units=64"),
            ("../../etc/passwd", "_.._etc_passwd"),
            ("..", "run"),
            ("", "run"),
            (".hidden", "hidden"),
            ("--help", "help"),
            ("a b\t\n c", "a_b_c"),
            ("a/b\\c:d*e?f\"g<h>i|j", "a_b_c_d_e_f_g_h_i_j"),
            ("größe-大", "größe-大"),
            ("nul\0byte", "nul_byte"),
        ];
        for (name, safe) in cases {
            assert_eq!(safe_name(name), safe, "{name:?}");
        }
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(safe_name(&"x".repeat(1000)).len(), MAX_NAME);
        assert_eq!(safe_name(&"大".repeat(1000)).len(), MAX_NAME / 3 * 3);
    }
}
