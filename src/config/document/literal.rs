//! Values of a command line in TOML form: numbers such as `.1`, and words without quotes.

use super::spanned::Value;

/// Parses numbers that TOML rejects, such as `.1` and `01`.
pub(crate) fn number(word: &str) -> Option<Value> {
    let digits = word.strip_prefix(['+', '-']).unwrap_or(word);
    let is_plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        || !digits.chars().all(is_plain)
    {
        return None;
    }
    match word.parse::<i128>() {
        Ok(whole) => Some(Value::Integer(whole)),
        Err(_) => word.parse().ok().map(Value::Float),
    }
}

/// The TOML form of a text that is a number.
pub(crate) fn number_text(text: &str) -> Option<String> {
    match number(&text.trim().replace('_', ""))? {
        Value::Integer(whole) => Some(whole.to_string()),
        Value::Float(float) => Some(format!("{float:?}")),
        _ => None,
    }
}

/// The argument `--set KEY=A,B` with its values as one array, in quotes for a shell.
pub(crate) fn as_array(argument: &str) -> Option<String> {
    let (option, rest) = argument.split_once(' ')?;
    let (key, values) = rest.split_once('=')?;
    let values = quoted(&format!("[{values}]"));
    Some(format!("{option} '{key}={values}'"))
}

/// Quotes the bare words of an array or a table, such as `[acc,auc]`.
pub(crate) fn quoted(text: &str) -> String {
    let (mut quoted, mut word, mut quote) = (String::new(), String::new(), None);
    for c in text.chars() {
        match (quote, c) {
            (None, '[' | ']' | '{' | '}' | ',' | '=') => {
                quoted += &word_of(&word, c);
                quoted.push(c);
                word.clear();
                continue;
            }
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
        word.push(c);
    }
    quoted + &word
}

/// A word of an array or a table, quoted if TOML requires quotes; `next` is the delimiter after it.
fn word_of(word: &str, next: char) -> String {
    let bare = word.trim();
    let is_toml = bare.is_empty()
        || next == '='
        || bare.starts_with(['"', '\''])
        || matches!(bare, "true" | "false" | "inf" | "nan" | "+inf" | "-inf")
        || bare.replace('_', "").parse::<f64>().is_ok();
    if is_toml { word.to_owned() } else { format!("{bare:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_typed() {
        let float = |word: &str| match number(word) {
            Some(Value::Float(float)) => float,
            other => panic!("{word}: {other:?}"),
        };
        assert_eq!(
            [".1", "1.", "-.5", "+.5", "1.e3", "00.5"].map(float),
            [0.1, 1.0, -0.5, 0.5, 1000.0, 0.5]
        );
        for (word, whole) in [("01", 1), ("007", 7), ("+01", 1), ("-01", -1)] {
            assert!(matches!(number(word), Some(Value::Integer(n)) if n == whole), "{word}");
        }
        for word in ["", ".", "-", "e5", "1.2.3", "2024-01-01", "1e", "one", "0x1", "inf", "--1"] {
            assert!(number(word).is_none(), "{word}");
        }
    }

    #[test]
    fn texts_of_numbers_are_written_as_toml_writes_them() {
        let cases = [(" .1", "0.1"), ("1.", "1.0"), ("01", "1"), ("1_000", "1000"), ("+1", "1")];
        for (text, toml) in cases {
            assert_eq!(number_text(text).as_deref(), Some(toml), "{text}");
        }
        assert_eq!(number_text("one"), None);
    }

    #[test]
    fn values_of_one_argument_become_one_array() {
        let array = as_array("--set training.metrics=acc,auc").unwrap();
        assert_eq!(array, "--set 'training.metrics=[\"acc\",\"auc\"]'");
    }

    #[test]
    fn words_in_arrays_and_tables_get_their_quotes_back() {
        let cases = [
            ("[acc,auc]", "[\"acc\",\"auc\"]"),
            ("[acc, \"auc\"]", "[\"acc\",\"auc\"]"),
            ("[1, 2.5, 1_000, true]", "[1, 2.5, 1_000, true]"),
            ("{name=sgd,momentum=0.9}", "{name=\"sgd\",momentum=0.9}"),
            ("[{type=dense,units=10}]", "[{type=\"dense\",units=10}]"),
            ("[]", "[]"),
            ("['a,b']", "['a,b']"),
        ];
        for (typed, toml) in cases {
            assert_eq!(quoted(typed).replace(", \"", ",\""), toml, "{typed}");
        }
    }
}
