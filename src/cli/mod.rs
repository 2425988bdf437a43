//! The command line, the only room that prints: data to stdout, messages and progress to stderr;
//! it never trains and never reads a config or a log itself.

mod answer;
mod args;
mod board;
mod choice;
mod color;
mod console;
mod cores;
mod escape;
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
mod compare_table;
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
mod fit;
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

use clap::builder::{NonEmptyStringValueParser, ValueParser};
use clap::{CommandFactory, FromArgMatches};

use args::{Args, Command};
use console::Console;

use crate::memory::{OutOfMemory, check_variable};
use crate::system::sentence;

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
    let matches = words_wanted(Args::command()).try_get_matches_from(argv);
    let args = match matches.and_then(|matches| Args::from_arg_matches(&matches)) {
        Ok(args) => args,
        Err(error) => return refuse(&error, argv, &Console::new(color::as_typed(argv))),
    };
    let console = Console::new(args.color);
    if let Err(problem) = check_variable() {
        console.error(&problem);
        return Exit::Request;
    }
    dispatch(&args.command, &console).unwrap_or_else(|error| {
        console.error(&sentence(&error));
        Exit::Failed
    })
}

/// The same command, to which an empty word is an error wherever one is taken: it comes from a variable
/// that is not set, and as the beginning of every name it would stand for anything.
fn words_wanted(command: clap::Command) -> clap::Command {
    // A parser of its own knows what it takes; clap compares no parsers, but prints them.
    let plain = format!("{:?}", ValueParser::string());
    // An empty note removes the one there was.
    let takes_word = |arg: &clap::Arg| {
        arg.get_id() != "note" && format!("{:?}", arg.get_value_parser()) == plain
    };
    let wanted = |arg: clap::Arg| match takes_word(&arg) {
        true => arg.value_parser(NonEmptyStringValueParser::new()),
        false => arg,
    };
    command.mut_args(wanted).mut_subcommands(words_wanted)
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
    // What is repeated of the command line may hold codes as well, which look like clap's own.
    let plain =
        |word: &OsString| escape::one_line(&word.to_string_lossy()) == word.to_string_lossy();
    let trusted = argv.iter().all(plain);
    if error.use_stderr() {
        console.say(console.err.styled(error.render(), trusted).trim_end());
        if let Some(hint) = hints::hint(error, argv) {
            console.say(&format!("\n  help: {hint}"));
        }
        return Exit::Request;
    }
    match console.data(&console.out.styled(error.render(), trusted)) {
        Ok(()) => Exit::Done,
        Err(_) => Exit::Failed,
    }
}
