//! `runner completions`: prints a completion script for a shell.

use clap::CommandFactory;

use crate::cli::args::{Args, CompletionsArgs};
use crate::cli::display::console::Console;
use crate::cli::exit::Exit;

/// Prints the completion script of a shell.
pub(crate) fn completions(args: &CompletionsArgs, console: &Console) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "runner", &mut script);
    console.bytes(&script)?;
    Ok(Exit::Done)
}
