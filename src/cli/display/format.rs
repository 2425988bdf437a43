//! Numbers, times and shell words as text.

use std::path::Path;

use super::escape::escape_line;

pub(crate) use crate::query::{count, duration, eta, keras_number, number, short_reason};

/// Whether a number is the score of one class: `f1/yes`.
pub(crate) fn is_class_score(name: &str) -> bool {
    name.contains('/')
}

/// Seconds for one step, in the unit that suits.
pub(crate) fn per_step(seconds: f64) -> String {
    if 1.0 <= seconds || seconds == 0.0 {
        format!("{seconds:.0}s/step")
    } else if 1e-3 <= seconds {
        format!("{:.0}ms/step", seconds * 1e3)
    } else {
        format!("{:.0}us/step", seconds * 1e6)
    }
}

/// How long ago something was, in the one unit that suits: `12s`, `5m`, `3h`, `4d`, `2y`.
pub(crate) fn ago(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    let units = [(365 * 86_400, "y"), (86_400, "d"), (3600, "h"), (60, "m")];
    match units.iter().find(|(length, _)| *length <= whole) {
        Some((length, unit)) => format!("{}{unit}", whole / length),
        None => format!("{whole}s"),
    }
}

/// The text of a value, or a dash where there is none.
pub(crate) fn or_dash<T>(value: Option<T>, text: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), text)
}

/// A path as a POSIX shell reads it back.
pub(crate) fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "_-./=,+:@%".contains(c);
    let escaped = escape_line(&text);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else if escaped != text {
        // The shells that people type into read `\u001b` in such quotes.
        format!("$'{}'", escape_line(&text.replace('\\', r"\\").replace('\'', r"\'")))
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The expected texts of the first two tests are what Python's formats give.

    #[test]
    fn halves_round_to_even() {
        assert_eq!([0.5, 1.5, 2.5].map(|x| format!("{x:.0}")), ["0", "2", "2"]);
        assert_eq!(per_step(2.5), "2s/step");
        assert_eq!(per_step(0.0625), "62ms/step");
        assert_eq!(number(0.03125), "0.0312");
        assert_eq!(number(0.09375), "0.0938");
    }

    #[test]
    fn steps_choose_their_unit() {
        assert_eq!(per_step(0.0), "0s/step");
        assert_eq!(per_step(60.4e-6), "60us/step");
        assert_eq!(per_step(999.9e-6), "1000us/step");
        assert_eq!(per_step(1e-3), "1ms/step");
        assert_eq!(per_step(0.9996), "1000ms/step");
        assert_eq!(per_step(1.0), "1s/step");
    }

    #[test]
    fn ages_have_one_unit() {
        let cases = [-5.0, 0.0, 59.9, 60.0, 3599.0, 3600.0, 86_400.0, 4e7];
        assert_eq!(cases.map(ago), ["0s", "0s", "59s", "1m", "59m", "1h", "1d", "1y"]);
    }

    #[test]
    fn words_survive_the_shell() {
        assert_eq!(shell_word(Path::new("logs/adam")), "logs/adam");
        assert_eq!(shell_word(Path::new("my logs")), "'my logs'");
        assert_eq!(shell_word(Path::new("it's")), r"'it'\''s'");
        assert_eq!(shell_word(Path::new("")), "''");
        assert_eq!(shell_word(Path::new("a\x1b'\\")), r"$'a\u001b\'\\'");
    }
}
