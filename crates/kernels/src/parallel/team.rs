//! A team of threads that share the work of a run: the leader, which is the calling thread, and
//! its workers.
//!
//! ```text
//! leader, broadcast(job)                worker w = 1, 2, …
//!   slot ← job; generation += 1           wait for another generation
//!   job(0)                                job(w)
//!   wait until all done[w] = generation   done[w] ← generation
//! ```
//!
//! A broadcast costs a few hundred nanoseconds. Departures from a plain thread pool:
//!
//! 1. Workers wait by spinning, because a step is shorter than the time that a system takes to wake
//!    a thread. They park after [`SPINS`] rounds without a job.
//! 2. Leader and workers write to cache lines of their own.
//! 3. The leader runs a step alone where the tuner finds that faster.

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::tuner::Tuner;

/// Rounds of waiting before a worker parks: about 50 microseconds.
const SPINS: usize = 2_000;

/// Who runs the steps of a team.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Parallelism {
    /// The way that is faster by trial.
    #[default]
    Auto,
    /// The leader alone.
    Serial,
    /// The whole team.
    Full,
}

/// The calling thread and its workers.
pub struct Team {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    generation: usize,
    parallelism: Parallelism,
    tuner: Tuner,
    /// Whether the leader runs the present step alone.
    is_serial_step: bool,
}

struct Shared {
    slot: CachePadded<JobSlot>,
    /// The last generation that each worker has finished.
    done: Vec<CachePadded<AtomicUsize>>,
    /// Number of workers that are parked or about to park.
    parked: CachePadded<AtomicUsize>,
    is_over: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

/// The present job. Generation and job share a cache line, so that one transfer brings both.
struct JobSlot {
    /// Number of jobs so far.
    generation: AtomicUsize,
    job: UnsafeCell<Job<'static>>,
}

/// A value on cache lines of its own, so that a thread that waits for it slows no other down.
#[repr(align(128))]
pub(super) struct CachePadded<T>(pub(super) T);

/// A function of the number of a thread: 0 is the leader.
type Job<'a> = &'a (dyn Fn(usize) + Sync);

// SAFETY: the leader alone writes the job: before it increments the generation, and after all workers
// have finished the generation before. A worker reads it only between the two.
unsafe impl Sync for JobSlot {}

impl Team {
    /// A team of `size` threads, the leader included; at least one. A thread that the system
    /// refuses is left out.
    pub fn new(size: usize) -> Team {
        let n_workers = size.max(1) - 1;
        let slot = JobSlot { generation: AtomicUsize::new(0), job: UnsafeCell::new(&|_| ()) };
        let shared = Arc::new(Shared {
            slot: CachePadded(slot),
            done: (0..n_workers).map(|_| CachePadded(AtomicUsize::new(0))).collect(),
            parked: CachePadded(AtomicUsize::new(0)),
            is_over: AtomicBool::new(false),
            panic: Mutex::new(None),
        });
        let spawn = |number: usize| {
            let shared = Arc::clone(&shared);
            let thread = std::thread::Builder::new().name(format!("team-{number}"));
            thread.spawn(move || shared.worker_loop(number)).ok()
        };
        let workers = (1..=n_workers).map_while(spawn).collect();
        Team {
            shared,
            workers,
            generation: 0,
            parallelism: Parallelism::Auto,
            tuner: Tuner::default(),
            is_serial_step: false,
        }
    }

    /// Number of threads, the leader included.
    pub fn size(&self) -> usize {
        self.workers.len() + 1
    }

    /// Who runs the steps from now on. No result depends on it.
    pub fn set_parallelism(&mut self, parallelism: Parallelism) {
        self.parallelism = parallelism;
    }

    /// Begins one of many similar steps.
    pub fn begin_step(&mut self) {
        self.is_serial_step = match self.parallelism {
            Parallelism::Auto => !self.workers.is_empty() && self.tuner.begin_step(),
            Parallelism::Serial => true,
            Parallelism::Full => false,
        };
    }

    /// Ends the step.
    pub fn end_step(&mut self) {
        self.is_serial_step = false;
        if self.parallelism == Parallelism::Auto && !self.workers.is_empty() {
            self.tuner.end_step();
        }
    }

    /// Whether the leader does all the work at present.
    pub(super) fn is_serial(&self) -> bool {
        self.is_serial_step || self.workers.is_empty()
    }

