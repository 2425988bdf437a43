//! The arguments of a run, its events and its summary.

use std::path::Path;
use std::time::Duration;

use crate::config::{Change, Plan};
use crate::experiment::dataset_cache::DatasetCache;
use crate::runs::{EarlyStop, History, Record, monitored};
use crate::train::{Direction, Event, Logs};

/// One run that is to be: what it is, and where.
#[derive(Clone, Copy, Debug)]
pub struct RunSpec<'a> {
    /// What it is.
    pub plan: &'a Plan,
    /// Its folder, in which an earlier process may have begun it; only the last part may be missing.
    pub dir: &'a Path,
    /// The SHA-256 of the data that it was planned for, if that is known.
    pub data: Option<&'a str>,
    /// What makes it different from the other runs of its sweep.
    pub changes: &'a [Change],
}

/// What all runs are given.
#[derive(Clone, Copy)]
pub struct RunContext<'a> {
    /// Threads to compute with; they change no bit of the result. Asked before every epoch.
    pub threads: &'a (dyn Fn() -> usize + Sync),
    /// The data sets that are in memory already.
    pub datasets: &'a DatasetCache,
    /// The commit of the folder that the program was started in, if that is a repository.
    pub git_commit: Option<&'a str>,
    /// Whether all runs are to stop after their step; asked after every step.
    pub stop: &'a (dyn Fn() -> bool + Sync),
    /// How long a run trains, at least, from one checkpoint at the end of an epoch to the next.
    pub save_every: Duration,
    /// How often a run forces what it has written to the disk, and how long it must have taken for
    /// its last files to be.
    pub sync_every: Duration,
}

/// How a run ended.
#[derive(Clone, Debug, Default)]
pub struct RunSummary {
    /// Epochs trained.
    pub epochs: usize,
    /// The numbers of the last epoch.
    pub last: Option<Logs>,
    /// The best epoch, from 0, and its numbers.
    pub best: Option<(usize, Logs)>,
    /// How early stopping took part in the end.
    pub early_stopping: Option<EarlyStop>,
}

/// What a run tells while it is under way.
#[derive(Clone, Copy, Debug)]
pub enum RunEvent<'a> {
    /// Its folder is there.
    Started(&'a Path),
    /// Something happened in its fit.
    Training(Event<'a>),
}

impl RunSummary {
    /// What the record of a run tells.
    pub fn of(record: &Record) -> RunSummary {
        RunSummary {
            epochs: record.epochs,
            last: Some(record.metrics.clone()).filter(|metrics| !metrics.0.is_empty()),
            best: record.best.clone().map(|best| (best.epoch, best.metrics)),
            early_stopping: record.early_stopping.clone(),
        }
    }

    /// Takes in what earlier processes have logged.
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
