//! How far several runs have got: counted, and the best so far kept; it shows nothing.

use crate::cli::rank::objective;
use crate::sweep::{RunResult, Status};

/// The count of finished runs.
pub(super) struct Tally {
    /// Number of runs.
    pub(super) total: usize,
    /// How many have ended, in whatever way.
    pub(super) done: usize,
    /// How many of those failed.
    pub(super) failed: usize,
    /// The best completed run: its label, what it is judged by, and its number.
    pub(super) best: Option<(String, &'static str, f64)>,
}

impl Tally {
    pub(super) fn new(total: usize) -> Tally {
        Tally { total, done: 0, failed: 0, best: None }
    }

    /// Counts a run that ended.
    pub(super) fn count(&mut self, label: &str, result: &RunResult) {
        self.done += 1;
        match result.status {
            Status::Failed(_) => self.failed += 1,
            Status::Completed => self.compare(label, result),
            Status::Stopped | Status::Skipped | Status::Busy(_) => {}
        }
    }

    fn compare(&mut self, label: &str, result: &RunResult) {
        let Some((name, value)) = result.last.as_ref().and_then(objective) else { return };
        let better = self.best.as_ref().is_none_or(|&(_, best_name, best)| {
            if name == best_name { value < best } else { name == "val_loss" }
        });
        if better {
            self.best = Some((label.to_owned(), name, value));
        }
    }

    /// `3/12`, as wide for every run.
    pub(super) fn fraction(&self) -> String {
        let width = self.total.to_string().len();
        format!("{:>width$}/{}", self.done, self.total)
    }
}
