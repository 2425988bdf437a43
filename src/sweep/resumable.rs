//! The state of a sweep or a run left by earlier processes: runs done, failed, interrupted or never
//! started. The module reads records and plans, and completes the index and the
//! out-of-fold predictions.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};

use crate::config::{LineCache, Plan, reload_plan};
use crate::runs::{self, Folder, IndexEntry, Lock, Record, RunIndex, RunsError, Stamp, check_sum};
use crate::sweep::out_of_fold;
use crate::sweep::planned::{PlannedExperiment, QueuedRun};
use crate::sweep::shard::Shard;
use crate::sweep::trials::Readiness;
use crate::sweep::{Ending, RunResult, RunResults, Status, SweepManifest};
use crate::system;

/// A sweep or a single run, in the state left by earlier processes.
#[derive(Debug)]
pub struct Resumable {
    /// The folder of the sweep or run.
    pub dir: PathBuf,
    /// The program version at the start; empty if nothing has begun.
    pub version: String,
    /// The runs.
    pub runs: Vec<ResumableRun>,
    /// The results of the done and failed runs; the other results are pending.
    pub(super) results: RunResults,
    /// The canonical path.
    pub(super) id: PathBuf,
    pub(super) is_sweep: bool,
    /// Whether the user named this very folder.
    pub(super) named: bool,
    /// The lock of a sweep's folder.
    pub(super) lock: Option<Lock>,
}

/// A run in the state left by earlier processes, 24 bytes in size.
#[derive(Clone, Debug)]
pub struct ResumableRun {
    /// The progress of the run.
    pub progress: RunProgress,
    /// The run to queue, unless done.
    pub(super) queued: Option<QueuedRun>,
}

/// The progress of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunProgress {
    /// The run completed.
    Done,
    /// The run failed because of the experiment.
    Failed,
    /// The run was stopped, or the process or the machine failed.
    Interrupted,
    /// The run is at a rung of its search.
    Paused,
    /// The run never began.
    Waiting,
}

impl Resumable {
    /// Whether any work is left.
    pub fn is_unfinished(&self, retry_failed: bool) -> bool {
        self.runs.iter().any(|run| !run.has_ended(retry_failed))
    }
}

impl Resumable {
    /// Whether the folder is that of a sweep.
    pub fn is_sweep(&self) -> bool {
        self.is_sweep
    }

    /// The number of trials of a search that may be under way together.
    pub fn parallel(&self) -> Option<usize> {
        self.runs.iter().flat_map(|run| &run.queued).find_map(|run| run.experiment.parallel())
    }

    /// The mean time of the ended runs, in seconds; `None` if none has ended.
    pub fn mean_seconds(&self) -> Option<f64> {
        let seconds: Vec<f64> = self.results.iter().map(|result| result.seconds).collect();
        let mean = seconds.iter().sum::<f64>() / seconds.len() as f64;
        Some(mean).filter(|mean| mean.is_finite())
    }
}

impl ResumableRun {
    /// Whether the run has ended and is not retried.
    pub(super) fn has_ended(&self, retry_failed: bool) -> bool {
        match self.progress {
            RunProgress::Done => true,
            RunProgress::Failed => !retry_failed,
            RunProgress::Interrupted | RunProgress::Paused | RunProgress::Waiting => false,
        }
    }
}

/// The status of an ended run; `None` for a run to resume.
fn ended(progress: RunProgress, status: runs::Status, error: Option<String>) -> Option<Status> {
    let reason = |error: Option<String>| error.unwrap_or_else(|| "no reason noted".to_owned());
    match progress {
        RunProgress::Done if status == runs::Status::Pruned => Some(Status::Pruned(reason(error))),
        // A trial that diverged has done what it could.
        RunProgress::Done => Some(error.map_or(Status::Completed, Status::Diverged)),
        RunProgress::Failed => Some(Status::Failed(reason(error))),
        RunProgress::Interrupted | RunProgress::Paused | RunProgress::Waiting => None,
    }
}

/// The canonical path of `dir`.
pub(super) fn identity(dir: &Path) -> PathBuf {
    dir.canonicalize().unwrap_or_else(|_| dir.to_owned())
}

/// The kind of a folder.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sweep,
    Run,
    Other,
}

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

/// Reads the state of a folder of this kind.
///
/// # Errors
///
/// Another process at work in the folder, and unreadable files.
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
    if let Some(error) = &planned.blocked {
        bail!("cannot go on with `{}`: {error}", dir.display());
    }
    // A finished sweep may be read-only or open in another process, so no lock is needed.
    let lock = Lock::take(dir);
    let (runs, results) = runs_of(&planned, None, lock.is_ok())?;
    let is_done = runs.iter().all(|run| run.progress == RunProgress::Done);
    // A process killed after its last run has not written what all folds predict.
    if lock.is_ok() && runs.iter().all(|run| run.has_ended(false)) {
        out_of_fold::write_missing(&planned)?;
    }
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

