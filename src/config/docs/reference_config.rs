//! The config that says everything: every key with its default and its sentence, as TOML that
//! loads; all of it comes from the schema.

use serde_json::Value as Schema;

use super::reference::{choices, common, is_table, kind};
use crate::config::document::{inline, top_value};
use crate::config::schema::{
    OPTIONAL, SCHEMA, default, list, properties, sentence, variant_names, variants,
};

const HEAD: &str = "\
#:schema ../docs/config.schema.json
#
# Every key that a config may have, with its default; only [model] has to be there.
# Keys without a default are commented out.
# Generated from the types of the config: UPDATE=1 cargo test config

";

/// Commented TOML with every key, its default and its sentence.
pub fn reference_config() -> String {
    let mut text = HEAD.to_owned();
    let (sections, plain): (Vec<_>, Vec<_>) = properties(&SCHEMA)
        .partition(|(_, property)| is_table(property) || variants(property).is_some());
    for (key, property) in plain {
        text.push_str(&entry(key, property));
    }
    for (key, section) in sections {
        let optional = section.get(OPTIONAL).is_some();
        text.push_str(&self::section(key, section, optional));
    }
    text
}

/// A table with its header; `off` comments all of it out.
fn section(path: &str, schema: &Schema, off: bool) -> String {
    let title = sentence(schema).unwrap_or_default();
    let mut text = format!("\n{}[{path}]\n", comment(&title));
    let mut inner = String::new();
    if let Some((tag, variants)) = variants(schema) {
        text.push_str(&kinds(tag, variants, schema));
    }
    for (key, property) in properties(schema) {
        if is_table(property) {
            let optional = property.get(OPTIONAL).is_some();
            inner.push_str(&section(&format!("{path}.{key}"), property, optional));
        } else {
            text.push_str(&entry(key, property));
        }
    }
    // A table of tables needs no header of its own.
    if !inner.is_empty() && properties(schema).all(|(_, property)| is_table(property)) {
        text.clear();
    }
    let text = format!("{text}{inner}");
    if off { comment_out(&text) } else { text }
}

/// The keys of the kind that is the default, then the other kinds, commented out.
fn kinds(tag: &str, variants: &[Schema], schema: &Schema) -> String {
    let default = schema["default"].as_str().unwrap_or_default();
    let (chosen, others): (Vec<_>, Vec<_>) =
        variants.iter().partition(|variant| variant_names(variant, tag).contains(&default));
    let variant_keys = |variant: &Schema, said: &[&str], entry: fn(&str, &Schema) -> String| {
        let name = variant_names(variant, tag).first().copied().unwrap_or_default();
        let title = sentence(variant).unwrap_or_default();
        let keys = properties(variant).filter(|(key, _)| *key != tag && !said.contains(key));
        let keys: String = keys.map(|(key, property)| entry(key, property)).collect();
        format!("{}{tag} = \"{name}\"\n{keys}", comment(&title))
    };
    let mut text: String =
        chosen.into_iter().map(|variant| variant_keys(variant, &[], entry)).collect();
    let common = common(variants, tag);
    if let ([first, .., last], false) = (&common[..], others.is_empty()) {
        let said = format!("Every other `{tag}` has the keys from `{first}` to `{last}` too.");
        text.push_str(&format!("#\n{}", comment(&said)));
    }
    for variant in others {
        text.push_str(&format!("#\n{}", comment_out(&variant_keys(variant, &common, short_entry))));
    }
    text
}

/// A key with what there is to say about it.
fn entry(key: &str, schema: &Schema) -> String {
    let mut text = short_entry(key, schema);
    if let Some((tag, variants)) = variants(schema) {
        let only_named = variants.iter().all(|variant| properties(variant).count() < 2);
        if !only_named {
            text.push_str(&lines_of_kinds(key, tag, variants));
        }
    }
    text
}

/// A key with what there is to say about it but for the tables that it may hold.
fn short_entry(key: &str, schema: &Schema) -> String {
    let mut said = sentence(schema).unwrap_or_default();
    let words: Vec<_> = choices(schema).into_iter().map(|(words, _)| words[0]).collect();
    match words.is_empty() {
        false => said.push_str(&format!("; {}", list(&words))),
        true if variants(schema).is_none() => said.push_str(&format!("; {}", kind(schema))),
        true => {}
    }
    if schema.get("default").is_none()
        && let Some(default) = default(schema)
    {
        said.push_str(&format!("; default: {default}"));
    }
    let mut text = comment(&said);
    match schema.get("default").or_else(|| schema["examples"].get(0)) {
        Some(value) => text.push_str(&format!("{key} = {}\n", top_value(value))),
        None => match schema.get("x-example") {
            Some(value) => text.push_str(&comment_out(&format!("{key} = {}\n", top_value(value)))),
            None => text.push_str(&format!("# {key} =\n")),
        },
    }
    text
}

/// The kinds of table that a key may hold, one comment each with its keys and their defaults.
fn lines_of_kinds(key: &str, tag: &str, variants: &[Schema]) -> String {
    let mut text = format!("# The tables for `{key}`:\n");
    for variant in variants {
        let name = variant_names(variant, tag).first().copied().unwrap_or_default();
        let keys = properties(variant).filter(|(key, _)| *key != tag).map(|(key, property)| {
            let default = property.get("default").map_or("...".to_owned(), inline);
            format!(", {key} = {default}")
        });
        text.push_str(&format!("#   {{ {tag} = \"{name}\"{} }}\n", keys.collect::<String>()));
    }
    text
}

/// A text as comment lines of at most 100 columns.
fn comment(text: &str) -> String {
    const WIDTH: usize = 98;
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line =
            lines.last_mut().filter(|line| line.chars().count() + word.chars().count() < WIDTH);
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => line.push_str(&format!(" {word}")),
            None => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| format!("# {line}\n")).collect()
}

/// The same lines, commented out.
fn comment_out(text: &str) -> String {
    let off = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("# {line}\n") };
    text.lines().map(off).collect()
}
