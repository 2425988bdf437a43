//! A static schedule with work stealing: each worker takes the chunks of its own queue, then helps
//! the others, because a processor may be slower than its neighbour for a while.
//!
//! ```text
//! worker w:
//!   for queue in w, w + 1, …, n − 1, 0, …, w − 1:
//!     take chunks from the front of the own queue, from the back of another one, until it is empty
//! ```
//!
//! Most chunks run on the same thread every time, and find their data in its cache. Which thread
//! runs a chunk is left to chance; the result of a chunk is not.

use std::sync::atomic::{AtomicU64, Ordering};

use super::partition::Partition;
use super::team::{CachePadded, Team};

/// A range of units of one of several targets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chunk {
    /// The index of the target.
    pub target: usize,
    /// The index of the chunk within its target.
    pub index: usize,
    /// The first unit.
    pub from: usize,
    /// The unit after the last.
    pub to: usize,
}

/// Disjoint chunks of several targets in queues; built once and run many times.
///
/// A queue holds indices alone: any other data would travel between processors in every step.
pub struct WorkSchedule {
    queues: Vec<WorkerQueue>,
}

struct WorkerQueue {
    chunks: Vec<Chunk>,
    /// The chunks that are left: the index of the first in the lower half, the end in the upper.
    left: CachePadded<AtomicU64>,
}

impl WorkSchedule {
    /// A schedule with one queue for each worker. All workers share further queues.
    ///
    /// Panics when two chunks overlap.
    pub fn new(queues: Vec<Vec<Chunk>>) -> WorkSchedule {
        let mut chunks: Vec<Chunk> = queues.concat();
        chunks.sort_by_key(|chunk| (chunk.target, chunk.from, chunk.to));
        for pair in chunks.windows(2) {
            let disjoint = pair[0].target < pair[1].target || pair[0].to <= pair[1].from;
            assert!(disjoint, "{:?} and {:?} overlap", pair[0], pair[1]);
        }
        let queue = |chunks| WorkerQueue { chunks, left: CachePadded(AtomicU64::new(0)) };
        WorkSchedule { queues: queues.into_iter().map(queue).collect() }
    }
}

impl WorkerQueue {
    fn refill(&mut self) {
        *self.left.0.get_mut() = (self.chunks.len() as u64) << 32;
    }

    #[inline]
    fn pop_front(&self) -> Option<Chunk> {
        self.pop(|left| left + 1, |left| left & 0xffff_ffff)
    }

    #[inline]
    fn pop_back(&self) -> Option<Chunk> {
        self.pop(|left| left - (1 << 32), |left| (left >> 32) - 1)
    }

    #[inline]
    fn pop(&self, rest: impl Fn(u64) -> u64, taken: impl Fn(u64) -> u64) -> Option<Chunk> {
        let take = |left: u64| (left & 0xffff_ffff < left >> 32).then(|| rest(left));
        let left = self.left.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
        Some(self.chunks[taken(left) as usize])
    }
}

impl Team {
    /// Calls `work` on every chunk of `schedule` with its part of the `targets`.
    ///
    /// Panics when a chunk lies outside its target.
    pub fn run<T: Partition>(
        &mut self,
        schedule: &mut WorkSchedule,
        targets: impl IntoIterator<Item = T>,
        work: impl Fn(T, Chunk) + Sync,
    ) {
        // The targets are moved in: `work` may keep their parts, and no alias of a target may remain.
        let targets: Vec<T> = targets.into_iter().collect();
        for queue in &mut schedule.queues {
            let inside = |c: &Chunk| c.from <= c.to && c.to <= targets[c.target].units();
            assert!(queue.chunks.iter().all(inside), "a chunk lies inside its target");
            queue.refill();
        }
        let queues = &schedule.queues;
        // SAFETY: the chunk lies inside its target, as checked above; no other chunk overlaps it, as
        // `WorkSchedule::new` checks; each chunk is taken once; and nothing else uses the targets.
        let work = |c: Chunk| work(unsafe { targets[c.target].slice(c.from, c.to) }, c);
        if self.is_serial() {
            return queues.iter().flat_map(|queue| &queue.chunks).for_each(|chunk| work(*chunk));
        }
        self.broadcast(&|number| {
            let own = number % queues.len().max(1);
            let (before, from_own) = queues.split_at(own);
            for (i, queue) in from_own.iter().chain(before).enumerate() {
                let is_own = i == 0;
                while let Some(c) = if is_own { queue.pop_front() } else { queue.pop_back() } {
                    work(c);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parallel::ByRows;

    fn chunk(target: usize, index: usize, from: usize, to: usize) -> Chunk {
        Chunk { target, index, from, to }
    }

    #[test]
    fn every_chunk_runs_once_on_any_number_of_threads() {
        let queues = [
            vec![],
            vec![chunk(0, 0, 0, 3), chunk(1, 0, 0, 1)],
            vec![chunk(0, 1, 3, 4), chunk(0, 2, 3, 3), chunk(1, 1, 2, 5)],
        ];
        for (size, skip) in (1..5).flat_map(|size| (0..3).map(move |skip| (size, skip))) {
            let mut team = Team::new(size);
            let mut schedule = WorkSchedule::new(queues[skip..].to_vec());
            for _ in 0..20 {
                let (mut a, mut b) = ([0; 4], [0; 5]);
                let targets = [ByRows::of(&mut a), ByRows::of(&mut b)];
                team.run(&mut schedule, targets, |mut part, chunk| {
                    part.0.iter_mut().for_each(|x| *x += 1 + 10 * chunk.index);
                });
                let (first, second) = if skip < 2 { (1, 1) } else { (0, 0) };
                assert_eq!(a, [first, first, first, 11], "{size} threads");
                assert_eq!(b, [second, 0, 11, 11, 11], "{size} threads");
            }
        }
    }

    #[test]
    #[should_panic(expected = "overlap")]
    fn overlapping_chunks_are_refused() {
        WorkSchedule::new(vec![
            vec![chunk(0, 0, 0, 3)],
            vec![chunk(1, 0, 0, 9), chunk(0, 1, 2, 4)],
        ]);
    }

    #[test]
    #[should_panic(expected = "inside")]
    fn a_chunk_outside_its_target_is_refused() {
        let mut target = [0; 4];
        let mut schedule = WorkSchedule::new(vec![vec![chunk(0, 0, 3, 5)]]);
        Team::new(1).run(&mut schedule, [ByRows::of(&mut target)], |_, _| ());
    }
}
