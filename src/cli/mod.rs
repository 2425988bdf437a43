//! The command line: `args` parses, `commands` run, `display` prints.
//!
//! Data go to stdout, messages and progress to stderr. No other module prints.

mod args;
mod commands;
mod completion;
mod display;
mod exit;

pub use exit::Exit;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::builder::{NonEmptyStringValueParser, ValueParser};
use clap::{CommandFactory, FromArgMatches};

use args::{Args, hint};
use commands::dispatch;
use display::console::Console;
use display::{color, escape};

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

/// The definition of the command line, from which the man pages are generated.
pub fn command() -> clap::Command {
    Args::command()
}

fn parse_and_dispatch(argv: &[OsString]) -> Exit {
    match completion::answer(argv) {
        Ok(false) => {}
        Ok(true) => return Exit::Done,
        Err(error) => return refuse(&error, argv, &Console::new(color::as_typed(argv))),
    }
    let matches = words_wanted(Args::command()).try_get_matches_from(argv);
    let args = match matches.and_then(|matches| Args::from_arg_matches(&matches)) {
        Ok(args) => args,
        Err(error) => return refuse(&error, argv, &Console::new(color::as_typed(argv))),
    };
    let console = Console::new(args.color);
    if let Err(problem) = check_variable() {
        console.error(&problem);
        return Exit::BadRequest;
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
    let wanted = |arg: clap::Arg| {
        if takes_word(&arg) { arg.value_parser(NonEmptyStringValueParser::new()) } else { arg }
    };
    command.mut_args(wanted).mut_subcommands(words_wanted)
}

/// Shows what clap has to say: help and version are data, anything else is a wrong request.
fn refuse(error: &clap::Error, argv: &[OsString], console: &Console) -> Exit {
    // What is repeated of the command line may hold codes as well, which look like clap's own.
    let plain =
        |word: &OsString| escape::escape_line(&word.to_string_lossy()) == word.to_string_lossy();
    let trusted = argv.iter().all(plain);
    if error.use_stderr() {
        console.say(console.err.styled(error.render(), trusted).trim_end());
        if let Some(hint) = hint(error, argv) {
            console.say(&format!("\n  help: {hint}"));
        }
        return Exit::BadRequest;
    }
    match console.data(&console.out.styled(error.render(), trusted)) {
        Ok(()) => Exit::Done,
        Err(_) => Exit::Failed,
    }
}