    /// Runs `job` on every thread, with the number of the thread, and returns when all are done. A
    /// panic on any thread is resumed on the leader.
    pub(super) fn broadcast(&mut self, job: &(dyn Fn(usize) + Sync)) {
        self.publish(job);
        let own = catch_unwind(AssertUnwindSafe(|| job(0)));
        // The job and its borrows must outlive the work of every worker, panic or not.
        for done in &self.shared.done[..self.workers.len()] {
            let mut spins = 0;
            while done.0.load(Ordering::Acquire) != self.generation {
                spins += 1;
                if spins < SPINS { std::hint::spin_loop() } else { std::thread::yield_now() }
            }
        }
        if let Err(panic) = own {
            resume_unwind(panic);
        }
        if let Some(panic) = self.shared.panic.lock().ok().and_then(|mut p| p.take()) {
            resume_unwind(panic);
        }
    }

    fn publish(&mut self, job: Job<'_>) {
        let JobSlot { generation, job: slot } = &self.shared.slot.0;
        self.generation = self.generation.wrapping_add(1);
        // SAFETY: all workers have finished the generation before, so that none reads the slot now.
        // `broadcast` returns after all have finished this one, so that none reads a dead job.
        unsafe { *slot.get() = std::mem::transmute::<Job<'_>, Job<'static>>(job) };
        generation.store(self.generation, Ordering::SeqCst);
        // A worker that counted itself as parked before this either sees the generation or is woken.
        if self.shared.parked.0.load(Ordering::SeqCst) != 0 {
            self.workers.iter().for_each(|worker| worker.thread().unpark());
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        self.publish(&|_| ());
        for worker in self.workers.drain(..) {
            // A worker catches the panics of its jobs, so that it returns in order.
            let _ = worker.join();
        }
    }
}

impl Shared {
    /// Runs every job until the team is over.
    fn worker_loop(&self, number: usize) {
        let mut seen = 0;
        loop {
            seen = self.wait_for_job(seen);
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            // SAFETY: the generation of the job has been published, and the leader keeps the job alive
            // until this worker says that it is done.
            let job = unsafe { *self.slot.0.job.get() };
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| job(number)))
                && let Ok(mut first) = self.panic.lock()
            {
                first.get_or_insert(panic);
            }
            self.done[number - 1].0.store(seen, Ordering::Release);
        }
    }

    /// Waits for another generation than `seen`.
    fn wait_for_job(&self, seen: usize) -> usize {
        let generation = &self.slot.0.generation;
        for _ in 0..SPINS {
            let now = generation.load(Ordering::Acquire);
            if now != seen {
                return now;
            }
            std::hint::spin_loop();
        }
        self.parked.0.fetch_add(1, Ordering::SeqCst);
        while generation.load(Ordering::SeqCst) == seen {
            std::thread::park();
        }
        self.parked.0.fetch_sub(1, Ordering::SeqCst);
        generation.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parallel::ByRows;

    fn count(team: &mut Team) -> usize {
        let done = AtomicUsize::new(0);
        team.broadcast(&|number| {
            done.fetch_add(1 << (8 * number), Ordering::Relaxed);
        });
        done.into_inner()
    }

    #[test]
    fn broadcast_calls_every_thread_once() {
        for (size, want) in [(1, 0x1), (2, 0x101), (3, 0x1_0101)] {
            let mut team = Team::new(size);
            assert!((0..1000).all(|_| count(&mut team) == want));
        }
    }

    #[test]
    fn parallelism_chooses_the_threads_of_a_step() {
        let mut team = Team::new(2);
        let threads = |team: &mut Team| {
            let seen = Mutex::new(Vec::new());
            team.parallel_for(ByRows::of(&mut [0; 2]), |_, _| {
                seen.lock().unwrap().push(std::thread::current().id());
            });
            seen.into_inner().unwrap()
        };
        team.set_parallelism(Parallelism::Serial);
        team.begin_step();
        assert_eq!(threads(&mut team), [std::thread::current().id()]);
        team.end_step();
        assert_eq!(threads(&mut team).len(), 2);
        team.set_parallelism(Parallelism::Full);
        team.begin_step();
        assert_eq!(threads(&mut team).len(), 2);
    }

    #[test]
    fn parked_workers_wake_for_a_job() {
        let mut team = Team::new(2);
        for _ in 0..3 {
            (0..2_000_000).for_each(|_| std::hint::spin_loop());
            assert_eq!(count(&mut team), 0x101);
        }
    }

    #[test]
    fn a_panic_reaches_the_leader_and_the_team_lives_on() {
        let mut team = Team::new(3);
        for bad in 0..3 {
            let panic = catch_unwind(AssertUnwindSafe(|| {
                team.broadcast(&|number| assert!(number != bad, "thread {bad}"));
            }));
            let text = panic.unwrap_err().downcast_ref::<String>().cloned();
            assert_eq!(text, Some(format!("thread {bad}")));
        }
        assert_eq!(count(&mut team), 0x1_0101);
    }
}
