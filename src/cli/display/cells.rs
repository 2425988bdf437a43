//! Cells that several tables share: settings, notes, and how soon a column of numbers is left out.

use serde_json::Value;

/// As many characters of a note are shown in a table.
const LONGEST_NOTE: usize = 40;

/// The number by which runs are compared: the one they are sorted by, or else the usual one.
pub(crate) fn judge<'a>(names: &[&'a str], sort: Option<&'a str>) -> &'a str {
    let usual = || names.iter().find(|name| **name == "val_loss").copied();
    sort.filter(|sort| names.contains(sort)).or_else(usual).unwrap_or("loss")
}

/// How soon a number is left out.
pub(crate) fn metric_drop_rank(name: &str, judge: &str) -> u8 {
    match name {
        _ if name == judge => 0,
        _ if name.starts_with("val_") => 2,
        _ => 5,
    }
}

/// A note on one line, cut where it is long.
pub(crate) fn short_note(note: Option<&str>) -> String {
    let line = note.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST_NOTE) {
        Some((end, _)) => format!("{}...", line[..end].trim_end()),
        None => line,
    }
}

/// A value of a config in words.
pub(crate) fn setting(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
