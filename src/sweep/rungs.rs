//! The next piece of work of a search with a pruner: a run up to its next rung, or the early end of a run.

use std::sync::{Arc, PoisonError};

use crate::runs::RungNote;
use crate::sweep::checks::{Checks, NOT_A_NUMBER};
use crate::sweep::pruning::Step;
use crate::sweep::run_state::{RunOutcome, RunState, is_settled};
use crate::sweep::shard::Shard;
use crate::sweep::trials::{POLL, Readiness, State, Trials};

/// A piece of work on a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum RungTask {
    /// Train the run up to a rung.
    Train(RungNote),
    /// Train the run to its end, or up to the check that ends it.
    TrainWith(Arc<Checks>),
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
                && let Some(found) = self.take_task(&mut state, None)
            {
                return Some(found);
            }
            if state.active.is_empty() {
                return None;
            }
            let waited = self.changed.wait_timeout(state, POLL);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A piece of work that can begin, on a trial of `shard` if other workers have the others.
    pub(super) fn take_task(
        &self,
        state: &mut State,
        shard: Option<Shard>,
    ) -> Option<(usize, RungTask)> {
        let (run, task) = self.find(state, shard)?;
        state.active.insert(run);
        let pruning = self.pruning.as_ref()?;
        // Replicates are compared by their means, so that each waits for the others at every check.
        let checks = match (&task, self.search().replicates()) {
            (RungTask::Train(_), 1) => pruning.checks(self.trial_of(run), &state.runs),
            _ => None,
        };
        Some((run, checks.map_or(task, RungTask::TrainWith)))
    }

    /// A task of a proposed trial, else one of the next trial that can be proposed.
    fn find(&self, state: &mut State, shard: Option<Shard>) -> Option<(usize, RungTask)> {
        loop {
            if let Some(found) = self.of_proposed(state, shard) {
                return Some(found);
            }
            let (next, _) = state.proposed();
            if self.total() <= next || self.advance(state, next) != Readiness::Ready {
                return None;
            }
        }
    }

    /// A task of a proposed trial: early ends before trainings, and the greatest rung first.
    fn of_proposed(&self, state: &mut State, shard: Option<Shard>) -> Option<(usize, RungTask)> {
        let mut best: Option<(usize, RungNote)> = None;
        for (trial, step) in self.open_steps(state) {
            if shard.is_some_and(|shard| !shard.has(trial)) {
                continue;
            }
            match self.task(state, trial, step) {
                Some((run, RungTask::Train(rung))) => {
                    let is_lower = |known: &(usize, RungNote)| rung.number <= known.1.number;
                    best = best.filter(is_lower).or(Some((run, rung)));
                }
                Some(prune) => return Some(prune),
                None => {}
            }
        }
        best.map(|(run, rung)| (run, RungTask::Train(rung)))
    }

    /// The next step of each proposed trial that is not settled together with its group.
    fn open_steps(&self, state: &mut State) -> Vec<(usize, Step)> {
        let Some(pruning) = &self.pruning else { return Vec::new() };
        let (proposed, exhausted) = state.proposed();
        let is_whole = exhausted || proposed == self.total();
        let mut found = Vec::new();
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
            found.extend(trials.zip(pruning.steps(group, &state.runs[..proposed], is_whole)));
        }
        found
    }

    /// The trials outside of `shard` for which other workers have work, or have to record its end.
    pub(super) fn awaited(&self, state: &mut State, shard: Shard) -> Vec<usize> {
        let steps = self.open_steps(state);
        let is_left = |(trial, step): &(usize, Step)| {
            let is_open = !is_settled(&state.runs[*trial]);
            !shard.has(*trial) && is_open && *step != Step::Wait
        };
        steps.into_iter().filter(is_left).map(|(trial, _)| trial).collect()
    }

    /// Whether all trials of `shard` have ended, with a result or without.
    pub(super) fn have_ended(&self, state: &State, shard: Shard) -> bool {
        let (proposed, exhausted) = state.proposed();
        let all = if exhausted { proposed } else { self.total() };
        let has_ended = |run: &RunState| run.is_settled() || run.is_lost();
        (0..all).filter(|trial| shard.has(*trial)).all(|trial| {
            let runs = state.runs.get(trial).filter(|_| trial < proposed);
            runs.is_some_and(|runs| runs.iter().all(has_ended))
        })
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
                let reason = match replicates {
                    1 => NOT_A_NUMBER,
                    _ => "another replicate of the trial diverged",
                };
                runs.find(paused).map(|(run, _)| (run, RungTask::Prune(reason.to_owned())))
            }
            Step::Wait => None,
        }
    }
}
