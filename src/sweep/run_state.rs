//! What a search knows of its runs: how each has ended, and its value after each epoch.

use crate::search::Outcome;

/// The outcome of a run for its search.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum RunOutcome {
    /// The run has not ended.
    #[default]
    Open,
    /// The run ended without a result: an accident of the machine, or a stop.
    Lost,
    /// The run is at a rung, from which it may go on.
    Paused,
    /// The run was ended at a rung.
    Pruned,
    /// The value of the objective, smaller being better.
    Value(f64),
    /// The run diverged.
    Diverged,
}

/// A run as its search knows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RunState {
    /// How it has ended.
    pub(super) outcome: RunOutcome,
    /// The value after each epoch up to the last rung or the end, smaller being better.
    pub(super) values: Vec<f64>,
}

impl RunState {
    /// The outcome of the run for a comparison after `epochs` epochs. A run that ended before has the value of its
    /// end.
    pub(super) fn at(&self, epochs: usize) -> Outcome {
        let value =
            |value: f64| if value.is_nan() { Outcome::Diverged } else { Outcome::Value(value) };
        match (self.values.get(epochs - 1), self.outcome) {
            (Some(known), _) => value(*known),
            (None, RunOutcome::Value(last)) => value(last),
            (None, RunOutcome::Diverged) => Outcome::Diverged,
            (None, _) => Outcome::Pending,
        }
    }

    /// Whether the run has ended for good.
    pub(super) fn is_settled(&self) -> bool {
        matches!(self.outcome, RunOutcome::Value(_) | RunOutcome::Diverged | RunOutcome::Pruned)
    }

    /// Whether no run under way brings a missing result.
    pub(super) fn is_lost(&self) -> bool {
        self.outcome == RunOutcome::Lost
    }
}

/// The outcome of a trial after `epochs` epochs, the mean of its runs. A trial diverges with any of its runs.
pub(super) fn trial_at(runs: &[RunState], epochs: usize) -> Outcome {
    let (mut sum, mut diverged) = (0.0, false);
    for run in runs {
        match run.at(epochs) {
            Outcome::Value(value) => sum += value,
            Outcome::Diverged => diverged = true,
            Outcome::Pending => return Outcome::Pending,
        }
    }
    match (runs.is_empty(), diverged) {
        (true, _) => Outcome::Pending,
        (false, true) => Outcome::Diverged,
        (false, false) => Outcome::Value(sum / runs.len() as f64),
    }
}

/// Whether all runs of a trial have ended for good.
pub(super) fn is_settled(runs: &[RunState]) -> bool {
    !runs.is_empty() && runs.iter().all(RunState::is_settled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(outcome: RunOutcome, values: &[f64]) -> RunState {
        RunState { outcome, values: values.to_vec() }
    }

    #[test]
    fn a_run_has_its_value_at_each_rung_that_it_reached() {
        let paused = run(RunOutcome::Paused, &[3.0, 2.0]);
        assert_eq!(
            [1, 2, 3].map(|epochs| paused.at(epochs)),
            [Outcome::Value(3.0), Outcome::Value(2.0), Outcome::Pending]
        );
        assert_eq!(run(RunOutcome::Value(2.0), &[3.0, 2.0]).at(9), Outcome::Value(2.0));
        let diverged = run(RunOutcome::Diverged, &[3.0]);
        assert_eq!(
            [1, 2].map(|epochs| diverged.at(epochs)),
            [Outcome::Value(3.0), Outcome::Diverged]
        );
        assert_eq!(run(RunOutcome::Lost, &[3.0]).at(1), Outcome::Value(3.0));
        assert_eq!(run(RunOutcome::Open, &[f64::NAN]).at(1), Outcome::Diverged);
    }

    #[test]
    fn a_trial_is_the_mean_of_its_replicates_at_a_rung() {
        let runs = [run(RunOutcome::Paused, &[1.0, 4.0]), run(RunOutcome::Open, &[2.0])];
        assert_eq!(trial_at(&runs, 1), Outcome::Value(1.5));
        assert_eq!(trial_at(&runs, 2), Outcome::Pending);
        let runs = [run(RunOutcome::Paused, &[1.0]), run(RunOutcome::Diverged, &[])];
        assert_eq!(trial_at(&runs, 1), Outcome::Diverged);
        assert_eq!(trial_at(&[], 1), Outcome::Pending);
    }
}
