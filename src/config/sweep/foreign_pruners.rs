//! Words of other programs for pruners, and the words that stand for them here.

use crate::config::diagnostic::Diagnostic;
use crate::config::document::{Spanned, Value};

const HYPERBAND: &str = "write `pruner = { name = \"hyperband\", min_epochs = 1, factor = 3 }`";

/// Keys of `[sweep]`, each with its program and the key here.
const KEYS: [(&str, &str, &str); 5] = [
    ("early_terminate", "W&B", HYPERBAND),
    ("scheduler", "Ray Tune", HYPERBAND),
    ("max_epochs", "Keras Tuner", "write `epochs` in `[training]`"),
    ("hyperband_iterations", "Keras Tuner", "write `iterations = 1` in the table of `pruner`"),
    ("factor", "Keras Tuner", "write `factor = 3` in the table of `pruner`"),
];

/// Keys of a pruner, each with its program and the key here.
const PRUNER_KEYS: [(&str, &str, &str); 18] = [
    ("type", "W&B", "write `name = \"hyperband\"`"),
    ("eta", "W&B and the papers", "write `factor = 3`"),
    ("reduction_factor", "Optuna and Ray Tune", "write `factor = 3`"),
    ("min_iter", "W&B", "write `min_epochs = 1`"),
    ("min_resource", "Optuna", "write `min_epochs = 1`"),
    ("min_budget", "BOHB", "write `min_epochs = 1`"),
    ("grace_period", "Ray Tune", "write `min_epochs = 1`"),
    ("max_iter", "W&B and the papers", "write `epochs` in `[training]`: no trial has more"),
    ("max_resource", "Optuna", "write `epochs` in `[training]`: no trial has more"),
    ("max_budget", "BOHB", "write `epochs` in `[training]`: no trial has more"),
    ("max_t", "Ray Tune", "write `epochs` in `[training]`: no trial has more"),
    ("max_epochs", "Keras Tuner", "write `epochs` in `[training]`: no trial has more"),
    ("hyperband_iterations", "Keras Tuner", "write `iterations = 1`"),
    (
        "s",
        "W&B and the papers",
        "take it out: every bracket is run; `min_epochs` sets the first rung",
    ),
    ("n_startup_trials", "Optuna", "write `startup_trials = 5`"),
    ("n_warmup_steps", "Optuna", "write `warmup_epochs = 0`"),
    ("interval_steps", "Optuna", "write `interval_epochs = 1`"),
    ("n_min_trials", "Optuna", "write `min_trials = 1`"),
];

/// Methods and pruners of other programs that prune by successive halving.
const NAMES: [&str; 6] =
    ["asha", "bohb", "successive_halving", "sha", "hyperbandpruner", "median_pruner"];

/// The diagnostics of such words; their entries are taken out.
pub(super) fn foreign_pruners(table: &mut Spanned) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    if let Some(method) = table.entry("method")
        && let Some(word @ ("hyperband" | "bohb" | "asha")) = method.node.as_str()
    {
        let message = format!("`{word}` is no method here: it stops trials that a method proposes");
        let method_of = if word == "bohb" { "tpe" } else { "random" };
        let help = format!("write `method = \"{method_of}\"` and `pruner = \"hyperband\"`");
        diagnostics.push(Diagnostic::at(&method.node.span, message, help));
    }
    diagnostics.extend(taken(table, &KEYS));
    let Some(node) = table.find_mut(&["pruner".to_owned()]) else { return diagnostics };
    let name = node.as_str().map(|name| (name, &node.span));
    let in_table = node.entry("name").and_then(|e| Some((e.node.as_str()?, &e.node.span)));
    if let Some((word, span)) = name.or(in_table).filter(|(word, _)| NAMES.contains(word)) {
        let message = format!("unknown pruner `{word}`");
        let help = match word {
            "median_pruner" => "write `pruner = \"median\"`",
            "bohb" => "write `method = \"tpe\"` and `pruner = \"hyperband\"`",
            _ => {
                "write `pruner = \"hyperband\"`: successive halving by whole rungs, the same on \
                  any number of workers"
            }
        };
        diagnostics.push(Diagnostic::at(span, message, help));
    }
    diagnostics.extend(taken(node, &PRUNER_KEYS));
    diagnostics
}

/// The diagnostics of keys in a table.
fn taken(table: &mut Spanned, keys: &[(&str, &str, &str)]) -> Vec<Diagnostic> {
    let Value::Table(_) = table.value else { return Vec::new() };
    let found = keys.iter().filter_map(|(key, program, help)| {
        let entry = table.take(key)?;
        let message = format!("`{key}` is a word of {program}");
        Some(Diagnostic::at(&entry.span, message, *help))
    });
    found.collect()
}
