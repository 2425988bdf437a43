//! One parameter of a sweep: a key of the config and the values that it takes.

use serde::Deserialize;

use super::table::{DISTRIBUTION, Distribution};
use crate::config::problem::{Origin, Problem};
use crate::config::schema::SCHEMA;
use crate::config::tree::{Entry, Node, Value};
use crate::config::walk::walk_at;

/// A key that varies.
#[derive(Clone, Debug)]
pub(in crate::config) struct Axis {
    /// The keys from the root of the config, each with its place.
    pub(in crate::config) path: Vec<(String, Origin)>,
    /// What it may be.
    pub(in crate::config) values: Values,
}

/// What a parameter may be.
#[derive(Clone, Debug)]
pub(in crate::config) enum Values {
    /// One of these.
    List(Vec<Node>),
    /// A number of this range.
    Drawn {
        /// How it is drawn.
        from: Distribution,
        /// The distribution as it is written.
        node: Node,
    },
}

impl Axis {
    /// The dotted path, such as `optimizer.learning_rate`.
    pub(in crate::config) fn key(&self) -> String {
        self.path.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(".")
    }

    /// The place of the range that values are drawn from.
    pub(super) fn drawn(&self) -> Option<&Origin> {
        match &self.values {
            Values::Drawn { node, .. } => Some(&node.origin),
            Values::List(_) => None,
        }
    }

    /// The values, if they are listed.
    pub(super) fn list(&self) -> &[Node] {
        match &self.values {
            Values::List(nodes) => nodes,
            Values::Drawn { .. } => &[],
        }
    }

    /// Whether runs differ in this.
    pub(super) fn varies(&self) -> bool {
        self.drawn().is_some() || 1 < self.list().len()
    }
}

/// Reads `[sweep.parameters]`.
pub(super) fn read(parameters: Entry) -> Result<Vec<Axis>, Vec<Problem>> {
    let mut reader = Reader { axes: Vec::new(), problems: Vec::new() };
    match parameters.node.value {
        Value::Table(entries) => reader.table(&[], entries),
        _ => {
            let help = "write `[sweep.parameters]`, and below it a list of values for each key";
            let problem =
                Problem::at(&parameters.node.origin, "`sweep.parameters` must be a table", help);
            reader.problems.push(problem.label(format!("got {}", parameters.node.kind())));
        }
    }
    if reader.problems.is_empty() { Ok(reader.axes) } else { Err(reader.problems) }
}

/// Why a key cannot be a parameter of a sweep, and what to do instead.
pub(in crate::config) fn not_for_sweeps(key: &str) -> Option<(&'static str, &'static str)> {
    match key.split('.').next().unwrap_or_default() {
        "name" => Some((
            "`name` cannot be swept: all runs of a sweep are in the folder of that name",
            "take it out; each run is called after its values",
        )),
        "extends" => {
            Some(("`extends` cannot be swept", "run the other config as well, or sweep its keys"))
        }
        "sweep" => Some(("a sweep cannot be swept", "sweep the keys of the config")),
        _ => None,
    }
}

struct Reader {
    axes: Vec<Axis>,
    problems: Vec<Problem>,
}

impl Reader {
    /// Keys may be written as `"optimizer.learning_rate"` or without the quotes, which in TOML is a
    /// table in a table.
    fn table(&mut self, above: &[(String, Origin)], entries: Vec<Entry>) {
        for entry in entries {
            let parts = entry.key.split('.').map(|part| (part.to_owned(), entry.origin.clone()));
            let path: Vec<_> = above.iter().cloned().chain(parts).collect();
            self.entry(path, entry.node);
        }
    }

    fn entry(&mut self, path: Vec<(String, Origin)>, node: Node) {
        let is_range = DISTRIBUTION.iter().any(|key| node.entry(key).is_some());
        if node.entry("values").or(node.entry("value")).is_some() {
            return self.not_a_list(&path, &node, "write the list itself, without a table".into());
        }
        let values = match node.value {
            Value::Table(entries) if !is_range => return self.table(&path, entries),
            Value::Table(_) => self.range(&path, node),
            Value::Array(items) if items.is_empty() => {
                let problem = Problem::at(&node.origin, "there is no value to try", "list some");
                self.problems.push(problem);
                None
            }
            Value::Array(items) => Some(Values::List(items)),
            _ => {
                let text = node.origin.source.text.get(node.origin.span.clone());
                let help =
                    format!("write `[{}]`, with the other values to try", text.unwrap_or_default());
                self.not_a_list(&path, &node, help);
                None
            }
        };
        if let Some(values) = values {
            self.axis(Axis { path, values });
        }
    }

    fn not_a_list(&mut self, path: &[(String, Origin)], node: &Node, help: String) {
        let key: Vec<_> = path.iter().map(|(key, _)| key.as_str()).collect();
        let message = format!("the values for `{}` must be a list", key.join("."));
        let problem = Problem::at(&node.origin, message, help);
        self.problems.push(problem.label(format!("got {}", node.kind())));
    }

    fn range(&mut self, path: &[(String, Origin)], node: Node) -> Option<Values> {
        let keys = ["sweep", "parameters"].into_iter();
        let keys: Vec<_> = keys.chain(path.iter().map(|(key, _)| key.as_str())).collect();
        let found = walk_at(&node, &SCHEMA["definitions"]["Distribution"], &keys);
        if !found.is_empty() {
            self.problems.extend(found);
            return None;
        }
        let from = Distribution::deserialize(node.to_toml()).ok()?;
        let problem = from.problem(&node);
        let fits = problem.is_none();
        self.problems.extend(problem);
        fits.then_some(Values::Drawn { from, node })
    }

    fn axis(&mut self, axis: Axis) {
        let (key, origin) = (axis.key(), &axis.path[0].1);
        if let Some((message, help)) = not_for_sweeps(&key) {
            return self.problems.push(Problem::at(origin, message, help));
        }
        if key == "seed" {
            let help = "write `seeds = [0, 1, 2]` in `[sweep]`: runs that differ in nothing else \
                        are replicates";
            return self.problems.push(Problem::at(origin, "`seed` is no parameter", help));
        }
        if let Some(first) = self.axes.iter().find(|other| other.key() == key) {
            let message = format!("`{key}` is swept twice");
            let problem = Problem::at(origin, message, "join the two lists");
            return self.problems.push(problem.related(Some(&first.path[0].1), "the first"));
        }
        self.axes.push(axis);
    }
}
