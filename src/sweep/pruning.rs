//! The decisions of a search's pruner: up to which epoch each trial trains, and which trials end early.
//!
//! A decision is a function of results that every process has at that point, so that the number of workers, their
//! speed and interruptions change none.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::{Pruner, Search};
use crate::runs::{Objective, RungNote};
use crate::search::{Hyperband, Median, Next, Outcome, Proposal, Rung, halve, known_in_brackets};
use crate::sweep::checks::Checks;
use crate::sweep::run_state::{RunOutcome, RunState, is_settled, trial_at};

/// What the trials of a search do next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// The trial trains up to this rung.
    Train(RungNote),
    /// Results are missing.
    Wait,
    /// The trial ends early, for this reason.
    Prune(String),
    /// Nothing is left to do.
    End,
}

/// The pruner of a search of a number of trials.
#[derive(Debug)]
pub(super) enum Pruning {
    /// The brackets: their trials and their rungs.
    Hyperband {
        /// The rule.
        rule: Hyperband,
        /// All brackets, iteration after iteration.
        brackets: Vec<(Range<usize>, Vec<Rung>)>,
    },
    /// The median of the trials below k − lag.
    Median {
        /// The rule.
        rule: Median,
        /// The epochs of a trial that is never stopped.
        max_epochs: usize,
        /// The results that the comparison of a trial lacks.
        lag: usize,
        /// The number of which smaller or greater values are better.
        objective: Objective,
        /// The checks of the trials asked for last.
        known: Mutex<BTreeMap<usize, Arc<Checks>>>,
    },
}

/// The trials whose checks are kept: more than are under way.
const MAX_KNOWN: usize = 64;

impl Pruning {
    /// The pruner of `search`, with `total` trials in all.
    pub(super) fn of(search: &Search, total: usize) -> Option<Pruning> {
        Some(match search.pruner()? {
            Pruner::Hyperband { rule, .. } => {
                let brackets = rule.schedule(total / rule.trials());
                Pruning::Hyperband { rule, brackets }
            }
            Pruner::Median { rule, max_epochs } => {
                let objective = search.objective().clone();
                let known = Mutex::default();
                Pruning::Median { rule, max_epochs, lag: search.lag(), objective, known }
            }
        })
    }

    /// The trials that are decided on together with `trial`.
    pub(super) fn group(&self, trial: usize) -> Range<usize> {
        let single = trial..trial + 1;
        match self {
            Pruning::Hyperband { brackets, .. } => {
                let found = brackets.iter().find(|(trials, _)| trials.contains(&trial));
                found.map_or(single, |(trials, _)| trials.clone())
            }
            Pruning::Median { .. } => single,
        }
    }

    /// The steps of the trials of a group, by the runs of all trials that are proposed; `is_whole` if no further
    /// trial of the group will be.
    pub(super) fn steps(
        &self,
        group: Range<usize>,
        trials: &[Vec<RunState>],
        is_whole: bool,
    ) -> Vec<Step> {
        match self {
            Pruning::Hyperband { brackets, .. } => {
                let bracket = brackets.iter().find(|(trials, _)| *trials == group);
                bracket.map_or(Vec::new(), |(_, rungs)| {
                    let known = &trials[group.start..group.end.min(trials.len())];
                    in_bracket(rungs, known, if is_whole { known.len() } else { group.len() })
                })
            }
            Pruning::Median { .. } => {
                let step = |trial: usize| {
                    self.checks(trial, trials).map_or(Step::Wait, |c| by_median(&c, &trials[trial]))
                };
                group.map(step).collect()
            }
        }
    }

    /// The checks of a trial by the median rule, which are known as soon as the trial is proposed.
    pub(super) fn checks(&self, trial: usize, trials: &[Vec<RunState>]) -> Option<Arc<Checks>> {
        let Pruning::Median { rule, max_epochs, lag, objective, known } = self else { return None };
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let compute = || {
            let first = trials.len().min(trial.saturating_sub(*lag));
            let earlier = trials[..first].iter().filter_map(|runs| whole_curve(runs));
            let earlier: Vec<_> = earlier.collect();
            Arc::new(Checks::new(rule, *max_epochs, &earlier, objective))
        };
        let checks = Arc::clone(known.entry(trial).or_insert_with(compute));
        if MAX_KNOWN < known.len() {
            known.pop_first();
        }
        Some(checks)
    }

