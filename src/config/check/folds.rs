//! Whether the fold of a cross-validation fits the data.

use super::source::ConfigSource;
use crate::config::diagnostic::Diagnostic;
use crate::config::plan::Plan;
use crate::data::{DatasetInfo, SplitMethod};

/// The diagnostic of `data.fold`.
pub(crate) fn fold(
    plan: &Plan,
    config: &ConfigSource<'_>,
    data: &DatasetInfo,
) -> Option<Diagnostic> {
    let fold = plan.data.fold.as_ref()?;
    let paths = ["data.fold.folds", "data.fold"];
    let others = ["data.validation_split", "data.validation_data"];
    let validates = plan.data.validation_split != 0.0 || plan.data.validation_data.is_some();
    if validates && let Some(key) = others.iter().find(|key| config.span(key).is_some()) {
        let message = format!("`{key}` says what validates, and so do the folds");
        let help = "take one of them out; `data.test_split` keeps rows out of all folds";
        return Some(config.diagnostic(&[key], message, help));
    }
    if fold.folds <= fold.fold {
        let message = format!("there is no fold {}", fold.fold);
        let help = format!("folds are counted from 0: want 0 to {}", fold.folds.saturating_sub(1));
        return Some(config.diagnostic(&["data.fold.fold", "data.fold"], message, help));
    }
    let rows = plan.data.limit.unwrap_or(data.rows).min(data.rows);
    let parts = data.parts.clone().unwrap_or_else(|| plan.data.parts(rows));
    let side = match (parts.training.is_empty(), parts.validation.is_empty()) {
        (false, false) => return None,
        (true, _) => "training",
        (_, true) => "validation",
    };
    let message = format!("of {} folds, some leave no row for {side}", fold.folds);
    let (help, label) = match plan.data.split {
        Some(SplitMethod::Group { .. }) => (
            "take fewer folds, or data with more groups",
            "whole groups are divided, want at least one for each fold".to_owned(),
        ),
        _ => ("take fewer folds, or more rows", format!("got {rows} rows")),
    };
    Some(config.diagnostic(&paths, message, help).label(label))
}
