//! A submission: the folder `submit/0001` in a sweep, with the program, the script, the output of each task and
//! `engine.json`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, FixedOffset, Local};
use serde::{Deserialize, Serialize};

use super::script::Script;
use super::slurm;
use crate::runs::{Durability, sha256, write_atomic};
use crate::system;

/// The subfolder of a sweep with its submissions.
const FOLDER: &str = "submit";
const RECORD: &str = "engine.json";

/// The work of a task, at least, in seconds. A shorter task costs the scheduler more than the cluster gains.
const TASK_SECONDS: f64 = 600.0;
/// The time of a run before any has ended, in seconds.
const ASSUMED_RUN_SECONDS: f64 = 1.0;

/// The record of a submission, `engine.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// `slurm`.
    pub engine: String,
    /// The ids of the jobs: one, or one for each link of a chain.
    pub jobs: Vec<String>,
    /// The number of tasks of each job.
    pub tasks: usize,
    /// The command of the first job.
    pub command: Vec<String>,
    /// The SHA-256 of the program in the folder.
    pub program: String,
    /// The time of the submission.
    pub created: DateTime<FixedOffset>,
}

impl Submission {
    /// The last submission of a sweep.
    ///
    /// # Errors
    ///
    /// An unreadable `engine.json`.
    pub fn last(sweep: &Path) -> Result<Option<Submission>> {
        let mut numbers = numbers(sweep)?;
        numbers.sort_unstable();
        while let Some(number) = numbers.pop() {
            let path = folder(sweep, number).join(RECORD);
            match system::read(&path) {
                // A folder without a record was left by a refused or killed submission.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot read `{}`", path.display()));
                }
                Ok(text) => {
                    let record = serde_json::from_slice(&text);
                    return record
                        .map(Some)
                        .with_context(|| format!("cannot read `{}`", path.display()));
                }
            }
        }
        Ok(None)
    }

    /// The folder of the next submission of a sweep, not yet existing.
    ///
    /// # Errors
    ///
    /// An unreadable folder.
    pub fn next_folder(sweep: &Path) -> Result<PathBuf> {
        let last = numbers(sweep)?.into_iter().max();
        Ok(folder(sweep, last.unwrap_or(0) + 1))
    }

    /// Writes the folder of `script` and submits `chain` jobs, each after the end of the one before.
    ///
    /// # Errors
    ///
    /// An unwritable folder, or a refusal by the engine; the folder is then removed.
    pub fn submit(script: &Script, options: &[String], chain: usize) -> Result<Submission> {
        let written = write(script);
        let submitted = written.and_then(|program| {
            let path = script.folder.join("job.sh");
            let mut jobs: Vec<String> = Vec::new();
            for _ in 0..chain {
                let after = jobs.last().cloned();
                match slurm::submit(&path, options, after.as_deref()) {
                    Ok(job) => jobs.push(job),
                    Err(error) => {
                        // A chain is submitted as a whole or not at all.
                        let _ = if jobs.is_empty() { Ok(()) } else { slurm::cancel(&jobs) };
                        return Err(error);
                    }
                }
            }
            Ok((program, jobs))
        });
        let (program, jobs) = match submitted {
            Ok(submitted) => submitted,
            Err(error) => {
                let _ = fs::remove_dir_all(&script.folder);
                return Err(error);
            }
        };
        let record = Submission {
            engine: "slurm".to_owned(),
            jobs,
            tasks: script.tasks,
            command: Submission::command(script, options),
            program,
            created: Local::now().fixed_offset(),
        };
        let text = serde_json::to_vec_pretty(&record)?;
        write_atomic(&script.folder.join(RECORD), &text, Durability::PowerLoss)?;
        Ok(record)
    }

    /// The command that submits `script`.
    pub fn command(script: &Script, options: &[String]) -> Vec<String> {
        let command = slurm::command(&script.folder.join("job.sh"), options, None);
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        words.map(|word| word.to_string_lossy().into_owned()).collect()
    }
}

/// The number of tasks for `runs` runs of `seconds` seconds each, if known: tasks of ten minutes or more, at most
/// `most`.
pub fn tasks_for(runs: usize, seconds: Option<f64>, most: usize) -> usize {
    let work = runs as f64 * seconds.unwrap_or(ASSUMED_RUN_SECONDS);
    ((work / TASK_SECONDS) as usize).clamp(1, most.min(runs).max(1))
}

/// Writes script and program into the folder. Returns the SHA-256 of the program.
fn write(script: &Script) -> Result<String> {
    let Script { folder, .. } = script;
    fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    let path = folder.join("job.sh");
    fs::write(&path, script.text())
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    let program = std::env::current_exe().context("cannot find the program's own file")?;
    // Jobs may start after the next build: they use the program of the submission.
    let copy = folder.join("runner");
    fs::copy(&program, &copy).with_context(|| format!("cannot write `{}`", copy.display()))?;
    let bytes = system::read(&copy).with_context(|| format!("cannot read `{}`", copy.display()))?;
    Ok(sha256(bytes))
}

fn folder(sweep: &Path, number: u32) -> PathBuf {
    sweep.join(FOLDER).join(format!("{number:04}"))
}

/// The numbers of the submissions.
fn numbers(sweep: &Path) -> Result<Vec<u32>> {
    let path = sweep.join(FOLDER);
    let entries = match fs::read_dir(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(|| format!("cannot read `{}`", path.display()))?,
    };
    let names = entries.flatten().map(|entry| entry.file_name());
    let numbers: Vec<u32> = names.filter_map(|name| name.to_string_lossy().parse().ok()).collect();
    if numbers.contains(&u32::MAX) {
        bail!("`{}` has no number left", path.display());
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_take_ten_minutes_or_more() {
        assert_eq!(tasks_for(200, None, 1001), 1);
        assert_eq!(tasks_for(6000, None, 1001), 10);
        assert_eq!(tasks_for(6000, Some(10.0), 1001), 100);
        assert_eq!(tasks_for(1_000_000, Some(10.0), 1001), 1001);
        assert_eq!(tasks_for(3, Some(1e6), 1001), 3);
        assert_eq!(tasks_for(0, None, 1001), 1);
    }

    #[test]
    fn folders_are_numbered_on() {
        let dir = tempfile::tempdir().unwrap();
        let next = || Submission::next_folder(dir.path()).unwrap();
        assert!(next().ends_with("submit/0001"));
        assert_eq!(Submission::last(dir.path()).unwrap(), None);
        fs::create_dir_all(dir.path().join("submit/0007")).unwrap();
        assert!(next().ends_with("submit/0008"));
        assert_eq!(Submission::last(dir.path()).unwrap(), None, "no record, no submission");
    }
}
