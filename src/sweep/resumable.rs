//! A sweep or a run as earlier processes have left it: which runs are done, failed, broken off or
//! never started; it reads records and plans, and changes nothing.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};

use crate::config::{LineCache, Plan, reload_plan};
use crate::runs::{self, Folder, IndexEntry, Lock, Record, RunIndex, RunsError, Stamp, check_sum};
use crate::sweep::planned::{PlannedExperiment, QueuedRun};
use crate::sweep::{Ending, RunResult, RunResults, Status, SweepManifest};
use crate::system;

/// A sweep, or a run of its own, as it was left.
#[derive(Debug)]
pub struct Resumable {
    /// Its folder.
    pub dir: PathBuf,
    /// The version of the program that began it; empty if nothing of it has begun.
    pub version: String,
    /// Its runs.
    pub runs: Vec<ResumableRun>,
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
pub struct ResumableRun {
    /// How far it got.
    pub progress: RunProgress,
    /// What there is to do, unless it is done.
    pub(super) queued: Option<QueuedRun>,
}

/// How far a run got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunProgress {
    /// It got to its end.
    Done,
    /// It could not go on, and the experiment is to blame.
    Failed,
    /// It was stopped, its process died, or the machine failed it.
    Interrupted,
    /// It never began.
    Waiting,
}

impl Resumable {
    /// Whether anything is left to do.
    pub fn is_unfinished(&self, retry_failed: bool) -> bool {
        self.runs.iter().any(|run| !run.has_ended(retry_failed))
    }
}

impl ResumableRun {
    /// Whether the run is not to go on.
    pub(super) fn has_ended(&self, retry_failed: bool) -> bool {
        match self.progress {
            RunProgress::Done => true,
            RunProgress::Failed => !retry_failed,
            RunProgress::Interrupted | RunProgress::Waiting => false,
        }
    }
}

