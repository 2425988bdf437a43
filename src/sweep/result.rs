//! The result of one run of a sweep.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::config::Change;
use crate::runs::{EarlyStop, Outcome};
use crate::train::Logs;

/// How one run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    /// The plan's name, shared by all runs of a sweep.
    pub name: Arc<str>,
    /// What it is called within its sweep; empty if it is in none.
    pub label: String,
    /// The folder of its sweep, or its own.
    pub root: PathBuf,
    /// What makes it different from the other runs of its sweep.
    pub changes: Vec<Change>,
    /// The run's folder, if there is one.
    pub dir: Option<PathBuf>,
    /// Whether it got to its end.
    pub status: Status,
    /// Epochs trained.
    pub epochs: usize,
    /// The numbers of the last epoch.
    pub last: Option<Logs>,
    /// The epoch (from 0) with the best monitored number, and its numbers.
    pub best: Option<(usize, Logs)>,
    /// How early stopping took part in the end.
    pub early_stopping: Option<EarlyStop>,
    /// Wall time from start to end.
    pub seconds: f64,
}

impl RunResult {
    /// The result of the run of its own in `dir`.
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
        }
    }
}

/// Whether a run got to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Status {
    /// It trained all its epochs, or stopped as its callbacks wanted.
    Completed,
    /// It was asked to stop and saved its state.
    Stopped,
    /// It could not go on; the text says why, with the place and the deed.
    Failed(String),
    /// Another process is at work on it, as the text says: it was left alone.
    Busy(String),
    /// It was never started.
    Skipped,
}

/// A [`Status`] without its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// [`Status::Completed`].
    Completed,
    /// [`Status::Stopped`].
    Stopped,
    /// [`Status::Failed`].
    Failed,
    /// [`Status::Busy`].
    Busy,
    /// [`Status::Skipped`].
    Skipped,
}

impl Ending {
    /// The ending of a run with this status.
    pub fn of(status: &Status) -> Ending {
        match status {
            Status::Completed => Ending::Completed,
            Status::Stopped => Ending::Stopped,
            Status::Failed(_) => Ending::Failed,
            Status::Busy(_) => Ending::Busy,
            Status::Skipped => Ending::Skipped,
        }
    }
}
