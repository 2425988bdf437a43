//! Validates a config against the JSON Schema.

use serde_json::Value as Schema;

use super::coerce;
use super::generate::SCHEMA;
use super::key_path::KeyPath;
use super::query::{kinds, known_key, resolve, tag, variant_names, words};
use super::unknown_key::{Variants, unknown_key};
use super::wording::{list, range, type_help, wanted};
use crate::config::diagnostic::{Diagnostic, Location, SourceKind};
use crate::config::document::{Entry, Spanned, Value};
use crate::config::nearest::nearest;

/// The diagnostics of `root` against the schema; values of the command line are coerced.
///
/// Entries of `root` whose keys are `skipped` are not validated.
pub(crate) fn validate(root: &mut Spanned, skipped: &[String]) -> Vec<Diagnostic> {
    let mut walker = Validator { diagnostics: Vec::new(), changes: Some(Vec::new()), skipped };
    walker.value(root, &SCHEMA, &KeyPath::default());
    for (keys, value) in walker.changes.unwrap_or_default() {
        if let Some(node) = root.find_mut(&keys) {
            node.value = value;
        }
    }
    walker.diagnostics
}

/// The diagnostics of the value at `keys` against its schema.
pub(crate) fn validate_at(node: &Spanned, schema: &Schema, keys: &[&str]) -> Vec<Diagnostic> {
    let mut walker = Validator { diagnostics: Vec::new(), changes: None, skipped: &[] };
    let described = keys.len().checked_sub(1).map(|last| (last, schema));
    let keys = keys.iter().map(|key| (*key).to_owned()).collect();
    walker.value(node, schema, &KeyPath { keys, described, variant: None });
    walker.diagnostics
}

/// The schema of a key without a description.
static UNDESCRIBED: Schema = Schema::Null;

struct Validator<'a> {
    diagnostics: Vec<Diagnostic>,
    /// Coerced values by their keys; `None` disables coercion.
    changes: Option<Vec<(Vec<String>, Value)>>,
    /// Keys at the top level that are not looked at.
    skipped: &'a [String],
}

