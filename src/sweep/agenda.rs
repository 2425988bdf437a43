//! The order of the work of a queue: its runs one after another, and those of a search with a pruner rung by rung.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::sweep::event::SweepEvent;
use crate::sweep::planned::QueuedRun;
use crate::sweep::run_state::RunOutcome;
use crate::sweep::rungs::RungTask;

/// Work on a run, whose place in the queue is `run`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Work {
    /// The place of the run in the queue.
    pub(super) run: usize,
    /// What to do.
    pub(super) kind: WorkKind,
}

/// What to do with a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum WorkKind {
    /// Train the run to its end.
    Whole,
    /// Do a piece of work of a search with a pruner.
    Rung(RungTask),
    /// Leave the run as it is: results are missing.
    Leave,
}

/// The runs of a queue that are not handed out yet.
#[derive(Debug)]
pub(super) struct Agenda<'a> {
    runs: &'a [QueuedRun],
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The next place.
    next: usize,
    /// The runs at and after the next place of a search with a pruner.
    rungs: Option<Rungs>,
}

/// The runs of a search with a pruner.
#[derive(Debug)]
struct Rungs {
    places: Range<usize>,
    /// The place of each run, by its number in the plan.
    by_number: HashMap<usize, usize>,
    /// The places left over once no task is left.
    left: Option<Vec<usize>>,
}

impl<'a> Agenda<'a> {
    /// The work on these runs.
    pub(super) fn new(runs: &'a [QueuedRun]) -> Agenda<'a> {
        Agenda { runs, state: Mutex::new(State { next: 0, rungs: None }) }
    }

    /// The next work; waits for results that work under way brings. `observe` is told of a long wait.
    pub(super) fn next(
        &self,
        stop: &dyn Fn() -> bool,
        observe: &dyn Fn(SweepEvent<'_>),
    ) -> Option<Work> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.rungs.is_none() {
                let run = self.runs.get(state.next)?;
                if !run.experiment.source.has_rungs() {
                    state.next += 1;
                    return Some(Work { run: state.next - 1, kind: WorkKind::Whole });
                }
                state.rungs = Some(self.rungs_from(state.next));
            }
            let State { next, rungs } = &mut *state;
            match rungs.as_mut().and_then(|rungs| self.of_rungs(rungs, stop, observe)) {
                Some(work) => return Some(work),
                None => {
                    *next = rungs.take().map_or(*next, |rungs| rungs.places.end);
                }
            }
        }
    }

    /// The runs of the search that begins at a place.
    fn rungs_from(&self, start: usize) -> Rungs {
        let experiment = &self.runs[start].experiment;
        let rest = self.runs[start..].iter();
        let len = rest.take_while(|run| Arc::ptr_eq(&run.experiment, experiment)).count();
        let places = start..start + len;
        let by_number = places.clone().map(|place| (self.runs[place].number(), place)).collect();
        Rungs { places, by_number, left: None }
    }

    fn of_rungs(
        &self,
        rungs: &mut Rungs,
        stop: &dyn Fn() -> bool,
        observe: &dyn Fn(SweepEvent<'_>),
    ) -> Option<Work> {
        let run = rungs.places.start;
        let source = &self.runs[run].experiment.source;
        let report = |why: &str| observe(SweepEvent::Waiting { run, why });
        while rungs.left.is_none() {
            match source.next_task(stop, &report) {
                Some((number, task)) => {
                    if let Some(&run) = rungs.by_number.get(&number) {
                        return Some(Work { run, kind: WorkKind::Rung(task) });
                    }
                }
                None => {
                    let is_left = |place: &usize| {
                        let outcome = source.outcome(self.runs[*place].number());
                        matches!(outcome, Some(RunOutcome::Open | RunOutcome::Paused))
                    };
                    rungs.left = Some(rungs.places.clone().filter(is_left).rev().collect());
                }
            }
        }
        let run = rungs.left.as_mut().and_then(Vec::pop)?;
        Some(Work { run, kind: WorkKind::Leave })
    }
}
