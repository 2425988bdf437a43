//! Descriptions for the mouse of an editor: what a key is, what it may be, its default and an example.
//!
//! taplo, the language server of most editors for TOML, shows the `description` of a key, but none that
//! stands beside `allOf`, and no default. So references are replaced by what they refer to, and the
//! description says the rest. Of an enumeration it shows the text of the chosen word.

use serde_json::{Map, Value, json};

use super::reference::{choices, kind};
use crate::config::document::inline;
use crate::config::schema::{
    SCHEMA, default, list, sentence, tag, variant_names, variants, wanted, words,
};

/// Completes the descriptions of a schema that is a copy of [`SCHEMA`].
pub(super) fn describe(schema: &mut Value) {
    put_in_place(schema);
    complete(schema);
    drop_unused(schema);
}

/// Replaces `allOf` of one schema by that schema; its own description, default and example stay.
fn put_in_place(schema: &mut Value) {
    while let Some(Value::Array(parts)) =
        schema.as_object_mut().and_then(|map| map.shift_remove("allOf"))
    {
        for part in parts {
            let target =
                part["$ref"].as_str().and_then(|path| SCHEMA.pointer(path.trim_start_matches('#')));
            let target = target.cloned().unwrap_or(part);
            if let (Value::Object(map), Value::Object(target)) = (&mut *schema, target) {
                for (name, value) in target {
                    map.entry(name).or_insert(value);
                }
            }
        }
    }
    children(schema).for_each(put_in_place);
}

/// The schemas directly within one, and the values of its other keywords.
fn children(schema: &mut Value) -> Box<dyn Iterator<Item = &mut Value> + '_> {
    match schema {
        Value::Object(map) => Box::new(map.values_mut()),
        Value::Array(items) => Box::new(items.iter_mut()),
        _ => Box::new(std::iter::empty()),
    }
}

/// Completes the descriptions of all keys in a schema, from the outside in: the words for a key come from
/// the schemas within it.
fn complete(schema: &mut Value) {
    if let Value::Object(map) = schema {
        label_variants(map);
        label_branches(map);
        complete_keys(map);
    }
    children(schema).for_each(|inner| {
        gather_words(inner);
        complete(inner);
    });
}

/// Puts the name of each variant of a tagged table before its description, and the same on the tag.
fn label_variants(map: &mut Map<String, Value>) {
    let Some(Value::Array(variants)) = map.get_mut("oneOf") else { return };
    let Some(tag) = tag(variants).map(str::to_owned) else { return };
    for variant in variants {
        let names = variant_names(variant, &tag);
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        let text = sentence(variant).unwrap_or_default();
        let text = format!("{}: {}", names.join(", also "), stopped(&text));
        variant["description"] = json!(text);
        variant["properties"][&tag]["description"] = json!(text);
    }
}

/// Puts the type of each branch of a choice before its description: "A number: ...".
fn label_branches(map: &mut Map<String, Value>) {
    let Some(Value::Array(branches)) = map.get_mut("anyOf") else { return };
    for branch in branches.iter_mut().filter(|branch| branch["description"].is_string()) {
        let label = match words(branch) {
            Some(words) => list(&words),
            None => capitalized(&wanted(branch)),
        };
        let text = sentence(branch).unwrap_or_default();
        branch["description"] = json!(format!("{label}: {}", stopped(&text)));
    }
}

fn complete_keys(map: &mut Map<String, Value>) {
    let required = map.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(Value::Object(properties)) = map.get_mut("properties") else { return };
    for (key, property) in
        properties.iter_mut().filter(|(_, property)| property.get("const").is_none())
    {
        let is_required = required.iter().any(|name| name == key);
        property["description"] = json!(text(key, property, is_required));
    }
}

/// The description of a key as Markdown.
fn text(key: &str, schema: &Value, required: bool) -> String {
    let mut text = format!("{}\n", stopped(&sentence(schema).unwrap_or_default()));
    let mut line = |name: &str, said: &str| text.push_str(&format!("\n- {name}: {said}"));
    line("Value", &values(schema));
    match default(schema) {
        _ if required => line("Required", "there is no default"),
        Some(words) if schema["x-default"].is_string() => line("Default", &words),
        Some(value) => line("Default", &format!("`{value}`")),
        None => line("Default", if is_table(schema) { "that of each key in it" } else { "none" }),
    }
    if let Some(value) = example(schema) {
        line("Example", &format!("`{key} = {}`", inline(&value)));
    }
    text
}

/// The values that a key may have: their type with its range, words or the kinds of table.
fn values(schema: &Value) -> String {
    let words: Vec<_> = choices(schema).into_iter().flat_map(|(words, _)| words).collect();
    if !words.is_empty() {
        let array = if schema["type"] == "array" { "an array, each " } else { "" };
        return format!("{array}{}", list(&words));
    }
    match variants(schema) {
        Some((tag, variants)) => {
            let names: Vec<_> = variants.iter().flat_map(|one| variant_names(one, tag)).collect();
            let kind =
                if schema["type"] == "array" { "an array of tables" } else { &wanted(schema) };
            format!("{kind}; `{tag}` is {}", list(&names))
        }
        None => kind(schema),
    }
}

/// An example of a value: one beside the type, the default, or what is the only other value.
fn example(schema: &Value) -> Option<Value> {
    let given = schema.get("x-example").or_else(|| schema["examples"].get(0));
    let given = given.or_else(|| schema.get("default")).cloned();
    given.or_else(|| match choices(schema).first() {
        Some((words, _)) => Some(json!(words[0])),
        None => (schema["type"] == "boolean").then_some(json!(true)),
    })
}

/// Whether a key is a table whose keys have defaults of their own.
fn is_table(schema: &Value) -> bool {
    schema["type"] == "object" && schema["x-optional"] != true
}

/// Makes an enumeration of words that each have a description, with these as the texts of its values.
fn gather_words(schema: &mut Value) {
    let choices = choices_of_words(schema);
    let Some(map) = schema.as_object_mut().filter(|_| !choices.is_empty()) else { return };
    map.shift_remove("oneOf");
    let (words, texts): (Vec<_>, Vec<_>) = choices.into_iter().unzip();
    map.insert("type".to_owned(), json!("string"));
    map.insert("enum".to_owned(), json!(words));
    map.insert("x-taplo".to_owned(), json!({ "docs": { "enumValues": texts } }));
}

/// The words of a `oneOf` with the text of each, if it has nothing else.
fn choices_of_words(schema: &Value) -> Vec<(String, String)> {
    let Some(branches) = schema["oneOf"].as_array() else { return Vec::new() };
    if branches.iter().any(|branch| words(branch).is_none()) {
        return Vec::new();
    }
    let named = |branch: &Value| {
        let text = sentence(branch).unwrap_or_default();
        let words = words(branch).unwrap_or_default().into_iter();
        words.map(|word| (word.to_owned(), format!("`{word}`: {text}"))).collect::<Vec<_>>()
    };
    branches.iter().flat_map(named).collect()
}

/// Removes the definitions that nothing refers to any more.
fn drop_unused(schema: &mut Value) {
    loop {
        let text = schema.to_string();
        let Some(Value::Object(definitions)) = schema.get_mut("definitions") else { return };
        let before = definitions.len();
        definitions.retain(|name, _| text.contains(&format!("\"#/definitions/{name}\"")));
        if definitions.len() == before {
            return;
        }
    }
}

/// A sentence with its full stop.
fn stopped(sentence: &str) -> String {
    format!("{sentence}{}", if sentence.ends_with("...") { "" } else { "." })
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}
