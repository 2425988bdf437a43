//! `pruner` of `[sweep]`: when a trial is stopped before its last epoch, as a config writes it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When a trial is stopped before its last epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case")]
pub(crate) enum PrunerTable {
    /// Many trials begin, and at each rung the best 1 of `factor` go on. Their number follows from
    /// `training.epochs`.
    Hyperband {
        /// No trial is stopped earlier.
        #[schemars(range(min = 1))]
        #[serde(default = "one")]
        min_epochs: usize,
        /// One of so many trials goes on at each rung, for so many times the epochs.
        #[schemars(range(min = 2, max = 1000))]
        #[serde(default = "three")]
        factor: usize,
        /// How many times all brackets are run, each time with new trials.
        #[schemars(range(min = 1))]
        #[serde(default = "one")]
        iterations: usize,
    },
    /// A trial stops if its best value is worse than the median of the earlier trials at the same epoch.
    Median {
        /// No trial is stopped before so many are trained to their end.
        #[serde(default = "five")]
        startup_trials: usize,
        /// No trial is stopped in its first epochs.
        #[serde(default)]
        warmup_epochs: usize,
        /// The epochs from one check to the next.
        #[schemars(range(min = 1))]
        #[serde(default = "one")]
        interval_epochs: usize,
        /// A check needs so many values of earlier trials.
        #[schemars(range(min = 1))]
        #[serde(default = "one")]
        min_trials: usize,
    },
}

fn one() -> usize {
    1
}

fn three() -> usize {
    3
}

fn five() -> usize {
    5
}
