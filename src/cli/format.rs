//! Numbers and times as Keras prints them, and a few of our own; pure functions, no output.

use std::path::Path;

/// A metric, by Keras's rule: four decimals, or a power of ten when it is a thousandth or less.
pub(super) fn number(value: f64) -> String {
    if value.is_nan() {
        "nan".to_owned()
    } else if value.is_infinite() || 1e-3 < value.abs() {
        format!("{value:.4}")
    } else {
        scientific(value)
    }
}

/// C's `%.4e`: an exponent has a sign and at least two digits.
fn scientific(value: f64) -> String {
    let text = format!("{value:.4e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// Seconds for one step, in the unit that suits.
pub(super) fn per_step(seconds: f64) -> String {
    if 1.0 <= seconds || seconds == 0.0 {
        format!("{seconds:.0}s/step")
    } else if 1e-3 <= seconds {
        format!("{:.0}ms/step", seconds * 1e3)
    } else {
        format!("{:.0}us/step", seconds * 1e6)
    }
}

/// Seconds until the end, as `h:mm:ss`, `m:ss` or `Ns`, cut to whole seconds.
pub(super) fn eta(seconds: f64) -> String {
    let whole = seconds as u64;
    let (minutes, s) = (whole / 60, whole % 60);
    if 3600.0 < seconds {
        format!("{}:{:02}:{s:02}", minutes / 60, minutes % 60)
    } else if 60.0 < seconds {
        format!("{minutes}:{s:02}")
    } else {
        format!("{whole}s")
    }
}

/// How long something took.
pub(super) fn duration(seconds: f64) -> String {
    if seconds < 60.0 - 0.05 { format!("{seconds:.1}s") } else { eta(seconds.round().max(60.5)) }
}

/// How long ago something was, in the one unit that suits: `12s`, `5m`, `3h`, `4d`, `2y`.
pub(super) fn ago(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    let units = [(365 * 86_400, "y"), (86_400, "d"), (3600, "h"), (60, "m")];
    match units.iter().find(|(length, _)| *length <= whole) {
        Some((length, unit)) => format!("{}{unit}", whole / length),
        None => format!("{whole}s"),
    }
}

/// The text of a value, or a dash where there is none.
pub(super) fn or_dash<T>(value: Option<T>, text: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), text)
}

/// `1 run`, `2 runs`.
pub(super) fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// A path as a POSIX shell reads it back.
pub(super) fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "_-./=,+:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// At most `width` characters of `text`; an ellipsis takes the place of what is left out.
pub(super) fn truncate(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept = text.chars().take(width.saturating_sub(1));
    kept.chain((0 < width).then_some('…')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The expected texts of the first four tests are what Python's formats give.

    #[test]
    fn numbers_follow_keras() {
        let cases = [
            (0.33525, "0.3352"),
            (0.90625, "0.9062"),
            (0.11815, "0.1182"),
            (12.0, "12.0000"),
            (-0.5, "-0.5000"),
            (0.0010001, "0.0010"),
            (0.001, "1.0000e-03"),
            (1.23456e-5, "1.2346e-05"),
            (-2e-100, "-2.0000e-100"),
            (0.0, "0.0000e+00"),
            (f64::NAN, "nan"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

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
    fn eta_is_cut_to_seconds() {
        assert_eq!(eta(0.0), "0s");
        assert_eq!(eta(1.99), "1s");
        assert_eq!(eta(60.0), "60s");
        assert_eq!(eta(60.5), "1:00");
        assert_eq!(eta(3600.0), "60:00");
        assert_eq!(eta(3661.0), "1:01:01");
    }

    #[test]
    fn durations_are_short() {
        let cases = [0.0, 1.23, 59.9, 59.96, 60.0, 61.4, 3599.7, 3725.0];
        let texts = ["0.0s", "1.2s", "59.9s", "1:00", "1:00", "1:01", "60:00", "1:02:05"];
        assert_eq!(cases.map(duration), texts);
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
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(truncate("adam", 4), "adam");
        assert_eq!(truncate("adamax", 4), "ada…");
        assert_eq!(truncate("adamax", 0), "");
    }
}
