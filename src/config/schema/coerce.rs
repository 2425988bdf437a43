//! Converts a value of the command line to the type that the schema requires.

use serde_json::Value as Schema;

use super::query::{kinds, words};
use crate::config::diagnostic::SourceKind;
use crate::config::document::{Spanned, Value};

/// The coerced value: an integer for `1e5`, a boolean for `True`, a string for a number, a list for its
/// only item.
pub(crate) fn meant(node: &Spanned, schema: &Schema) -> Option<Value> {
    let source = &node.span.source;
    let typed = source.text.get(node.span.range.clone())?;
    if !matches!(source.kind, SourceKind::Argument(_)) || typed.starts_with(['"', '\'']) {
        return None;
    }
    match (&node.value, &kinds(schema)[..]) {
        (Value::Float(float), kinds) if kinds.contains(&"integer") => whole(*float),
        (Value::String(word), ["boolean"]) => match word.to_lowercase().as_str() {
            "true" => Some(Value::Boolean(true)),
            "false" => Some(Value::Boolean(false)),
            _ => None,
        },
        (
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_),
            ["string"],
        ) => words(schema).is_none().then(|| Value::String(typed.to_owned())),
        (Value::Array(_) | Value::Table(_), _) => None,
        (_, ["array"]) if is_alone(node) => Some(Value::Array(vec![node.clone()])),
        _ => None,
    }
}

fn whole(float: f64) -> Option<Value> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (float.fract() == 0.0 && float.abs() <= EXACT).then_some(Value::Integer(float as i128))
}

/// Whether the value is the only value of its argument.
fn is_alone(node: &Spanned) -> bool {
    let (text, span) = (&node.span.source.text, &node.span.range);
    let before = text.get(..span.start).unwrap_or_default().trim_end();
    before.ends_with('=') && text.get(span.end..).is_some_and(|rest| rest.trim().is_empty())
}