/// How a run ended; `None` if it is to go on.
fn ended(progress: RunProgress, error: Option<String>) -> Option<Status> {
    match progress {
        RunProgress::Done => Some(Status::Completed),
        RunProgress::Failed => {
            Some(Status::Failed(error.unwrap_or_else(|| "no reason noted".to_owned())))
        }
        RunProgress::Interrupted | RunProgress::Waiting => None,
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
pub(super) fn inspect(dir: &Path, kind: Kind) -> Result<Resumable> {
    match kind {
        Kind::Sweep => inspect_sweep(dir),
        _ => inspect_run(dir),
    }
}

fn inspect_sweep(dir: &Path) -> Result<Resumable> {
    let folder = Folder::at(dir);
    let manifest = SweepManifest::load(&folder.sweep_plan())?;
    let version = manifest.version.clone();
    let planned = Arc::new(PlannedExperiment::sweep(manifest, &folder));
    // A sweep that is done may be read-only, or another process may look at it: no lock is needed.
    let lock = Lock::take(dir);
    let (runs, results) = runs_of(&planned, lock.is_ok())?;
    let is_done = runs.iter().all(|run| run.progress == RunProgress::Done);
    Ok(Resumable {
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
fn runs_of(
    planned: &Arc<PlannedExperiment>,
    is_locked: bool,
) -> Result<(Vec<ResumableRun>, RunResults)> {
    // One listing tells of most runs of a great sweep that they have not begun.
    let begun = names_in(&planned.root)?;
    let indexed = Indexed::read(planned);
    let (mut runs, mut results) = (Vec::new(), RunResults::default());
    let mut headings = LineCache::default();
    for queued in PlannedExperiment::queue(Arc::clone(planned)) {
        let mut progress = RunProgress::Waiting;
        results.push_pending();
        if !begun.is_empty() {
            let dir = planned.run_dir(queued.number(), &mut headings);
            if dir.file_name().is_some_and(|name| begun.contains(name)) {
                progress = indexed.end_of(&queued, &dir, is_locked, &mut results)?;
            }
        }
        runs.push(ResumableRun { progress, queued: Some(queued) });
    }
    Ok((runs, results))
}

/// The last entry of the index for each run, its outcome as a line of [`PlannedExperiment::outcomes`].
struct Indexed(Vec<Option<(Stamp, Ending, u32)>>);

impl Indexed {
    fn read(planned: &PlannedExperiment) -> Indexed {
        let mut entries = Vec::new();
        RunIndex::read(&planned.root, |IndexEntry { run, stamp, status, error, outcome }| {
            let progress = progress_by(status);
            let line =
                ended(progress, error).map(|status| planned.add_outcome(&status, true, &outcome));
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
        queued: &QueuedRun,
        dir: &Path,
        is_locked: bool,
        results: &mut RunResults,
    ) -> Result<RunProgress> {
        let (number, folder) = (queued.number(), Folder::at(dir));
        let stamp = Stamp::of(&folder);
        if let Some((known, ending, line)) = self.0.get(number).copied().flatten()
            && stamp == Some(known)
        {
            results.set_packed(number, queued, ending, line);
            return Ok(if ending == Ending::Failed {
                RunProgress::Failed
            } else {
                RunProgress::Done
            });
        }
        let (progress, record) = progress(&folder)?;
        let entry = record.and_then(|record| IndexEntry::new(number, stamp?, record));
        if let Some(entry) = entry
            && let Some(status) = ended(progress, entry.error.clone())
        {
            if is_locked {
                queued.experiment.index.append_entry(&queued.experiment.root, &entry);
            }
            let (line, ending) = queued.experiment.add_outcome(&status, true, &entry.outcome);
            results.set_packed(number, queued, ending, line);
        }
        Ok(progress)
    }
}

/// The names of the folders in a folder.
fn names_in(dir: &Path) -> Result<HashSet<OsString>> {
    let entries = fs::read_dir(dir).with_context(|| format!("cannot read `{}`", dir.display()))?;
    let folders =
        entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_file()));
    Ok(folders.map(|entry| entry.file_name()).collect())
}

fn inspect_run(dir: &Path) -> Result<Resumable> {
    let folder = Folder::at(dir);
    let (progress, record) = progress(&folder)?;
    let queued = match progress {
        RunProgress::Done => None,
        _ => {
            // Who has the lock is at work. It is taken again when the run goes on.
            drop(Lock::take(dir)?);
            PlannedExperiment::queue(Arc::new(PlannedExperiment::single(plan(&folder)?, dir)))
                .next()
        }
    };
    let version = record.as_ref().map_or(String::new(), |record| record.version.clone());
    let mut results = RunResults::default();
    match record.and_then(|record| Some((ended(progress, record.error.clone())?, record))) {
        Some((status, record)) => results.push(result(dir, status, record)),
        None => results.push_pending(),
    }
    Ok(Resumable {
        dir: dir.to_owned(),
        runs: vec![ResumableRun { progress, queued }],
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

fn progress(folder: &Folder) -> Result<(RunProgress, Option<Record>), RunsError> {
    if !folder.record().is_file() {
        return Ok((RunProgress::Waiting, None));
    }
    let record = Record::load(&folder.record())?;
    let progress = match record.is_machine_fault() {
        true => RunProgress::Interrupted,
        false => progress_by(record.status),
    };
    Ok((progress, Some(record)))
}

fn progress_by(status: runs::Status) -> RunProgress {
    match status {
        runs::Status::Completed => RunProgress::Done,
        runs::Status::Failed => RunProgress::Failed,
        runs::Status::Running | runs::Status::Stopped => RunProgress::Interrupted,
    }
}

/// The plan that a run of its own has beside it.
pub(super) fn plan(folder: &Folder) -> Result<Plan> {
    let path = folder.config();
    let text = system::read(&path);
    let text = text.with_context(|| format!("cannot read the plan `{}`", path.display()))?;
    check_sum(&path, &text)?;
    let plan =
        reload_plan(&path).map_err(|diagnostics| anyhow!("cannot go on with it\n{diagnostics}"));
    plan.with_context(|| format!("cannot read the plan `{}`", path.display()))
}
