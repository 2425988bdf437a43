//! Prints a plan as the config that repeats it; it reads nothing.

use serde_json::Value;

use super::plan::Plan;
use super::tree::TAGS;

impl Plan {
    /// The config that loads to this very plan, from any folder.
    pub fn to_toml(&self) -> String {
        // Everything in a plan is a number, a string or a table of them; a path came from TOML.
        let value = serde_json::to_value(self).unwrap_or_default();
        let mut text = String::new();
        section(&value, &mut Vec::new(), &mut text);
        text
    }
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

/// Whether a table says of itself what kind it is: such a one reads best on one line.
fn is_kind(table: &Value) -> bool {
    TAGS.iter().any(|tag| table.get(tag).is_some())
}

/// A value after `key = `; an array of tables gets a line for each.
pub(super) fn top_value(value: &Value) -> String {
    match value.as_array() {
        Some(items) if items.iter().any(|item| item.is_object() && short_name(item).is_none()) => {
            let lines = items.iter().map(|item| format!("  {},\n", inline(item)));
            format!("[\n{}]", lines.collect::<String>())
        }
        _ => inline(value),
    }
}

/// A value on one line.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::Object(_) if short_name(value).is_some() => {
            string(short_name(value).unwrap_or_default())
        }
        Value::Object(entries) => {
            let entries =
                entries.iter().map(|(name, value)| format!("{} = {}", key(name), inline(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// The name of a table that has nothing but a name.
fn short_name(value: &Value) -> Option<&str> {
    let entries = value.as_object().filter(|entries| entries.len() == 1)?;
    entries.get("name")?.as_str()
}

fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { string(name) }
}

fn string(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::{Map, json};

    use super::*;
    use crate::config::schema::{SCHEMA, kinds, resolve, words};
    use crate::config::{Place, Source, tree, walk};

    /// Makes a value that fits a schema out of a few random numbers.
    struct Maker {
        tape: Vec<u32>,
        read: usize,
    }

    impl Maker {
        fn next(&mut self, below: usize) -> usize {
            self.read += 1;
            self.tape[self.read % self.tape.len()] as usize % below.max(1)
        }

        fn value(&mut self, schema: &Value) -> Value {
            let schema = resolve(schema);
            if let Some(words) = words(schema) {
                return json!(words[self.next(words.len())]);
            }
            if let Some(variants) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
                let chosen = self.next(variants.len());
                return self.value(&variants[chosen]);
            }
            match kinds(schema)[0] {
                "object" => self.table(schema),
                "array" => (0..1 + self.next(3)).map(|_| self.value(&schema["items"])).collect(),
                "integer" => {
                    let least = schema["minimum"].as_u64().unwrap_or(0);
                    let most = schema["maximum"].as_u64().unwrap_or(u64::MAX);
                    let range = most.saturating_sub(least).saturating_add(1).min(1000);
                    json!(least + self.next(range as usize) as u64)
                }
                "number" => json!(self.number(schema)),
                "boolean" => json!(self.next(2) == 0),
                _ => json!(["plain", "a \"b\" 'c' \\d", "é\n\t\u{7f}", ""][self.next(4)]),
            }
        }

        fn number(&mut self, schema: &Value) -> f64 {
            let least = schema["minimum"].as_f64().or(schema["exclusiveMinimum"].as_f64());
            let most = schema["maximum"].as_f64().or(schema["exclusiveMaximum"].as_f64());
            let share = (1 + self.next(997)) as f64 / 999.0;
            match (least, most) {
                (Some(least), Some(most)) => least + share * (most - least),
                (Some(least), None) => least + share * 10f64.powi(self.next(40) as i32 - 20),
                (None, Some(most)) => most - share * 1e3,
                _ => (share - 0.5) * 1e3,
            }
        }

        fn table(&mut self, schema: &Value) -> Value {
            let mut table = Map::new();
            for (key, property) in schema["properties"].as_object().into_iter().flatten() {
                let required =
                    schema["required"].as_array().is_some_and(|r| r.contains(&json!(key)));
                if !["extends", "sweep"].contains(&key.as_str()) && (required || self.next(2) == 0)
                {
                    table.insert(key.clone(), self.value(property));
                }
            }
            Value::Object(table)
        }
    }

    fn read(text: &str) -> Plan {
        let place = Place::Argument(0);
        let source = Arc::new(Source { place, text: text.to_owned() });
        let mut root = tree::parse(text, &source).unwrap_or_else(|p| panic!("{p:?}\n{text}"));
        let problems = walk::walk(&mut root);
        assert!(problems.is_empty(), "{problems:?}\n{text}");
        Plan::deserialize(root.to_toml()).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    proptest! {
        /// What fits the schema is a plan, and a plan's text is that plan: for every key and every
        /// kind of layer, optimizer or callback that there will ever be.
        #[test]
        fn whatever_fits_the_schema_survives_being_printed(
            tape in prop::collection::vec(any::<u32>(), 1..200),
        ) {
            let config = Maker { tape, read: 0 }.value(&SCHEMA);
            let mut text = String::new();
            section(&config, &mut Vec::new(), &mut text);
            let plan = read(&text);
            prop_assert_eq!(read(&plan.to_toml()), plan);
        }
    }
}
