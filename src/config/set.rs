//! `--set KEY=VALUE`: one key of a config from the command line; it changes that key and no other.

use std::sync::Arc;

use super::problem::{Origin, Place, Problem, Source};
use super::tree::{self, Entry, Node, Value};

/// What stands before the argument where it is shown, as the user typed it.
const PREFIX: &str = "--set ";

/// One override, parsed.
#[derive(Clone, Debug)]
pub(super) struct Set {
    /// The keys from the root to the value, each with its place in the argument.
    path: Vec<(String, Origin)>,
    value: Node,
}

/// Reads the argument `KEY=VALUE`; `index` counts the `--set` arguments from 0.
pub(super) fn parse(index: usize, argument: &str) -> Result<Set, Problem> {
    let text = format!("{PREFIX}{argument}");
    let source = Arc::new(Source { place: Place::Argument(index), text });
    let whole = place(&source, PREFIX.len()..source.text.len());
    let Some(equals) = argument.find('=').filter(|_| !argument.contains('\n')) else {
        let help = "write it as `--set optimizer.learning_rate=0.01`";
        return Err(Problem::at(&whole, "`--set` wants KEY=VALUE", help));
    };
    let path = keys(&source, &argument[..equals])?;
    let value = value(&source, PREFIX.len() + equals + 1)?;
    Ok(Set { path, value })
}

fn place(source: &Arc<Source>, span: std::ops::Range<usize>) -> Origin {
    Origin { source: Arc::clone(source), span }
}

/// The keys of a dotted path, read by TOML's own rules.
fn keys(source: &Arc<Source>, key: &str) -> Result<Vec<(String, Origin)>, Problem> {
    let bad = || {
        let span = PREFIX.len()..PREFIX.len() + key.len();
        let help = "a key is a dotted path such as `training.epochs` or `model.layers.0.units`";
        Problem::at(&place(source, span), format!("`{key}` is no key"), help)
    };
    // Blanks stand in for the prefix: what is read then has the places of the whole text.
    let text = format!("{:1$}{key}=0", "", PREFIX.len());
    let line = Arc::new(Source { place: source.place.clone(), text });
    let mut node = tree::parse(&line).map_err(|_| bad())?;
    let mut path = Vec::new();
    while let Value::Table(mut entries) = node.value {
        let entry = entries.pop().ok_or_else(bad)?;
        path.push((entry.key, place(source, entry.origin.span)));
        node = entry.node;
    }
    Ok(path)
}

/// The value from byte `start` on: TOML, or else a bare word that is meant as a string.
fn value(source: &Arc<Source>, start: usize) -> Result<Node, Problem> {
    let rest = &source.text[start..];
    let origin = place(source, start..source.text.len());
    // `v=` takes the last two bytes before the value, so that places stay true.
    let text = format!("{:1$}v={rest}", "", start - 2);
    let line = Arc::new(Source { place: source.place.clone(), text });
    match tree::parse(&line) {
        Ok(mut node) => {
            let entry = node.take("v");
            Ok(entry.map_or(Node { value: Value::Boolean(true), origin }, |entry| {
                moved(entry.node, source)
            }))
        }
        Err(mut problems) if rest.trim_start().starts_with(['[', '{', '"', '\'']) => {
            let mut problem = problems.swap_remove(0);
            if let super::Location::Text(at) = &mut problem.location {
                at.source = Arc::clone(source);
            }
            Err(problem)
        }
        Err(_) if rest.trim().is_empty() => Err(Problem::at(
            &place(source, PREFIX.len()..source.text.len()),
            "`--set` has no value",
            "write the value after the `=`; `\"\"` is the empty string",
        )),
        Err(_) => Ok(Node { value: Value::String(rest.trim().to_owned()), origin }),
    }
}

/// The same node, its places in `source`.
fn moved(mut node: Node, source: &Arc<Source>) -> Node {
    node.origin.source = Arc::clone(source);
    match &mut node.value {
        Value::Array(items) => {
            *items = std::mem::take(items).into_iter().map(|item| moved(item, source)).collect();
        }
        Value::Table(entries) => {
            for entry in entries {
                entry.origin.source = Arc::clone(source);
                entry.node = moved(entry.node.clone(), source);
            }
        }
        _ => {}
    }
    node
}

/// Puts the value into the tree; tables that are not there yet are made.
pub(super) fn apply(root: &mut Node, set: &Set) -> Result<(), Problem> {
    let mut node = root;
    let mut seen = String::new();
    for (key, origin) in &set.path {
        node.unfold_name();
        node = match &mut node.value {
            Value::Array(items) => item(items, key, origin, &seen)?,
            Value::Table(entries) => child(entries, key, origin),
            _ => {
                let message = format!("`{seen}` has no keys, so it has no `{key}`");
                let help = format!("set `{seen}` itself, or leave it out");
                return Err(Problem::at(origin, message, help));
            }
        };
        seen = if seen.is_empty() { key.clone() } else { format!("{seen}.{key}") };
    }
    *node = set.value.clone();
    Ok(())
}

fn item<'a>(
    items: &'a mut [Node],
    key: &str,
    origin: &Origin,
    seen: &str,
) -> Result<&'a mut Node, Problem> {
    let n_items = items.len();
    let index = key.parse::<usize>().ok().filter(|index| *index < n_items);
    index.and_then(|index| items.get_mut(index)).ok_or_else(|| {
        let message = format!("`{seen}` has no item `{key}`");
        let help = match n_items {
            0 => format!("`{seen}` is empty; set it as a whole"),
            _ => format!("its items are 0 to {}", n_items - 1),
        };
        Problem::at(origin, message, help)
    })
}

fn child<'a>(entries: &'a mut Vec<Entry>, key: &str, origin: &Origin) -> &'a mut Node {
    let index = entries.iter().position(|entry| entry.key == key).unwrap_or_else(|| {
        let node = Node { value: Value::Table(Vec::new()), origin: origin.clone() };
        entries.push(Entry { key: key.to_owned(), origin: origin.clone(), node });
        entries.len() - 1
    });
    entries[index].origin = origin.clone();
    &mut entries[index].node
}