    /// The outcomes that the proposal of trial `next` learns from, `None` of a trial that it leaves out; or the
    /// trial with a missing result.
    pub(super) fn known(
        &self,
        next: usize,
        lag: usize,
        startup: usize,
        trials: &[Vec<RunState>],
    ) -> Result<Vec<Option<Outcome>>, usize> {
        match self {
            Pruning::Hyperband { rule, brackets } => {
                let iteration = next / rule.trials() * rule.trials();
                let proposal = Proposal { next, iteration, lag, enough: startup };
                let at = |trial: usize, epochs: usize| {
                    trials.get(trial).map_or(Outcome::Pending, |runs| trial_at(runs, epochs))
                };
                known_in_brackets(brackets, proposal, &at)
            }
            Pruning::Median { max_epochs, .. } => (0..next)
                .map(|trial| match trials.get(trial) {
                    _ if next.saturating_sub(lag) <= trial => Ok(Some(Outcome::Pending)),
                    Some(runs) if is_settled(runs) => Ok(Some(trial_at(runs, *max_epochs))),
                    _ => Err(trial),
                })
                .collect(),
        }
    }
}

/// The steps of the trials of a bracket of `n` trials.
fn in_bracket(rungs: &[Rung], trials: &[Vec<RunState>], n: usize) -> Vec<Step> {
    let standings = halve(rungs, &results(rungs, trials, n));
    let step = |next: Next| match next {
        Next::Train(epochs) => {
            let number = 1 + rungs.iter().position(|rung| rung.epochs == epochs).unwrap_or(0);
            Step::Train(RungNote { number, epochs })
        }
        Next::Wait => Step::Wait,
        Next::Prune { rung, place, of, kept } => Step::Prune(format!(
            "place {} of {of}, of which {kept} went on from epoch {}",
            place + 1,
            rungs[rung].epochs,
        )),
        Next::End => Step::End,
    };
    standings.into_iter().take(trials.len()).map(|standing| step(standing.next)).collect()
}

/// The outcome of each of `n` trials at each rung.
fn results(rungs: &[Rung], trials: &[Vec<RunState>], n: usize) -> Vec<Vec<Outcome>> {
    let of_trial = |runs: &Vec<RunState>| -> Vec<Outcome> {
        rungs.iter().map(|rung| trial_at(runs, rung.epochs)).collect()
    };
    let mut results: Vec<_> = trials.iter().map(of_trial).collect();
    results.resize(n, Vec::new());
    results
}

/// The values of a trial that was trained to its end, the means of its runs.
fn whole_curve(runs: &[RunState]) -> Option<Vec<f64>> {
    let is_whole = |run: &RunState| matches!(run.outcome, RunOutcome::Value(_));
    (!runs.is_empty() && runs.iter().all(is_whole)).then(|| curve(runs))
}

/// The means of the values of some runs, as far as all have them.
fn curve(runs: &[RunState]) -> Vec<f64> {
    let epochs = runs.iter().map(|run| run.values.len()).min().unwrap_or(0);
    let mean = |at: usize| runs.iter().map(|run| run.values[at]).sum::<f64>() / runs.len() as f64;
    (0..epochs).map(mean).collect()
}

