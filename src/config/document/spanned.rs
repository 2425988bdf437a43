//! A TOML tree in which keys and values have spans.

use toml::Value as TomlValue;

use super::shorthand::TAGS;
use crate::config::diagnostic::Span;

/// A value with its span.
#[derive(Clone, Debug)]
pub(crate) struct Spanned {
    pub(crate) value: Value,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    String(String),
    /// 128 bits, so that an integer beyond TOML's range still has its digits.
    Integer(i128),
    Float(f64),
    Boolean(bool),
    Datetime(toml::value::Datetime),
    Array(Vec<Spanned>),
    Table(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// The span of the key.
    pub(crate) span: Span,
    pub(crate) node: Spanned,
}

impl Spanned {
    /// The entries of a table; empty for other values.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The entry of a table with that key.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// Removes the entry with that key from a table.
    pub(crate) fn take(&mut self, key: &str) -> Option<Entry> {
        let Value::Table(entries) = &mut self.value else { return None };
        let index = entries.iter().position(|entry| entry.key == key)?;
        Some(entries.remove(index))
    }

    /// The value at a dotted path, such as `model.layers.0.units`.
    pub(crate) fn find(&self, path: &str) -> Option<&Spanned> {
        path.split('.').try_fold(self, |node, key| match &node.value {
            Value::Array(items) => items.get(key.parse::<usize>().ok()?),
            _ => node.entry(key).map(|entry| &entry.node),
        })
    }

    /// The value at these keys, to be changed.
    pub(crate) fn find_mut(&mut self, keys: &[String]) -> Option<&mut Spanned> {
        keys.iter().try_fold(self, |node, key| match &mut node.value {
            Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
            Value::Table(entries) => {
                entries.iter_mut().find(|entry| entry.key == *key).map(|entry| &mut entry.node)
            }
            _ => None,
        })
    }

    /// Sets the span of the value and of everything below it.
    pub(crate) fn move_to(&mut self, place: &Span) {
        self.span = place.clone();
        match &mut self.value {
            Value::Array(items) => items.iter_mut().for_each(|item| item.move_to(place)),
            Value::Table(entries) => entries.iter_mut().for_each(|entry| {
                entry.span = place.clone();
                entry.node.move_to(place);
            }),
            _ => {}
        }
    }

    /// The string that this is.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(string) => Some(string),
            _ => None,
        }
    }

    /// The type of the value in words.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::String(_) => "a string",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a number with a fraction",
            Value::Boolean(_) => "true or false",
            Value::Datetime(_) => "a date",
            Value::Array(_) => "an array",
            Value::Table(_) => "a table",
        }
    }

    /// The value without spans; integers are clamped to TOML's range.
    pub(crate) fn to_toml(&self) -> TomlValue {
        match &self.value {
            Value::String(string) => TomlValue::String(string.clone()),
            Value::Integer(integer) => {
                let nearest = (*integer).clamp(i64::MIN.into(), i64::MAX.into());
                TomlValue::Integer(i64::try_from(nearest).unwrap_or_default())
            }
            Value::Float(float) => TomlValue::Float(*float),
            Value::Boolean(boolean) => TomlValue::Boolean(*boolean),
            Value::Datetime(datetime) => TomlValue::Datetime(*datetime),
            Value::Array(items) => TomlValue::Array(items.iter().map(Spanned::to_toml).collect()),
            Value::Table(entries) => TomlValue::Table(
                entries.iter().map(|entry| (entry.key.clone(), entry.node.to_toml())).collect(),
            ),
        }
    }

    /// Expands `"adam"` to `{ name = "adam" }`, so that further keys can be set.
    pub(crate) fn expand_shorthand(&mut self) {
        if let Value::String(_) = self.value {
            let (span, node) = (self.span.clone(), self.clone());
            let entry = Entry { key: "name".to_owned(), span, node };
            self.value = Value::Table(vec![entry]);
        }
    }

    /// The discriminant of a table and its value, such as `name` and `adam`.
    pub(crate) fn tag(&self) -> Option<(&str, &str)> {
        TAGS.iter().find_map(|tag| Some((*tag, self.entry(tag)?.node.as_str()?)))
    }
}
