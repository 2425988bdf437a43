//! The trained network of a selected run.

use std::path::PathBuf;

use crate::cli::args::{SelectArgs, WeightsArgs};
use crate::cli::display::console::Console;
use crate::experiment::TrainedModel;
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
