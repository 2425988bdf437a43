//! A config as it was written: values that remember where they come from; nothing here knows which
//! keys there are.

use std::sync::Arc;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Value as TomlValue};

use super::loose;
use super::problem::{Origin, Problem, Source};

/// The keys whose value says what kind of table theirs is.
pub const TAGS: [&str; 3] = ["name", "type", "schedule"];

/// A value and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    String(String),
    /// Wide enough to tell a number that is too large from one that is not there.
    Integer(i128),
    Float(f64),
    Boolean(bool),
    Datetime(toml::value::Datetime),
    Array(Vec<Node>),
    Table(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    /// Where the key was written.
    pub(super) origin: Origin,
    pub(super) node: Node,
}

/// Reads a text, or says all that is wrong with its syntax; places are those in `source`.
pub(super) fn parse(text: &str, source: &Arc<Source>) -> Result<Node, Vec<Problem>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        let value = Value::Table(entries(table.get_ref(), source));
        return Ok(Node { value, origin: origin(source, table.span()) });
    }
    // A mistake confuses the rest of its line: only the first there is one for sure.
    let mut problems = Vec::new();
    let mut lines = Vec::new();
    for error in errors {
        let span = error.span().unwrap_or(text.len()..text.len());
        let line = text.get(..span.start).unwrap_or(text).matches('\n').count();
        if !lines.contains(&line) {
            lines.push(line);
            problems.push(syntax_problem(error.message(), &origin(source, span)));
        }
    }
    Err(problems)
}

