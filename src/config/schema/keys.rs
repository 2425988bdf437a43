//! All keys of a config by dotted path, and the key for a word.

use std::sync::LazyLock;

use serde_json::Value as Schema;

use super::generate::SCHEMA;
use super::query::{resolve, variants};
use crate::config::nearest::nearest;

/// The dotted paths of all keys; a list contributes the keys of its first item.
static KEYS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut keys = Vec::new();
    collect("", &SCHEMA, &mut keys);
    keys
});

/// The key that a word means, such as `training.epochs` for `epochs` and `optimizer.learning_rate`
/// for `lr`; `None` for an ambiguous word.
pub fn key_named(word: &str) -> Option<&'static str> {
    let word = word.replace('-', "_");
    let keys = || KEYS.iter().map(String::as_str);
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

fn collect(above: &str, schema: &'static Schema, keys: &mut Vec<String>) {
    let tables = variants(schema).map_or_else(Vec::new, |(_, variants)| variants.iter().collect());
    let list = resolve(schema)["type"] == "array";
    let above = if list { format!("{above}0.") } else { above.to_owned() };
    for table in std::iter::once(schema).chain(tables) {
        for (key, property) in resolve(table)["properties"].as_object().into_iter().flatten() {
            let path = format!("{above}{key}");
            if key != "extends" && !path.starts_with("sweep.") && !keys.contains(&path) {
                collect(&format!("{path}."), property, keys);
                keys.push(path);
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
