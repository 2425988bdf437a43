//! A team of threads that share one run's work, step by step, with a few hundred nanoseconds
//! between the call and the first instruction; it knows nothing of what it computes.
//!
//! Members wait for work by spinning, because a step is shorter than the system takes to wake a
//! thread; after a while without work they sleep.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Spins before a waiting member sleeps: some 50 microseconds.
const SPINS: usize = 2_000;

/// The calling thread and `size − 1` more.
pub struct Team {
    shared: Arc<Shared>,
    members: Vec<JoinHandle<()>>,
}

struct Shared {
    /// Counts the calls; odd lines apart, so that waiting does not slow down who works.
    call: Line<AtomicUsize>,
    /// The work of the current call.
    work: AtomicPtr<Work<'static>>,
    /// Members that have not finished the current call.
    busy: Line<AtomicUsize>,
    over: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

#[repr(align(128))]
struct Line<T>(T);

/// The work of one call: run for every member's number.
struct Work<'a>(&'a (dyn Fn(usize) + Sync));

impl Team {
    /// A team of `size` threads, the caller included; at least one.
    pub fn new(size: usize) -> Team {
        let shared = Arc::new(Shared {
            call: Line(AtomicUsize::new(0)),
            work: AtomicPtr::new(std::ptr::null_mut()),
            busy: Line(AtomicUsize::new(0)),
            over: AtomicBool::new(false),
            panic: Mutex::new(None),
        });
        let member = |number: usize| {
            let shared = Arc::clone(&shared);
            // A thread that cannot be had is not missed: its parts go to the others.
            std::thread::Builder::new()
                .name(format!("team-{number}"))
                .spawn(move || shared.serve(number))
                .ok()
        };
        let members = (1..size.max(1)).map_while(member).collect();
        Team { shared, members }
    }

    /// Number of threads, the caller included.
    pub fn size(&self) -> usize {
        self.members.len() + 1
    }

    /// Calls `work` with every member's number, 0 the caller's, and returns when all are done. A
    /// panic in any of them is the caller's.
    pub(super) fn call(&mut self, work: &(dyn Fn(usize) + Sync)) {
        let work = Work(work);
        let shared = &*self.shared;
        shared.busy.0.store(self.members.len(), Ordering::Relaxed);
        shared.work.store((&raw const work).cast_mut().cast(), Ordering::Relaxed);
        shared.call.0.fetch_add(1, Ordering::Release);
        self.members.iter().for_each(|m| m.thread().unpark());
        let own = catch_unwind(AssertUnwindSafe(|| (work.0)(0)));
        // `work` and what it borrows must live until every member is done, panic or not.
        let mut spins = 0;
        while shared.busy.0.load(Ordering::Acquire) != 0 {
            spins += 1;
            if spins < SPINS { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
        if let Err(panic) = own {
            resume_unwind(panic);
        }
        if let Some(panic) = shared.panic.lock().ok().and_then(|mut p| p.take()) {
            resume_unwind(panic);
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        self.shared.call.0.fetch_add(1, Ordering::Release);
        for member in self.members.drain(..) {
            member.thread().unpark();
            // A member catches the panics of its work, so that it ends in order.
            let _ = member.join();
        }
    }
}

impl Shared {
    /// What a member does: waits for a call, does its share, says so.
    fn serve(&self, number: usize) {
        let mut seen = 0;
        loop {
            seen = self.wait_for_call(seen);
            if self.over.load(Ordering::Relaxed) {
                return;
            }
            // SAFETY: the caller keeps `work` alive until `busy` is 0, and it is not 0 before this
            // member has subtracted itself.
            let work = unsafe { &*self.work.load(Ordering::Relaxed) };
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (work.0)(number)))
                && let Ok(mut first) = self.panic.lock()
            {
                first.get_or_insert(panic);
            }
            self.busy.0.fetch_sub(1, Ordering::Release);
        }
    }

    fn wait_for_call(&self, seen: usize) -> usize {
        let mut spins = 0;
        loop {
            let call = self.call.0.load(Ordering::Acquire);
            if call != seen {
                return call;
            }
            spins += 1;
            if spins < SPINS { std::hint::spin_loop() } else { std::thread::park() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(team: &mut Team) -> usize {
        let done = AtomicUsize::new(0);
        team.call(&|number| {
            done.fetch_add(1 << (8 * number), Ordering::Relaxed);
        });
        done.into_inner()
    }

    #[test]
    fn every_member_is_called_once() {
        for (size, want) in [(1, 0x1), (2, 0x101), (3, 0x1_0101)] {
            let mut team = Team::new(size);
            assert!((0..1000).all(|_| count(&mut team) == want));
        }
    }

    #[test]
    fn work_goes_on_after_the_team_has_slept() {
        let mut team = Team::new(2);
        for _ in 0..3 {
            (0..2_000_000).for_each(|_| std::hint::spin_loop());
            assert_eq!(count(&mut team), 0x101);
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_team_lives_on() {
        let mut team = Team::new(3);
        for bad in 0..3 {
            let panic = catch_unwind(AssertUnwindSafe(|| {
                team.call(&|number| assert!(number != bad, "member {bad}"));
            }));
            let text = panic.unwrap_err().downcast_ref::<String>().cloned();
            assert_eq!(text, Some(format!("member {bad}")));
        }
        assert_eq!(count(&mut team), 0x1_0101);
    }
}
