//! The work under way, from which each run's share of the threads follows.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::sweep::budget::Budget;

/// The load of the workers of a queue.
pub(super) struct Load {
    jobs: usize,
    /// Runs that have not ended.
    left: AtomicUsize,
    /// Workers that wait with a run in hand.
    waiting: AtomicUsize,
    /// Workers that wait for a run.
    idle: AtomicUsize,
    /// The memory that is left.
    pub(super) budget: Budget,
}

impl Load {
    /// The load of `jobs` workers with so many runs before them.
    pub(super) fn new(jobs: usize, runs: usize, budget: Budget) -> Load {
        let none = || AtomicUsize::new(0);
        Load { jobs, left: AtomicUsize::new(runs), waiting: none(), idle: none(), budget }
    }

    /// The share of a run in so many threads.
    pub(super) fn share(&self, threads: usize) -> usize {
        let at_work = self.jobs.saturating_sub(self.idle.load(Ordering::Relaxed)).max(1);
        let active = self.left.load(Ordering::Relaxed).clamp(1, at_work);
        let waiting = self.budget.waiting() + self.waiting.load(Ordering::Relaxed);
        (threads / active.saturating_sub(waiting).max(1)).max(1)
    }

    /// Takes in that a run has ended.
    pub(super) fn ended(&self) {
        self.left.fetch_sub(1, Ordering::Relaxed);
    }

    /// Waits with a run in hand.
    pub(super) fn waiting<T>(&self, wait: impl FnOnce() -> T) -> T {
        counted(&self.waiting, wait)
    }

    /// Waits for a run.
    pub(super) fn idle<T>(&self, wait: impl FnOnce() -> T) -> T {
        counted(&self.idle, wait)
    }
}

fn counted<T>(counter: &AtomicUsize, wait: impl FnOnce() -> T) -> T {
    counter.fetch_add(1, Ordering::Relaxed);
    let found = wait();
    counter.fetch_sub(1, Ordering::Relaxed);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_of_waiting_workers_work_inside_the_runs() {
        let load = Load::new(4, 10, Budget::new(None));
        assert_eq!(load.share(8), 2);
        assert_eq!(load.waiting(|| load.idle(|| load.share(8))), 4);
        (0..8).for_each(|_| load.ended());
        assert_eq!(load.share(8), 4);
        // Two workers without a run take nothing from the two runs that are left.
        assert_eq!(load.idle(|| load.idle(|| load.share(8))), 4);
    }
}
