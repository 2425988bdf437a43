//! The result of a run for its search, read from the run's folder: the same files give the same result to
//! the process that trained the run and to every later one.

use std::path::Path;

use crate::runs::{Cause, Folder, History, Objective, Record, Status};
use crate::sweep::run_state::{RunOutcome, RunState};

/// The state of the run in `dir`.
///
/// The values of a run under way count up to its last rung: later ones are no result yet, and those of earlier rungs
/// have been compared.
pub(super) fn state_in(dir: &Path, objective: &Objective) -> RunState {
    let folder = Folder::at(dir);
    let lost = RunState { outcome: RunOutcome::Lost, values: Vec::new() };
    let Ok(record) = Record::load(&folder.record()) else { return lost };
    let rung = record.trial.as_ref().and_then(|trial| trial.rung).map_or(0, |rung| rung.epochs);
    let history = History::load(&folder.history()).ok();
    let values = history.and_then(|history| values_in(&history, objective));
    let is_known = values.is_some();
    let mut values = values.unwrap_or_default();
    let outcome = match record.status {
        Status::Completed => match values.last() {
            None if !is_known => RunOutcome::Lost,
            Some(value) if !value.is_nan() => RunOutcome::Value(*value),
            _ => RunOutcome::Diverged,
        },
        Status::Failed if record.cause == Some(Cause::Diverged) => RunOutcome::Diverged,
        Status::Pruned => RunOutcome::Pruned,
        Status::Paused if rung <= values.len() => RunOutcome::Paused,
        _ => RunOutcome::Lost,
    };
    if matches!(outcome, RunOutcome::Lost | RunOutcome::Paused) {
        values.truncate(rung);
    }
    RunState { outcome, values }
}

/// The value after each epoch, smaller being better; none without a column of the objective.
pub(super) fn values_in(history: &History, objective: &Objective) -> Option<Vec<f64>> {
    let mut values = objective.values(history)?;
    if objective.rises {
        values.iter_mut().for_each(|value| *value = -*value);
    }
    Some(values)
}
