//! The results of `run` as groups of replicates.

use crate::config::{Change, is_replicate_key};
use crate::query::{Completion, Replicate, ResultGroup, group_by_key};
use crate::sweep::{RunResult, Status};

/// A run, or the replicates of one.
pub(crate) type Group<'a> = ResultGroup<&'a RunResult>;

/// The groups of the results; outside of one sweep each run is a group.
pub(crate) fn result_groups(results: &[RunResult]) -> Vec<Group<'_>> {
    let is_sweep = is_one_sweep(results);
    group_by_key(results, |result| is_sweep.then(|| swept_settings(result)))
}

/// Whether all results are of one sweep.
pub(crate) fn is_one_sweep(results: &[RunResult]) -> bool {
    results.iter().all(|result| !result.label.is_empty() && result.root == results[0].root)
}

/// The value that the sweep gives to a key.
pub(crate) fn swept_value<'a>(group: &Group<'a>, key: &str) -> Option<&'a Change> {
    group.runs[0].changes.iter().find(|change| change.key == key)
}

/// The swept settings that replicates share.
pub(super) fn swept_settings(result: &RunResult) -> String {
    let changes = result.changes.iter().filter(|change| !is_replicate_key(&change.key));
    format!("{:?}", changes.collect::<Vec<_>>())
}

impl Replicate for &RunResult {
    fn completion(&self) -> Completion {
        match self.status {
            Status::Completed => Completion::Completed,
            Status::Pruned(_) => Completion::Pruned,
            Status::Stopped | Status::Paused => Completion::Partial,
            Status::Failed(_) | Status::Diverged(_) => Completion::Failed,
            Status::Skipped | Status::Busy(_) => Completion::Skipped,
        }
    }

    fn epochs(&self) -> usize {
        self.epochs
    }

    fn last_metric(&self, name: &str) -> Option<f64> {
        self.last.as_ref()?.get(name)
    }
}
