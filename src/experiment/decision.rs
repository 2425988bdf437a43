//! What the search of a run decides after an epoch: to train on, to pause at a rung, or to end the run.

use anyhow::Result;

use crate::experiment::RunSpec;
use crate::experiment::spec::Verdict;
use crate::runs::{Folder, History};
use crate::train::FitState;

/// What a run does after an epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// It trains on, or is at its end.
    Train,
    /// It pauses at a rung, where other runs have to arrive first.
    Pause,
    /// It ends early: the results that decide are there already.
    End(Verdict),
}

/// The decision on the run in `folder` at this state. A run that stops early by itself is at its end.
///
/// Verdicts are by the numbers in the file, as those of the processes that read it later.
pub(super) fn decide(spec: &RunSpec<'_>, state: &FitState, folder: &Folder) -> Result<Decision> {
    let is_last = spec.plan.training.epochs <= state.epoch;
    if is_last || state.early_stopping.stopped || state.epoch == 0 {
        return Ok(Decision::Train);
    }
    if spec.rung.is_some_and(|rung| rung.epochs == state.epoch) {
        return Ok(Decision::Pause);
    }
    let Some(verdict) = spec.verdict else { return Ok(Decision::Train) };
    let history = History::load(&folder.history())?;
    Ok(verdict(state.epoch, &history).map_or(Decision::Train, Decision::End))
}