impl Validator<'_> {
    fn value<'s>(&mut self, node: &Spanned, schema: &'s Schema, path: &KeyPath<'s>) {
        let schema = resolve(schema);
        if let Some(branches) = schema["anyOf"].as_array() {
            if let Some((tag, variant)) = without_short_form(branches, node) {
                return self.bare_name(node, tag, variant, path);
            }
            return match branches.iter().find(|branch| accepts(branch, node)) {
                Some(branch) => self.value(node, branch, path),
                None => self.unfit(node, schema, path),
            };
        }
        if !accepts(schema, node) {
            return self.unfit(node, schema, path);
        }
        if let Some(words) = words(schema) {
            return self.word(node, &words, path);
        }
        if let Some(variants) = schema["oneOf"].as_array() {
            return self.tagged(node, variants, path);
        }
        match &node.value {
            Value::Table(entries) => self.table(node, entries, schema, path),
            Value::Array(items) => self.array(node, items, schema, path),
            Value::Integer(integer) => self.integer(*integer, node, schema, path),
            Value::Float(float) => self.number(*float, node, schema, path),
            Value::String(_) | Value::Boolean(_) | Value::Datetime(_) => {}
        }
    }

    /// A name in the place of a table that needs more keys: reported as the table with its name only.
    fn bare_name<'s>(
        &mut self,
        node: &Spanned,
        tag: &str,
        variant: &'s Schema,
        path: &KeyPath<'s>,
    ) {
        let Some(name) = node.as_str() else { return };
        let path = KeyPath { variant: Some(name.to_owned()), ..path.clone() };
        let required = variant["required"].as_array().into_iter().flatten();
        let keys: Vec<_> = required.filter_map(Schema::as_str).filter(|key| *key != tag).collect();
        keys.iter().for_each(|key| self.missing_key(key, node, variant, &path));
        if let Some(last) = self.diagnostics.pop() {
            let keys: String = keys.iter().map(|key| format!(", {key} = ...")).collect();
            let table = format!("as a table: `{{ {tag} = \"{name}\"{keys} }}`");
            self.diagnostics.push(last.note(table));
        }
    }

    /// A value of another type than the schema wants, which may only be written in another form.
    fn unfit<'s>(&mut self, node: &Spanned, schema: &'s Schema, path: &KeyPath<'s>) {
        let branches =
            schema["anyOf"].as_array().map_or(std::slice::from_ref(schema), Vec::as_slice);
        let meant = branches.iter().find_map(|branch| Some((branch, coerce::meant(node, branch)?)));
        match (&mut self.changes, meant) {
            (Some(changes), Some((branch, value))) => {
                changes.push((path.keys.clone(), value.clone()));
                self.value(&Spanned { value, span: node.span.clone() }, branch, path);
            }
            _ => self.wrong_type(node, schema, path),
        }
    }

    fn wrong_type<'s>(&mut self, node: &Spanned, schema: &'s Schema, path: &KeyPath<'s>) {
        let want = wanted(schema);
        let message = format!("`{}` must be {want}", path.dotted());
        let help = type_help(node, schema).unwrap_or_else(|| path.help());
        self.diagnostics
            .push(Diagnostic::at(&node.span, message, help).label(format!("got {}", node.kind())));
    }

    fn word(&mut self, node: &Spanned, words: &[&str], path: &KeyPath<'_>) {
        let Some(word) = node.as_str().filter(|word| !words.contains(word)) else { return };
        let message = format!("unknown {} `{word}`", path.noun());
        let valid = format!("`{}` is {}", path.without_index(), list(words));
        self.diagnostics.push(match nearest(word, words.iter().copied()) {
            Some(near) => {
                Diagnostic::at(&node.span, message, format!("did you mean `{near}`?")).note(valid)
            }
            None => Diagnostic::at(&node.span, message, valid),
        });
    }

    /// A table that is one of several kinds, told apart by the value of one key.
    fn tagged<'s>(&mut self, node: &Spanned, variants: &'s [Schema], path: &KeyPath<'s>) {
        let Some(tag) = tag(variants) else { return };
        let names: Vec<_> = variants.iter().flat_map(|v| variant_names(v, tag)).collect();
        let Some(entry) = node.entry(tag) else {
            let message = format!("missing key `{tag}` in {}", path.table());
            let help = format!("`{tag}` is {}", list(&names));
            return self.diagnostics.push(Diagnostic::at(&node.span, message, help));
        };
        let place = path.child(tag, &UNDESCRIBED);
        let Some(name) = entry.node.as_str() else {
            let strings = serde_json::json!({ "type": "string" });
            return self.wrong_type(&entry.node, &strings, &place);
        };
        match variants.iter().find(|variant| variant_names(variant, tag).contains(&name)) {
            Some(variant) => {
                let path = KeyPath { variant: Some(name.to_owned()), ..path.clone() };
                let variants = Variants { variants, tag };
                self.keys(node, node.entries(), resolve(variant), &path, Some(&variants));
            }
            None => self.word(&entry.node, &names, &place),
        }
    }

    fn table<'s>(
        &mut self,
        node: &Spanned,
        entries: &[Entry],
        schema: &'s Schema,
        path: &KeyPath<'s>,
    ) {
        self.keys(node, entries, schema, path, None);
    }

    fn keys<'s>(
        &mut self,
        node: &Spanned,
        entries: &[Entry],
        schema: &'s Schema,
        path: &KeyPath<'s>,
        variants: Option<&Variants<'_>>,
    ) {
        let mut meant = Vec::new();
        let skipped = if path.keys.is_empty() { self.skipped } else { &[] };
        for entry in entries.iter().filter(|entry| !skipped.contains(&entry.key)) {
            match known_key(schema, &entry.key) {
                // The tag has been read already, and may be an alias that its `const` does not list.
                Some(_) if variants.is_some_and(|variants| variants.tag == entry.key) => {}
                Some(known) => self.value(&entry.node, known, &path.child(&entry.key, known)),
                None => {
                    let (diagnostic, key) = unknown_key(entry, schema, path, variants);
                    self.diagnostics.push(diagnostic);
                    meant.extend(key);
                }
            }
        }
        let required = schema["required"].as_array().into_iter().flatten();
        for key in required.filter_map(Schema::as_str).filter(|key| node.entry(key).is_none()) {
            // A key that is there under a wrong name has been spoken of.
            if !meant.contains(&key) {
                self.missing_key(key, node, schema, path);
            }
        }
    }

    fn missing_key<'s>(
        &mut self,
        key: &str,
        node: &Spanned,
        schema: &'s Schema,
        path: &KeyPath<'s>,
    ) {
        let property = &schema["properties"][key];
        let first = resolve(property)["required"][0].as_str();
        let help = match first.and_then(|first| Some((first, known_key(resolve(property), first)?)))
        {
            Some((first, needed)) => path.child(first, needed).help(),
            None => path.child(key, property).help(),
        };
        let at_root = path.keys.is_empty();
        let location = match &node.span.source.kind {
            SourceKind::File(file) if at_root => Location::File(file.clone()),
            _ => Location::from(&node.span),
        };
        let message = if resolve(property)["type"] == "object" && at_root {
            format!("missing section `[{key}]`")
        } else {
            format!("missing key `{key}` in {}", path.table())
        };
        self.diagnostics.push(Diagnostic::at(location, message, help));
    }

    fn array<'s>(
        &mut self,
        node: &Spanned,
        items: &[Spanned],
        schema: &'s Schema,
        path: &KeyPath<'s>,
    ) {
        if let Some(least) = schema["minItems"].as_u64()
            && (items.len() as u64) < least
        {
            let message = match least {
                1 => format!("`{}` is empty", path.dotted()),
                _ => format!("`{}` needs {least} items", path.dotted()),
            };
            self.diagnostics.push(Diagnostic::at(&node.span, message, path.help()));
        }
        for (index, item) in items.iter().enumerate() {
            self.value(item, &schema["items"], &path.item(index));
        }
    }

    fn integer(&mut self, integer: i128, node: &Spanned, schema: &Schema, path: &KeyPath<'_>) {
        if schema["type"] != "integer" {
            // A whole number where a fraction may stand is held against the range as a fraction.
            return self.number(integer as f64, node, schema, path);
        }
        let least = schema["minimum"].as_i64().unwrap_or(i64::MIN);
        let most = schema["maximum"].as_i64().unwrap_or(i64::MAX);
        match i64::try_from(integer) {
            Ok(integer) if (least..=most).contains(&integer) => {}
            Ok(_) => self.out_of_range(node, &range(schema), path),
            Err(_) => self.out_of_range(node, "an integer of 64 bits", path),
        }
    }

    fn number(&mut self, number: f64, node: &Spanned, schema: &Schema, path: &KeyPath<'_>) {
        let bound = |name: &str| schema[name].as_f64();
        let fits = number.is_finite()
            && bound("minimum").is_none_or(|bound| bound <= number)
            && bound("exclusiveMinimum").is_none_or(|bound| bound < number)
            && bound("maximum").is_none_or(|bound| number <= bound)
            && bound("exclusiveMaximum").is_none_or(|bound| number < bound);
        if !fits {
            let want =
                if number.is_finite() { range(schema) } else { "a finite number".to_owned() };
            self.out_of_range(node, &want, path);
        }
    }

    fn out_of_range(&mut self, node: &Spanned, want: &str, path: &KeyPath<'_>) {
        let message = format!("`{}` is out of range", path.dotted());
        let got = node.span.source.text.get(node.span.range.clone()).unwrap_or_default();
        let label = format!("got {got}, want {want}");
        self.diagnostics.push(Diagnostic::at(&node.span, message, path.help()).label(label));
    }
}

