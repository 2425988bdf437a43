//! More trials for a search: their number stands in a file of its own beside the plan, which never changes.

use std::path::Path;

use anyhow::{Context, Error, Result, bail};
use serde::{Deserialize, Serialize};

use crate::config::{MOST_RUNS, Pruner, Search};
use crate::runs::{Durability, Folder, Lock, write_atomic};
use crate::sweep::SweepManifest;
use crate::system;

/// The content of the file.
#[derive(Serialize, Deserialize)]
struct File {
    trials: usize,
}

/// Plans `trials` trials in all for the search in `dir`.
///
/// # Errors
///
/// A folder without a search, a search with as many trials, a folder in use.
pub fn extend_trials(dir: &Path, trials: usize) -> Result<()> {
    let folder = Folder::at(dir);
    let shown = dir.display();
    if !folder.sweep_plan().is_file() {
        bail!("more trials are for a search, and `{shown}` is no sweep");
    }
    let Some(search) = SweepManifest::load(&folder.sweep_plan())?.experiment.search else {
        bail!("more trials are for a search, and the runs of `{shown}` are fixed");
    };
    let planned = planned_trials(&folder, (search.trials, search.replicates))?;
    check_number(trials, search.replicates)?;
    if trials < planned {
        bail!("`{shown}` has {planned} trials planned, want no fewer than that; got {trials}");
    }
    if let Some(Pruner::Hyperband { rule, .. }) = pruner(&search.config, &folder)?
        && !trials.is_multiple_of(rule.trials())
    {
        let iteration = rule.trials();
        bail!(
            "an iteration of all brackets has {iteration} trials; want a multiple of {iteration}, such as {}; \
             got {trials}",
            trials.next_multiple_of(iteration)
        );
    }
    let _lock = Lock::take(dir)?;
    let mut text = serde_json::to_string(&File { trials })?;
    text.push('\n');
    Ok(write_atomic(&folder.trials(), text.as_bytes(), Durability::PowerLoss)?)
}

/// The pruner in the text of a search.
fn pruner(config: &str, folder: &Folder) -> Result<Option<Pruner>> {
    Ok(Search::parse(config, &folder.sweep_plan()).map_err(Error::msg)?.pruner())
}

/// The number of trials of the search in `folder`, `of_plan` in its plan.
///
/// # Errors
///
/// An unreadable file, and more runs than a sweep may have.
pub(super) fn planned_trials(
    folder: &Folder,
    (of_plan, replicates): (usize, usize),
) -> Result<usize> {
    check_number(of_plan, replicates)?;
    let path = folder.trials();
    if !path.is_file() {
        return Ok(of_plan);
    }
    let cannot = || format!("cannot read `{}`", path.display());
    let text = system::read_to_string(&path).with_context(cannot)?;
    let file: File = serde_json::from_str(&text).with_context(cannot)?;
    check_number(file.trials, replicates)?;
    Ok(file.trials.max(of_plan))
}

fn check_number(trials: usize, replicates: usize) -> Result<()> {
    let runs = (trials as u64).checked_mul(replicates as u64);
    if runs.is_none_or(|runs| MOST_RUNS < runs) {
        bail!("{trials} trials are too many, want at most {MOST_RUNS} runs in all");
    }
    Ok(())
}