/// The runs of a sweep or of a shard, and the results of the ended runs. `is_locked` permits
/// completing the index.
pub(super) fn runs_of(
    planned: &Arc<PlannedExperiment>,
    shard: Option<Shard>,
    is_locked: bool,
) -> Result<(Vec<ResumableRun>, RunResults)> {
    // A single listing finds the runs without a folder, often most runs of a large sweep.
    let begun = names_in(&planned.root)?;
    let indexed = Indexed::read(planned);
    let (mut runs, mut results) = (Vec::new(), RunResults::default());
    let mut headings = LineCache::default();
    for queued in PlannedExperiment::queue(Arc::clone(planned)) {
        if shard.is_some_and(|shard| !queued.is_in(shard)) {
            if !begun.is_empty() {
                planned.source.look_at_peer(queued.number());
            }
            continue;
        }
        let readiness = if begun.is_empty() {
            Readiness::Waiting(0)
        } else {
            planned.source.prepare(queued.number())
        };
        // The other trials of the search have no combination left.
        if readiness == Readiness::Exhausted {
            break;
        }
        let mut progress = RunProgress::Waiting;
        results.push_pending();
        if readiness == Readiness::Ready {
            let dir = planned.run_dir(queued.number(), &mut headings);
            if dir.file_name().is_some_and(|name| begun.contains(name)) {
                let place = runs.len();
                progress = indexed.end_of(&queued, &dir, is_locked, (place, &mut results))?;
                planned.source.ended(queued.number(), Some(&dir), true);
            }
        }
        runs.push(ResumableRun { progress, queued: Some(queued) });
    }
    Ok((runs, results))
}

/// The last index entry of each run, with the outcome as a line of [`PlannedExperiment::outcomes`].
struct Indexed(Vec<Option<(Stamp, Ending, u32)>>);

impl Indexed {
    fn read(planned: &PlannedExperiment) -> Indexed {
        let mut entries = Vec::new();
        RunIndex::read(
            &planned.root,
            |IndexEntry { run, stamp, status, diverged, error, outcome }| {
                let progress = if diverged { RunProgress::Done } else { progress_by(status) };
                let line = ended(progress, status, error)
                    .map(|status| planned.add_outcome(&status, true, &outcome));
                if run < planned.n_runs() {
                    entries.resize(entries.len().max(run + 1), None);
                    entries[run] = line.map(|(line, ending)| (stamp, ending, line));
                }
            },
        );
        Indexed(entries)
    }

    /// The progress of the run in `dir`. The result of an ended run is added to `results`, from the
    /// index if the record is unchanged.
    fn end_of(
        &self,
        queued: &QueuedRun,
        dir: &Path,
        is_locked: bool,
        (place, results): (usize, &mut RunResults),
    ) -> Result<RunProgress> {
        let (number, folder) = (queued.number(), Folder::at(dir));
        let stamp = Stamp::of(&folder);
        if let Some((known, ending, line)) = self.0.get(number).copied().flatten()
            && stamp == Some(known)
        {
            results.set_packed(place, queued, ending, line);
            return Ok(if ending == Ending::Failed {
                RunProgress::Failed
            } else {
                RunProgress::Done
            });
        }
        let (progress, record) = progress(&folder)?;
        let entry = record.and_then(|record| IndexEntry::new(number, stamp?, record));
        if let Some(entry) = entry
            && let Some(status) = ended(progress, entry.status, entry.error.clone())
        {
            if is_locked {
                queued.experiment.index.append_entry(&queued.experiment.root, &entry);
            }
            let (line, ending) = queued.experiment.add_outcome(&status, true, &entry.outcome);
            results.set_packed(place, queued, ending, line);
        }
        Ok(progress)
    }
}

/// The names of the subfolders.
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
        RunProgress::Paused => bail!(
            "`{}` is paused at a rung of its search, which decides whether it goes on; resume the \
             search: runner resume {}",
            dir.display(),
            dir.parent().unwrap_or(dir).display()
        ),
        _ => {
            // A held lock means a process at work. The lock is taken again on resume.
            drop(Lock::take(dir)?);
            PlannedExperiment::queue(Arc::new(PlannedExperiment::single(plan(&folder)?, dir)))
                .next()
        }
    };
    let version = record.as_ref().map_or(String::new(), |record| record.version.clone());
    let mut results = RunResults::default();
    let ended = |record: Record| {
        let reason = record.trial.as_ref().and_then(|trial| trial.reason.clone());
        let status = ended(progress, record.status, record.error.clone().or(reason))?;
        Some((status, record))
    };
    match record.and_then(ended) {
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

/// The result of the single run in `dir`.
fn result(dir: &Path, status: Status, record: Record) -> RunResult {
    let name = record.name.clone().into();
    RunResult::new(name, dir, status, record.into())
}

fn progress(folder: &Folder) -> Result<(RunProgress, Option<Record>), RunsError> {
    if !folder.record().is_file() {
        return Ok((RunProgress::Waiting, None));
    }
    let record = Record::load(&folder.record())?;
    let progress = match record.status {
        _ if record.is_machine_fault() => RunProgress::Interrupted,
        _ if record.is_diverged_trial() => RunProgress::Done,
        status => progress_by(status),
    };
    Ok((progress, Some(record)))
}

fn progress_by(status: runs::Status) -> RunProgress {
    match status {
        runs::Status::Completed | runs::Status::Pruned => RunProgress::Done,
        runs::Status::Paused => RunProgress::Paused,
        runs::Status::Failed => RunProgress::Failed,
        runs::Status::Running | runs::Status::Stopped => RunProgress::Interrupted,
    }
}

/// The plan stored in the folder of a single run.
pub(super) fn plan(folder: &Folder) -> Result<Plan> {
    let path = folder.config();
    let text = system::read(&path);
    let text = text.with_context(|| format!("cannot read the plan `{}`", path.display()))?;
    check_sum(&path, &text)?;
    let plan =
        reload_plan(&path).map_err(|diagnostics| anyhow!("cannot go on with it\n{diagnostics}"));
    plan.with_context(|| format!("cannot read the plan `{}`", path.display()))
}
