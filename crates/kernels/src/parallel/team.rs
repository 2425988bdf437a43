//! A team of threads that share one run's work, step by step, with a few hundred nanoseconds
//! between the call and the first instruction; it knows nothing of what it computes.
//!
//! Members wait for work by spinning, because a step is shorter than the system takes to wake a
//! thread; after a while without work they sleep.

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::tuner::Company;

/// Spins before a waiting member sleeps: some 50 microseconds.
const SPINS: usize = 2_000;

/// The calling thread and `size − 1` more.
pub struct Team {
    shared: Arc<Shared>,
    members: Vec<JoinHandle<()>>,
    calls: usize,
    company: Company,
    /// The caller does the work of all.
    alone: bool,
}

struct Shared {
    signal: Line<Signal>,
    /// For each member but the caller, the last call that it has finished.
    done: Vec<Line<AtomicUsize>>,
    /// Members that sleep or are about to.
    asleep: Line<AtomicUsize>,
    over: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

/// What the caller writes and the members wait for: one line of the cache, so that a call travels
/// from one processor to the other at once.
struct Signal {
    /// Counts the calls.
    call: AtomicUsize,
    /// The work of the current call.
    work: UnsafeCell<Work<'static>>,
}

/// Lines apart, so that waiting does not slow down who works.
#[repr(align(128))]
pub(crate) struct Line<T>(pub(crate) T);

/// The work of one call: run for every member's number.
type Work<'a> = &'a (dyn Fn(usize) + Sync);

// SAFETY: the work is written only by the caller, before it counts the call and after all members
// have finished the one before; a member reads it only between the two.
unsafe impl Sync for Signal {}

impl Team {
    /// A team of `size` threads, the caller included; at least one.
    pub fn new(size: usize) -> Team {
        let done = || (1..size.max(1)).map(|_| Line(AtomicUsize::new(0))).collect();
        let shared = Arc::new(Shared {
            signal: Line(Signal { call: AtomicUsize::new(0), work: UnsafeCell::new(&|_| ()) }),
            done: done(),
            asleep: Line(AtomicUsize::new(0)),
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
        Team { shared, members, calls: 0, company: Company::new(), alone: false }
    }

    /// Number of threads, the caller included.
    pub fn size(&self) -> usize {
        self.members.len() + 1
    }

    /// Whether the caller does all the work.
    pub(crate) fn is_alone(&self) -> bool {
        self.alone || self.members.is_empty()
    }

    /// Begins one of many steps that are alike. Should the caller be faster alone, it is until the step ends.
    pub fn begin_step(&mut self) {
        self.alone = !self.members.is_empty() && self.company.begin();
    }

    /// Ends the step.
    pub fn end_step(&mut self) {
        self.alone = false;
        if !self.members.is_empty() {
            self.company.end();
        }
    }

    /// From now on the caller is alone in all steps, or in none, or again where it is faster so.
    pub fn set_serial(&mut self, alone: Option<bool>) {
        self.company.fix(alone);
    }

    /// Calls `work` with every member's number, 0 the caller's, and returns when all are done. A
    /// panic in any of them is the caller's.
    pub(crate) fn call(&mut self, work: &(dyn Fn(usize) + Sync)) {
        self.begin(work);
        let own = catch_unwind(AssertUnwindSafe(|| work(0)));
        // `work` and what it borrows must live until every member is done, panic or not.
        for done in &self.shared.done[..self.members.len()] {
            let mut spins = 0;
            while done.0.load(Ordering::Acquire) != self.calls {
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

    fn begin(&mut self, work: Work<'_>) {
        let Signal { call, work: slot } = &self.shared.signal.0;
        self.calls = self.calls.wrapping_add(1);
        // SAFETY: all members have finished the call before, so that none reads the slot now; and none
        // reads the work any more when `call` returns, so that its life may be hidden.
        unsafe { *slot.get() = std::mem::transmute::<Work<'_>, Work<'static>>(work) };
        call.store(self.calls, Ordering::SeqCst);
        // Who counted itself asleep before this either sees the call or is woken.
        if self.shared.asleep.0.load(Ordering::SeqCst) != 0 {
            self.members.iter().for_each(|m| m.thread().unpark());
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        self.begin(&|_| ());
        for member in self.members.drain(..) {
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
            // SAFETY: the call has been counted, and the caller keeps its work alive until this
            // member says that it is done.
            let work = unsafe { *self.signal.0.work.get() };
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(number)))
                && let Ok(mut first) = self.panic.lock()
            {
                first.get_or_insert(panic);
            }
            self.done[number - 1].0.store(seen, Ordering::Release);
        }
    }

    /// Waits for another call than `seen`.
    fn wait_for_call(&self, seen: usize) -> usize {
        let call = &self.signal.0.call;
        for _ in 0..SPINS {
            let now = call.load(Ordering::Acquire);
            if now != seen {
                return now;
            }
            std::hint::spin_loop();
        }
        self.asleep.0.fetch_add(1, Ordering::SeqCst);
        while call.load(Ordering::SeqCst) == seen {
            std::thread::park();
        }
        self.asleep.0.fetch_sub(1, Ordering::SeqCst);
        call.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parallel::ByRows;

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
    fn a_caller_that_is_alone_does_all_the_work_until_the_step_ends() {
        let mut team = Team::new(2);
        let threads = |team: &mut Team| {
            let seen = Mutex::new(Vec::new());
            team.divide(ByRows::of(&mut [0; 2]), |_, _| {
                seen.lock().unwrap().push(std::thread::current().id());
            });
            seen.into_inner().unwrap()
        };
        team.set_serial(Some(true));
        team.begin_step();
        assert_eq!(threads(&mut team), [std::thread::current().id()]);
        team.end_step();
        assert_eq!(threads(&mut team).len(), 2);
        team.set_serial(Some(false));
        team.begin_step();
        assert_eq!(threads(&mut team).len(), 2);
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
