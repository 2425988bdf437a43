//! The memory shared by runs: a run waits for free memory, unless no other run holds any.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The interval between checks of the stop request while a run waits.
const POLL: Duration = Duration::from_millis(50);

/// The memory of all runs of an invocation.
pub(super) struct Budget {
    /// Total bytes; `None` if unknown, and then no run waits.
    total: Option<u64>,
    taken: Mutex<Taken>,
    freed: Condvar,
    /// Held by the first run in line, so that smaller runs cannot overtake a large run forever.
    turn: Mutex<()>,
    waiting: AtomicUsize,
}

#[derive(Default)]
struct Taken {
    runs: usize,
    bytes: u64,
}

/// The memory of a run, freed on drop.
pub(super) struct Share<'a> {
    of: &'a Budget,
    bytes: u64,
}

impl Budget {
    pub(super) fn new(total: Option<u64>) -> Budget {
        Budget {
            total,
            taken: Mutex::default(),
            freed: Condvar::new(),
            turn: Mutex::default(),
            waiting: AtomicUsize::new(0),
        }
    }

    /// Takes `bytes` once they are free, no other run holds memory, or `stop` returns true.
    pub(super) fn take(&self, bytes: u64, stop: &dyn Fn() -> bool) -> Share<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = self.taken();
        while !self.fits(&taken, bytes) && !stop() {
            let waited = self.freed.wait_timeout(taken, POLL);
            (taken, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        taken.runs += 1;
        taken.bytes = taken.bytes.saturating_add(bytes);
        drop(turn);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        Share { of: self, bytes }
    }

    /// The number of runs waiting for memory.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    fn fits(&self, taken: &Taken, bytes: u64) -> bool {
        let free = self.total.map(|total| total.saturating_sub(taken.bytes));
        taken.runs == 0 || free.is_none_or(|free| bytes <= free)
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let mut taken = self.of.taken();
        taken.runs -= 1;
        taken.bytes = taken.bytes.saturating_sub(self.bytes);
        self.of.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    const NEVER: fn() -> bool = || false;

    #[test]
    fn no_more_is_taken_than_there_is() {
        let budget = Budget::new(Some(10));
        let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for bytes in [4, 5, 6, 3, 7, 2, 4, 5] {
                let (budget, now, most) = (&budget, &now, &most);
                scope.spawn(move || {
                    let share = budget.take(bytes, &NEVER);
                    most.fetch_max(
                        now.fetch_add(bytes, Ordering::SeqCst) + bytes,
                        Ordering::SeqCst,
                    );
                    std::thread::sleep(Duration::from_millis(5));
                    now.fetch_sub(bytes, Ordering::SeqCst);
                    drop(share);
                });
            }
        });
        assert!(most.into_inner() <= 10);
        let left = budget.taken();
        assert_eq!((left.runs, left.bytes, budget.waiting()), (0, 0, 0));
    }

    #[test]
    fn a_run_that_is_alone_does_not_wait() {
        let budget = Budget::new(Some(10));
        let alone = budget.take(11, &NEVER);
        // A stopped run does not wait either.
        drop(budget.take(1, &|| true));
        drop(alone);
        let unknown = Budget::new(None);
        let _both = [unknown.take(u64::MAX, &NEVER), unknown.take(u64::MAX, &NEVER)];
    }
}
