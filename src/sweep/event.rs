//! The events of a sweep.

use std::path::Path;

use crate::sweep::result::RunResult;
use crate::train::FitEvent;

/// An event of a sweep, sent from any thread. Runs are numbered from 0 through all experiments, in
/// order.
#[derive(Clone, Copy, Debug)]
pub enum SweepEvent<'a> {
    /// A run has a folder and is about to train.
    Started {
        /// The run's number.
        run: usize,
        /// The run's folder.
        dir: &'a Path,
    },
    /// A run waits long for the result of another worker.
    Waiting {
        /// The run's number.
        run: usize,
        /// The reason, as the start of a sentence.
        why: &'a str,
    },
    /// A training event of a run's fit.
    Training {
        /// The run's number.
        run: usize,
        /// The event.
        event: FitEvent<'a>,
    },
    /// A run has paused at a rung of its search, and may start again.
    Paused {
        /// The run's number.
        run: usize,
    },
    /// A run has ended, with any status.
    Finished {
        /// The run's number.
        run: usize,
        /// The run's result.
        result: &'a RunResult,
    },
}
