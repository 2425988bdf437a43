//! Completion of command lines: the script of a shell calls the program with the words so far.
//!
//! The script sets `RUNNER_COMPLETE` to the name of the shell and passes the words after `--`. The
//! program answers with one candidate a line. Nothing is written, and what cannot be read is left out.

mod candidates;
mod keys;
mod runs;
mod shells;

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use clap::CommandFactory;
use clap_complete::{CompleteEnv, Shell};

use super::args::Args;
use candidates::completer;
use shells::SHELLS;

/// Set by the scripts to the name of the shell.
const VARIABLE: &str = "RUNNER_COMPLETE";

/// Answers the script of a shell. `false` if this is no call of a script.
pub(crate) fn answer(argv: &[OsString]) -> clap::error::Result<bool> {
    let logdir = logdir(argv);
    CompleteEnv::with_factory(|| with_candidates(Args::command(), &logdir))
        .var(VARIABLE)
        .shells(SHELLS)
        .try_complete(argv.iter().cloned(), env::current_dir().ok().as_deref())
}

/// The script that makes a shell ask the program.
pub(crate) fn script(shell: Shell) -> io::Result<Vec<u8>> {
    let mut script = Vec::new();
    if let Some(completer) = SHELLS.completer(&shell.to_string()) {
        completer.write_registration(VARIABLE, "runner", "runner", "runner", &mut script)?;
    }
    Ok(script)
}

/// The log folder that the command line or the environment names.
fn logdir(argv: &[OsString]) -> PathBuf {
    let mut words = argv.iter();
    while let Some(word) = words.next() {
        let word = word.to_string_lossy();
        match word.strip_prefix("--logdir") {
            Some("") => return words.next().map_or_else(|| "logs".into(), PathBuf::from),
            Some(value) if value.starts_with('=') => return PathBuf::from(&value[1..]),
            _ => {}
        }
    }
    env::var_os("RUNNER_LOGDIR").map_or_else(|| "logs".into(), PathBuf::from)
}

fn with_candidates(command: clap::Command, logdir: &std::path::Path) -> clap::Command {
    let name = command.get_name().to_owned();
    let with_completer = |arg: clap::Arg| match completer(&name, &arg, logdir) {
        Some(completer) => arg.add(completer),
        None => arg,
    };
    let command = command.mut_args(with_completer);
    command.mut_subcommands(|command| with_candidates(command, logdir))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logdir_of(line: &str) -> PathBuf {
        logdir(&line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_log_folder_is_that_of_the_command_line() {
        assert_eq!(logdir_of("runner -- runner show --logdir there a"), PathBuf::from("there"));
        assert_eq!(logdir_of("runner -- runner show --logdir=there a"), PathBuf::from("there"));
    }

    #[test]
    fn every_shell_has_a_script_that_sets_the_variable() {
        for shell in [Shell::Bash, Shell::Elvish, Shell::Fish, Shell::PowerShell, Shell::Zsh] {
            let script = String::from_utf8(script(shell).unwrap()).unwrap();
            assert!(script.contains(VARIABLE), "{shell}: {script}");
        }
    }
}
