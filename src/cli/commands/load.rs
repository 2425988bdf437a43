//! Loads configs as experiments, or renders their diagnostics; notes on data and memory.

use std::path::PathBuf;

use crate::cli::display::console::{Console, mark_all_ansi};
use crate::cli::display::escape::escape_controls;
use crate::config::{self, Diagnostic, Diagnostics, Experiment};
use crate::data;
use crate::memory::machine;

/// The experiments that the configs describe, after reading all of their data; or a picture of every
/// problem.
pub(crate) fn load_and_verify(
    configs: &[PathBuf],
    sets: &[String],
    color: bool,
) -> Result<Vec<Experiment>, Vec<String>> {
    pictures(config::load_with(configs, sets, &data::describe_and_verify), color)
}

/// The memory that the greatest run takes, and that there is.
pub(crate) fn memory(experiments: &[Experiment]) -> Option<String> {
    let runs: usize = experiments.iter().map(|experiment| experiment.runs.len()).sum();
    let needs = experiments.iter().map(|experiment| experiment.memory).max()?;
    let machine = machine()?;
    let who = if runs == 1 { "the run needs" } else { "a run needs up to" };
    Some(format!("{who} {needs} of memory, this machine has {}", machine.total))
}

/// The experiments that the configs describe, or a picture of every problem in any of them.
pub(crate) fn load(
    configs: &[PathBuf],
    sets: &[String],
    color: bool,
) -> Result<Vec<Experiment>, Vec<String>> {
    pictures(config::load(configs, sets), color)
}

fn pictures<T>(loaded: Result<T, Diagnostics>, color: bool) -> Result<T, Vec<String>> {
    loaded.map_err(|problems| problems.0.iter().map(|problem| picture(problem, color)).collect())
}

/// The picture of a problem, in colours only if no text of the config could have made them.
fn picture(problem: &Diagnostic, color: bool) -> String {
    let plain = config::render(problem, false);
    if color && escape_controls(&plain) == plain {
        mark_all_ansi(&config::render(problem, true))
    } else {
        plain
    }
}

/// Shows what is worth knowing of the data that the experiments learn from, each once.
pub(crate) fn show_notes(experiments: &[Experiment], console: &Console) {
    let mut shown = Vec::new();
    for note in experiments.iter().flat_map(|experiment| &experiment.notes) {
        if !shown.contains(&note) {
            console.say(&format!("note: {note}"));
            shown.push(note);
        }
    }
}
