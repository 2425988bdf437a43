//! The result of a run for its search, read from the run's folder: the same files give the same result to
//! the process that trained the run and to every later one.

use std::path::Path;

use crate::runs::{Cause, Folder, History, Objective, Record, Status};
use crate::sweep::trials::RunOutcome;

/// The outcome of the run in `dir`.
pub(super) fn outcome_in(dir: &Path, objective: &Objective) -> RunOutcome {
    let folder = Folder::at(dir);
    let Ok(record) = Record::load(&folder.record()) else { return RunOutcome::Lost };
    match record.status {
        Status::Completed => {
            let history = History::load(&folder.history()).ok();
            match history.and_then(|history| objective.value(&history)) {
                None => RunOutcome::Lost,
                Some(value) if value.is_nan() => RunOutcome::Diverged,
                Some(value) if objective.rises => RunOutcome::Value(-value),
                Some(value) => RunOutcome::Value(value),
            }
        }
        Status::Failed if record.cause == Some(Cause::Diverged) => RunOutcome::Diverged,
        _ => RunOutcome::Lost,
    }
}
