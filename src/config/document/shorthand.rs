//! The short form of a table: `"adam"` for `{ name = "adam" }`.

use serde_json::Value;

/// The discriminant keys of tagged tables.
pub const TAGS: [&str; 3] = ["name", "type", "schedule"];

/// The name of a table whose only key is `name`.
pub fn shorthand(table: &Value) -> Option<&str> {
    let entries = table.as_object().filter(|entries| entries.len() == 1)?;
    entries.get("name")?.as_str()
}
