//! `runner completions`: prints a completion script for a shell.

use crate::cli::args::CompletionsArgs;
use crate::cli::completion::script;
use crate::cli::display::console::Console;
use crate::cli::exit::Exit;

/// Prints the completion script of a shell.
pub(crate) fn completions(args: &CompletionsArgs, console: &Console) -> anyhow::Result<Exit> {
    console.bytes(&script(args.shell)?)?;
    Ok(Exit::Done)
}
