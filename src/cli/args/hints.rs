//! Suggests a command line for arguments that clap refuses.

use std::ffi::OsString;
use std::path::Path;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Args;
use crate::cli::display::format::shell_word;
use crate::config::{key_named, nearest};
use crate::runs::Folder;

/// Words of other programs, and the command that does the same here.
const SYNONYMS: [(&str, &str); 12] = [
    ("train", "run"),
    ("fit", "run"),
    ("start", "run"),
    ("ls", "list"),
    ("runs", "list"),
    ("test", "evaluate"),
    ("validate", "check"),
    ("continue", "resume"),
    ("delete", "rm"),
    ("remove", "rm"),
    ("infer", "predict"),
    ("diff", "compare"),
];

/// A hint for a command line that clap refuses, if its error tells what was meant.
pub(crate) fn hint(error: &clap::Error, argv: &[OsString]) -> Option<String> {
    let words: Vec<String> =
        argv.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => command(context(ContextKind::InvalidSubcommand)?, &words),
        ErrorKind::UnknownArgument => option(context(ContextKind::InvalidArg)?, &words),
        _ => None,
    }
}

/// The hint for a word that is no command.
fn command(word: &str, words: &[String]) -> Option<String> {
    let place = words.iter().position(|other| other == word)?;
    if word.ends_with(".toml") {
        return Some(line(&[&words[..place], &["run".to_owned()], &words[place..]].concat()));
    }
    let synonym = SYNONYMS.iter().find(|(other, _)| *other == word).map(|(_, command)| *command);
    let program = Args::command();
    let names = program.get_subcommands().map(clap::Command::get_name);
    let meant = synonym.or_else(|| nearest(word, names))?;
    let mut words = words.to_vec();
    meant.clone_into(&mut words[place]);
    Some(line(&words))
}

/// The hint for an option that is none: a key of the config, or one of `run` after `resume`.
fn option(option: &str, words: &[String]) -> Option<String> {
    let name = option.split('=').next()?.strip_prefix("--")?;
    match words.iter().find(|word| !word.starts_with('-'))?.as_str() {
        "run" | "check" => key(name, words),
        "resume" if name == "set" => Some(another_run(words)),
        _ => None,
    }
}

/// The line with `--set training.epochs=5` in the place of `--epochs 5` or `--epochs=5`.
fn key(name: &str, words: &[String]) -> Option<String> {
    let key = key_named(name)?;
    let option = format!("--{name}");
    let place = words.iter().position(|word| word.split('=').next() == Some(&option))?;
    let (value, end) = match words[place].split_once('=') {
        Some((_, value)) => (value, place + 1),
        None => match words.get(place + 1).filter(|value| !value.starts_with("--")) {
            Some(value) => (value.as_str(), place + 2),
            None => ("VALUE", place + 1),
        },
    };
    let set = ["--set".to_owned(), format!("{key}={value}")];
    Some(line(&[&words[..place], &set, &words[end..]].concat()))
}

/// A run goes on with the config that it began with, but for its epochs; with other values it is
/// another run.
fn another_run(words: &[String]) -> String {
    let epochs = |word: &String| word.strip_prefix("training.epochs=").map(str::to_owned);
    if let [command, others @ .., set, value] = words
        && let (true, Some(epochs)) = (set == "--set", epochs(value))
    {
        let more = ["--epochs".to_owned(), epochs];
        return line(&[std::slice::from_ref(command), others, &more].concat());
    }
    let mut run = vec!["run".to_owned()];
    for word in &words[1..] {
        let config = Folder::at(Path::new(word)).config();
        run.push(if config.is_file() { config.display().to_string() } else { word.clone() });
    }
    format!("{}\n  note: a run goes on with the values that it began with", line(&run))
}

fn line(words: &[String]) -> String {
    let words: Vec<_> = words.iter().map(|word| shell_word(Path::new(word))).collect();
    format!("write `runner {}`", words.join(" "))
}
