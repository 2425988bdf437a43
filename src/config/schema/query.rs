//! Reads a JSON Schema: types, words, variants and descriptions of a key.

use serde_json::Value;

use super::generate::SCHEMA;

/// Follows `$ref`, `allOf` and a single `anyOf`.
pub(crate) fn resolve(schema: &Value) -> &Value {
    let followed = match (&schema["$ref"], &schema["allOf"]) {
        (Value::String(reference), _) => SCHEMA.pointer(reference.trim_start_matches('#')),
        (_, Value::Array(parts)) => parts.first(),
        _ => None,
    };
    followed.map_or(schema, resolve)
}

/// The description of a key without its final full stop.
pub(crate) fn sentence(schema: &Value) -> Option<String> {
    let own = schema["description"].as_str();
    let text = own.or_else(|| resolve(schema)["description"].as_str())?;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let full_stop = line.ends_with('.') && !line.ends_with("...");
    Some(if full_stop { line[..line.len() - 1].to_owned() } else { line })
}

/// The allowed strings of a schema with an enumeration.
pub(crate) fn words(schema: &Value) -> Option<Vec<&str>> {
    if let Some(word) = schema["const"].as_str() {
        return Some(std::iter::once(word).chain(aliases(schema)).collect());
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(Value::as_str).collect();
    }
    let nested: Option<Vec<_>> = schema["oneOf"].as_array()?.iter().map(words).collect();
    Some(nested?.concat())
}

/// The other names of a variant.
pub(crate) fn aliases(variant: &Value) -> impl Iterator<Item = &str> {
    variant["x-aliases"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The discriminant key of a `oneOf`, such as `name`.
pub(crate) fn tag(variants: &[Value]) -> Option<&str> {
    let properties = resolve(variants.first()?)["properties"].as_object()?;
    let (key, _) = properties.iter().find(|(_, property)| property["const"].is_string())?;
    Some(key)
}

/// The names of a variant of a `oneOf`, its own first.
pub(crate) fn variant_names<'a>(variant: &'a Value, tag: &str) -> Vec<&'a str> {
    let name = resolve(variant)["properties"][tag]["const"].as_str();
    name.into_iter().chain(aliases(variant)).collect()
}

/// The JSON types that a schema allows.
pub(crate) fn kinds(schema: &Value) -> Vec<&str> {
    let schema = resolve(schema);
    let nested = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
    if let Some(nested) = nested {
        let mut all: Vec<_> = nested.iter().flat_map(kinds).collect();
        all.dedup();
        return all;
    }
    match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => words(schema).map_or(Vec::new(), |_| vec!["string"]),
    }
}

/// The properties of a table.
pub(crate) fn properties(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let properties = resolve(schema)["properties"].as_object().into_iter().flatten();
    properties.map(|(key, property)| (key.as_str(), property))
}

/// The discriminant key and the variants of a tagged table.
pub(crate) fn variants(schema: &Value) -> Option<(&str, &[Value])> {
    let schema = resolve(schema);
    if let Some(branches) = schema["anyOf"].as_array() {
        return branches.iter().find_map(variants);
    }
    if schema["type"] == "array" {
        return variants(&schema["items"]);
    }
    if let any @ Value::Object(_) = &schema["additionalProperties"] {
        return variants(any);
    }
    let variants = schema["oneOf"].as_array()?;
    Some((tag(variants)?, variants))
}

/// The schema of a key: its property, or `additionalProperties` of a map.
pub(crate) fn known_key<'a>(schema: &'a Value, key: &str) -> Option<&'a Value> {
    let any = Some(&schema["additionalProperties"]).filter(|schema| schema.is_object());
    schema["properties"].get(key).or(any)
}
