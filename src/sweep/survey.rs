//! What earlier processes have left below a folder: which runs are done, failed, broken off or never
//! started; it reads records and plans, and changes nothing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::config;
use crate::experiment::Report;
use crate::runs::{self, Folder, Lock, Record, RunsError};
use crate::sweep::batch::{single_job, sweep_jobs};
use crate::sweep::{Batch, Frozen, Job, RunResult, Status};

/// A sweep, or a run of its own, as it was left.
#[derive(Debug)]
pub struct Found {
    /// Its folder.
    pub dir: PathBuf,
    /// The version of the program that began it; empty if nothing of it has begun.
    pub version: String,
    /// Its runs.
    pub runs: Vec<FoundRun>,
    /// Where the path leads, whatever way it is written.
    id: PathBuf,
    is_sweep: bool,
    /// Whether the user has named this very folder.
    named: bool,
    /// Of a sweep, the right to write into its folder.
    lock: Option<Lock>,
}

/// A run as it was left.
#[derive(Clone, Debug)]
pub struct FoundRun {
    /// How far it got.
    pub left: Left,
    name: String,
    dir: PathBuf,
    record: Option<Record>,
    /// What there is to do, unless it is done.
    job: Option<Job>,
}

/// How far a run got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It got to its end.
    Done,
    /// It could not go on.
    Failed,
    /// It was stopped, or its process died.
    Interrupted,
    /// It never began.
    Waiting,
}

/// All that was found.
#[derive(Debug, Default)]
pub struct Survey {
    /// What can be looked at.
    pub found: Vec<Found>,
    /// Where another process is at work, in words.
    pub busy: Vec<String>,
    /// What cannot be read, and why.
    pub unreadable: Vec<String>,
}

const WANTED: &str = "want the folder of a run or of a sweep, such as \
                      logs/adam/20261123-210800, or one with such below it";

impl Survey {
    /// Looks at `dirs`: folders of runs, of sweeps, or with such below them.
    ///
    /// # Errors
    ///
    /// A folder in which there is nothing of the kind; or which itself is a run's or a sweep's that
    /// cannot be resumed now, where others are merely passed over.
    pub fn of(dirs: &[PathBuf]) -> Result<Survey> {
        let mut survey = Survey::default();
        for dir in dirs {
            if !dir.is_dir() {
                bail!("there is no folder `{}`; {WANTED}", dir.display());
            }
            let before = survey.size();
            match kind(dir) {
                Kind::Other => survey.look_below(dir)?,
                kind => {
                    if !survey.has(dir) {
                        let found = look(dir, kind)?;
                        survey.found.retain(|other| !other.id.starts_with(&found.id));
                        survey.found.push(Found { named: true, ..found });
                    }
                }
            }
            let id = identity(dir);
            let below = |found: &Found| found.id.starts_with(&id);
            if before == survey.size() && !survey.has(dir) && !survey.found.iter().any(below) {
                bail!("there is no run and no sweep in `{}`; {WANTED}", dir.display());
            }
        }
        Ok(survey)
    }

    /// Whether the run or sweep in `dir` has been found already.
    fn has(&self, dir: &Path) -> bool {
        let id = identity(dir);
        let child = |found: &Found| found.is_sweep && Some(&*found.id) == id.parent();
        self.found.iter().any(|found| found.id == id || child(found))
    }

    fn size(&self) -> usize {
        self.found.len() + self.busy.len() + self.unreadable.len()
    }

    fn look_below(&mut self, dir: &Path) -> Result<()> {
        let entries = fs::read_dir(dir);
        let entries = entries.with_context(|| format!("cannot read `{}`", dir.display()))?;
        let mut dirs: Vec<PathBuf> = entries
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
            .map(|entry| entry.path())
            .collect();
        dirs.sort();
        for dir in dirs {
            match kind(&dir) {
                // What cannot be read has no run for us.
                Kind::Other => drop(self.look_below(&dir)),
                _ if self.has(&dir) => {}
                kind => match look(&dir, kind) {
                    Ok(found) => self.found.push(found),
                    Err(error) => match error.downcast_ref() {
                        Some(RunsError::InUse { .. }) => self.busy.push(format!("{error:#}")),
                        _ => self.unreadable.push(format!("{error:#}")),
                    },
                },
            }
        }
        Ok(())
    }

    /// The batch of all that is left to do, the failed runs too if they are to be tried again; and
    /// the results of the runs around them, `None` for those of the batch, in its order.
    pub fn into_batch(self, retry_failed: bool) -> (Batch, Vec<Option<RunResult>>) {
        let (mut jobs, mut locks, mut results) = (Vec::new(), Vec::new(), Vec::new());
        for found in self.found {
            if !found.named && !found.is_unfinished(retry_failed) {
                continue;
            }
            locks.extend(found.lock);
            for run in found.runs {
                match (run.result(retry_failed), run.job) {
                    (None, Some(job)) => {
                        results.push(None);
                        jobs.push(job);
                    }
                    (result, _) => results.push(result),
                }
            }
        }
        (Batch::new(jobs, locks), results)
    }
}

