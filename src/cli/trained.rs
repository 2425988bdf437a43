//! The trained network of a run that a user names; it asks the network nothing.

use std::path::PathBuf;

use super::choice::{Choice, ChosenWeights};
use super::console::Console;
use crate::experiment::Trained;
use crate::report::Run;

/// The run that `word` calls, its file of weights, and the network with them.
pub(super) fn load(
    word: &str,
    weights: &ChosenWeights,
    choice: &Choice,
    console: &Console,
) -> anyhow::Result<(Run, PathBuf, Trained)> {
    let (run, path) = choice.trained(word, weights, console)?;
    let plan = run.plan().map_err(anyhow::Error::msg)?;
    let trained = Trained::load(&run.dir, &path, plan)?;
    Ok((run, path, trained))
}
