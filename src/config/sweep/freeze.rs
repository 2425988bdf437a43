//! A search as the text of one config: bases and overrides are merged in, and paths are absolute, so that
//! any process proposes the same trials from it.

use std::path::PathBuf;

use toml::{Table, Value as TomlValue};

use super::axis::{Axis, Values};
use super::pruner_option::PrunerOption;
use super::space::SearchSpace;
use crate::config::diagnostic::SourceKind;
use crate::config::document::{Entry, Override, Spanned, Value};
use crate::config::paths::relative_to;
use crate::config::plan::BUILT_IN;

/// The keys with paths.
const PATHS: [&str; 3] = ["data.dataset", "data.validation_data", "model.weights"];

/// The text of the search `space` over the config `root`, for runs called `name`; `nested` are overrides
/// of keys within swept tables. Empty, if the space is no search.
pub(crate) fn freeze(
    root: &Spanned,
    space: &SearchSpace,
    nested: &[&Override],
    name: &str,
) -> String {
    let (Some((axes, trials, seed)), Some(options)) = (&space.drawn, &space.search) else {
        return String::new();
    };
    let mut sweep = Table::new();
    let mut put = |key: &str, value: TomlValue| drop(sweep.insert(key.to_owned(), value));
    put("method", (if options.learns { "tpe" } else { "random" }).into());
    let is_hyperband = options.pruner.as_ref().is_some_and(PrunerOption::is_hyperband);
    if !is_hyperband {
        put("trials", whole(*trials));
    }
    if options.learns {
        put("startup_trials", whole(options.startup_trials as u64));
    }
    if options.waits() {
        put("parallel", whole(options.parallel as u64));
    }
    if let Some(pruner) = &options.pruner {
        put("pruner", TomlValue::try_from(pruner.table).unwrap_or("median".into()));
    }
    put("seed", whole(*seed));
    if !space.seeds.is_empty() {
        put("seeds", space.seeds.iter().map(|(seed, _)| whole(*seed)).collect::<Vec<_>>().into());
    }
    if let Some(objective) = &options.objective {
        put("objective", TomlValue::try_from(objective).unwrap_or("loss".into()));
    }
    let swept = axes.iter().chain(&space.grid).map(|axis| (axis.key(), parameter(axis)));
    let fixed = nested.iter().map(|set| {
        let key = set.key();
        let values = set.values.iter().map(|value| absolute(value.clone(), &key).to_toml());
        let values = values.collect();
        (key, TomlValue::Array(values))
    });
    put("parameters", TomlValue::Table(swept.chain(fixed).collect()));
    let TomlValue::Table(mut config) = absolute(root.clone(), "").to_toml() else {
        return String::new();
    };
    config.insert("name".to_owned(), name.into());
    config.insert("sweep".to_owned(), TomlValue::Table(sweep));
    toml::to_string(&config).unwrap_or_default()
}

fn whole(number: u64) -> TomlValue {
    TomlValue::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The values of a parameter, as a config writes them.
fn parameter(axis: &Axis) -> TomlValue {
    match (&axis.values, &axis.when) {
        (Values::Drawn { node, .. }, _) => node.to_toml(),
        (Values::List(nodes), when) => {
            let key = axis.key();
            let values = nodes.iter().map(|node| absolute(node.clone(), &key).to_toml());
            let values = TomlValue::Array(values.collect());
            match when {
                None => values,
                Some(when) => {
                    let pairs = [("values", values), ("when", when.node.to_toml())];
                    let pairs = pairs.into_iter().map(|(key, value)| (key.to_owned(), value));
                    TomlValue::Table(pairs.collect())
                }
            }
        }
    }
}

/// The value at a dotted path with its own paths made absolute: those of a config start from the folder of
/// its file, an argument's from the current folder.
fn absolute(mut node: Spanned, path: &str) -> Spanned {
    match &mut node.value {
        Value::Table(entries) => entries.iter_mut().for_each(|Entry { key, node, .. }| {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            if PATHS.iter().any(|known| known.starts_with(&path)) {
                *node = absolute(node.clone(), &path);
            }
        }),
        Value::Array(items) if PATHS.contains(&path) => {
            items.iter_mut().for_each(|item| *item = absolute(item.clone(), path));
        }
        Value::String(text) if PATHS.contains(&path) && !BUILT_IN.contains(&text.as_str()) => {
            let from = match &node.span.source.kind {
                SourceKind::File(file) => relative_to(file, text),
                SourceKind::Argument(_) => PathBuf::from(&*text),
            };
            let tidy = std::path::absolute(from).map(|path| path.components().collect::<PathBuf>());
            if let Some(path) = tidy.ok().and_then(|path| path.into_os_string().into_string().ok())
            {
                *text = path;
            }
        }
        _ => {}
    }
    node
}