/// The tag and the variant of a table, where a value is its bare name and the table needs more keys.
fn without_short_form<'s>(branches: &'s [Schema], node: &Spanned) -> Option<(&'s str, &'s Schema)> {
    let name = node.as_str()?;
    if branches.iter().filter_map(words).any(|words| words.contains(&name)) {
        return None;
    }
    branches.iter().find_map(|branch| {
        let variants = resolve(branch)["oneOf"].as_array()?;
        let tag = tag(variants)?;
        let found = variants.iter().find(|variant| variant_names(variant, tag).contains(&name))?;
        Some((tag, resolve(found)))
    })
}

/// Whether the schema allows the type of a value.
fn accepts(schema: &Schema, node: &Spanned) -> bool {
    let kinds = kinds(schema);
    match node.value {
        Value::String(_) => kinds.contains(&"string"),
        Value::Integer(_) => kinds.contains(&"integer") || kinds.contains(&"number"),
        Value::Float(_) => kinds.contains(&"number"),
        Value::Boolean(_) => kinds.contains(&"boolean"),
        Value::Array(_) => kinds.contains(&"array"),
        Value::Table(_) => kinds.contains(&"object"),
        Value::Datetime(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keywords without an effect on validation.
    const FOR_READERS: [&str; 11] = [
        "$schema",
        "title",
        "description",
        "format",
        "default",
        "examples",
        "definitions",
        "x-default",
        "x-example",
        "x-optional",
        "x-aliases",
    ];
    const LOOKED_AT: [&str; 16] = [
        "$ref",
        "allOf",
        "anyOf",
        "oneOf",
        "const",
        "enum",
        "type",
        "properties",
        "additionalProperties",
        "required",
        "items",
        "minItems",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
    ];

    fn keywords(schema: &Schema, found: &mut Vec<String>) {
        match schema {
            Schema::Object(map) => {
                for (keyword, value) in map {
                    found.push(keyword.clone());
                    match keyword.as_str() {
                        "properties" | "definitions" => {
                            let named = value.as_object().into_iter().flatten();
                            named.for_each(|(_, schema)| keywords(schema, found));
                        }
                        "default" | "examples" | "x-example" | "const" | "enum" => {}
                        _ => keywords(value, found),
                    }
                }
            }
            Schema::Array(items) => items.iter().for_each(|item| keywords(item, found)),
            _ => {}
        }
    }

    #[test]
    fn the_schema_says_nothing_that_the_walk_does_not_hear() {
        let mut found = Vec::new();
        keywords(&SCHEMA, &mut found);
        let known = |word: &&String| {
            FOR_READERS.contains(&word.as_str()) || LOOKED_AT.contains(&word.as_str())
        };
        let unheard: Vec<_> = found.iter().filter(|word| !known(word)).collect();
        assert!(unheard.is_empty(), "teach `Validator` these keywords first: {unheard:?}");
    }
}
