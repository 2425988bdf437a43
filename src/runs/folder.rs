//! Where a run's files are: one new folder per run, `<logdir>/<name>/<start time>`; it never
//! enters a folder that was there before.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeZone};

use super::error::RunsError;

/// The longest name of a folder, in bytes; file systems end at 255.
const MAX_NAME: usize = 150;

/// The folder of a run or of a sweep, and the names of the files in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    /// Creates `<logdir>/<name>/<started as YYYYMMDD-HHMMSS>`; if that exists, the same with `-1`,
    /// `-2`, ... after it.
    pub fn create<Tz: TimeZone>(
        logdir: &Path,
        name: &str,
        started: &DateTime<Tz>,
    ) -> Result<Folder, RunsError> {
        let parent = logdir.join(safe_name(name));
        fs::create_dir_all(&parent).map_err(RunsError::io("create the folder", &parent))?;
        let time = started.naive_local().format("%Y%m%d-%H%M%S").to_string();
        let mut path = parent.join(&time);
        for number in 1.. {
            if create_new(&path)? {
                break;
            }
            path = parent.join(format!("{time}-{number}"));
        }
        Ok(Folder(path))
    }

    /// Creates the folder of one run, called `name`, in that of its sweep; that it exists already
    /// is an error.
    pub fn create_child(&self, name: &str) -> Result<Folder, RunsError> {
        let path = self.0.join(safe_name(name));
        fs::create_dir(&path).map_err(RunsError::io("create the folder", &path))?;
        Ok(Folder(path))
    }

    /// The folder at `path`, which some run has created.
    pub fn at(path: &Path) -> Folder {
        Folder(path.to_owned())
    }

    /// The folder itself, which holds the event file of the hyperparameters.
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

    /// The numbers of every epoch.
    pub fn history(&self) -> PathBuf {
        self.0.join("history.csv")
    }

    /// The weights at the end.
    pub fn weights(&self) -> PathBuf {
        self.0.join("model.safetensors")
    }

    /// The folder with what a resumed run needs.
    pub fn checkpoint(&self) -> PathBuf {
        self.0.join("checkpoint")
    }

    /// The plans of a sweep.
    pub fn sweep_plan(&self) -> PathBuf {
        self.0.join("plan.json")
    }
}

/// Whether this call, and none before, has created the folder.
fn create_new(path: &Path) -> Result<bool, RunsError> {
    match fs::create_dir(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(RunsError::io("create the folder", path)(error)),
    }
}

/// `name` as one part of a path on any file system, and in a shell without quotes: letters and
/// digits of any script and `-_.,=+@` stay, every other run of characters becomes one `_`.
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
    // A dot or a dash in front would hide the folder, leave it, or look like an option.
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
