//! A sweep or a run as earlier processes have left it: which runs are done, failed, broken off or
//! never started; it reads records and plans, and changes nothing.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};

use crate::config::{self, LineCache};
use crate::runs::{self, Folder, IndexEntry, Lock, Record, RunIndex, RunsError, Stamp, check_sum};
use crate::sweep::batch::{Planned, Queued};
use crate::sweep::{Ending, Frozen, RunResult, RunResults, Status};
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
    /// The results of the runs that are done or failed; the others are pending.
    pub(super) results: RunResults,
    /// Where the path leads, whatever way it is written.
    pub(super) id: PathBuf,
    pub(super) is_sweep: bool,
    /// Whether the user has named this very folder.
    pub(super) named: bool,
    /// Of a sweep, the right to write into its folder.
    pub(super) lock: Option<Lock>,
}

/// A run as it was left: 24 bytes.
#[derive(Clone, Debug)]
pub struct FoundRun {
    /// How far it got.
    pub left: Left,
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
        self.runs.iter().any(|run| !run.has_ended(retry_failed))
    }
}

impl FoundRun {
    /// Whether the run is not to go on.
    pub(super) fn has_ended(&self, retry_failed: bool) -> bool {
        match self.left {
            Left::Done => true,
            Left::Failed => !retry_failed,
            Left::Interrupted | Left::Waiting => false,
        }
    }
}

/// How a run ended; `None` if it is to go on.
fn ended(left: Left, error: Option<String>) -> Option<Status> {
    match left {
        Left::Done => Some(Status::Completed),
        Left::Failed => Some(Status::Failed(error.unwrap_or_else(|| "no reason noted".to_owned()))),
        Left::Interrupted | Left::Waiting => None,
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
    let version = frozen.version.clone();
    let planned = Arc::new(Planned::sweep(frozen, &folder));
    // A sweep that is done may be read-only, or another process may look at it: no lock is needed.
    let lock = Lock::take(dir);
    let (runs, results) = runs_of(&planned, lock.is_ok())?;
    let is_done = runs.iter().all(|run| run.left == Left::Done);
    Ok(Found {
        dir: dir.to_owned(),
        runs,
        results,
        version,
        id: identity(dir),
        is_sweep: true,
        named: false,
        lock: if is_done { None } else { Some(lock?) },
    })
}

/// The runs of a sweep, and the results of those that have ended; `is_locked` allows to complete the
/// index.
fn runs_of(planned: &Arc<Planned>, is_locked: bool) -> Result<(Vec<FoundRun>, RunResults)> {
    // One listing tells of most runs of a great sweep that they have not begun.
    let begun = names_in(&planned.root)?;
    let indexed = Indexed::read(planned);
    let (mut runs, mut results) = (Vec::new(), RunResults::default());
    let mut headings = LineCache::default();
    for queued in Planned::queue(Arc::clone(planned)) {
        let mut left = Left::Waiting;
        results.push_pending();
        if !begun.is_empty() {
            let dir = planned.dir(&queued.heading(&mut headings).0);
            if dir.file_name().is_some_and(|name| begun.contains(name)) {
                left = indexed.end_of(&queued, &dir, is_locked, &mut results)?;
            }
        }
        runs.push(FoundRun { left, queued: Some(queued) });
    }
    Ok((runs, results))
}

/// The last entry of the index for each run, its outcome as a line of [`Planned::outcomes`].
struct Indexed(Vec<Option<(Stamp, Ending, u32)>>);

impl Indexed {
    fn read(planned: &Planned) -> Indexed {
        let mut entries = Vec::new();
        RunIndex::read(&planned.root, |IndexEntry { run, stamp, status, error, outcome }| {
            let left = left_by(status);
            let line =
                ended(left, error).map(|status| planned.add_outcome(&status, true, &outcome));
            if run < planned.n_runs() {
                entries.resize(entries.len().max(run + 1), None);
                entries[run] = line.map(|(line, ending)| (stamp, ending, line));
            }
        });
        Indexed(entries)
    }

    /// How far the run in `dir` got. The result of an ended run is added to `results`, from the index
    /// if the record has not changed since.
    fn end_of(
        &self,
        queued: &Queued,
        dir: &Path,
        is_locked: bool,
        results: &mut RunResults,
    ) -> Result<Left> {
        let (number, folder) = (queued.number(), Folder::at(dir));
        let stamp = Stamp::of(&folder);
        if let Some((known, ending, line)) = self.0.get(number).copied().flatten()
            && stamp == Some(known)
        {
            results.set_packed(number, queued, ending, line);
            return Ok(if ending == Ending::Failed { Left::Failed } else { Left::Done });
        }
        let (left, record) = left(&folder)?;
        let entry = record.and_then(|record| IndexEntry::new(number, stamp?, record));
        if let Some(entry) = entry
            && let Some(status) = ended(left, entry.error.clone())
        {
            if is_locked {
                queued.of.index.append_entry(&queued.of.root, &entry);
            }
            let (line, ending) = queued.of.add_outcome(&status, true, &entry.outcome);
            results.set_packed(number, queued, ending, line);
        }
        Ok(left)
    }
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
    let mut results = RunResults::default();
    match record.and_then(|record| Some((ended(left, record.error.clone())?, record))) {
        Some((status, record)) => results.push(result(dir, status, record)),
        None => results.push_pending(),
    }
    Ok(Found {
        dir: dir.to_owned(),
        runs: vec![FoundRun { left, queued }],
        results,
        version,
        id: identity(dir),
        is_sweep: false,
        named: false,
        lock: None,
    })
}

/// The result of the run of its own in `dir`.
fn result(dir: &Path, status: Status, record: Record) -> RunResult {
    let name = record.name.clone().into();
    RunResult::new(name, dir, status, record.into())
}

fn left(folder: &Folder) -> Result<(Left, Option<Record>), RunsError> {
    if !folder.record().is_file() {
        return Ok((Left::Waiting, None));
    }
    let record = Record::load(&folder.record())?;
    let left = match record.is_machine_fault() {
        true => Left::Interrupted,
        false => left_by(record.status),
    };
    Ok((left, Some(record)))
}

fn left_by(status: runs::Status) -> Left {
    match status {
        runs::Status::Completed => Left::Done,
        runs::Status::Failed => Left::Failed,
        runs::Status::Running | runs::Status::Stopped => Left::Interrupted,
    }
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
