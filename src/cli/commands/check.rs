//! `runner check`: prints every problem of every config.

use super::load;
use crate::cli::args::CheckArgs;
use crate::cli::display::console::Console;
use crate::cli::display::format::count;
use crate::cli::exit::Exit;

/// Problems that are shown; the others are counted.
const MAX_SHOWN: usize = 100;

/// Checks the configs and says how many runs they describe, or shows their problems.
pub(crate) fn check(args: &CheckArgs, console: &Console) -> anyhow::Result<Exit> {
    match args.request.verified_experiments(console.err.color) {
        Ok(experiments) => {
            let configs = experiments.len();
            let runs = experiments.iter().map(|experiment| experiment.n_runs()).sum();
            let line = format!("{}, {}: ok\n", count(configs, "config"), count(runs, "run"));
            load::show_notes(&experiments, console);
            console.data(&line)?;
            load::memory(&experiments).iter().for_each(|note| console.say(note));
            Ok(Exit::Done)
        }
        Err(pictures) => Ok(show_problems(&pictures, console)),
    }
}

/// Shows what is wrong with a request.
pub(crate) fn show_problems(pictures: &[String], console: &Console) -> Exit {
    console.say(&pictures[..pictures.len().min(MAX_SHOWN)].join("\n\n"));
    if MAX_SHOWN < pictures.len() {
        console.say(&format!("\n... and {} more", pictures.len() - MAX_SHOWN));
    }
    if 1 < pictures.len() {
        console.say("");
        console.error(&format!("{}; nothing was started", count(pictures.len(), "problem")));
    }
    Exit::BadRequest
}
