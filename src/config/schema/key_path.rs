//! The position of a value in a config, in the words of a diagnostic.

use serde_json::Value as Schema;

use super::query::sentence;
use super::wording::about;

/// The keys from the root to a value, and the description of the innermost key.
#[derive(Clone, Default)]
pub(crate) struct KeyPath<'s> {
    pub(crate) keys: Vec<String>,
    /// The place of the innermost named key in `keys`, and its schema.
    pub(crate) described: Option<(usize, &'s Schema)>,
    /// The variant of a tagged table, such as `sgd`.
    pub(crate) variant: Option<String>,
}

impl<'s> KeyPath<'s> {
    pub(crate) fn child(&self, key: &str, schema: &'s Schema) -> KeyPath<'s> {
        let keys = self.keys.iter().cloned().chain([key.to_owned()]).collect();
        KeyPath { keys, described: Some((self.keys.len(), schema)), variant: None }
    }

    pub(crate) fn item(&self, index: usize) -> KeyPath<'s> {
        let keys = self.keys.iter().cloned().chain([index.to_string()]).collect();
        KeyPath { keys, described: self.described, variant: None }
    }

    pub(crate) fn dotted(&self) -> String {
        self.keys.join(".")
    }

    /// The dotted path of the list around an item.
    pub(crate) fn without_index(&self) -> String {
        let dotted = self.dotted();
        dotted.trim_end_matches(|c: char| c == '.' || c.is_ascii_digit()).to_owned()
    }

    /// The table in words, such as "`[optimizer]` (sgd)".
    pub(crate) fn table(&self) -> String {
        let indexed = self.keys.iter().any(|key| key.parse::<usize>().is_ok());
        let table = match self.keys.len() {
            0 => "the top level".to_owned(),
            _ if indexed => format!("`{}`", self.dotted()),
            _ => format!("`[{}]`", self.dotted()),
        };
        self.variant.iter().fold(table, |table, variant| format!("{table} ({variant})"))
    }

    /// The noun for the value of the innermost key, such as "optimizer" for `optimizer.name`.
    pub(crate) fn noun(&self) -> String {
        let mut keys = self.keys.iter().rev().filter(|key| key.parse::<usize>().is_err());
        match (keys.next().map(String::as_str), keys.next()) {
            (Some("name"), Some(parent)) => parent.replace('_', " "),
            (Some("type"), Some(parent)) => parent.trim_end_matches('s').to_owned(),
            (Some("metrics"), _) => "metric".to_owned(),
            (Some(key), _) => key.replace('_', " "),
            (None, _) => "value".to_owned(),
        }
    }

    /// The default help for the innermost key.
    pub(crate) fn help(&self) -> String {
        let sentence = self.described.and_then(|(place, schema)| {
            let text = sentence(schema)?;
            Some(about(&self.keys[place], &text, schema))
        });
        sentence.unwrap_or_else(|| "`runner schema` describes every key".to_owned())
    }
}
