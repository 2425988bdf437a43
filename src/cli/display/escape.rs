//! Text from outside the program — names, configs, records, paths — as a terminal may show it: no
//! character that moves the cursor, changes colours or turns the direction of reading gets through.
//!
//! Both boundaries, [`Console`](super::console::Console) and the progress displays, pass everything
//! through [`escape_controls`]. The program's own codes are marked with a number that no file can know.

use std::borrow::Cow;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::{self, Write};
use std::sync::LazyLock;

/// Stands before each code of the program's own, until [`escape_controls`] takes it out.
static MARK: LazyLock<String> =
    LazyLock::new(|| format!("\u{fdd0}{:016x}", RandomState::new().hash_one("mark")));

/// A code of the program's own, such as `\x1b[1m`, in a text that is to be shown.
pub(crate) fn mark_ansi(code: &str) -> String {
    format!("{}{code}", *MARK)
}

/// The text, with the program's own codes and every other character that could act on a terminal
/// written as `\u001b`. Lines and tabs stay. Twice is the same as once.
///
/// In a string of JSON or TOML that is the same character, escaped.
pub(crate) fn escape_controls(text: &str) -> Cow<'_, str> {
    if !text.contains(&**MARK) {
        return escape(text, acts_on_terminal);
    }
    let mut pieces = text.split(&**MARK);
    let mut escaped = escape(pieces.next().unwrap_or_default(), acts_on_terminal).into_owned();
    for piece in pieces {
        let (code, rest) = piece.split_at(code_length(piece));
        escaped += code;
        escaped += &escape(rest, acts_on_terminal);
    }
    Cow::Owned(escaped)
}

/// The same for a text that is to stay on one line and in one cell of a table.
pub(crate) fn escape_line(text: &str) -> Cow<'_, str> {
    escape(text, |c| acts_on_terminal(c) || c == '\n' || c == '\t')
}

fn escape(text: &str, hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&hidden) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 5);
    for c in text.chars() {
        if hidden(c) { escaped += &format!("\\u{:04x}", u32::from(c)) } else { escaped.push(c) }
    }
    Cow::Owned(escaped)
}

/// Whether a terminal does something at the character instead of showing it: controls (C0, DEL, C1),
/// marks, embeddings, overrides and isolates of direction, separators of lines, and the program's mark.
fn acts_on_terminal(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fdd0}')
}

/// How long the code is that a piece after a mark begins with: `\r`, or `\x1b[`, numbers and a letter.
fn code_length(piece: &str) -> usize {
    let end = |rest: &str| rest.find(|c: char| c.is_ascii_alphabetic()).map(|at| at + 1);
    match piece.strip_prefix("\x1b[") {
        Some(rest) => end(rest).map_or(0, |length| 2 + length),
        None => usize::from(piece.starts_with('\r')),
    }
}

/// Writes text line by line, as [`escape_controls`] has it; what follows the last line comes with a flush.
pub(crate) struct Escaping<W> {
    out: W,
    line: Vec<u8>,
}

impl<W: Write> Escaping<W> {
    pub(crate) fn new(out: W) -> Escaping<W> {
        Escaping { out, line: Vec::new() }
    }
}

impl<W: Write> Write for Escaping<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend(bytes);
        if let Some(end) = self.line.iter().rposition(|byte| *byte == b'\n') {
            let rest = self.line.split_off(end + 1);
            let lines = std::mem::replace(&mut self.line, rest);
            self.out.write_all(escape_controls(&String::from_utf8_lossy(&lines)).as_bytes())?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.line);
        self.out.write_all(escape_controls(&String::from_utf8_lossy(&rest)).as_bytes())?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_act_are_escaped() {
        let cases = [
            ("plain größe 大 — ±\tx\n", "plain größe 大 — ±\tx\n"),
            ("\x1b[31mred\x1b[0m", "\\u001b[31mred\\u001b[0m"),
            ("\x1b]0;title\x07", "\\u001b]0;title\\u0007"),
            ("\u{9b}31m\u{7f}\r", "\\u009b31m\\u007f\\u000d"),
            ("\u{202e}gpj.exe\u{2066}", "\\u202egpj.exe\\u2066"),
            ("\u{fdd0}0000000000000000\x1b[1m", "\\ufdd00000000000000000\\u001b[1m"),
        ];
        for (text, want) in cases {
            assert_eq!(escape_controls(text), want);
            assert_eq!(escape_controls(&escape_controls(text)), want, "twice is once");
        }
        assert_eq!(escape_line("a\nb\tc"), "a\\u000ab\\u0009c");
    }

    #[test]
    fn own_codes_get_through_and_foreign_ones_do_not() {
        let text = format!(
            "{}\x1b[31mname{}{}tail",
            mark_ansi("\x1b[1;31m"),
            mark_ansi("\x1b[0m"),
            mark_ansi("\r")
        );
        assert_eq!(escape_controls(&text), "\x1b[1;31m\\u001b[31mname\x1b[0m\rtail");
    }

    #[test]
    fn pieces_are_escaped_as_the_whole() {
        let text = "a\u{9b}b\n\u{202e}größe\nrest\u{1b}";
        let mut out = Vec::new();
        let mut writer = Escaping::new(&mut out);
        text.as_bytes().chunks(1).for_each(|byte| writer.write_all(byte).unwrap());
        writer.flush().unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), escape_controls(text));
    }

    #[test]
    fn json_stays_what_it_was() {
        let value = serde_json::json!({ "name": "\u{9b}\u{202e}\x1b\"\u{2028}" });
        let text = serde_json::to_string_pretty(&value).unwrap();
        assert!(!escape_controls(&text).chars().any(acts_on_terminal));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&escape_controls(&text)).unwrap(),
            value
        );
    }
}
