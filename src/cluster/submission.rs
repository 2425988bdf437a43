//! A submission: the folder `submit/0001` in a sweep, with the program, the script, the output of each task and
//! `engine.json`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, FixedOffset, Local};
use serde::{Deserialize, Serialize};

use super::engine::Engine;
use super::script::Script;
use super::task::{Job, QueuedTask};
use crate::runs::{Durability, sha256, write_atomic};
use crate::system;

/// The subfolder of a sweep with its submissions.
const FOLDER: &str = "submit";
const RECORD: &str = "engine.json";
const SCRIPT: &str = "job.sh";

/// The record of a submission, `engine.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// The engine.
    pub engine: Engine,
    /// The ids of the jobs: one, or one for each link of a chain.
    pub jobs: Vec<String>,
    /// The number of tasks of each job. Task t has the runs, or trials, i with i mod `tasks` = t.
    pub tasks: usize,
    /// The number of runs of the sweep.
    #[serde(default)]
    pub runs: usize,
    /// The command of the first job.
    pub command: Vec<String>,
    /// The SHA-256 of the program in the folder.
    pub program: String,
    /// The time of the submission.
    pub created: DateTime<FixedOffset>,
    /// The folder.
    #[serde(skip)]
    pub folder: PathBuf,
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
                    let record: Submission = serde_json::from_slice(&text)
                        .with_context(|| format!("cannot read `{}`", path.display()))?;
                    let folder = folder(&std::path::absolute(sweep)?, number);
                    return Ok(Some(Submission { folder, ..record }));
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

    /// The script by the path that it was submitted with: the last word of the command, wherever the sweep is seen
    /// from.
    pub fn script(&self) -> PathBuf {
        self.command.last().map_or_else(|| self.folder.join(SCRIPT), PathBuf::from)
    }

    /// The file with the output of a task, in the sweep's folder.
    pub fn output(&self, task: usize) -> PathBuf {
        let number = self.folder.file_name().unwrap_or_default();
        Path::new(FOLDER).join(number).join(format!("{task}.out"))
    }

    /// The tasks that are waiting or running.
    ///
    /// # Errors
    ///
    /// No engine on this machine, or no answer.
    pub fn queued_tasks(&self) -> Result<Vec<QueuedTask>> {
        let script = self.script();
        let jobs: Vec<Job<'_>> = self.jobs.iter().map(|id| Job { id, script: &script }).collect();
        self.engine.queued_tasks(&jobs)
    }

    /// Writes the folder of `script` and submits `chain` jobs, each after the end of the one before. `runs` is the
    /// number of runs of the sweep.
    ///
    /// # Errors
    ///
    /// An unwritable folder, or a refusal by the engine; the folder is then removed.
    pub fn submit(
        script: &Script,
        options: &[String],
        chain: usize,
        runs: usize,
    ) -> Result<Submission> {
        let submitted =
            write(script).and_then(|program| Ok((program, submit(script, options, chain)?)));
        let (program, jobs) = match submitted {
            Ok(submitted) => submitted,
            Err(error) => {
                let _ = fs::remove_dir_all(&script.folder);
                return Err(error);
            }
        };
        let record = Submission {
            engine: script.engine,
            jobs,
            tasks: script.tasks,
            runs,
            command: Submission::command(script, options),
            program,
            created: Local::now().fixed_offset(),
            folder: script.folder.clone(),
        };
        let text = serde_json::to_vec_pretty(&record)?;
        write_atomic(&script.folder.join(RECORD), &text, Durability::PowerLoss)?;
        Ok(record)
    }

    /// The command that submits `script`.
    pub fn command(script: &Script, options: &[String]) -> Vec<String> {
        let command = script.engine.command(&script.folder.join(SCRIPT), options, None);
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        words.map(|word| word.to_string_lossy().into_owned()).collect()
    }
}

/// Submits the script `chain` times, as a whole or not at all. Returns the ids of the jobs.
fn submit(script: &Script, options: &[String], chain: usize) -> Result<Vec<String>> {
    let path = script.folder.join(SCRIPT);
    let mut jobs: Vec<String> = Vec::new();
    for _ in 0..chain {
        let after = jobs.last().cloned();
        match script.engine.submit(&path, options, after.as_deref()) {
            Ok(job) => jobs.push(job),
            Err(error) => {
                let _ = if jobs.is_empty() { Ok(()) } else { script.engine.cancel(&jobs) };
                return Err(error);
            }
        }
    }
    Ok(jobs)
}

/// Writes script and program into the folder. Returns the SHA-256 of the program.
fn write(script: &Script) -> Result<String> {
    let Script { folder, .. } = script;
    fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    let path = folder.join(SCRIPT);
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
