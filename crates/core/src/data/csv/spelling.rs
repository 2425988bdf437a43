//! Numbers as other countries and programs spell them, converted to plain ones: a decimal comma,
//! separators of thousands, characters around numbers. And the config keys that would read a text.

use std::borrow::Cow;

use super::number::{looks_like_number, number};

/// The spelling of a file's numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Spelling {
    /// The character before the fraction, if it is no point.
    pub decimal: Option<char>,
    /// The character between thousands.
    pub thousands: Option<char>,
    /// Characters around numbers that are dropped.
    pub strip: String,
}

impl Spelling {
    /// Whether numbers need no other spelling.
    fn is_plain(&self) -> bool {
        self.decimal.is_none() && self.thousands.is_none() && self.strip.is_empty()
    }

    /// A field as it is, or its number in plain spelling. The error says what a field should be that
    /// would be another number in plain spelling.
    pub(super) fn plain<'a>(&self, field: &'a str) -> Result<Cow<'a, str>, String> {
        if self.is_plain() {
            return Ok(Cow::Borrowed(field));
        }
        match self.number(field) {
            Some(plain) if plain == field => Ok(Cow::Borrowed(field)),
            Some(plain) => Ok(Cow::Owned(plain)),
            None if number(field).is_some() => {
                let mark = self.decimal.unwrap_or('.');
                Err(format!("a number with `{mark}` before its fraction"))
            }
            None => Ok(Cow::Borrowed(field)),
        }
    }

    fn number(&self, field: &str) -> Option<String> {
        let strip = |c: char| self.strip.contains(c) || c.is_whitespace();
        let field = if self.strip.is_empty() { field } else { field.trim_matches(strip) };
        let (sign, digits) = match field.strip_prefix(['-', '+', '−']) {
            Some(rest) if field.starts_with('+') => ("", rest),
            Some(rest) => ("-", rest),
            None => ("", field),
        };
        // The sign may stand before or behind a currency.
        let digits = if self.strip.is_empty() { digits } else { digits.trim_matches(strip) };
        let decimal = self.decimal.unwrap_or('.');
        let (whole, fraction) = match digits.split_once(decimal) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let whole = match self.thousands {
            Some(mark) if whole.contains(|c| is_mark(c, mark)) => grouped(whole, mark)?,
            _ => whole.to_owned(),
        };
        let fraction = fraction.map_or_else(String::new, |digits| format!(".{digits}"));
        let clean =
            |text: &str, more: &str| text.chars().all(|c| c.is_ascii_digit() || more.contains(c));
        let plain = format!("{sign}{whole}{fraction}");
        (clean(&whole, "eE+-") && clean(&fraction, ".eE+-") && number(&plain).is_some())
            .then_some(plain)
    }
}

/// Whether a character is the mark between thousands; a blank stands for blanks of any width.
fn is_mark(c: char, mark: char) -> bool {
    c == mark || mark == ' ' && c.is_whitespace()
}

/// Digits without the marks between thousands; none if the groups are not of three digits, or of two
/// before the last as in India.
fn grouped(whole: &str, mark: char) -> Option<String> {
    let groups: Vec<&str> = whole.split(|c| is_mark(c, mark)).collect();
    let (last, others) = groups.split_last()?;
    let (first, inner) = others.split_first()?;
    let fits = (1..=3).contains(&first.len())
        && inner.iter().all(|group| matches!(group.len(), 2 | 3))
        && last.len() == 3;
    fits.then(|| groups.concat())
}

