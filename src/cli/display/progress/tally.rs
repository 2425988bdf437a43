//! Counts finished runs and keeps the best.

use crate::runs::monitored;
use crate::sweep::{RunResult, Status};

/// The count of finished runs.
pub(crate) struct FinishedRuns {
    /// Number of runs.
    pub(crate) total: usize,
    /// How many have ended, in whatever way.
    pub(crate) done: usize,
    /// How many of those failed.
    pub(crate) failed: usize,
    /// The best completed run: its label, what it is judged by, and its number.
    pub(crate) best: Option<(String, &'static str, f64)>,
}

impl FinishedRuns {
    pub(crate) fn new(total: usize) -> FinishedRuns {
        FinishedRuns { total, done: 0, failed: 0, best: None }
    }

    /// Counts a run that ended.
    pub(crate) fn count(&mut self, label: &str, result: &RunResult) {
        self.done += 1;
        match result.status {
            Status::Failed(_) => self.failed += 1,
            Status::Completed => self.compare(label, result),
            Status::Stopped
            | Status::Skipped
            | Status::Paused
            | Status::Pruned(_)
            | Status::Busy(_)
            | Status::Diverged(_) => {}
        }
    }

    fn compare(&mut self, label: &str, result: &RunResult) {
        let Some((name, value)) =
            result.last.as_ref().and_then(monitored).filter(|(_, value)| !value.is_nan())
        else {
            return;
        };
        let better = self.best.as_ref().is_none_or(|&(_, best_name, best)| {
            if name == best_name { value < best } else { name == "val_loss" }
        });
        if better {
            self.best = Some((label.to_owned(), name, value));
        }
    }

    /// `3/12`, as wide for every run.
    pub(crate) fn fraction(&self) -> String {
        let width = self.total.to_string().len();
        format!("{:>width$}/{}", self.done, self.total)
    }
}
