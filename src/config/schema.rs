//! The JSON Schema of a config: derived from the plan's types, and the one source of what is
//! checked, documented and completed in editors; it knows no key by name but `extends`.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::plan::Plan;
use super::sweep::Table as Sweep;

/// The schema of a config file, for editors: draft 7, every table closed.
///
/// An editor sees one file at a time: one that extends another may lack what that one has.
pub fn schema() -> Value {
    let mut schema = SCHEMA.clone();
    if let Some(map) = schema.as_object_mut()
        && let Some(required) = map.shift_remove("required")
    {
        let own = json!({ "required": required });
        map.insert("anyOf".to_owned(), json!([own, { "required": ["extends"] }]));
    }
    spell_out_aliases(&mut schema);
    schema
}

/// Lets the name of a variant be any of its names, in words that every validator knows.
fn spell_out_aliases(schema: &mut Value) {
    let others: Vec<_> = aliases(schema).map(|alias| json!(alias)).collect();
    if !others.is_empty()
        && let Some(properties) = schema["properties"].as_object_mut()
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

/// Marks a table that is not made of its defaults when it is left out, such as a callback.
pub(super) const OPTIONAL: &str = "x-optional";

/// The schema as it is used here.
pub(super) static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let generator = SchemaSettings::draft07().into_generator();
    let mut sweep = generator.clone().into_root_schema_for::<Sweep>().to_value();
    let mut schema = generator.into_root_schema_for::<Plan>().to_value();
    join_sweep(&mut schema, &mut sweep);
    tidy(&mut schema);
    schema["title"] = json!("runner config");
    schema["description"] =
        json!("An experiment of runner: a network, its data, how it is trained.");
    let extends = json!({
        "description": "Another config, relative to this one, that this one's keys are put on top \
                        of; its `name` is not taken over.",
        "type": "string",
    });
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.shift_insert(0, "extends".to_owned(), extends);
    }
    schema
});

/// Adds the section of a config that no plan has.
fn join_sweep(schema: &mut Value, sweep: &mut Value) {
    let definitions = sweep.as_object_mut().and_then(|map| {
        map.shift_remove("$schema");
        map.shift_remove("definitions")
    });
    if let Some(all) = schema["definitions"].as_object_mut() {
        if let Some(Value::Object(definitions)) = definitions {
            all.extend(definitions);
        }
        all.insert("Sweep".to_owned(), sweep.take());
    }
    if let Some(properties) = schema["properties"].as_object_mut() {
        let reference = json!({ "$ref": "#/definitions/Sweep" });
        properties.insert("sweep".to_owned(), json!({ "allOf": [reference], OPTIONAL: true }));
    }
}

/// What a schema says of a value once `$ref`, `allOf` and a single `anyOf` are followed.
pub(super) fn resolve(schema: &Value) -> &Value {
    let followed = match (&schema["$ref"], &schema["allOf"]) {
        (Value::String(reference), _) => SCHEMA.pointer(reference.trim_start_matches('#')),
        (_, Value::Array(parts)) => parts.first(),
        _ => None,
    };
    followed.map_or(schema, resolve)
}

/// The sentence about a key, without its final full stop.
pub(super) fn sentence(schema: &Value) -> Option<String> {
    let own = schema["description"].as_str();
    let text = own.or_else(|| resolve(schema)["description"].as_str())?;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let full_stop = line.ends_with('.') && !line.ends_with("...");
    Some(if full_stop { line[..line.len() - 1].to_owned() } else { line })
}

/// The strings that a schema allows, when it allows only certain ones.
pub(super) fn words(schema: &Value) -> Option<Vec<&str>> {
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
pub(super) fn aliases(variant: &Value) -> impl Iterator<Item = &str> {
    variant["x-aliases"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The key that says which variant of a `oneOf` a table is, such as `name`.
pub(super) fn tag(variants: &[Value]) -> Option<&str> {
    let properties = resolve(variants.first()?)["properties"].as_object()?;
    let (key, _) = properties.iter().find(|(_, property)| property["const"].is_string())?;
    Some(key)
}

/// The names of a variant of a `oneOf`, its own first.
pub(super) fn variant_names<'a>(variant: &'a Value, tag: &str) -> Vec<&'a str> {
    let name = resolve(variant)["properties"][tag]["const"].as_str();
    name.into_iter().chain(aliases(variant)).collect()
}

/// The JSON types that a schema allows.
pub(super) fn kinds(schema: &Value) -> Vec<&str> {
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

/// Closes every table, drops what TOML cannot say (null) and what repeats other defaults.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            close(map);
            drop_null(map);
            shorten_default(map);
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn close(map: &mut Map<String, Value>) {
    if map.contains_key("properties") && map.get("type") == Some(&json!("object")) {
        map.entry("additionalProperties").or_insert(Value::Bool(false));
    }
}

fn drop_null(map: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            map.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(branches)) = map.get_mut("anyOf") {
        branches.retain(|branch| *branch != json!({ "type": "null" }));
        if branches.len() == 1
            && let Some(only) = map.shift_remove("anyOf")
        {
            map.insert("allOf".to_owned(), only);
            map.insert(OPTIONAL.to_owned(), Value::Bool(true));
        }
    }
    if map.get("default") == Some(&Value::Null) {
        map.shift_remove("default");
    }
}

/// A table's default is the defaults of its keys, said there; a named one is said by its name.
fn shorten_default(map: &mut Map<String, Value>) {
    let short = match map.get("default") {
        Some(Value::Object(table)) => table.get("name").cloned(),
        Some(default) if map.contains_key("x-default") => Some(default.clone()),
        _ => return,
    };
    match short {
        Some(name) if !map.contains_key("x-default") => map.insert("default".to_owned(), name),
        _ => map.shift_remove("default"),
    };
}
