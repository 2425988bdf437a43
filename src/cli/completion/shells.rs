//! The shells: clap's adapters, and for Bash and Zsh scripts that keep `key=value` together.
//!
//! Bash parts words at `=` and `:` and replaces only what follows; Zsh adds a space after each
//! candidate unless told otherwise.

use std::ffi::OsString;
use std::io::{Result, Write};
use std::path::Path;

use clap_complete::engine::{CompletionCandidate, complete};
use clap_complete::env::{Elvish, EnvCompleter, Fish, Powershell, Shells};

use crate::cli::display::format::shell_word;

/// All shells with completions.
pub(super) const SHELLS: Shells<'static> = Shells(&[&Bash, &Elvish, &Fish, &Powershell, &Zsh]);

struct Bash;

struct Zsh;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(
        &self,
        _: &str,
        _: &str,
        _: &str,
        _: &str,
        out: &mut dyn Write,
    ) -> Result<()> {
        out.write_all(include_bytes!("runner.bash"))
    }

    fn write_complete(
        &self,
        command: &mut clap::Command,
        words: Vec<OsString>,
        folder: Option<&Path>,
        out: &mut dyn Write,
    ) -> Result<()> {
        let (words, typed) = join(&words);
        for (value, _) in candidates(command, words, folder)? {
            if let Some(rest) = value.strip_prefix(&typed) {
                writeln!(out, "{}", shell_word(Path::new(rest)))?;
            }
        }
        Ok(())
    }
}

impl EnvCompleter for Zsh {
    fn name(&self) -> &'static str {
        "zsh"
    }

    fn is(&self, name: &str) -> bool {
        name == "zsh"
    }

    fn write_registration(
        &self,
        _: &str,
        _: &str,
        _: &str,
        _: &str,
        out: &mut dyn Write,
    ) -> Result<()> {
        out.write_all(include_bytes!("runner.zsh"))
    }

    fn write_complete(
        &self,
        command: &mut clap::Command,
        words: Vec<OsString>,
        folder: Option<&Path>,
        out: &mut dyn Write,
    ) -> Result<()> {
        for (value, help) in candidates(command, words, folder)? {
            let open = if value.ends_with(['=', '/']) { '-' } else { '+' };
            let value = value.replace('\\', "\\\\").replace(':', "\\:");
            let help =
                help.map_or(String::new(), |help| format!(":{}", help.replace('\\', "\\\\")));
            writeln!(out, "{open}{value}{help}")?;
        }
        Ok(())
    }
}

/// The candidates for the last word, with the first line of their help. Names with control characters
/// are left out: they would act on the terminal.
fn candidates(
    command: &mut clap::Command,
    words: Vec<OsString>,
    folder: Option<&Path>,
) -> Result<Vec<(String, Option<String>)>> {
    let last = words.len().saturating_sub(1);
    let found = complete(command, words, last, folder)?;
    let texts = found.iter().filter_map(|candidate: &CompletionCandidate| {
        let value = candidate.get_value().to_str()?.to_owned();
        let help = candidate.get_help().map(ToString::to_string);
        let line = help.and_then(|help| help.lines().next().map(str::to_owned));
        Some((value, line))
    });
    let plain = |text: &str| !text.contains(char::is_control);
    let plain_help = |(value, help): (String, Option<String>)| (value, help.filter(|h| plain(h)));
    Ok(texts.filter(|(value, _)| plain(value)).map(plain_help).collect())
}

/// The words as they were before Bash parted them at `=` and `:`, and the beginning of the last one
/// that Bash does not replace.
fn join(parts: &[OsString]) -> (Vec<OsString>, String) {
    let is_break = |part: &OsString| {
        !part.is_empty() && part.to_string_lossy().chars().all(|c| c == '=' || c == ':')
    };
    let mut words: Vec<OsString> = Vec::new();
    let (mut typed, mut after_break) = (String::new(), false);
    for part in parts {
        match words.last_mut() {
            Some(word) if is_break(part) || after_break => {
                if !is_break(part) {
                    typed = word.to_string_lossy().into_owned();
                }
                word.push(part);
                after_break = is_break(part);
                if after_break {
                    typed = word.to_string_lossy().into_owned();
                }
            }
            _ => {
                words.push(part.clone());
                typed.clear();
            }
        }
    }
    (words, typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_bash_parted_are_joined() {
        let cases = [
            ("run --set", "run --set", ""),
            ("--set a.b =", "--set a.b=", "a.b="),
            ("--set a.b = ad", "--set a.b=ad", "a.b="),
            ("--set = a.b = ad", "--set=a.b=ad", "--set=a.b="),
            ("--set a.b = ad next", "--set a.b=ad next", ""),
            ("show a : b", "show a:b", "a:"),
        ];
        for (parts, words, typed) in cases {
            let parts: Vec<_> = parts.split(' ').map(OsString::from).collect();
            let (found, left) = join(&parts);
            let found: Vec<_> = found.iter().map(|word| word.to_string_lossy()).collect();
            assert_eq!((found.join(" ").as_str(), left.as_str()), (words, typed));
        }
    }
}
