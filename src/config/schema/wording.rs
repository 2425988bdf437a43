//! Names, lists, ranges and defaults in words.

use serde_json::Value as Schema;

use super::query::kinds;
use crate::config::diagnostic::SourceKind;
use crate::config::document::{Spanned, Value, as_array, inline, number_text};

/// Names in backticks, joined by commas and a last `or`.
pub(crate) fn list(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => "none".to_owned(),
    }
}

/// "`epochs`: passes over the training rows; default 1".
pub(crate) fn about(key: &str, sentence: &str, schema: &Schema) -> String {
    let mut chars = sentence.chars();
    let text = match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => {
            format!("{}{}", first.to_lowercase(), &sentence[first.len_utf8()..])
        }
        _ => sentence.to_owned(),
    };
    let default = default(schema).map(|default| format!("; default {default}"));
    let example = schema["examples"].get(0).map(|example| format!("; such as {}", inline(example)));
    format!("`{key}`: {text}{}", default.or(example).unwrap_or_default())
}

/// The default of a key, as TOML or in words.
pub(crate) fn default(schema: &Schema) -> Option<String> {
    let words = schema["x-default"].as_str().map(str::to_owned);
    words.or_else(|| schema.get("default").map(inline))
}

/// The types of a schema in words, such as "an integer or a string".
pub(crate) fn wanted(schema: &Schema) -> String {
    let name = |kind: &str| match kind {
        "string" => "a string",
        "integer" => "an integer",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "an array",
        _ => "a table",
    };
    kinds(schema).into_iter().map(name).collect::<Vec<_>>().join(" or ")
}

/// The range of a number, such as "at least 0 and below 1".
pub(crate) fn range(schema: &Schema) -> String {
    // The greatest integer of TOML is no bound that a person has to know.
    let bound = |name: &str| schema.get(name).filter(|bound| bound.as_i64() != Some(i64::MAX));
    if let (Some(least), Some(most)) = (bound("minimum"), bound("maximum")) {
        return format!("from {} to {}", plain(least), plain(most));
    }
    let words = [
        ("minimum", "at least"),
        ("exclusiveMinimum", "above"),
        ("maximum", "at most"),
        ("exclusiveMaximum", "below"),
    ];
    let parts = words.map(|(name, words)| Some(format!("{words} {}", plain(bound(name)?))));
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "any".to_owned() } else { parts.join(" and ") }
}

/// A number without a needless `.0`.
fn plain(number: &Schema) -> String {
    number.to_string().trim_end_matches(".0").to_owned()
}

/// Whether a key is the fraction of a number that was written without quotes.
fn is_digits(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}

/// The correction for a value whose meaning is clear from its text.
pub(crate) fn type_help(node: &Spanned, schema: &Schema) -> Option<String> {
    let kinds = kinds(schema);
    let numeric = kinds.contains(&"integer") || kinds.contains(&"number");
    match &node.value {
        Value::String(text) if numeric && number_text(text).is_some() => {
            Some(format!("write it without quotes: {}", number_text(text)?))
        }
        Value::String(text) if kinds == ["boolean"] => {
            let word = text.to_lowercase();
            let word = matches!(word.as_str(), "true" | "false").then_some(word)?;
            Some(format!("write it without quotes: {word}"))
        }
        Value::Float(float) if numeric && float.fract() == 0.0 && float.abs() < 1e15 => {
            Some(format!("write it without a fraction: {float:.0}"))
        }
        _ if kinds == ["array"] && !matches!(node.value, Value::Table(_)) => {
            let source = &node.span.source;
            if let SourceKind::Argument(_) = source.kind {
                return Some(format!("write all in one array: {}", as_array(&source.text)?));
            }
            let got = source.text.get(node.span.range.clone())?;
            let short = !got.contains('\n') && got.len() < 40;
            short.then(|| format!("write it as an array: [{got}]"))
        }
        Value::Table(entries) if numeric && entries.iter().any(|entry| is_digits(&entry.key)) => {
            Some("a key with a dot stands in quotes: `\"1.5\" = 2`".to_owned())
        }
        _ => None,
    }
}
