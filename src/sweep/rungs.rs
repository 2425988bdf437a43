//! The next piece of work of a search with a pruner: a run up to its next rung, or the early end of a run.

use std::sync::PoisonError;

use crate::runs::RungNote;
use crate::sweep::pruning::Step;
use crate::sweep::run_state::{RunOutcome, RunState, is_settled};
use crate::sweep::trials::{POLL, Readiness, State, Trials};

/// A piece of work on a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum RungTask {
    /// Train the run up to a rung.
    Train(RungNote),
    /// End the paused run, for this reason.
    Prune(String),
}

impl Trials {
    /// The next piece of work and its run, which is then in the worker's hand until [`Trials::tell`]. Waits for
    /// results; none if nothing is left to do, or if `stop` returns true and no worker has a run in hand.
    pub(super) fn next_task(&self, stop: &dyn Fn() -> bool) -> Option<(usize, RungTask)> {
        let mut state = self.state();
        loop {
            if !stop()
                && let Some((run, task)) = self.find(&mut state)
            {
                state.active.insert(run);
                return Some((run, task));
            }
            if state.active.is_empty() {
                return None;
            }
            let waited = self.changed.wait_timeout(state, POLL);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A task of a proposed trial, else one of the next trial that can be proposed.
    fn find(&self, state: &mut State) -> Option<(usize, RungTask)> {
        loop {
            if let Some(found) = self.of_proposed(state) {
                return Some(found);
            }
            let (next, _) = state.proposed();
            if self.total() <= next || self.advance(state, next) != Readiness::Ready {
                return None;
            }
        }
    }

    /// A task of a proposed trial: early ends before trainings, and the greatest rung first.
    fn of_proposed(&self, state: &mut State) -> Option<(usize, RungTask)> {
        let pruning = self.pruning.as_ref()?;
        let (proposed, exhausted) = state.proposed();
        let is_whole = exhausted || proposed == self.total();
        let mut best: Option<(usize, RungNote)> = None;
        let mut at = state.settled;
        while at < proposed {
            let group = pruning.group(at);
            let end = group.end.min(proposed);
            at = end;
            if state.runs[group.start..end].iter().all(|runs| is_settled(runs)) {
                let is_next = state.settled == group.start;
                if is_next && (end == group.end || is_whole) {
                    state.settled = end;
                }
                continue;
            }
            let trials = group.start..end;
            let steps = pruning.steps(group, &state.runs[..proposed], is_whole);
            for (trial, step) in trials.zip(steps) {
                match self.task(state, trial, step) {
                    Some((run, RungTask::Train(rung))) => {
                        let is_lower = |known: &(usize, RungNote)| rung.number <= known.1.number;
                        best = best.filter(is_lower).or(Some((run, rung)));
                    }
                    Some(prune) => return Some(prune),
                    None => {}
                }
            }
        }
        best.map(|(run, rung)| (run, RungTask::Train(rung)))
    }

    /// The task of the first run of a trial that the step concerns.
    fn task(&self, state: &State, trial: usize, step: Step) -> Option<(usize, RungTask)> {
        let replicates = self.search().replicates();
        let runs = state.runs[trial].iter().enumerate();
        let mut runs = runs.map(|(replicate, known)| (trial * replicates + replicate, known));
        let is_free = |run: &usize| !state.active.contains(run);
        let paused =
            |(run, known): &(usize, &RunState)| known.outcome == RunOutcome::Paused && is_free(run);
        match step {
            Step::Train(rung) => {
                let found = runs.find(|(run, known)| {
                    let goes_on = matches!(known.outcome, RunOutcome::Open | RunOutcome::Paused);
                    goes_on && known.values.len() < rung.epochs && is_free(run)
                });
                found.map(|(run, _)| (run, RungTask::Train(rung)))
            }
            Step::Prune(reason) => runs.find(paused).map(|(run, _)| (run, RungTask::Prune(reason))),
            Step::End => {
                let reason = "another replicate of the trial diverged".to_owned();
                runs.find(paused).map(|(run, _)| (run, RungTask::Prune(reason)))
            }
            Step::Wait => None,
        }
    }
}
