//! Configs to experiments, or to pictures of what is wrong with them; it shows nothing.

use std::path::PathBuf;

use crate::config::{self, Experiment};

/// The experiments that the configs describe, or a picture of every problem in any of them.
pub(super) fn load(
    configs: &[PathBuf],
    sets: &[String],
    color: bool,
) -> Result<Vec<Experiment>, Vec<String>> {
    config::load(configs, sets)
        .map_err(|problems| problems.0.iter().map(|p| config::render(p, color)).collect())
}
