//! Words of other programs in `[sweep]`, and the words that stand for them here.

use super::foreign_pruners::foreign_pruners;
use crate::config::diagnostic::Diagnostic;
use crate::config::document::{Spanned, Value};

/// Keys of W&B, Optuna, Keras Tuner and Ray Tune, each with its program and the key here.
const KEYS: [(&str, &str, &str); 19] = [
    ("metric", "W&B", "write `objective = \"val_loss\"`, with the name of the metric"),
    ("goal", "W&B", "write `objective = { name = \"val_accuracy\", mode = \"max\" }`"),
    ("direction", "Optuna", "write `objective = { name = \"val_accuracy\", mode = \"max\" }`"),
    ("max_trials", "Keras Tuner", "write `trials = 100`"),
    ("n_trials", "Optuna", "write `trials = 100`"),
    ("run_cap", "W&B", "write `trials = 100`"),
    ("num_samples", "Ray Tune", "write `trials = 100`"),
    ("n_startup_trials", "Optuna", "write `startup_trials = 10`"),
    ("num_initial_points", "Keras Tuner", "write `startup_trials = 10`"),
    ("executions_per_trial", "Keras Tuner", "write `seeds = [0, 1]`, a replicate for each"),
    ("max_concurrent_trials", "Ray Tune", "write `parallel = 4`"),
    ("count", "W&B", "write `trials = 100`"),
    ("max_evals", "Hyperopt", "write `trials = 100`"),
    ("mode", "Ray Tune", "write `objective = { name = \"val_accuracy\", mode = \"max\" }`"),
    ("sampler", "Optuna", METHOD),
    ("search_alg", "Ray Tune", METHOD),
    ("algorithm", "NNI and Ax", METHOD),
    ("oracle", "Keras Tuner", METHOD),
    ("n_jobs", "Optuna", "write `parallel = 4`; `--jobs` says how many run at once"),
];

const METHOD: &str = "write `method = \"tpe\"`, or `\"random\"` or `\"grid\"`";

/// Methods of other programs.
const METHODS: [&str; 4] = ["bayes", "bayesian", "bayesian_optimization", "optuna"];

/// The diagnostics of such words; their entries are taken out.
pub(crate) fn foreign_words(table: &mut Spanned) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    if let Some(method) = table.entry("method")
        && let Some(word) = method.node.as_str().filter(|word| METHODS.contains(word))
    {
        let message = format!("unknown method `{word}`");
        let help = "write `method = \"tpe\"`, the search that learns from its trials";
        diagnostics.push(Diagnostic::at(&method.node.span, message, help));
    }
    for (key, program, help) in KEYS {
        if let Some(entry) = table.take(key) {
            let message = format!("`{key}` is a word of {program}");
            diagnostics.push(Diagnostic::at(&entry.span, message, help));
        }
    }
    diagnostics.extend(foreign_pruners(table));
    diagnostics.extend(table.entry("objective").and_then(|entry| in_objective(&entry.node)));
    diagnostics
}

/// The diagnostic of `direction`, `goal` or `minimize` in the table of the objective.
fn in_objective(objective: &Spanned) -> Option<Diagnostic> {
    let help = |value: &Value| match value {
        Value::String(word) if word.starts_with("min") => "write `mode = \"min\"`",
        _ => "write `mode = \"max\"`",
    };
    let key = ["direction", "goal"].iter().find_map(|key| objective.entry(key));
    if let Some(entry) = key {
        let message = format!("`{}` is called `mode` here", entry.key);
        return Some(Diagnostic::at(&entry.span, message, help(&entry.node.value)));
    }
    let mode = objective.entry("mode")?;
    let word = mode.node.as_str().filter(|word| ["minimize", "maximize"].contains(word))?;
    let message = format!("unknown mode `{word}`");
    Some(Diagnostic::at(&mode.node.span, message, help(&mode.node.value)))
}
