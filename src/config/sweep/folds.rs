//! `[cross_validation]` as parameters of a sweep: the number of the repeat and of the fold.

use serde::Deserialize;

use super::axis::{Axis, Values};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::document::{Entry, Spanned, Value, assign};
use crate::config::plan::{CrossValidation, FoldMethod};
use crate::config::schema::{SCHEMA, resolve, validate_at};

/// The keys in which the runs of one setting differ.
const REPLICATE_KEYS: [&str; 3] = ["seed", "data.fold.fold", "data.fold.repeat"];

/// Whether runs that differ in this key alone are replicates of one setting.
pub fn is_replicate_key(key: &str) -> bool {
    REPLICATE_KEYS.contains(&key)
}

/// Writes what all folds share into the config `root`, and returns the parameters in which they differ.
pub(crate) fn folds(entry: Entry, root: &mut Spanned) -> Result<Vec<Axis>, Vec<Diagnostic>> {
    let schema = resolve(&SCHEMA["properties"]["cross_validation"]);
    let mut diagnostics = validate_at(&entry.node, schema, &["cross_validation"]);
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let table = CrossValidation::deserialize(entry.node.to_toml()).map_err(|error| {
        let help = "`runner schema` describes every key";
        vec![Diagnostic::at(&entry.span, error.message(), help)]
    })?;
    diagnostics.extend(wrong(&entry, &table, root));
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    Rewrite { entry: &entry, root }.write(&table).map_err(|diagnostic| vec![*diagnostic])
}

/// What is wrong with the table, or with its place in the config.
fn wrong(entry: &Entry, table: &CrossValidation, root: &Spanned) -> Option<Diagnostic> {
    let at = |key: &str| entry.node.entry(key).map_or(&entry.span, |found| &found.span);
    if let Some(one) = root.find("data.fold") {
        let message = "`data.fold` is one fold, and `[cross_validation]` runs all of them";
        let found = Diagnostic::at(&one.span, message, "take one of the two out");
        return Some(found.related(Some(&entry.span), "the other"));
    }
    let split = root.find("data.split");
    if let (Some(_), Some(split)) = (table.method, split) {
        let message = "`data.split` and `cross_validation.method` both say how rows are divided";
        let found = Diagnostic::at(at("method"), message, "take one of the two out");
        return Some(found.related(Some(&split.span), "the other"));
    }
    let by_column = table.method.filter(|method| method.has_column());
    match (by_column, &table.column) {
        (Some(method), None) => {
            let what = if method == FoldMethod::Group { "groups" } else { "time" };
            let message = format!("`method = \"{}\"` wants a `column`", method.name());
            let help = format!("add `column = \"NAME\"`, the column of the {what}");
            return Some(Diagnostic::at(at("method"), message, help));
        }
        (None, Some(_)) => {
            let message = "`column` is for `method = \"group\"` and `method = \"time\"`";
            let help = "take it out, or name the method";
            return Some(Diagnostic::at(at("column"), message, help));
        }
        _ => {}
    }
    let in_time = |split: &Spanned| split.entry("method")?.node.as_str().map(|name| name == "time");
    let by_time = split.and_then(in_time).unwrap_or(table.method == Some(FoldMethod::Time));
    (by_time && 1 < table.repeats).then(|| {
        let message = "folds in time are the same in every repeat";
        Diagnostic::at(at("repeats"), message, "take `repeats` out")
    })
}

/// The config, and the table whose keys become others.
struct Rewrite<'a> {
    entry: &'a Entry,
    root: &'a mut Spanned,
}

impl Rewrite<'_> {
    fn write(mut self, table: &CrossValidation) -> Result<Vec<Axis>, Box<Diagnostic>> {
        let seed = || Value::Integer(table.seed.into());
        self.set("data.fold.folds", "folds", Value::Integer(table.folds.into()))?;
        self.set("data.fold.seed", "seed", seed())?;
        if let Some(method) = table.method {
            self.set("data.split.method", "method", Value::String(method.name().to_owned()))?;
            if method != FoldMethod::Time {
                self.set("data.split.seed", "seed", seed())?;
            }
            if let Some(column) = self.entry.node.entry("column") {
                self.set("data.split.column", "column", column.node.value.clone())?;
            }
        }
        let repeats = self.axis("data.fold.repeat", "repeats", table.repeats);
        let folds = self.axis("data.fold.fold", "folds", table.folds);
        Ok(vec![repeats, folds])
    }

    /// The place of a key of the table, or else of the table.
    fn span(&self, key: &str) -> Span {
        let found = self.entry.node.entry(key);
        found.map_or(&self.entry.span, |entry| &entry.node.span).clone()
    }

    fn path(&self, path: &str, key: &str) -> Vec<(String, Span)> {
        path.split('.').map(|part| (part.to_owned(), self.span(key))).collect()
    }

    fn set(&mut self, path: &str, key: &str, value: Value) -> Result<(), Box<Diagnostic>> {
        let (path, span) = (self.path(path, key), self.span(key));
        assign(self.root, &path, &Spanned { value, span })
    }

    /// The numbers from 0 to below `n`.
    fn axis(&self, path: &str, key: &str, n: u64) -> Axis {
        let span = self.span(key);
        let number = |n: u64| Spanned { value: Value::Integer(n.into()), span: span.clone() };
        Axis {
            path: self.path(path, key),
            values: Values::List((0..n).map(number).collect()),
            when: None,
        }
    }
}
