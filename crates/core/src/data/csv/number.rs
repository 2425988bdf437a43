//! Numbers in the fields of a CSV file: spelling, look-alikes, missing values, and exact equality.

use std::cmp::Ordering;

/// Spellings of a missing value, in small letters: the list of pandas, with `?` of the UCI repository,
/// the dot and dashes of statistics programs, and the errors of spreadsheets.
const MISSING: [&str; 29] = [
    "",
    "#n/a",
    "#n/a n/a",
    "#na",
    "-1.#ind",
    "-1.#qnan",
    "1.#ind",
    "1.#qnan",
    "-nan",
    "<na>",
    "n/a",
    "na",
    "n.a.",
    "nan",
    "null",
    "nil",
    "none",
    "missing",
    "undefined",
    "?",
    "-",
    "--",
    ".",
    "#value!",
    "#ref!",
    "#div/0!",
    "#name?",
    "#num!",
    "#null!",
];

/// The largest power of ten of a number without an exponent.
const WRITTEN_OUT: std::ops::RangeInclusive<i64> = -20..=40;

/// The number in a field, perhaps out of range; `nan` and `inf` are words.
pub(super) fn number(field: &str) -> Option<f64> {
    let starts = field.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    let digit = field.contains(|c: char| c.is_ascii_digit());
    (starts && digit).then(|| field.parse().ok()).flatten()
}

/// Whether a text is a number.
pub fn is_number(text: &str) -> bool {
    number(text).is_some()
}

/// Whether a text marks a missing value, such as `NA`.
pub fn is_missing(field: &str) -> bool {
    MISSING.contains(&field.to_lowercase().as_str())
}

/// Whether a text looks like a number in another notation: `1,200`, `12%`, `$9`, `1.234,5`.
pub fn looks_like_number(text: &str) -> bool {
    let mark = |c: char| "%‰$€£¥₹+-−()".contains(c) || c.is_whitespace();
    let core = text.trim_matches(mark);
    let digits = core.starts_with(|c: char| c.is_ascii_digit() || ",.".contains(c));
    number(text).is_none() && digits && (number(core).is_some() || is_grouped(core))
}

/// Whether a text is digits in groups, with a decimal point or comma or without.
fn is_grouped(text: &str) -> bool {
    let separator = |c: char| ",.'’_".contains(c) || c.is_whitespace();
    let separators: Vec<char> = text.chars().filter(|c| separator(*c)).collect();
    let groups: Vec<&str> = text.split(separator).collect();
    let digits = |group: &&str| group.chars().all(|c| c.is_ascii_digit());
    let (Some((last, inner)), true) = (groups.split_last(), groups.iter().all(digits)) else {
        return false;
    };
    let n = separators.len();
    let same = |of: &[char]| of.windows(2).all(|pair| pair[0] == pair[1]);
    let Some((first, inner)) = inner.split_first() else { return false };
    let thousands = |groups: &[&str]| groups.iter().all(|group| matches!(group.len(), 2 | 3));
    let decimal = ",.".contains(separators[n - 1]);
    match n {
        1 if decimal => !(first.is_empty() && last.is_empty()),
        _ => {
            let whole = same(&separators) && last.len() == 3 && thousands(inner);
            let fraction = 1 < n
                && decimal
                && same(&separators[..n - 1])
                && separators[n - 1] != separators[0]
                && thousands(inner);
            !first.is_empty() && (whole || fraction)
        }
    }
}

/// Whether [`Exact`] can hold the number in a field; few fields need parsing for this.
pub(super) fn is_exact(field: &str) -> bool {
    let sure = |x: f64| x.is_finite() && x != 0.0;
    number(field).is_some_and(|x| sure(x) || Exact::parse(field).is_some())
}

/// Whether two texts are exactly equal numbers.
pub(in crate::data) fn same_number(a: &str, b: &str) -> bool {
    Exact::parse(a).is_some_and(|a| Some(a) == Exact::parse(b))
}

/// A decimal number without rounding: 0.DIGITS · 10^exponent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Exact {
    negative: bool,
    /// Neither the first nor the last is 0; none at all for 0.
    digits: String,
    exponent: i64,
}

