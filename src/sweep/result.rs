//! The result of a run of a sweep.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::config::Change;
use crate::runs::{EarlyStop, Outcome, RungNote};
use crate::train::Logs;

/// The result of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    /// The plan's name, shared by all runs of a sweep.
    pub name: Arc<str>,
    /// The label within the sweep; empty for a single run.
    pub label: String,
    /// The folder of the sweep, or of the single run.
    pub root: PathBuf,
    /// The differences from the other runs of the sweep.
    pub changes: Vec<Change>,
    /// The run's folder, if created.
    pub dir: Option<PathBuf>,
    /// The status at the end.
    pub status: Status,
    /// Epochs trained.
    pub epochs: usize,
    /// The numbers of the last epoch.
    pub last: Option<Logs>,
    /// The epoch (from 0) with the best monitored number, and the numbers of this epoch.
    pub best: Option<(usize, Logs)>,
    /// The effect of early stopping on the end.
    pub early_stopping: Option<EarlyStop>,
    /// Wall time from start to end.
    pub seconds: f64,
    /// The number of the trial, of a search.
    pub trial: Option<usize>,
    /// The last rung that was reached, of a search with a pruner.
    pub rung: Option<RungNote>,
}

impl RunResult {
    /// The result of the single run in `dir`.
    pub(super) fn new(name: Arc<str>, dir: &Path, status: Status, outcome: Outcome) -> RunResult {
        RunResult {
            name,
            label: String::new(),
            root: dir.to_owned(),
            changes: Vec::new(),
            dir: Some(dir.to_owned()),
            status,
            epochs: outcome.epochs,
            last: Some(outcome.metrics).filter(|metrics| !metrics.0.is_empty()),
            best: outcome.best.map(|best| (best.epoch, best.metrics)),
            early_stopping: outcome.early_stopping,
            seconds: outcome.seconds,
            trial: outcome.trial,
            rung: outcome.rung,
        }
    }
}

/// The status of a run at the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Status {
    /// All epochs are trained, or a callback stopped the run.
    Completed,
    /// The run stopped on request and saved a checkpoint.
    Stopped,
    /// The run failed; the text holds the reason, with path and operation.
    Failed(String),
    /// The run of a search diverged: a result, the worst there is. The text holds the loss and the step.
    Diverged(String),
    /// The run is at a rung of its search, which has not decided on it.
    Paused,
    /// The search went on without the run; the text holds the reason.
    Pruned(String),
    /// Another process works on the run, as the text says; the run stays unchanged.
    Busy(String),
    /// The run never started.
    Skipped,
}

/// A [`Status`] without text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// [`Status::Completed`].
    Completed,
    /// [`Status::Stopped`].
    Stopped,
    /// [`Status::Failed`].
    Failed,
    /// [`Status::Diverged`].
    Diverged,
    /// [`Status::Paused`].
    Paused,
    /// [`Status::Pruned`].
    Pruned,
    /// [`Status::Busy`].
    Busy,
    /// [`Status::Skipped`].
    Skipped,
}

impl Ending {
    /// Whether the run has a result for its search.
    pub(super) fn is_result(self) -> bool {
        matches!(self, Ending::Completed | Ending::Diverged | Ending::Paused | Ending::Pruned)
    }

    /// Whether nothing of the run is left to do.
    pub fn is_final(self) -> bool {
        matches!(self, Ending::Completed | Ending::Failed | Ending::Diverged | Ending::Pruned)
    }

    /// The ending of a run with this status.
    pub fn of(status: &Status) -> Ending {
        match status {
            Status::Completed => Ending::Completed,
            Status::Stopped => Ending::Stopped,
            Status::Failed(_) => Ending::Failed,
            Status::Diverged(_) => Ending::Diverged,
            Status::Paused => Ending::Paused,
            Status::Pruned(_) => Ending::Pruned,
            Status::Busy(_) => Ending::Busy,
            Status::Skipped => Ending::Skipped,
        }
    }
}
