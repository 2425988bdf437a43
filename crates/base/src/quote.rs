//! Text from outside the program as messages quote it: a line or two, whatever its length.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Characters of one quoted text.
const MAX_QUOTE: usize = 80;

/// Characters of a list of names, beyond which the rest is counted.
const MAX_LIST: usize = 160;

/// Characters of a message that another library wrote.
pub const MAX_MESSAGE: usize = 400;

/// Characters of the reason that the record of a failed run gives.
pub const MAX_REASON: usize = 2000;

/// The text in backticks, shortened to 80 characters, with control characters escaped.
pub fn quote(text: &str) -> String {
    match text.chars().nth(MAX_QUOTE) {
        None => format!("`{}`", escape(text)),
        Some(_) => {
            let start: String = text.chars().take(MAX_QUOTE / 2).collect();
            format!("`{}...` ({} bytes)", escape(&start), text.len())
        }
    }
}

/// The names in backticks, as many as fit into two lines, and the number of the others.
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

/// A message of another library, which may quote a whole file, cut to [`MAX_MESSAGE`] characters.
pub fn clip(message: impl ToString) -> String {
    cut(message.to_string(), MAX_MESSAGE)
}

/// The text, cut to `most` characters.
pub fn cut(text: String, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text,
        Some((at, _)) => format!("{}... ({} bytes)", &text[..at], text.len()),
    }
}

/// The text with control characters and marks that reverse the direction of writing escaped.
fn escape(text: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let escaped = text.chars().map(|c| match is_hidden(c) {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    });
    Cow::Owned(escaped.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_a_line_whatever_the_text() {
        assert_eq!(quote("age"), "`age`");
        assert_eq!(quote(""), "``");
        assert_eq!(quote(&"x".repeat(80)), format!("`{}`", "x".repeat(80)));
        assert_eq!(quote(&"ä".repeat(81)), format!("`{}...` (162 bytes)", "ä".repeat(40)));
        assert_eq!(quote("a\nb\u{1b}[31m\u{202e}"), "`a\\nb\\u{1b}[31m\\u{202e}`");
        assert!(quote(&"\u{1b}".repeat(1 << 20)).len() < 300);
    }

    #[test]
    fn lists_count_what_they_leave_out() {
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
