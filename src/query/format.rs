//! Numbers, times and counts as text.

/// A metric in a table: as [`keras_number`], but with an exponent from a million on.
pub fn number(value: f64) -> String {
    if value.is_finite() && 1e6 <= value.abs() { scientific(value) } else { keras_number(value) }
}

/// A metric, by Keras's rule: four decimals, or a power of ten when it is a thousandth or less.
pub fn keras_number(value: f64) -> String {
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

/// Seconds until the end, as `h:mm:ss`, `m:ss` or `Ns`, cut to whole seconds.
pub fn eta(seconds: f64) -> String {
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
pub fn duration(seconds: f64) -> String {
    if seconds < 60.0 - 0.05 { format!("{seconds:.1}s") } else { eta(seconds.round().max(60.5)) }
}

/// The reason why a search ended a trial, as short as a table wants it: up to the first comma.
pub fn short_reason(reason: &str) -> &str {
    reason.split(", ").next().unwrap_or_default()
}

/// `1 run`, `2 runs`.
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_short_up_to_its_first_comma() {
        assert_eq!(short_reason("place 2 of 9, of which 3 went on from epoch 1"), "place 2 of 9");
        assert_eq!(short_reason("the objective is not a number"), "the objective is not a number");
        assert_eq!(short_reason(""), "");
    }

    // The expected texts are what Python's formats give.

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
            assert_eq!(keras_number(value), text);
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn large_numbers_have_an_exponent() {
        assert_eq!(number(999_999.5), "999999.5000");
        assert_eq!(number(24_363_014_144.0), "2.4363e+10");
        assert_eq!(number(-1e6), "-1.0000e+06");
        assert_eq!(keras_number(1e6), "1000000.0000");
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
}
