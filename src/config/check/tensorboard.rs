//! Checks `[tensorboard]` against the data.

use super::source::ConfigSource;
use crate::config::diagnostic::Diagnostic;
use crate::config::plan::{Plan, TensorBoard};
use crate::data::DatasetInfo;

/// The diagnostics of `[tensorboard]` for the data.
pub(crate) fn tensorboard(
    plan: &Plan,
    config: &ConfigSource<'_>,
    data: &DatasetInfo,
) -> Vec<Diagnostic> {
    let TensorBoard { write_images, histogram_freq, confusion_matrix, mistakes, pr_curves, .. } =
        plan.tensorboard;
    let wanted = [
        ("confusion_matrix", confusion_matrix),
        ("mistakes", 0 < mistakes),
        ("pr_curves", pr_curves),
        ("embeddings", 0 < plan.tensorboard.embeddings),
    ];
    let place = |key: &str| format!("tensorboard.{key}");
    let mut diagnostics = Vec::new();
    let mut add = |key: &str, message: String, help: &str| {
        diagnostics.push(config.diagnostic(&[&place(key), "tensorboard"], message, help));
    };
    for (key, _) in wanted.iter().filter(|(_, wanted)| *wanted) {
        if !plan.data.validates() {
            let message = format!("`{key}` looks at validation rows, and there are none");
            add(key, message, "set `data.validation_split` or `data.validation_data`");
        } else if data.classes.is_none() && *key != "embeddings" {
            add(key, format!("`{key}` is about classes, the data has real values"), "take it out");
        }
    }
    if 0 < mistakes && data.shape.len() < 2 {
        let message = "`mistakes` shows rows as pictures, which the inputs are not".to_owned();
        add("mistakes", message, "take it out");
    }
    if write_images && histogram_freq == 0 {
        let message = "`write_images` does nothing without `histogram_freq`".to_owned();
        add("write_images", message, "set `histogram_freq = 1` for pictures after every epoch");
    }
    diagnostics
}