/// The step of a trial with these checks.
fn by_median(checks: &Checks, runs: &[RunState]) -> Step {
    for rung in checks.rungs() {
        match trial_at(runs, rung.epochs) {
            Outcome::Pending => return Step::Train(rung),
            Outcome::Diverged => return Step::End,
            Outcome::Value(_) => {}
        }
        if let Some(reason) = checks.reason(rung, &curve(runs)) {
            return Step::Prune(reason);
        }
    }
    match trial_at(runs, checks.end().epochs) {
        Outcome::Pending => Step::Train(checks.end()),
        _ => Step::End,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two iterations of 9 + 5 + 3 trials of up to 9 epochs.
    fn hyperband() -> Pruning {
        let rule = Hyperband { max_epochs: 9, min_epochs: 1, factor: 3 };
        Pruning::Hyperband { rule, brackets: rule.schedule(2) }
    }

    /// A trial of a single run; the value after an epoch is the number of the trial, in a mixed order.
    fn trial(number: usize, epochs: usize, outcome: RunOutcome) -> Vec<RunState> {
        vec![RunState { outcome, values: vec![(number * 7 % 17) as f64; epochs] }]
    }

    /// The trials of an iteration, each as far as the rule takes it.
    fn ended(pruning: &Pruning, n: usize) -> Vec<Vec<RunState>> {
        let mut trials: Vec<_> = (0..n).map(|k| trial(k, 0, RunOutcome::Paused)).collect();
        for first in [0, 9, 14] {
            for _ in 0..6 {
                let group = pruning.group(first);
                let steps = pruning.steps(group.clone(), &trials, true);
                for (at, step) in group.zip(steps) {
                    match step {
                        Step::Train(RungNote { epochs: 9, .. }) => {
                            trials[at] = trial(at, 9, RunOutcome::Value((at * 7 % 17) as f64));
                        }
                        Step::Train(rung) => {
                            trials[at] = trial(at, rung.epochs, RunOutcome::Paused);
                        }
                        Step::Prune(_) => trials[at][0].outcome = RunOutcome::Pruned,
                        Step::Wait | Step::End => {}
                    }
                }
            }
        }
        assert!(trials.iter().all(|runs| is_settled(runs)));
        trials
    }

    #[test]
    fn a_proposal_knows_only_results_that_every_process_has() {
        let pruning = hyperband();
        let whole = ended(&pruning, 17);
        for next in 0..17_usize {
            // All that is known later, and the least that is known when the trial is proposed.
            let known = next.saturating_sub(3);
            let first = |at: usize| [1, 3, 9][usize::from(8 < at) + usize::from(13 < at)];
            let least: Vec<_> =
                (0..known).map(|at| trial(at, first(at), RunOutcome::Paused)).collect();
            let of = |trials: &[Vec<RunState>]| pruning.known(next, 3, 4, trials);
            assert_eq!(of(&whole), of(&least), "{next}");
            if 0 < known {
                assert_eq!(of(&least[..known - 1]).unwrap_or_default().len(), 0, "{next}");
            }
        }
    }

    #[test]
    fn a_new_iteration_learns_from_the_greatest_epoch_with_enough_trials() {
        let pruning = hyperband();
        let trials = ended(&pruning, 17);
        let outcomes = pruning.known(17, 3, 4, &trials).unwrap();
        // Nine epochs have 1 + 1 + 3 trials; the others count as bad.
        let values = outcomes.iter().filter(|o| matches!(o, Some(Outcome::Value(_)))).count();
        let bad = outcomes.iter().filter(|o| **o == Some(Outcome::Pending)).count();
        assert_eq!((values, bad), (5, 12));
        // Ten trials have three epochs.
        let outcomes = pruning.known(17, 3, 10, &trials).unwrap();
        let values = outcomes.iter().filter(|o| matches!(o, Some(Outcome::Value(_)))).count();
        assert_eq!(values, 3 + 5 + 3);
        // The iteration before must have ended.
        let mut open = trials;
        open[16] = trial(16, 8, RunOutcome::Open);
        assert_eq!(pruning.known(17, 3, 4, &open), Err(16));
    }

    #[test]
    fn the_median_compares_with_trials_below_the_lag() {
        let objective = Objective { name: "loss".to_owned(), rises: false, at_best: false };
        let rule =
            Median { startup_trials: 2, warmup_epochs: 0, interval_epochs: 1, min_trials: 1 };
        // The checks of a trial are kept, so each question is one to a new pruner.
        let pruning = || {
            let (objective, known) = (objective.clone(), Mutex::default());
            Pruning::Median { rule, max_epochs: 3, lag: 1, objective, known }
        };
        let run = |outcome, values: &[f64]| vec![RunState { outcome, values: values.to_vec() }];
        let whole = |value: f64| run(RunOutcome::Value(value), &[value; 3]);
        let mut trials = vec![whole(1.0), whole(2.0), whole(0.0), run(RunOutcome::Open, &[])];
        let step = |trials: &[Vec<RunState>]| pruning().steps(3..4, trials, false).swap_remove(0);
        // The median of the first two is 1.5; the third is not known.
        assert_eq!(step(&trials), Step::Train(RungNote { number: 1, epochs: 1 }));
        trials[3] = run(RunOutcome::Paused, &[1.4]);
        assert_eq!(step(&trials), Step::Train(RungNote { number: 2, epochs: 2 }));
        trials[3] = run(RunOutcome::Paused, &[1.6]);
        let Step::Prune(reason) = step(&trials) else { panic!("{:?}", step(&trials)) };
        let want = "worse than the median 1.5000, of 2 trials: its loss up to epoch 1 is 1.6000";
        assert_eq!(reason, want);
        // Before the startup trials have ended, there is no pause.
        trials[1] = run(RunOutcome::Pruned, &[2.0]);
        trials[3] = run(RunOutcome::Open, &[]);
        assert_eq!(step(&trials), Step::Train(RungNote { number: 3, epochs: 3 }));
    }
}