fn syntax_problem(message: &str, at: &Origin) -> Problem {
    let rest = at.source.text.get(at.span.start..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    let word: String = line.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let (label, help) = if let Some(value) = meant_in(at) {
        ("this is no value of TOML".to_owned(), format!("write it as {value}"))
    } else if message.contains("must be quoted") && word.is_empty() {
        ("there is no value".to_owned(), "write one after the `=`".to_owned())
    } else if message.contains("must be quoted") {
        (format!("got the bare word {word}"), format!("write it in quotes: \"{word}\""))
    } else if message == "duplicate key" {
        ("this key has a value already".to_owned(), "keep one of the two".to_owned())
    } else {
        let help = "a line is `key = value` or `[section]`; a value is a \"quoted string\", a \
                    number, true, false, an [array] or a { table }";
        (message.lines().collect::<Vec<_>>().join(", "), help.to_owned())
    };
    Problem::at(at, "this is not TOML", help).label(label)
}

/// The value that the line of a mistake plainly has, such as 0.1 for `.1` and true for `True`.
fn meant_in(at: &Origin) -> Option<String> {
    let (before, rest) = at.source.text.split_at_checked(at.span.start)?;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = format!("{}{}", &before[start..], rest.lines().next().unwrap_or_default());
    let value = line.split_once('=')?.1.split('#').next()?.trim();
    let word = value.to_lowercase();
    let is_word = matches!(word.as_str(), "true" | "false") && word != value;
    let is_toml = DeTable::parse(&format!("v={value}")).is_ok();
    loose::number_text(value).or(is_word.then_some(word)).filter(|_| !is_toml)
}

fn origin(source: &Arc<Source>, span: std::ops::Range<usize>) -> Origin {
    Origin { source: Arc::clone(source), span }
}

fn entries(table: &DeTable<'_>, source: &Arc<Source>) -> Vec<Entry> {
    let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| Entry {
        key: String::from(AsRef::<str>::as_ref(key.get_ref())),
        origin: origin(source, key.span()),
        node: node(value, source),
    };
    table.iter().map(entry).collect()
}

fn node(value: &Spanned<DeValue<'_>>, source: &Arc<Source>) -> Node {
    let inner = match value.get_ref() {
        DeValue::String(string) => Value::String(string.to_string()),
        DeValue::Integer(integer) => Value::Integer(
            i128::from_str_radix(integer.as_str(), integer.radix()).unwrap_or(i128::MAX),
        ),
        DeValue::Float(float) => Value::Float(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(boolean) => Value::Boolean(*boolean),
        DeValue::Datetime(datetime) => Value::Datetime(*datetime),
        DeValue::Array(items) => {
            Value::Array(items.iter().map(|item| node(item, source)).collect())
        }
        DeValue::Table(table) => Value::Table(entries(table, source)),
    };
    Node { value: inner, origin: origin(source, value.span()) }
}

impl Node {
    /// The entries of a table; none of anything else.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The entry of a table with that key.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// Takes the entry with that key out of a table.
    pub(super) fn take(&mut self, key: &str) -> Option<Entry> {
        let Value::Table(entries) = &mut self.value else { return None };
        let index = entries.iter().position(|entry| entry.key == key)?;
        Some(entries.remove(index))
    }

    /// The value at a dotted path, such as `model.layers.0.units`.
    pub(super) fn find(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(self, |node, key| match &node.value {
            Value::Array(items) => items.get(key.parse::<usize>().ok()?),
            _ => node.entry(key).map(|entry| &entry.node),
        })
    }

    /// The value at these keys, to be changed.
    pub(super) fn find_mut(&mut self, keys: &[String]) -> Option<&mut Node> {
        keys.iter().try_fold(self, |node, key| match &mut node.value {
            Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
            Value::Table(entries) => {
                entries.iter_mut().find(|entry| entry.key == *key).map(|entry| &mut entry.node)
            }
            _ => None,
        })
    }

    /// Gives the value and all that is in it one place.
    pub(super) fn move_to(&mut self, place: &Origin) {
        self.origin = place.clone();
        match &mut self.value {
            Value::Array(items) => items.iter_mut().for_each(|item| item.move_to(place)),
            Value::Table(entries) => entries.iter_mut().for_each(|entry| {
                entry.origin = place.clone();
                entry.node.move_to(place);
            }),
            _ => {}
        }
    }

    /// The string that this is.
    pub(super) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(string) => Some(string),
            _ => None,
        }
    }

    /// What kind of value this is, as a person says it.
    pub(super) fn kind(&self) -> &'static str {
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

    /// The value without its places; an integer beyond TOML's range is cut to it.
    pub(super) fn to_toml(&self) -> TomlValue {
        match &self.value {
            Value::String(string) => TomlValue::String(string.clone()),
            Value::Integer(integer) => {
                let nearest = (*integer).clamp(i64::MIN.into(), i64::MAX.into());
                TomlValue::Integer(i64::try_from(nearest).unwrap_or_default())
            }
            Value::Float(float) => TomlValue::Float(*float),
            Value::Boolean(boolean) => TomlValue::Boolean(*boolean),
            Value::Datetime(datetime) => TomlValue::Datetime(*datetime),
            Value::Array(items) => TomlValue::Array(items.iter().map(Node::to_toml).collect()),
            Value::Table(entries) => TomlValue::Table(
                entries.iter().map(|entry| (entry.key.clone(), entry.node.to_toml())).collect(),
            ),
        }
    }

    /// Turns `"adam"` into `{ name = "adam" }`, so that a key can be put beside the name.
    pub(super) fn unfold_name(&mut self) {
        if let Value::String(_) = self.value {
            let (origin, node) = (self.origin.clone(), self.clone());
            let entry = Entry { key: "name".to_owned(), origin, node };
            self.value = Value::Table(vec![entry]);
        }
    }

    fn tag(&self) -> Option<(&str, &str)> {
        TAGS.iter().find_map(|tag| Some((*tag, self.entry(tag)?.node.as_str()?)))
    }
}

/// Puts the keys of `over` on top of those of `base`, tables within tables; anything else, and a
/// table of another kind (its `name`, say, differs), takes the place of what was there.
pub(super) fn merge(base: &mut Node, over: Node) {
    base.origin = over.origin;
    let Value::Table(over) = over.value else {
        base.value = over.value;
        return;
    };
    let Value::Table(entries) = &mut base.value else {
        base.value = Value::Table(over);
        return;
    };
    for entry in over {
        match entries.iter_mut().find(|known| known.key == entry.key) {
            Some(known) => {
                known.origin = entry.origin;
                merge_value(&mut known.node, entry.node);
            }
            None => entries.push(entry),
        }
    }
}

fn merge_value(base: &mut Node, over: Node) {
    if let Value::Table(_) = over.value {
        base.unfold_name();
        let same_kind = over.tag().is_none_or(|tag| base.tag() == Some(tag));
        if same_kind {
            return merge(base, over);
        }
    }
    *base = over;
}
