//! A sweep or a run as earlier processes have left it: which runs are done, failed, broken off or
//! never started; it reads records and plans, and changes nothing.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

use crate::config;
use crate::experiment::Report;
use crate::runs::{self, Folder, Lock, Record, RunsError};
use crate::sweep::batch::{single_job, sweep_jobs};
use crate::sweep::extend::as_extended;
use crate::sweep::{Frozen, Job, RunResult, Status};

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
    pub(super) id: PathBuf,
    pub(super) is_sweep: bool,
    /// Whether the user has named this very folder.
    pub(super) named: bool,
    /// Of a sweep, the right to write into its folder.
    pub(super) lock: Option<Lock>,
}

/// A run as it was left.
#[derive(Clone, Debug)]
pub struct FoundRun {
    /// How far it got.
    pub left: Left,
    name: String,
    pub(super) dir: PathBuf,
    pub(super) record: Option<Record>,
    /// What there is to do, unless it is done.
    pub(super) job: Option<Job>,
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

impl Found {
    /// Whether anything is left to do.
    pub fn is_unfinished(&self, retry_failed: bool) -> bool {
        self.runs.iter().any(|run| run.result(retry_failed).is_none())
    }
}

impl FoundRun {
    /// How the run ended, unless it is to go on.
    pub(super) fn result(&self, retry_failed: bool) -> Option<RunResult> {
        let record = self.record.as_ref()?;
        let status = match self.left {
            Left::Done => Status::Completed,
            Left::Failed if !retry_failed => {
                Status::Failed(record.error.clone().unwrap_or_else(|| "no reason noted".to_owned()))
            }
            _ => return None,
        };
        let Report { epochs, last, best } = Report::of(record);
        let job = self.job.as_ref();
        Some(RunResult {
            name: self.name.clone(),
            label: job.map_or(String::new(), |job| job.label.clone()),
            root: job.map_or_else(|| self.dir.clone(), |job| job.root.clone()),
            changes: job.map_or(Vec::new(), |job| job.changes.clone()),
            dir: Some(self.dir.clone()),
            status,
            epochs,
            last,
            best,
            seconds: record.seconds,
        })
    }
}

/// Where a path leads, whatever way it is written.
pub(super) fn identity(dir: &Path) -> PathBuf {
    dir.canonicalize().unwrap_or_else(|_| dir.to_owned())
}

/// What a folder is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sweep,
    Run,
    Other,
}

/// What the folder is.
pub(super) fn kind(dir: &Path) -> Kind {
    let folder = Folder::at(dir);
    if folder.sweep_plan().is_file() {
        Kind::Sweep
    } else if folder.record().is_file() || folder.config().is_file() && Lock::is_used_in(dir) {
        Kind::Run
    } else {
        Kind::Other
    }
}

/// What there is in a folder of this kind.
///
/// # Errors
///
/// Another process at work in it, and files that cannot be read.
pub(super) fn look(dir: &Path, kind: Kind) -> Result<Found> {
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
    let run = |mut job: Job| {
        let (left, record) = left(&Folder::at(&job.dir))?;
        if matches!(left, Left::Interrupted | Left::Failed) {
            job.plan = as_extended(job.plan, &job.dir);
        }
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
        runs::Status::Completed => Left::Done,
        runs::Status::Failed => Left::Failed,
        runs::Status::Running | runs::Status::Stopped => Left::Interrupted,
    };
    Ok((left, Some(record)))
}

/// The plan that a run of its own has beside it.
pub(super) fn plan(folder: &Folder) -> Result<config::Plan> {
    let path = folder.config();
    let loaded = config::load(std::slice::from_ref(&path), &[]);
    let experiments = loaded.map_err(|problems| {
        let pictures = problems.0.iter().map(|problem| config::render(problem, false));
        anyhow!("cannot go on with it\n{}", pictures.collect::<Vec<_>>().join("\n"))
    });
    let experiments =
        experiments.with_context(|| format!("cannot read the plan `{}`", path.display()))?;
    let run = experiments.into_iter().flat_map(|experiment| experiment.runs).next();
    Ok(run.with_context(|| format!("there is no run in `{}`", path.display()))?.plan)
}
