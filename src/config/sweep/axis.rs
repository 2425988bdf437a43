//! One parameter of a sweep: a key of the config and the values that it takes.

use serde::Deserialize;

use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::document::{Entry, Spanned, Value};
use crate::config::plan::{DISTRIBUTION, Distribution};
use crate::config::schema::{SCHEMA, validate_at};

/// An axis of the search space: a key and its values.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    /// The keys from the root of the config, each with its span.
    pub(crate) path: Vec<(String, Span)>,
    /// The values.
    pub(crate) values: Values,
    /// The condition, of a search: another parameter and the values that it must have.
    pub(crate) when: Option<Entry>,
}

/// The values of a parameter.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    /// One of these.
    List(Vec<Spanned>),
    /// A number of this range.
    Drawn {
        /// The distribution.
        from: Distribution,
        /// The distribution in the config.
        node: Spanned,
    },
}

impl Axis {
    /// The dotted path, such as `optimizer.learning_rate`.
    pub(crate) fn key(&self) -> String {
        self.path.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(".")
    }

    /// The span of the distribution.
    pub(crate) fn drawn(&self) -> Option<&Span> {
        match &self.values {
            Values::Drawn { node, .. } => Some(&node.span),
            Values::List(_) => None,
        }
    }

    /// The values, if they are listed.
    pub(crate) fn list(&self) -> &[Spanned] {
        match &self.values {
            Values::List(nodes) => nodes,
            Values::Drawn { .. } => &[],
        }
    }

    /// Whether the parameter has more than one value.
    pub(crate) fn varies(&self) -> bool {
        self.drawn().is_some() || 1 < self.list().len()
    }
}

/// Reads `[sweep.parameters]`.
pub(crate) fn read(parameters: Entry) -> Result<Vec<Axis>, Vec<Diagnostic>> {
    let mut reader = Reader { axes: Vec::new(), diagnostics: Vec::new() };
    match parameters.node.value {
        Value::Table(entries) => reader.table(&[], entries),
        _ => {
            let help = "write `[sweep.parameters]`, and below it a list of values for each key";
            let diagnostic =
                Diagnostic::at(&parameters.node.span, "`sweep.parameters` must be a table", help);
            reader.diagnostics.push(diagnostic.label(format!("got {}", parameters.node.kind())));
        }
    }
    if reader.diagnostics.is_empty() { Ok(reader.axes) } else { Err(reader.diagnostics) }
}

/// The error and the help for a key that cannot be swept.
pub(crate) fn not_for_sweeps(key: &str) -> Option<(&'static str, &'static str)> {
    match key.split('.').next().unwrap_or_default() {
        "name" => Some((
            "`name` cannot be swept: all runs of a sweep are in the folder of that name",
            "take it out; each run is called after its values",
        )),
        "extends" => {
            Some(("`extends` cannot be swept", "run the other config as well, or sweep its keys"))
        }
        "sweep" => Some(("a sweep cannot be swept", "sweep the keys of the config")),
        "cross_validation" => Some((
            "`cross_validation` cannot be swept: its folds share a row",
            "run the config once for each number of folds",
        )),
        _ => None,
    }
}

struct Reader {
    axes: Vec<Axis>,
    diagnostics: Vec<Diagnostic>,
}

impl Reader {
    /// Keys may be written as `"optimizer.learning_rate"` or without the quotes, which in TOML is a
    /// table in a table.
    fn table(&mut self, above: &[(String, Span)], entries: Vec<Entry>) {
        for entry in entries {
            let parts = entry.key.split('.').map(|part| (part.to_owned(), entry.span.clone()));
            let path: Vec<_> = above.iter().cloned().chain(parts).collect();
            self.entry(path, entry.node);
        }
    }

    fn entry(&mut self, path: Vec<(String, Span)>, mut node: Spanned) {
        let is_range = DISTRIBUTION.iter().any(|key| node.entry(key).is_some());
        let when = node.entry("when").cloned();
        if when.is_some()
            && !is_range
            && node.entries().len() == 2
            && let Some(values) = node.take("values")
        {
            node = values.node;
        } else if node.entry("values").or(node.entry("value")).is_some() {
            return self.not_a_list(&path, &node, "write the list itself, without a table".into());
        }
        let values = match node.value {
            Value::Table(entries) if !is_range => return self.table(&path, entries),
            Value::Table(_) => self.range(&path, node),
            Value::Array(items) if items.is_empty() => {
                let diagnostic =
                    Diagnostic::at(&node.span, "there is no value to try", "list some");
                self.diagnostics.push(diagnostic);
                None
            }
            Value::Array(items) => Some(Values::List(items)),
            _ => {
                let text = node.span.source.text.get(node.span.range.clone());
                let help =
                    format!("write `[{}]`, with the other values to try", text.unwrap_or_default());
                self.not_a_list(&path, &node, help);
                None
            }
        };
        if let Some(values) = values {
            self.axis(Axis { path, values, when });
        }
    }

    fn not_a_list(&mut self, path: &[(String, Span)], node: &Spanned, help: String) {
        let key: Vec<_> = path.iter().map(|(key, _)| key.as_str()).collect();
        let message = format!("the values for `{}` must be a list", key.join("."));
        let diagnostic = Diagnostic::at(&node.span, message, help);
        self.diagnostics.push(diagnostic.label(format!("got {}", node.kind())));
    }

    fn range(&mut self, path: &[(String, Span)], node: Spanned) -> Option<Values> {
        let keys = ["sweep", "parameters"].into_iter();
        let keys: Vec<_> = keys.chain(path.iter().map(|(key, _)| key.as_str())).collect();
        let found = validate_at(&node, &SCHEMA["definitions"]["Distribution"], &keys);
        if !found.is_empty() {
            self.diagnostics.extend(found);
            return None;
        }
        let from = Distribution::deserialize(node.to_toml()).ok()?;
        let diagnostic = from.diagnostic(&node);
        let fits = diagnostic.is_none();
        self.diagnostics.extend(diagnostic);
        fits.then_some(Values::Drawn { from, node })
    }

    fn axis(&mut self, axis: Axis) {
        let (key, span) = (axis.key(), &axis.path[0].1);
        if let Some((message, help)) = not_for_sweeps(&key) {
            return self.diagnostics.push(Diagnostic::at(span, message, help));
        }
        if key == "seed" {
            let help = "write `seeds = [0, 1, 2]` in `[sweep]`: runs that differ in nothing else \
                        are replicates";
            return self.diagnostics.push(Diagnostic::at(span, "`seed` is no parameter", help));
        }
        if let Some(first) = self.axes.iter().find(|other| other.key() == key) {
            let message = format!("`{key}` is swept twice");
            let diagnostic = Diagnostic::at(span, message, "join the two lists");
            return self.diagnostics.push(diagnostic.related(Some(&first.path[0].1), "the first"));
        }
        self.axes.push(axis);
    }
}
