//! The trials of a search: each is proposed when the results that it depends on are known.
//!
//! Trial k is a function of the plan, of k and of the results of the trials below k − lag. The results
//! between are treated as unknown even where they are known, so that the number of workers, their speed
//! and every interruption change no proposal. Nothing is saved: a later process proposes the same trials
//! from the same results.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::config::{Change, Search, Trial, Variant};
use crate::search::Outcome;
use crate::sweep::pruning::Pruning;
use crate::sweep::run_state::{RunOutcome, RunState};

/// The interval between checks of the stop request while a worker waits for a result.
pub(super) const POLL: Duration = Duration::from_millis(50);

/// A search, and its trials so far.
#[derive(Debug)]
pub(super) struct Trials {
    search: Search,
    /// The number of trials to make.
    total: usize,
    /// When trials end early.
    pub(super) pruning: Option<Pruning>,
    state: Mutex<State>,
    /// Notified of every result.
    pub(super) changed: Condvar,
}

/// What is known of the trials.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The trials proposed so far.
    proposed: Vec<Trial>,
    /// The runs of each trial.
    pub(super) runs: Vec<Vec<RunState>>,
    /// The runs that a worker has in hand, of a search with a pruner.
    pub(super) active: HashSet<usize>,
    /// No trial below is left to decide on.
    pub(super) settled: usize,
    /// The number of trials after which no combination is left.
    exhausted: bool,
    /// The reason why the next trial cannot be planned.
    broken: Option<String>,
}

