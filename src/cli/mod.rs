//! The command line, the only room that prints: data to stdout, messages and progress to stderr;
//! it never trains and never reads a config or a log itself.

mod answer;
mod args;
mod board;
mod choice;
mod color;
mod console;
mod cores;
mod exit;
mod export_args;
mod hints;
mod interrupt;
mod load;
mod lost_rows;
mod overrides;
mod questions;

mod check;
mod compare;
mod completions;
mod dry_run;
mod evaluate;
mod export;
mod list;
mod page;
mod resume;
mod rm;
mod run;
mod schema;
mod show;
mod tag;
mod watch;

mod predict;
mod progress;

mod columns;
mod curve;
mod format;
mod json;
mod labels;
mod line;
mod portrait;
mod rank;
mod report;
mod table;
mod trained;

pub use exit::Exit;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::Parser;

use args::{Args, Command};
use console::Console;

use crate::memory::{OutOfMemory, check_variable};

/// Does what `argv` asks for, the program's own name first, and says how it went.
pub fn main(argv: Vec<OsString>) -> Exit {
    // The panic has already been shown by Rust's own hook.
    let ended = catch_unwind(AssertUnwindSafe(|| parse_and_dispatch(&argv)));
    ended.unwrap_or_else(|panic| match panic.downcast_ref::<OutOfMemory>() {
        Some(error) => {
            Console::new(color::as_typed(&argv)).error(&error.to_string());
            Exit::Failed
        }
        None => Exit::Bug,
    })
}

fn parse_and_dispatch(argv: &[OsString]) -> Exit {
    let args = match Args::try_parse_from(argv) {
        Ok(args) => args,
        Err(error) => return refuse(&error, argv, &Console::new(color::as_typed(argv))),
    };
    let console = Console::new(args.color);
    if let Err(problem) = check_variable() {
        console.error(&problem);
        return Exit::Request;
    }
    dispatch(&args.command, &console).unwrap_or_else(|error| {
        console.error(&format!("{error:#}"));
        Exit::Failed
    })
}

fn dispatch(command: &Command, console: &Console) -> anyhow::Result<Exit> {
    match command {
        Command::Run(args) => run::run(args, console),
        Command::Resume(args) => resume::resume(args, console),
        Command::List(args) => list::list(args, console),
        Command::Show(args) => show::show(args, console),
        Command::Compare(args) => compare::compare(args, console),
        Command::Watch(args) => watch::watch(args, console),
        Command::Board(args) => board::board(args, console),
        Command::Report(args) => page::page(args, console),
        Command::Evaluate(args) => evaluate::evaluate(args, console),
        Command::Predict(args) => predict::predict(args, console),
        Command::Export(args) => export::export(args, console),
        Command::Tag(args) => tag::tag(args, console),
        Command::Rm(args) => rm::rm(args, console),
        Command::Check(args) => check::check(args, console),
        Command::Schema(args) => schema::schema(args, console),
        Command::Completions(args) => completions::completions(args, console),
    }
}

/// Shows what clap has to say: help and version are data, anything else is a wrong request.
fn refuse(error: &clap::Error, argv: &[OsString], console: &Console) -> Exit {
    if error.use_stderr() {
        console.say(console.err.styled(error.render()).trim_end());
        if let Some(hint) = hints::hint(error, argv) {
            console.say(&format!("\n  help: {hint}"));
        }
        return Exit::Request;
    }
    match console.data(&console.out.styled(error.render())) {
        Ok(()) => Exit::Done,
        Err(_) => Exit::Failed,
    }
}
