//! The arguments of a run, its events and its summary.

use std::path::Path;
use std::time::Duration;

use crate::config::{Change, Plan};
use crate::experiment::dataset_cache::DatasetCache;
use crate::runs::{EarlyStop, History, Record, RungNote, monitored};
use crate::train::{Direction, FitEvent, Logs};

/// A run to train: plan and folder.
#[derive(Clone, Copy)]
pub struct RunSpec<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The run's folder, possibly begun by an earlier process. Only the last part of the path may
    /// be missing.
    pub dir: &'a Path,
    /// The SHA-256 of the data at planning time, if known.
    pub data: Option<&'a str>,
    /// The differences from the other runs of the sweep.
    pub changes: &'a [Change],
    /// The number of the trial, if a search proposed the run.
    pub trial: Option<usize>,
    /// The rung at which the run pauses, no part of the plan; without one, the run trains to its end.
    pub rung: Option<RungNote>,
    /// Whether the search ends the run after an epoch, as far as that depends on no run under way.
    pub verdict: Option<&'a VerdictOf<'a>>,
}

/// The verdict of a search on a run after so many epochs, by the run's history.
pub type VerdictOf<'a> = dyn Fn(usize, &History) -> Option<Verdict> + Sync + 'a;

/// The early end of a run by its search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The rung at which the run ends.
    pub rung: RungNote,
    /// The reason.
    pub reason: String,
}

/// The context of all runs.
#[derive(Clone, Copy)]
pub struct RunContext<'a> {
    /// Threads for the computation, without effect on the bits of the result. Queried before every
    /// epoch.
    pub threads: &'a (dyn Fn() -> usize + Sync),
    /// The data sets already in memory.
    pub datasets: &'a DatasetCache,
    /// The commit of the folder of the program's start, if the folder is a repository.
    pub git_commit: Option<&'a str>,
    /// Whether all runs are to stop after the current step; queried after every step.
    pub stop: &'a (dyn Fn() -> bool + Sync),
    /// The time to wait for another process in the run's folder, such as an earlier instance of the
    /// same job that is about to end.
    pub patience: Duration,
    /// Whether a completed run loses its checkpoint, and so cannot have more epochs.
    pub discard_checkpoints: bool,
    /// The minimum training time between two checkpoints at the ends of epochs.
    pub save_every: Duration,
    /// The interval between fsyncs, and the minimum duration of a run for an fsync of the last
    /// files.
    pub sync_every: Duration,
}

/// The summary of a run.
#[derive(Clone, Debug, Default)]
pub struct RunSummary {
    /// Epochs trained.
    pub epochs: usize,
    /// The numbers of the last epoch.
    pub last: Option<Logs>,
    /// The best epoch, from 0, and the numbers of this epoch.
    pub best: Option<(usize, Logs)>,
    /// The effect of early stopping on the end.
    pub early_stopping: Option<EarlyStop>,
    /// The last rung that was reached, of a search with a pruner.
    pub rung: Option<RungNote>,
    /// The reason of an early end by the search.
    pub reason: Option<String>,
}

/// An event of a run in progress.
#[derive(Clone, Copy, Debug)]
pub enum RunEvent<'a> {
    /// The run's folder exists.
    Started(&'a Path),
    /// A training event of the fit.
    Training(FitEvent<'a>),
}

impl RunSummary {
    /// The summary in the record of a run.
    pub fn of(record: &Record) -> RunSummary {
        RunSummary {
            epochs: record.epochs,
            last: Some(record.metrics.clone()).filter(|metrics| !metrics.0.is_empty()),
            best: record.best.clone().map(|best| (best.epoch, best.metrics)),
            early_stopping: record.early_stopping.clone(),
            rung: record.trial.as_ref().and_then(|trial| trial.rung),
            reason: record.trial.as_ref().and_then(|trial| trial.reason.clone()),
        }
    }

    /// Takes in the epochs of earlier processes.
    pub(super) fn recall(&mut self, history: &History) {
        history.logs().iter().for_each(|(epoch, logs)| self.take(*epoch, logs));
    }

    pub(super) fn take(&mut self, epoch: usize, logs: &Logs) {
        self.epochs = epoch + 1;
        self.last = Some(logs.clone());
        let Some((name, value)) = monitored(logs) else { return };
        let best = self.best.as_ref().and_then(|(_, best)| best.get(name));
        let better = |best| match Direction::Auto.of(name) {
            Direction::Max => best < value,
            _ => value < best,
        };
        if !value.is_nan() && best.is_none_or(better) {
            self.best = Some((epoch, logs.clone()));
        }
    }
}
