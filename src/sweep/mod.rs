//! Runs many plans on one pool of threads: contains their failures, reports as they go, saves as
//! they finish; it prints nothing and knows nothing of TOML.

use std::path::{Path, PathBuf};

use crate::train::{Event, Logs};

/// What a sweep tells whoever started it, from any of its threads; runs are numbered from 0 in the
/// order of their plans.
#[derive(Clone, Copy, Debug)]
pub enum Notice<'a> {
    /// A run has its folder and is about to train.
    Started {
        /// Its number.
        run: usize,
        /// Its folder.
        dir: &'a Path,
    },
    /// Something happened in a run's fit.
    Training {
        /// Its number.
        run: usize,
        /// What happened.
        event: Event<'a>,
    },
    /// A run has ended, one way or another.
    Finished {
        /// Its number.
        run: usize,
        /// How it ended.
        result: &'a RunResult,
    },
}

/// How one run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    /// The plan's name.
    pub name: String,
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
    /// Wall time from start to end.
    pub seconds: f64,
}

/// Whether a run got to its end.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// It trained all its epochs, or stopped as its callbacks wanted.
    Completed,
    /// It was asked to stop and saved its state.
    Stopped,
    /// It could not go on; the text says why, with the place and the deed.
    Failed(String),
    /// It was never started.
    Skipped,
}