impl Found {
    /// Whether anything is left to do.
    pub fn is_unfinished(&self, retry_failed: bool) -> bool {
        self.runs.iter().any(|run| run.result(retry_failed).is_none())
    }
}

impl FoundRun {
    /// How the run ended, unless it is to go on.
    fn result(&self, retry_failed: bool) -> Option<RunResult> {
        let record = self.record.as_ref()?;
        let status = match self.left {
            Left::Done => Status::Completed,
            Left::Failed if !retry_failed => {
                Status::Failed(record.error.clone().unwrap_or_else(|| "no reason noted".to_owned()))
            }
            _ => return None,
        };
        let Report { epochs, last, best } = Report::of(record);
        let (name, dir, seconds) = (self.name.clone(), Some(self.dir.clone()), record.seconds);
        Some(RunResult { name, dir, status, epochs, last, best, seconds })
    }
}

fn identity(dir: &Path) -> PathBuf {
    dir.canonicalize().unwrap_or_else(|_| dir.to_owned())
}

/// What a folder is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sweep,
    Run,
    Other,
}

fn kind(dir: &Path) -> Kind {
    let folder = Folder::at(dir);
    if folder.sweep_plan().is_file() {
        Kind::Sweep
    } else if folder.record().is_file() || folder.config().is_file() && Lock::is_used_in(dir) {
        Kind::Run
    } else {
        Kind::Other
    }
}

fn look(dir: &Path, kind: Kind) -> Result<Found> {
    match kind {
        Kind::Sweep => look_at_sweep(dir),
        _ => look_at_run(dir),
    }
}

fn look_at_sweep(dir: &Path) -> Result<Found> {
    let folder = Folder::at(dir);
    let frozen = Frozen::load(&folder.sweep_plan())?;
    let mut found = Found {
        dir: dir.to_owned(),
        runs: runs_of(&frozen, &folder)?,
        version: frozen.version.clone(),
        id: identity(dir),
        is_sweep: true,
        named: false,
        lock: None,
    };
    // Who has the lock is at work; nobody is on what is done, which may be read-only.
    if found.runs.iter().any(|run| run.left != Left::Done) {
        found.lock = Some(Lock::take(dir)?);
        found.runs = runs_of(&frozen, &folder)?;
    }
    Ok(found)
}

fn runs_of(frozen: &Frozen, folder: &Folder) -> Result<Vec<FoundRun>> {
    let run = |job: Job| {
        let (left, record) = left(&Folder::at(&job.dir))?;
        let (name, dir) = (job.name.clone(), job.dir.clone());
        Ok(FoundRun { left, name, dir, record, job: Some(job) })
    };
    sweep_jobs(frozen, folder).into_iter().map(run).collect()
}

fn look_at_run(dir: &Path) -> Result<Found> {
    let folder = Folder::at(dir);
    let (left, record) = left(&folder)?;
    let job = match left {
        Left::Done => None,
        _ => {
            // Who has the lock is at work. It is taken again when the run goes on.
            drop(Lock::take(dir)?);
            Some(single_job(plan(&folder)?, dir))
        }
    };
    let version = record.as_ref().map_or(String::new(), |record| record.version.clone());
    let name = record.as_ref().map(|record| record.name.clone());
    let name = name.or_else(|| Some(job.as_ref()?.name.clone())).unwrap_or_default();
    let run = FoundRun { left, name, dir: dir.to_owned(), record, job };
    Ok(Found {
        dir: dir.to_owned(),
        runs: vec![run],
        version,
        id: identity(dir),
        is_sweep: false,
        named: false,
        lock: None,
    })
}

fn left(folder: &Folder) -> Result<(Left, Option<Record>), RunsError> {
    if !folder.record().is_file() {
        return Ok((Left::Waiting, None));
    }
    let record = Record::load(&folder.record())?;
    let left = match record.status {
        // All it still has to do is to tidy up.
        runs::Status::Completed if folder.checkpoint().exists() => Left::Interrupted,
        runs::Status::Completed => Left::Done,
        runs::Status::Failed => Left::Failed,
        runs::Status::Running | runs::Status::Stopped => Left::Interrupted,
    };
    Ok((left, Some(record)))
}

/// The plan that a run of its own has beside it.
fn plan(folder: &Folder) -> Result<config::Plan> {
    let path = folder.config();
    let loaded = config::load(std::slice::from_ref(&path), &[]);
    let experiments = loaded.map_err(|problems| {
        let pictures = problems.0.iter().map(|problem| config::render(problem, false));
        anyhow::anyhow!("cannot go on with it\n{}", pictures.collect::<Vec<_>>().join("\n"))
    });
    let experiments =
        experiments.with_context(|| format!("cannot read the plan `{}`", path.display()))?;
    let run = experiments.into_iter().flat_map(|experiment| experiment.runs).next();
    Ok(run.with_context(|| format!("there is no run in `{}`", path.display()))?.plan)
}
