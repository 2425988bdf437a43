//! A sweep or a run as earlier processes have left it: which runs are done, failed, broken off or
//! never started; it reads records and plans, and changes nothing.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};

use crate::config;
use crate::experiment::Report;
use crate::runs::{self, Folder, Lock, Record, RunsError, check_sum};
use crate::sweep::batch::{Planned, Queued};
use crate::sweep::{Frozen, RunResult, Status};
use crate::system;

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
    /// How it ended, if it did.
    ended: Option<Box<RunResult>>,
    /// What there is to do, unless it is done.
    pub(super) queued: Option<Queued>,
}

/// How far a run got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It got to its end.
    Done,
    /// It could not go on, and the experiment is to blame.
    Failed,
    /// It was stopped, its process died, or the machine failed it.
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
    pub(super) fn result(&self, retry_failed: bool) -> Option<&RunResult> {
        match self.left {
            Left::Done => self.ended.as_deref(),
            Left::Failed if !retry_failed => self.ended.as_deref(),
            _ => None,
        }
    }

    /// Its folder.
    pub(super) fn dir(&self) -> PathBuf {
        let ended = self.ended.as_ref().and_then(|ended| ended.dir.clone());
        ended.or_else(|| Some(self.queued.as_ref()?.dir())).unwrap_or_default()
    }
}

/// How a run ended, by its record; `None` if it is to go on.
fn ended(left: Left, record: Record, dir: &Path) -> Option<RunResult> {
    let status = match left {
        Left::Done => Status::Completed,
        Left::Failed => {
            Status::Failed(record.error.clone().unwrap_or_else(|| "no reason noted".to_owned()))
        }
        Left::Interrupted | Left::Waiting => return None,
    };
    let Report { epochs, last, best, early_stopping } = Report::of(&record);
    Some(RunResult {
        name: record.name.into(),
        label: String::new(),
        root: dir.to_owned(),
        changes: Vec::new(),
        dir: Some(dir.to_owned()),
        status,
        epochs,
        last,
        best,
        early_stopping,
        seconds: record.seconds,
    })
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
    let version = frozen.version.clone();
    let planned = Arc::new(Planned::sweep(frozen, &folder));
    let mut found = Found {
        dir: dir.to_owned(),
        runs: runs_of(&planned)?,
        version,
        id: identity(dir),
        is_sweep: true,
        named: false,
        lock: None,
    };
    // Who has the lock is at work; nobody is on what is done, which may be read-only.
    if found.runs.iter().any(|run| run.left != Left::Done) {
        found.lock = Some(Lock::take(dir)?);
        found.runs = runs_of(&planned)?;
    }
    Ok(found)
}

fn runs_of(planned: &Arc<Planned>) -> Result<Vec<FoundRun>> {
    // One listing tells of most runs of a great sweep that they have not begun.
    let begun = names_in(&planned.root)?;
    let run = |queued: Queued| {
        let waiting = FoundRun { left: Left::Waiting, ended: None, queued: None };
        if begun.is_empty() {
            return Ok(FoundRun { queued: Some(queued), ..waiting });
        }
        let dir = queued.dir();
        if !dir.file_name().is_some_and(|name| begun.contains(name)) {
            return Ok(FoundRun { queued: Some(queued), ..waiting });
        }
        let (left, record) = left(&Folder::at(&dir))?;
        let ended = record.and_then(|record| ended(left, record, &dir));
        let ended = ended.map(|ended| {
            let (label, changes) = queued.heading();
            let (name, root) = (Arc::clone(queued.of.name()), queued.of.root.clone());
            Box::new(RunResult { name, label, root, changes, ..ended })
        });
        Ok(FoundRun { left, ended, queued: Some(queued) })
    };
    Planned::queue(Arc::clone(planned)).map(run).collect()
}

/// The names of the folders in a folder.
fn names_in(dir: &Path) -> Result<HashSet<OsString>> {
    let entries = fs::read_dir(dir).with_context(|| format!("cannot read `{}`", dir.display()))?;
    let folders =
        entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_file()));
    Ok(folders.map(|entry| entry.file_name()).collect())
}

fn look_at_run(dir: &Path) -> Result<Found> {
    let folder = Folder::at(dir);
    let (left, record) = left(&folder)?;
    let queued = match left {
        Left::Done => None,
        _ => {
            // Who has the lock is at work. It is taken again when the run goes on.
            drop(Lock::take(dir)?);
            Planned::queue(Arc::new(Planned::single(plan(&folder)?, dir))).next()
        }
    };
    let version = record.as_ref().map_or(String::new(), |record| record.version.clone());
    let ended = record.and_then(|record| ended(left, record, dir)).map(Box::new);
    Ok(Found {
        dir: dir.to_owned(),
        runs: vec![FoundRun { left, ended, queued }],
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
        runs::Status::Failed if record.is_machine_fault() => Left::Interrupted,
        runs::Status::Failed => Left::Failed,
        runs::Status::Running | runs::Status::Stopped => Left::Interrupted,
    };
    Ok((left, Some(record)))
}

/// The plan that a run of its own has beside it.
pub(super) fn plan(folder: &Folder) -> Result<config::Plan> {
    let path = folder.config();
    let text = system::read(&path);
    let text = text.with_context(|| format!("cannot read the plan `{}`", path.display()))?;
    check_sum(&path, &text)?;
    let loaded = config::load(std::slice::from_ref(&path), &[]);
    let experiments = loaded.map_err(|problems| {
        let pictures = problems.0.iter().map(|problem| config::render(problem, false));
        anyhow!("cannot go on with it\n{}", pictures.collect::<Vec<_>>().join("\n"))
    });
    let experiments =
        experiments.with_context(|| format!("cannot read the plan `{}`", path.display()))?;
    let run = experiments.iter().flat_map(|experiment| experiment.runs.iter()).next();
    Ok(run.with_context(|| format!("there is no run in `{}`", path.display()))?.plan)
}