/// Whether a trial is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Readiness {
    /// The trial has its plan.
    Ready,
    /// The result of this trial is missing, and a run under way will bring it.
    Waiting(usize),
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
        let pruning = Pruning::of(&search, total);
        Trials { search, total, pruning, state: Mutex::default(), changed: Condvar::new() }
    }

    /// The search.
    pub(super) fn search(&self) -> &Search {
        &self.search
    }

    /// The number of trials.
    pub(super) fn total(&self) -> usize {
        self.total
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
            if !matches!(found, Readiness::Waiting(_)) || stop() {
                return found;
            }
            let waited = self.changed.wait_timeout(state, POLL);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes in the state of a run after a worker has left it.
    pub(super) fn tell(&self, run: usize, known: RunState) {
        let mut state = self.state();
        *self.run(&mut state, run) = known;
        state.active.remove(&run);
        self.changed.notify_all();
    }

    /// Takes in the states of all runs of a trial.
    pub(super) fn tell_trial(&self, trial: usize, runs: Vec<RunState>) {
        let first = trial * self.search.replicates();
        runs.into_iter().enumerate().for_each(|(at, known)| self.tell(first + at, known));
    }

    /// Takes in the states of all runs of a trial, and returns whether any is new.
    pub(super) fn tell_news(&self, trial: usize, runs: Vec<RunState>) -> bool {
        let is_new = self.state().runs.get(trial) != Some(&runs);
        if is_new {
            self.tell_trial(trial, runs);
        }
        is_new
    }

    /// Waits for the next result, for `interval` at most, or until `stop` returns true.
    pub(super) fn pause(&self, interval: Duration, stop: &dyn Fn() -> bool) {
        let until = Instant::now() + interval;
        let mut state = self.state();
        while !stop() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.changed.wait_timeout(state, left.min(POLL));
            let timeout;
            (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            if !timeout.timed_out() {
                break;
            }
        }
    }

    /// The labels of the runs of a trial, if it is proposed.
    pub(super) fn labels(&self, trial: usize) -> Vec<String> {
        let state = self.state();
        let runs = state.proposed.get(trial).into_iter().flat_map(|trial| &trial.runs);
        runs.map(|run| run.label.clone()).collect()
    }

    /// Takes a lost result back: the run is to be trained again.
    pub(super) fn open(&self, run: usize) {
        let mut state = self.state();
        let known = self.run(&mut state, run);
        if known.outcome != RunOutcome::Paused {
            known.outcome = RunOutcome::Open;
        }
    }

    /// The state of a run.
    pub(super) fn outcome(&self, run: usize) -> RunOutcome {
        self.run(&mut self.state(), run).outcome
    }

    /// The state of a run, open before it is told.
    fn run<'a>(&self, state: &'a mut State, run: usize) -> &'a mut RunState {
        let (trial, replicates) = (self.trial_of(run), self.search.replicates());
        let len = state.runs.len().max(trial + 1);
        state.runs.resize(len, vec![RunState::default(); replicates]);
        &mut state.runs[trial][run % replicates]
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
    pub(super) fn advance(&self, state: &mut State, trial: usize) -> Readiness {
        while state.proposed.len() <= trial {
            if state.exhausted {
                return Readiness::Exhausted;
            }
            if let Some(error) = &state.broken {
                return Readiness::Broken(error.clone());
            }
            let next = state.proposed.len();
            let outcomes = match self.known(state, next) {
                Ok(outcomes) => outcomes,
                Err(missing) => {
                    let runs = state.runs.get(missing).map_or(&[][..], Vec::as_slice);
                    return if runs.iter().any(RunState::is_lost) {
                        Readiness::Blocked(missing)
                    } else {
                        Readiness::Waiting(missing)
                    };
                }
            };
            match self.search.propose(&state.proposed, &outcomes) {
                Ok(Some(trial)) => {
                    state.proposed.push(trial);
                    let run = next * self.search.replicates();
                    self.run(state, run);
                }
                Ok(None) => state.exhausted = true,
                Err(error) => state.broken = Some(error),
            }
        }
        Readiness::Ready
    }

    /// The outcomes that the proposal of trial `next` learns from; or the trial with a missing result.
    fn known(&self, state: &State, next: usize) -> Result<Vec<Option<Outcome>>, usize> {
        let lag = self.search.lag();
        match &self.pruning {
            // Draws depend on no result; the median compares with the trials below the lag.
            Some(Pruning::Hyperband { .. }) if !self.search.learns() => Ok(vec![None; next]),
            Some(pruning) => pruning.known(next, lag, self.search.startup_trials(), &state.runs),
            // Startup trials depend on no result.
            None if next < self.search.startup_trials() => Ok(vec![Some(Outcome::Pending); next]),
            None => (0..next)
                .map(|at| match state.runs.get(at) {
                    _ if next.saturating_sub(lag) <= at => Ok(Some(Outcome::Pending)),
                    Some(runs) => of_trial(runs).map(Some).ok_or(at),
                    None => Err(at),
                })
                .collect(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The number of trials proposed so far, and whether there will be no more.
    pub(super) fn proposed(&self) -> (usize, bool) {
        (self.proposed.len(), self.exhausted)
    }
}

/// The outcome of a trial, the mean of its runs; none as long as a run has no result.
fn of_trial(runs: &[RunState]) -> Option<Outcome> {
    let (mut sum, mut diverged) = (0.0, false);
    for run in runs {
        match run.outcome {
            RunOutcome::Value(value) => sum += value,
            RunOutcome::Diverged => diverged = true,
            _ => return None,
        }
    }
    match (runs.is_empty(), diverged) {
        (true, _) => None,
        (false, true) => Some(Outcome::Diverged),
        (false, false) => Some(Outcome::Value(sum / runs.len() as f64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_is_the_mean_of_its_replicates() {
        use RunOutcome::{Diverged, Lost, Open, Value};
        let of = |outcomes: &[RunOutcome]| {
            let run = |outcome: &RunOutcome| RunState { outcome: *outcome, values: Vec::new() };
            of_trial(&outcomes.iter().map(run).collect::<Vec<_>>())
        };
        assert_eq!(of(&[Value(1.0), Value(2.0)]), Some(Outcome::Value(1.5)));
        assert_eq!(of(&[Value(1.0), Diverged]), Some(Outcome::Diverged));
        assert_eq!(of(&[Open, Lost]), None);
        assert_eq!(of(&[Diverged, Open]), None);
        assert_eq!(of(&[]), None);
    }
}