impl Exact {
    /// The number in a field; none for an exponent beyond 64 bits.
    pub(super) fn parse(field: &str) -> Option<Exact> {
        number(field)?;
        let (mantissa, exponent) = match field.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (field, 0),
        };
        let negative = mantissa.starts_with('-');
        let mantissa = mantissa.trim_start_matches(['+', '-']);
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0');
        let leading = all.len() - digits.len();
        let exponent = exponent.checked_add(whole.len() as i64)?.checked_sub(leading as i64)?;
        let digits = digits.trim_end_matches('0').to_owned();
        if digits.is_empty() {
            Some(Exact { negative: false, digits, exponent: 0 })
        } else {
            Some(Exact { negative, digits, exponent })
        }
    }

    /// Whether the number is whole.
    pub(super) fn is_whole(&self) -> bool {
        self.digits.len() as i64 <= self.exponent || self.digits.is_empty()
    }

    /// All digits, unless they are very many.
    pub(super) fn plain(&self) -> Option<String> {
        let sign = if self.negative { "-" } else { "" };
        let n = self.digits.len() as i64;
        let text = match self.exponent {
            _ if n == 0 => "0".to_owned(),
            exponent if !WRITTEN_OUT.contains(&exponent) || *WRITTEN_OUT.end() < n => return None,
            exponent if exponent <= 0 => {
                format!("0.{}{}", "0".repeat(exponent.unsigned_abs() as usize), self.digits)
            }
            exponent if n <= exponent => {
                format!("{}{}", self.digits, "0".repeat((exponent - n) as usize))
            }
            exponent => {
                let (whole, fraction) = self.digits.split_at(exponent as usize);
                format!("{whole}.{fraction}")
            }
        };
        Some(format!("{sign}{text}"))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Exact) -> Ordering {
        let sign = |x: &Exact| match (x.digits.is_empty(), x.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let size = |x: &Exact| (x.exponent, x.digits.clone());
        sign(self).cmp(&sign(other)).then_with(|| {
            if self.negative { size(other).cmp(&size(self)) } else { size(self).cmp(&size(other)) }
        })
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Exact) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Exact {
        Exact::parse(text).unwrap_or_else(|| panic!("{text} is a number"))
    }

    #[test]
    fn spellings_of_one_number_are_equal() {
        for spellings in [
            &["0", "-0", "0.0", "+0e9", "-.0", "0."][..],
            &["1", "1.0", "01", "+1", "10e-1", "0.1E1"],
            &["-0.05", "-.05", "-5e-2"],
            &["12e4567", "1.2e4568", "120e4566"],
        ] {
            for text in spellings {
                assert_eq!(exact(text), exact(spellings[0]), "{text}");
            }
        }
        assert_ne!(exact("12e4567"), exact("34e9999"));
        assert_ne!(exact("12345678901234567890"), exact("12345678901234567891"));
        assert_ne!(exact("0.1"), exact("0.1000000000000000055511151231257827"));
    }

    #[test]
    fn order_is_by_size() {
        let sorted =
            ["-1e400", "-20", "-3.5", "-3", "-0.1", "0", "1e-9", "0.5", "2", "10", "1e400"];
        for (i, a) in sorted.iter().enumerate() {
            for (j, b) in sorted.iter().enumerate() {
                assert_eq!(exact(a).cmp(&exact(b)), i.cmp(&j), "{a} {b}");
            }
        }
    }

    #[test]
    fn numbers_are_written_out_in_one_way() {
        let plain = |text: &str| exact(text).plain();
        for (text, want) in [
            ("-0.0", "0"),
            ("1e3", "1000"),
            ("007", "7"),
            ("1.50", "1.5"),
            ("-.25", "-0.25"),
            ("1e-5", "0.00001"),
            ("12345678901234567890", "12345678901234567890"),
        ] {
            assert_eq!(plain(text).as_deref(), Some(want), "{text}");
        }
        assert_eq!(plain("12e4567"), None);
        for text in ["0", "-0.0", "1e400", "1e-400", "12", "1e99999999999999999999", "NA", "e5"] {
            assert_eq!(is_exact(text), Exact::parse(text).is_some(), "{text}");
        }
        assert!(exact("1.50e1").is_whole() && exact("-0").is_whole());
        assert!(!exact("1.50").is_whole());
    }

    #[test]
    fn words_that_were_meant_for_numbers_are_known() {
        for text in [
            "1,200",
            "12%",
            "$9",
            "1,5",
            "250,000",
            "1.234,5",
            "1,234.5",
            "1 200",
            "1'200'000",
            "-3,5",
            "€ 9.99",
            "(1,200)",
            "12,34,567",
            ",5",
            "9 %",
            "1.234.567",
        ] {
            assert!(looks_like_number(text), "{text}");
        }
        for text in [
            "",
            "NA",
            "12",
            "1.5",
            "1e3",
            "2020-01-01",
            "10:30",
            "a1",
            "1,2,3",
            "192.168.0.1",
            "3+4",
            "12 kg",
            "%",
            ",",
            "1.2.3",
            "$",
            "1,,2",
        ] {
            assert!(!looks_like_number(text), "{text}");
        }
        assert!(["NA", "n/a", "NaN", "None", "?", "null", "", "#N/A"].into_iter().all(is_missing));
        assert!(!["no", "0", "unknown", "n"].into_iter().any(is_missing));
    }
}