/// The keys of `[data]` that read all of some texts as numbers, such as `decimal = ","`.
pub fn reading_keys<'a>(words: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    if !words.clone().any(looks_like_number) {
        return None;
    }
    let marks: Vec<char> = ",.'’ ".chars().collect();
    let decimals = [None, Some(',')];
    let thousands = std::iter::once(None).chain(marks.iter().copied().map(Some));
    let strip = strip_of(words.clone());
    // Thousands before fractions: `1,200` beside `950` is no 1.2.
    let pairs = thousands.flat_map(|thousands| decimals.map(|decimal| (thousands, decimal)));
    let mut pairs: Vec<_> = pairs.filter(|(t, d)| *t != d.or(Some('.'))).collect();
    pairs.sort_by_key(|(thousands, decimal)| {
        usize::from(thousands.is_some()) + usize::from(decimal.is_some()) * 2
    });
    let reads = |spelling: &Spelling| words.clone().all(|word| spelling.number(word).is_some());
    let spellings = pairs.into_iter().map(|(thousands, decimal)| Spelling {
        decimal,
        thousands,
        strip: strip.clone(),
    });
    spellings.filter(|spelling| !spelling.is_plain()).find(reads).map(|spelling| spelling.keys())
}

/// The characters around the texts that look like numbers.
fn strip_of<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut strip = String::new();
    for word in words.filter(|word| looks_like_number(word)) {
        let around = |c: &char| "%‰$€£¥₹".contains(*c);
        for c in word.chars().filter(around) {
            if !strip.contains(c) {
                strip.push(c);
            }
        }
    }
    strip
}

impl Spelling {
    /// The keys that are set, as they are written.
    fn keys(&self) -> String {
        let decimal = self.decimal.map(|mark| format!("`decimal = \"{mark}\"`"));
        let thousands = self.thousands.map(|mark| format!("`thousands = \"{mark}\"`"));
        let strip = (!self.strip.is_empty()).then(|| format!("`strip = \"{}\"`", self.strip));
        let keys: Vec<_> = decimal.into_iter().chain(thousands).chain(strip).collect();
        keys.join(" and ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelling(decimal: Option<char>, thousands: Option<char>, strip: &str) -> Spelling {
        Spelling { decimal, thousands, strip: strip.to_owned() }
    }

    #[test]
    fn spellings_become_plain_numbers() {
        let german = spelling(Some(','), Some('.'), "€%");
        for (text, want) in [
            ("1,5", "1.5"),
            ("-3,25", "-3.25"),
            ("1.234,5", "1234.5"),
            ("12", "12"),
            ("€ 9,99", "9.99"),
            ("-€9", "-9"),
            ("12 %", "12"),
            ("1e3", "1e3"),
            ("a,b", "a,b"),
            ("", ""),
        ] {
            assert_eq!(german.plain(text).unwrap(), want, "{text}");
        }
        for wrong in ["1.5", "1.2345", "12.34,5"] {
            let plain = german.plain(wrong);
            assert!(plain.as_deref().map_or(true, |plain| number(plain).is_none()), "{wrong}");
        }
        let english = spelling(None, Some(','), "");
        assert_eq!(english.plain("1,200").unwrap(), "1200");
        assert_eq!(english.plain("12,34,567.5").unwrap(), "1234567.5");
        assert_eq!(english.plain("950").unwrap(), "950");
        assert_eq!(english.plain("1,5").unwrap(), "1,5");
        assert_eq!(spelling(None, Some(' '), "").plain("1\u{a0}200").unwrap(), "1200");
    }

    #[test]
    fn keys_are_named() {
        for (words, want) in [
            (&["1,5", "2,5"][..], Some("`decimal = \",\"`")),
            (&["1,200", "950"], Some("`thousands = \",\"`")),
            (&["1,200", "2,5"], Some("`decimal = \",\"`")),
            (&["1.234,5"], Some("`decimal = \",\"` and `thousands = \".\"`")),
            (&["$1200", "$950"], Some("`strip = \"$\"`")),
            (&["$1,200"], Some("`thousands = \",\"` and `strip = \"$\"`")),
            (&["12%", "9"], Some("`strip = \"%\"`")),
            (&["1 200"], Some("`thousands = \" \"`")),
            (&["(1,200)"], None),
            (&["12"], None),
            (&["12%", "a"], None),
        ] {
            assert_eq!(reading_keys(words.iter().copied()).as_deref(), want, "{words:?}");
        }
    }
}
