//! The JSON Schema for editors: draft 7, every alias spelled out.

use serde_json::{Value, json};

use super::hover;
use crate::config::schema::{SCHEMA, aliases};

/// The schema of a config file, for editors: draft 7, every table closed.
///
/// An editor sees one file at a time, so a config with `extends` may lack required keys.
pub fn schema() -> Value {
    let mut schema = SCHEMA.clone();
    if let Some(map) = schema.as_object_mut()
        && let Some(required) = map.shift_remove("required")
    {
        let own = json!({ "required": required });
        map.insert("anyOf".to_owned(), json!([own, { "required": ["extends"] }]));
    }
    hover::describe(&mut schema);
    spell_out_aliases(&mut schema);
    schema
}

/// Replaces each `const` that has aliases by an `enum`, a keyword of every validator.
fn spell_out_aliases(schema: &mut Value) {
    let others: Vec<_> = aliases(schema).map(|alias| json!(alias)).collect();
    if !others.is_empty()
        && let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut)
    {
        for property in properties.values_mut().filter_map(Value::as_object_mut) {
            if let Some(name) = property.shift_remove("const") {
                let names: Vec<_> = std::iter::once(name).chain(others.iter().cloned()).collect();
                property.insert("enum".to_owned(), Value::Array(names));
            }
        }
    }
    if !others.is_empty()
        && let Some(map) = schema.as_object_mut()
        && let Some(word) = map.shift_remove("const")
    {
        let words: Vec<_> = std::iter::once(word).chain(others).collect();
        map.insert("enum".to_owned(), Value::Array(words));
    }
    match schema {
        Value::Object(map) => map.values_mut().for_each(spell_out_aliases),
        Value::Array(items) => items.iter_mut().for_each(spell_out_aliases),
        _ => {}
    }
}
