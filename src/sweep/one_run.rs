//! Work on one run: waits for memory, trains the run to its end or to a rung, or ends it early.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::config::LineCache;
use crate::experiment::{self, RunContext, RunEvent, RunSpec, RunSummary, VerdictOf};
use crate::runs::{self, Folder, Record, RungNote, RunsError};
use crate::sweep::agenda::WorkKind;
use crate::sweep::budget::Budget;
use crate::sweep::planned::{Job, QueuedRun};
use crate::sweep::rungs::RungTask;
use crate::sweep::trials::Readiness;
use crate::sweep::{RunResult, Status, SweepEvent};
use crate::system::sentence;
use crate::train::Diverged;

/// The assumed number of rows of a queued run, before the actual number is known.
const MOST_ROWS: usize = 1 << 16;

/// Does the work of this kind on a run of the queue.
pub(super) fn run_one(
    (run, queued): (usize, &QueuedRun),
    (kind, readiness): (&WorkKind, Readiness),
    context: &RunContext<'_>,
    budget: &Budget,
    observe: &(dyn Fn(SweepEvent<'_>) + Sync),
) -> RunResult {
    let started = Instant::now();
    let mut summary = RunSummary::default();
    let mut tell = |news: RunEvent<'_>| {
        observe(match news {
            RunEvent::Started(dir) => SweepEvent::Started { run, dir },
            RunEvent::Training(event) => SweepEvent::Training { run, event },
        });
    };
    let (dir, status) = match (&queued.experiment.blocked, &readiness) {
        (Some(error), _) | (None, Readiness::Broken(error)) => {
            (None, Status::Failed(error.clone()))
        }
        (None, Readiness::Blocked(_) | Readiness::Waiting(_)) => (None, Status::Skipped),
        (None, _) => match queued.job() {
            Ok(job) => work_on(job, kind, (context, budget), &mut summary, &mut tell),
            Err(what) => (None, Status::Failed(format!("cannot read its plan: {what}"))),
        },
    };
    // A run of several rungs took the time of all.
    let record = dir.as_ref().filter(|_| *kind != WorkKind::Whole);
    let record = record.and_then(|dir| Record::load(&Folder::at(dir).record()).ok());
    let seconds = record.map(|record| record.seconds);
    let (label, changes) = queued.heading(&mut LineCache::default());
    RunResult {
        name: Arc::clone(queued.experiment.name()),
        label,
        root: queued.experiment.root.clone(),
        changes,
        dir,
        status,
        epochs: summary.epochs,
        last: summary.last,
        best: summary.best,
        early_stopping: summary.early_stopping,
        seconds: seconds.unwrap_or_else(|| started.elapsed().as_secs_f64()),
        trial: queued.experiment.source.trial(queued.number()),
        rung: summary.rung,
    }
}

/// Does the work on a run with a plan. Returns its folder, if the run has one, and its status.
fn work_on(
    job: Job,
    kind: &WorkKind,
    (context, budget): (&RunContext<'_>, &Budget),
    summary: &mut RunSummary,
    tell: &mut dyn FnMut(RunEvent<'_>),
) -> (Option<PathBuf>, Status) {
    let spec = |rung: Option<RungNote>| RunSpec {
        plan: &job.run.plan,
        dir: &job.dir,
        data: job.data.as_deref(),
        changes: &job.run.changes,
        trial: job.trial,
        rung,
        verdict: None,
    };
    let (rung, checks) = match kind {
        _ if (context.stop)() => return left_alone(&job.dir, summary),
        WorkKind::Leave => return left_alone(&job.dir, summary),
        WorkKind::Rung(RungTask::Prune(reason)) => {
            let pruned = experiment::prune(&spec(None), reason, context, summary);
            let status = match pruned {
                Ok(()) => Status::Pruned(reason.clone()),
                Err(error) if is_in_use(&error) => Status::Busy(sentence(&error)),
                Err(error) => Status::Failed(sentence(&error)),
            };
            return (Some(job.dir), status);
        }
        WorkKind::Rung(RungTask::Train(rung)) => (Some(*rung), None),
        WorkKind::Rung(RungTask::TrainWith(checks)) => (Some(checks.end()), Some(checks)),
        WorkKind::Whole => (None, None),
    };
    let bytes = job.run.plan.footprint(MOST_ROWS).total();
    let _share = budget.take(bytes, context.stop);
    if (context.stop)() {
        return left_alone(&job.dir, summary);
    }
    let verdict = checks.map(|checks| |epochs: usize, history: &_| checks.verdict(epochs, history));
    let verdict = verdict.as_ref().map(|verdict| verdict as &VerdictOf<'_>);
    let status = train(&RunSpec { verdict, ..spec(rung) }, context, summary, tell);
    (Some(job.dir), status)
}

/// A run that no work is done on: paused at a rung, or not started.
fn left_alone(dir: &Path, summary: &mut RunSummary) -> (Option<PathBuf>, Status) {
    let record = Record::load(&Folder::at(dir).record()).ok();
    match record.filter(|record| record.status == runs::Status::Paused) {
        Some(record) => {
            *summary = RunSummary::of(&record);
            (Some(dir.to_owned()), Status::Paused)
        }
        None => (None, Status::Skipped),
    }
}

fn train(
    spec: &RunSpec<'_>,
    context: &RunContext<'_>,
    summary: &mut RunSummary,
    tell: &mut dyn FnMut(RunEvent<'_>),
) -> Status {
    match experiment::run(spec, context, summary, tell) {
        Ok(runs::Status::Stopped) => Status::Stopped,
        Ok(status) => {
            summary.rung = summary.rung.or(spec.rung);
            match status {
                runs::Status::Paused => Status::Paused,
                runs::Status::Pruned => Status::Pruned(summary.reason.clone().unwrap_or_default()),
                _ => Status::Completed,
            }
        }
        Err(error) if is_in_use(&error) => Status::Busy(sentence(&error)),
        Err(error) if spec.trial.is_some() && error.is::<Diverged>() => {
            Status::Diverged(sentence(&error))
        }
        Err(error) => Status::Failed(sentence(&error)),
    }
}

/// Whether another process is at work on the run.
fn is_in_use(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(RunsError::InUse { .. }))
}
