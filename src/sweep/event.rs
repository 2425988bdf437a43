//! The events of a sweep.

use std::path::Path;

use crate::sweep::result::RunResult;
use crate::train::Event;

/// An event of a sweep, from any of its threads. Runs are numbered from 0 through all experiments, in
/// their order.
#[derive(Clone, Copy, Debug)]
pub enum SweepEvent<'a> {
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
