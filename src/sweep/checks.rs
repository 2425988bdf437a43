//! The checks of a run by the median rule. The trials that a run is compared with have all ended when it begins, so
//! the thresholds are known, and the run ends itself: a pause with its checkpoint would cost more than an epoch.

use crate::experiment::Verdict;
use crate::runs::{History, Objective, RungNote};
use crate::search::Median;
use crate::sweep::trial_result::values_in;

/// The reason of the end of a run whose objective is not a number.
pub(super) const NOT_A_NUMBER: &str = "the objective is not a number";

/// The checks of one run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Checks {
    /// The rungs with a threshold, smaller values being better.
    thresholds: Vec<(RungNote, f64)>,
    /// The last epoch, which is no check.
    end: RungNote,
    /// The number of trials that the thresholds come from.
    trials: usize,
    objective: Objective,
}

impl Checks {
    /// The checks of a run of `max_epochs` epochs against the curves of earlier trials.
    pub(super) fn new(
        rule: &Median,
        max_epochs: usize,
        earlier: &[Vec<f64>],
        objective: &Objective,
    ) -> Checks {
        let rungs = rule.checks(max_epochs).enumerate();
        let rungs: Vec<_> = rungs.map(|(at, epochs)| RungNote { number: at + 1, epochs }).collect();
        let end = RungNote { number: rungs.len() + 1, epochs: max_epochs };
        let threshold = |rung: RungNote| Some((rung, rule.threshold(rung.epochs, earlier)?));
        Checks {
            thresholds: rungs.into_iter().filter_map(threshold).collect(),
            end,
            trials: earlier.len(),
            objective: objective.clone(),
        }
    }

    /// The last epoch.
    pub(super) fn end(&self) -> RungNote {
        self.end
    }

    /// The rungs with a threshold, in their order.
    pub(super) fn rungs(&self) -> impl Iterator<Item = RungNote> {
        self.thresholds.iter().map(|(rung, _)| *rung)
    }

    /// The verdict on the run of a history after `epochs` epochs.
    pub(super) fn verdict(&self, epochs: usize, history: &History) -> Option<Verdict> {
        let values = values_in(history, &self.objective)?;
        let (rung, _) = self.thresholds.iter().find(|(rung, _)| rung.epochs == epochs)?;
        let reason = if values.get(epochs - 1)?.is_nan() {
            Some(NOT_A_NUMBER.to_owned())
        } else {
            self.reason(*rung, &values)
        };
        reason.map(|reason| Verdict { rung: *rung, reason })
    }

    /// The reason to end a trial with these values at a rung, if there is one.
    pub(super) fn reason(&self, rung: RungNote, values: &[f64]) -> Option<String> {
        let (_, threshold) = self.thresholds.iter().find(|(known, _)| *known == rung)?;
        let values = &values[..rung.epochs.min(values.len())];
        if !Median::prunes(values, *threshold) {
            return None;
        }
        let best = values.iter().copied().reduce(f64::min).unwrap_or(f64::NAN);
        let shown = |value: f64| if self.objective.rises { -value } else { value };
        Some(format!(
            "worse than the median {:.4}, of {} trials: its {} up to epoch {} is {:.4}",
            shown(*threshold),
            self.trials,
            self.objective.name,
            rung.epochs,
            shown(best),
        ))
    }
}
