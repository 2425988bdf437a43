//! The trials of a search: each is proposed when the results that it depends on are known.
//!
//! Trial k is a function of the plan, of k and of the results of the trials below k − lag. The results
//! between are treated as unknown even where they are known, so that the number of workers, their speed
//! and every interruption change no proposal. Nothing is saved: a later process proposes the same trials
//! from the same results.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::config::{Change, Search, Trial, Variant};
use crate::search::Outcome;

/// The interval between checks of the stop request while a worker waits for a result.
const POLL: Duration = Duration::from_millis(50);

/// A search, and its trials so far.
#[derive(Debug)]
pub(super) struct Trials {
    search: Search,
    /// The number of trials to make.
    total: usize,
    state: Mutex<State>,
    /// Notified of every result.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The trials proposed so far.
    proposed: Vec<Trial>,
    /// The outcome of each run of each trial.
    results: Vec<Vec<RunOutcome>>,
    /// The number of trials after which no combination is left.
    exhausted: bool,
    /// The reason why the next trial cannot be planned.
    broken: Option<String>,
}

/// The outcome of a run for its search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum RunOutcome {
    /// The run has not ended.
    Open,
    /// The run ended without a result: an accident of the machine, or a stop.
    Lost,
    /// The value of the objective, smaller being better.
    Value(f64),
    /// The run diverged.
    Diverged,
}

/// Whether a trial is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Readiness {
    /// The trial has its plan.
    Ready,
    /// Results are missing that a run under way will bring.
    Waiting,
    /// The result of this trial is missing, and no run under way brings it.
    Blocked(usize),
    /// Every combination is tried.
    Exhausted,
    /// The trial has no valid plan.
    Broken(String),
}

impl Trials {
    /// The trials of a search, `total` in all.
    pub(super) fn new(search: Search, total: usize) -> Trials {
        Trials { search, total, state: Mutex::default(), changed: Condvar::new() }
    }

    /// The search.
    pub(super) fn search(&self) -> &Search {
        &self.search
    }

    /// The number of runs of all trials.
    pub(super) fn n_runs(&self) -> usize {
        self.total * self.search.replicates()
    }

    /// The trial of a run.
    pub(super) fn trial_of(&self, run: usize) -> usize {
        run / self.search.replicates()
    }

    /// Proposes the trials up to that of `run`, as far as results are known.
    pub(super) fn prepare(&self, run: usize) -> Readiness {
        self.advance(&mut self.state(), self.trial_of(run))
    }

    /// Waits until the trial of `run` is proposed, cannot be, or `stop` returns true.
    pub(super) fn wait(&self, run: usize, stop: &dyn Fn() -> bool) -> Readiness {
        let mut state = self.state();
        loop {
            let found = self.advance(&mut state, self.trial_of(run));
            if found != Readiness::Waiting || stop() {
                return found;
            }
            let waited = self.changed.wait_timeout(state, POLL);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes in the outcome of a run. [`RunOutcome::Open`] takes an earlier outcome back.
    pub(super) fn tell(&self, run: usize, outcome: RunOutcome) {
        let (trial, replicate) = (self.trial_of(run), run % self.search.replicates());
        let mut state = self.state();
        let open = vec![RunOutcome::Open; self.search.replicates()];
        let len = state.results.len().max(trial + 1);
        state.results.resize(len, open);
        state.results[trial][replicate] = outcome;
        self.changed.notify_all();
    }

    /// A run in full, if it is proposed.
    pub(super) fn get(&self, run: usize) -> Option<Variant> {
        let state = self.state();
        let trial = state.proposed.get(self.trial_of(run))?;
        trial.runs.get(run % self.search.replicates()).cloned()
    }

    /// The label and the changes of a run; the number of the trial before it is proposed.
    pub(super) fn heading(&self, run: usize) -> (String, Vec<Change>) {
        match self.get(run) {
            Some(run) => (run.label, run.changes),
            None => (format!("{:04}", self.trial_of(run)), Vec::new()),
        }
    }

    /// The number of trials after which no combination was left.
    pub(super) fn exhausted(&self) -> Option<usize> {
        let state = self.state();
        state.exhausted.then_some(state.proposed.len())
    }

    /// Proposes trials until `trial` has its plan.
    fn advance(&self, state: &mut State, trial: usize) -> Readiness {
        while state.proposed.len() <= trial {
            if state.exhausted {
                return Readiness::Exhausted;
            }
            if let Some(error) = &state.broken {
                return Readiness::Broken(error.clone());
            }
            let next = state.proposed.len();
            let known = next.saturating_sub(self.search.lag());
            let mut outcomes = vec![Outcome::Pending; next];
            for (at, outcome) in outcomes.iter_mut().enumerate().take(known) {
                *outcome = match of_trial(state.results.get(at).map_or(&[], Vec::as_slice)) {
                    Ok(outcome) => outcome,
                    Err(RunOutcome::Lost) => return Readiness::Blocked(at),
                    Err(_) => return Readiness::Waiting,
                };
            }
            match self.search.propose(&state.proposed, &outcomes) {
                Ok(Some(trial)) => state.proposed.push(trial),
                Ok(None) => state.exhausted = true,
                Err(error) => state.broken = Some(error),
            }
        }
        Readiness::Ready
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The outcome of a trial, the mean of its runs; or the outcome of a run without a result.
fn of_trial(runs: &[RunOutcome]) -> Result<Outcome, RunOutcome> {
    let (mut sum, mut diverged, mut missing) = (0.0, false, None);
    for run in runs {
        match run {
            RunOutcome::Value(value) => sum += value,
            RunOutcome::Diverged => diverged = true,
            RunOutcome::Lost => missing = Some(RunOutcome::Lost),
            RunOutcome::Open => missing = missing.or(Some(RunOutcome::Open)),
        }
    }
    match missing.or(runs.is_empty().then_some(RunOutcome::Open)) {
        Some(missing) => Err(missing),
        None if diverged => Ok(Outcome::Diverged),
        None => Ok(Outcome::Value(sum / runs.len() as f64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_is_the_mean_of_its_replicates() {
        use RunOutcome::{Diverged, Lost, Open, Value};
        assert_eq!(of_trial(&[Value(1.0), Value(2.0)]), Ok(Outcome::Value(1.5)));
        assert_eq!(of_trial(&[Value(1.0), Diverged]), Ok(Outcome::Diverged));
        assert_eq!(of_trial(&[Open, Lost]), Err(Lost));
        assert_eq!(of_trial(&[Diverged, Open]), Err(Open));
        assert_eq!(of_trial(&[]), Err(Open));
    }
}
