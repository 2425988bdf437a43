//! Generates the JSON Schema of a config from the types of the plan.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::config::plan::{CrossValidation, Plan, SweepTable};

/// Marks a table without a default, such as a callback.
pub(crate) const OPTIONAL: &str = "x-optional";

/// The schema for validation and for the generated documents.
pub(crate) static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let generator = SchemaSettings::draft07().into_generator();
    let folds = generator.clone().into_root_schema_for::<CrossValidation>().to_value();
    let sweep = generator.clone().into_root_schema_for::<SweepTable>().to_value();
    let mut schema = generator.into_root_schema_for::<Plan>().to_value();
    join(&mut schema, ("cross_validation", "CrossValidation"), folds);
    join(&mut schema, ("sweep", "Sweep"), sweep);
    tidy(&mut schema);
    schema["title"] = json!("runner config");
    schema["description"] =
        json!("An experiment of runner: a network, its data, how it is trained.");
    let extends = json!({
        "description": "Another config, relative to this one, that this one's keys are put on top \
                        of; its `name` is not taken over.",
        "type": "string",
        "x-default": "none",
        "x-example": "base.toml",
    });
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.shift_insert(0, "extends".to_owned(), extends);
    }
    schema
});

/// Adds a section that is not part of a plan, such as `[sweep]`.
fn join(schema: &mut Value, (key, name): (&str, &str), mut section: Value) {
    let definitions = section.as_object_mut().and_then(|map| {
        map.shift_remove("$schema");
        map.shift_remove("definitions")
    });
    if let Some(all) = schema["definitions"].as_object_mut() {
        if let Some(Value::Object(definitions)) = definitions {
            all.extend(definitions);
        }
        all.insert(name.to_owned(), section);
    }
    if let Some(properties) = schema["properties"].as_object_mut() {
        let reference = json!({ "$ref": format!("#/definitions/{name}") });
        properties.insert(key.to_owned(), json!({ "allOf": [reference], OPTIONAL: true }));
    }
}

/// Closes every table, drops null, which TOML lacks, and shortens repeated defaults.
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

/// Drops the default of a table, because its keys have defaults; a named table keeps its name.
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
