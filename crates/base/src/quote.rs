//! Quoting of untrusted text in messages, in a line or two.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Maximum length of a quoted text in characters.
const MAX_QUOTE: usize = 80;

/// Length of a list of names in bytes; the remaining names are counted.
const MAX_LIST: usize = 160;

/// Maximum length of a library's message in characters.
pub const MAX_MESSAGE: usize = 400;

/// Maximum length of the failure reason in a run record, in characters.
pub const MAX_REASON: usize = 2000;

/// Quotes a text in backticks, with control characters escaped. A text above 80 characters is cut to
/// 40, followed by the length in bytes.
pub fn quote(text: &str) -> String {
    match text.chars().nth(MAX_QUOTE) {
        None => format!("`{}`", escape(text)),
        Some(_) => {
            let start: String = text.chars().take(MAX_QUOTE / 2).collect();
            format!("`{}...` ({} bytes)", escape(&start), text.len())
        }
    }
}

/// Quotes the names in backticks, up to two lines, and counts the rest.
pub fn list(names: impl IntoIterator<Item: AsRef<str>>) -> String {
    let mut names = names.into_iter();
    let (mut text, mut shown) = (String::new(), 0);
    while shown == 0 || text.len() < MAX_LIST {
        let Some(name) = names.next() else { return text };
        let comma = if shown == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}{}", quote(name.as_ref())); // writing to a string cannot fail
        shown += 1;
    }
    match names.count() {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

/// Cuts a message of a library to [`MAX_MESSAGE`] characters; some libraries quote whole files.
pub fn clip(message: impl ToString) -> String {
    cut(message.to_string(), MAX_MESSAGE)
}

/// Cuts the text to `most` characters and appends its length in bytes.
pub fn cut(text: String, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text,
        Some((at, _)) => format!("{}... ({} bytes)", &text[..at], text.len()),
    }
}

/// Escapes control characters and bidirectional formatting characters.
fn escape(text: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let escaped = text
        .chars()
        .map(|c| if is_hidden(c) { c.escape_default().to_string() } else { c.to_string() });
    Cow::Owned(escaped.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_fit_in_a_line() {
        assert_eq!(quote("age"), "`age`");
        assert_eq!(quote(""), "``");
        assert_eq!(quote(&"x".repeat(80)), format!("`{}`", "x".repeat(80)));
        assert_eq!(quote(&"ä".repeat(81)), format!("`{}...` (162 bytes)", "ä".repeat(40)));
        assert_eq!(quote("a\nb\u{1b}[31m\u{202e}"), "`a\\nb\\u{1b}[31m\\u{202e}`");
        assert!(quote(&"\u{1b}".repeat(1 << 20)).len() < 300);
    }

    #[test]
    fn lists_count_omitted_names() {
        assert_eq!(list(["a", "b"]), "`a`, `b`");
        assert_eq!(list([""; 0]), "");
        let names: Vec<String> = (0..100_000).map(|i| format!("dense_{i}.kernel")).collect();
        let text = list(&names);
        assert!(text.len() < 300, "{text}");
        assert!(text.starts_with("`dense_0.kernel`, `dense_1.kernel`, "), "{text}");
        assert!(text.ends_with(" and 99991 more"), "{text}");
        assert!(list([&"y".repeat(1 << 20), &"z".repeat(1 << 20)]).len() < 300);
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        assert_eq!(clip("expected value at line 1"), "expected value at line 1");
        assert_eq!(cut("äöü".to_owned(), 2), "äö... (6 bytes)");
        assert!(clip("é".repeat(1 << 20)).len() < 1000);
    }
}
