//! What a proposal within Hyperband learns from: the outcomes at one rung, of results that every process has.
//!
//! The model of BOHB ([Falkner 2018](https://proceedings.mlr.press/v80/falkner18a.html), section 4.1) is that of the
//! greatest epoch with enough results. Which results there are must not depend on the speed of any worker. A
//! proposal therefore knows
//!
//! - of earlier iterations everything, so that an iteration begins when the last has ended,
//! - of its own iteration the first rung of the trials below k − lag.

use core::ops::Range;

use crate::hyperband::{Next, Rung, halve};
use crate::trial::Outcome;

/// The place of a proposal in a schedule of brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The number of the trial to propose.
    pub next: usize,
    /// The first trial of its iteration.
    pub iteration: usize,
    /// The results that the proposal lacks: those of so many trials just below it.
    pub lag: usize,
    /// The results at an epoch that are enough for a model.
    pub enough: usize,
}

/// The outcomes that the proposal learns from, by trial: `None` of a trial that it leaves out, because the trial may
/// still reach the epoch of the model. A trial of an earlier iteration that was stopped before that epoch counts as
/// bad, like one without a result.
///
/// `at` gives the outcome of a trial after a number of epochs, pending if it is not known.
///
/// # Errors
///
/// The first trial whose result is missing.
pub fn known_in_brackets(
    brackets: &[(Range<usize>, Vec<Rung>)],
    proposal: Proposal,
    at: &dyn Fn(usize, usize) -> Outcome,
) -> Result<Vec<Option<Outcome>>, usize> {
    let Proposal { next, iteration, lag, enough } = proposal;
    let known = next.saturating_sub(lag).max(iteration);
    let mut reached = Vec::new();
    for (bracket, rungs) in brackets.iter().take_while(|(bracket, _)| bracket.start < known) {
        let trials = bracket.start..bracket.end.min(known);
        if bracket.end <= iteration {
            reached.extend(ended(trials, rungs, at)?);
        } else {
            let first = rungs[0].epochs;
            let missing = trials.clone().find(|trial| at(*trial, first) == Outcome::Pending);
            missing.map_or(Ok(()), Err)?;
            reached.extend(trials.map(|_| first));
        }
    }
    let epochs = epochs_of_model(&reached, enough);
    let outcome = |(trial, reached): (usize, &usize)| match epochs <= *reached {
        true => Some(at(trial, epochs)),
        false if trial < iteration => Some(Outcome::Pending),
        false => None,
    };
    let mut outcomes: Vec<_> = reached.iter().enumerate().map(outcome).collect();
    outcomes.resize(next, Some(Outcome::Pending));
    Ok(outcomes)
}

/// The epochs that each trial of an ended bracket has reached.
fn ended(
    trials: Range<usize>,
    rungs: &[Rung],
    at: &dyn Fn(usize, usize) -> Outcome,
) -> Result<Vec<usize>, usize> {
    let results: Vec<Vec<Outcome>> = trials
        .clone()
        .map(|trial| rungs.iter().map(|rung| at(trial, rung.epochs)).collect())
        .collect();
    let standings = halve(rungs, &results);
    let open = standings.iter().position(|s| matches!(s.next, Next::Train(_) | Next::Wait));
    open.map_or(Ok(()), |open| Err(trials.start + open))?;
    let epochs = |reached: usize| reached.checked_sub(1).map_or(0, |last| rungs[last].epochs);
    Ok(standings.iter().map(|standing| epochs(standing.reached)).collect())
}

/// The greatest epoch that `enough` trials have reached, or all if they are fewer.
fn epochs_of_model(reached: &[usize], enough: usize) -> usize {
    let mut sorted = reached.to_vec();
    sorted.sort_unstable();
    let enough = enough.clamp(1, reached.len().max(1));
    sorted.len().checked_sub(enough).map_or(1, |at| sorted[at].max(1))
}
