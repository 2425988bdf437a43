//! All keys of a config by dotted path, and the key for a word.

use std::sync::LazyLock;

use serde_json::Value as Schema;

use super::generate::SCHEMA;
use super::query::{resolve, sentence, variant_names, variants, words};
use crate::config::nearest::nearest;

/// A key that a config may have.
#[derive(Clone, Debug)]
pub struct Key {
    /// The dotted path, such as `optimizer.learning_rate`.
    pub path: String,
    /// The schema of its value; of a discriminant key, that of its table.
    schema: &'static Schema,
}

/// All keys; a list contributes the keys of its first item.
static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let mut keys = Vec::new();
    collect("", &SCHEMA, &mut keys);
    keys
});

/// The key that a word means, such as `training.epochs` for `epochs` and `optimizer.learning_rate`
/// for `lr`; `None` for an ambiguous word.
pub fn key_named(word: &str) -> Option<&'static str> {
    let word = word.replace('-', "_");
    let keys = || KEYS.iter().map(|key| key.path.as_str());
    if let Some(key) = keys().find(|key| *key == word) {
        return Some(key);
    }
    // `name` is a key of the config, of its optimizer and of others: the outermost is meant.
    let depth = |key: &&str| key.matches('.').count();
    let mut named: Vec<_> = keys().filter(|key| key.rsplit('.').next() == Some(&word)).collect();
    named.sort_by_key(depth);
    match &named[..] {
        [] => nearest(&word, keys()),
        [key] => Some(key),
        [key, next, ..] => (depth(key) < depth(next)).then_some(key),
    }
}

/// All keys that a config may have, without `extends` and those of `sweep`.
pub fn all_keys() -> impl Iterator<Item = &'static Key> {
    KEYS.iter()
}

impl Key {
    /// What the key is for.
    pub fn sentence(&self) -> Option<String> {
        sentence(self.schema)
    }

    /// The words that the key takes; none for numbers and free text.
    pub fn values(&self) -> Vec<&'static str> {
        values(self.schema)
    }
}

fn values(schema: &'static Schema) -> Vec<&'static str> {
    if let Some((tag, variants)) = variants(schema) {
        return variants.iter().flat_map(|variant| variant_names(variant, tag)).collect();
    }
    let schema = resolve(schema);
    if let Some(words) = words(schema) {
        return words;
    }
    if schema["type"] == "boolean" {
        return vec!["true", "false"];
    }
    let nested = ["anyOf", "oneOf"].iter().filter_map(|key| schema[*key].as_array()).flatten();
    let items = Some(&schema["items"]).filter(|items| items.is_object());
    nested.chain(items).flat_map(values).collect()
}

fn collect(above: &str, schema: &'static Schema, keys: &mut Vec<Key>) {
    let (tag, tables) = variants(schema)
        .map_or((None, Vec::new()), |(tag, variants)| (Some(tag), variants.iter().collect()));
    let list = resolve(schema)["type"] == "array";
    let above = if list { format!("{above}0.") } else { above.to_owned() };
    for table in std::iter::once(schema).chain(tables) {
        for (key, property) in resolve(table)["properties"].as_object().into_iter().flatten() {
            let path = format!("{above}{key}");
            let is_new = keys.iter().all(|other| other.path != path);
            if key != "extends" && !path.starts_with("sweep.") && is_new {
                collect(&format!("{path}."), property, keys);
                let schema = if tag == Some(key) { schema } else { property };
                keys.push(Key { path, schema });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_the_key_that_has_their_name() {
        let cases = [
            ("epochs", Some("training.epochs")),
            ("batch-size", Some("training.batch_size")),
            ("batch", Some("training.batch_size")),
            ("lr", Some("optimizer.learning_rate")),
            ("learning_rate", Some("optimizer.learning_rate")),
            ("optimizer", Some("optimizer")),
            ("seed", Some("seed")),
            ("name", Some("name")),
            ("units", Some("model.layers.0.units")),
            ("training.epoch", Some("training.epochs")),
            ("monitor", None),
            ("nonsense", None),
        ];
        for (word, key) in cases {
            assert_eq!(key_named(word), key, "{word}");
        }
    }
}
