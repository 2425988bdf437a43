//! Decides on colour for a stream from the flag, the environment and the kind of stream.

use std::ffi::OsString;

use clap::ValueEnum;

/// When output is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On terminals, unless the environment says otherwise
    #[default]
    Auto,
    /// Also in files and pipes
    Always,
    /// Nowhere
    Never,
}

/// Whether a stream gets colour. `--color` decides alone; then a non-empty `NO_COLOR` forbids, as
/// no-color.org has it, even against `CLICOLOR_FORCE` (non-empty, not `0`), which demands.
/// `CLICOLOR=0` and `TERM=dumb` forbid what a terminal would get.
pub(crate) fn colored(
    color: Color,
    terminal: bool,
    env: impl Fn(&str) -> Option<OsString>,
) -> bool {
    let is = |name, value: &str| env(name).is_some_and(|found| found == value);
    let set = |name| env(name).is_some_and(|found| !found.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto if set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0") => true,
        Color::Auto => terminal && !is("CLICOLOR", "0") && !is("TERM", "dumb"),
    }
}

/// What `--color` says in a command line that clap did not accept, for the complaint about it.
pub(crate) fn as_typed(argv: &[OsString]) -> Color {
    let mut color = Color::Auto;
    let mut words = argv.iter().map(|word| word.to_string_lossy()).take_while(|word| word != "--");
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--color") {
            Some("") => words.next(),
            Some(value) => value.strip_prefix('=').map(|value| value.to_owned().into()),
            None => None,
        };
        let value = value.and_then(|value| Color::from_str(&value, false).ok());
        color = value.unwrap_or(color);
    }
    color
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(terminal: bool, env: &[(&str, &str)]) -> bool {
        colored(Color::Auto, terminal, |name| {
            env.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
        })
    }

    #[test]
    fn a_terminal_gets_colour_and_a_pipe_does_not() {
        assert!(auto(true, &[]));
        assert!(!auto(false, &[]));
    }

    #[test]
    fn the_environment_forbids_and_demands() {
        assert!(!auto(true, &[("NO_COLOR", "1")]));
        assert!(auto(true, &[("NO_COLOR", "")]), "empty means unset");
        assert!(!auto(true, &[("TERM", "dumb")]));
        assert!(!auto(true, &[("CLICOLOR", "0")]));
        assert!(auto(false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!auto(false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!auto(true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
    }

    #[test]
    fn the_flag_decides_alone() {
        assert!(colored(Color::Always, false, |_| Some("1".into())));
        assert!(!colored(Color::Never, true, |_| Some("1".into())));
    }

    #[test]
    fn the_flag_is_found_in_a_wrong_command_line() {
        let typed = |line: &str| as_typed(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(typed("runner --color never run --nope"), Color::Never);
        assert_eq!(typed("runner run --nope --color=always"), Color::Always);
        assert_eq!(typed("runner run --nope"), Color::Auto);
        assert_eq!(typed("runner --color"), Color::Auto);
        assert_eq!(typed("runner --color blue"), Color::Auto);
        assert_eq!(typed("runner run --nope -- --color=always"), Color::Auto);
    }
}
