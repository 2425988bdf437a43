//! `runner check`: says every problem of every config at once; it starts nothing.

use super::args::CheckArgs;
use super::console::Console;
use super::exit::Exit;
use super::format::count;
use super::load;

/// Checks the configs and says how many runs they describe, or shows their problems.
pub(super) fn check(args: &CheckArgs, console: &Console) -> anyhow::Result<Exit> {
    match args.request.experiments(console.err.color) {
        Ok(experiments) => {
            let configs = experiments.len();
            let runs = experiments.iter().map(|experiment| experiment.runs.len()).sum();
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
pub(super) fn show_problems(pictures: &[String], console: &Console) -> Exit {
    console.say(&pictures.join("\n\n"));
    if 1 < pictures.len() {
        console.say("");
        console.error(&format!("{}; nothing was started", count(pictures.len(), "problem")));
    }
    Exit::Request
}
