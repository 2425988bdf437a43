//! The trained network of a selected run, or those of the folds of a cross-validation.

use std::path::PathBuf;

use crate::cli::args::{SelectArgs, WeightsArgs};
use crate::cli::display::console::Console;
use crate::experiment::{Ensemble, TrainedModel};
use crate::query::Run;

/// The run that `word` calls, its file of weights, and the network with them.
pub(crate) fn load(
    word: &str,
    weights: &WeightsArgs,
    choice: &SelectArgs,
    console: &Console,
) -> anyhow::Result<(Run, PathBuf, TrainedModel)> {
    let (run, path) = choice.select_weights(word, weights, console)?;
    let plan = run.plan().map_err(anyhow::Error::msg)?;
    let trained = TrainedModel::load(&run.dir, &path, plan)?;
    Ok((run, path, trained))
}

/// The runs of the folds that `word` calls, or the only run, with their files of weights; and the networks
/// with them.
pub(crate) fn load_ensemble(
    word: &str,
    weights: &WeightsArgs,
    choice: &SelectArgs,
    console: &Console,
) -> anyhow::Result<(Vec<(Run, PathBuf)>, Ensemble)> {
    let runs = choice.select_networks(word, weights, console)?;
    let ensemble = ensemble(&runs)?;
    Ok((runs, ensemble))
}

/// The networks of runs with their files of weights.
pub(crate) fn ensemble(runs: &[(Run, PathBuf)]) -> anyhow::Result<Ensemble> {
    let load = |(run, path): &(Run, PathBuf)| {
        TrainedModel::load(&run.dir, path, run.plan().map_err(anyhow::Error::msg)?)
    };
    Ensemble::new(runs.iter().map(load).collect::<anyhow::Result<_>>()?)
}
