//! Writes a JSON value as TOML text.

use serde_json::Value;

use super::shorthand::{TAGS, shorthand};

/// Prints a table as TOML, each section under its header.
pub(crate) fn write(table: &Value) -> String {
    let mut text = String::new();
    section(table, &mut Vec::new(), &mut text);
    text
}

/// A table under its header: first its plain keys, then the tables in it.
fn section(table: &Value, path: &mut Vec<String>, text: &mut String) {
    let entries: Vec<_> = table.as_object().into_iter().flatten().collect();
    let nested = !path.is_empty();
    let (tables, plain): (Vec<_>, Vec<_>) = entries
        .into_iter()
        .partition(|(_, value)| value.is_object() && !(nested && is_kind(value)));
    // A table of nothing but tables needs no header of its own.
    let has_header = nested && (!plain.is_empty() || tables.is_empty());
    if has_header {
        let gap = if text.is_empty() { "" } else { "\n" };
        text.push_str(&format!("{gap}[{}]\n", path.join(".")));
    }
    for (name, value) in plain {
        text.push_str(&format!("{} = {}\n", key(name), top_value(value)));
    }
    for (name, value) in tables {
        path.push(key(name));
        section(value, path, text);
        path.pop();
    }
}

/// Whether a table has a discriminant key; tagged tables are written on one line.
fn is_kind(table: &Value) -> bool {
    TAGS.iter().any(|tag| table.get(tag).is_some())
}

/// A value after `key = `; an array of tables gets a line for each.
pub(crate) fn top_value(value: &Value) -> String {
    match value.as_array() {
        Some(items) if items.iter().any(|item| item.is_object() && shorthand(item).is_none()) => {
            let lines = items.iter().map(|item| format!("  {},\n", inline(item)));
            format!("[\n{}]", lines.collect::<String>())
        }
        _ => inline(value),
    }
}

/// A value on one line.
pub(crate) fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::Object(_) if shorthand(value).is_some() => {
            string(shorthand(value).unwrap_or_default())
        }
        Value::Object(entries) => {
            let entries =
                entries.iter().map(|(name, value)| format!("{} = {}", key(name), inline(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { string(name) }
}

fn string(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
