//! Lists of names: without duplicates, and the metrics of runs in the order of display.

use crate::train::Logs;

/// The names without duplicates, in the order of their first occurrence.
pub(super) fn unique<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut unique = Vec::new();
    for name in names {
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    unique
}

/// The names of the metrics in `logs`, in Keras's order: those of validation last.
pub fn metric_names<'a>(logs: impl IntoIterator<Item = &'a Logs>) -> Vec<&'a str> {
    let names = logs.into_iter().flat_map(|logs| &logs.0).map(|(name, _)| name.as_str());
    let mut names = unique(names.filter(|name| *name != "learning_rate"));
    // Runs with validation may stand beside runs without.
    names.sort_by_key(|name| name.starts_with("val_"));
    names
}
