//! What a plan cannot have of data that are not in memory: whatever looks at all rows at once, or at rows in any order.

use std::path::Path;

use super::source::ConfigSource;
use crate::config::diagnostic::Diagnostic;
use crate::config::plan::Plan;
use crate::data::{Source, TableKind};

/// The diagnostic of `data.in_memory = false`, before the data are read.
pub(crate) fn sharded(plan: &Plan, config: &ConfigSource<'_>) -> Result<(), Box<Diagnostic>> {
    let wrong = if plan.data.in_memory {
        in_memory(plan)
    } else {
        not_parquet(plan).or_else(|| whole(plan))
    };
    wrong.map_or(Ok(()), |(key, message, help)| {
        Err(config.diagnostic(&[key, "data.in_memory"], message, help).into())
    })
}

/// The key, the fault and the way out.
type Fault = (&'static str, String, &'static str);

const OUT: &str = "take it out, or `in_memory = false`";

fn in_memory(plan: &Plan) -> Option<Fault> {
    plan.data.shuffle_buffer?;
    let message = "`data.shuffle_buffer` is for rows that are not in memory; those that are, are \
                   all shuffled among themselves";
    let help = "take it out, or write `in_memory = false`";
    Some(("data.shuffle_buffer", message.to_owned(), help))
}

fn not_parquet(plan: &Plan) -> Option<Fault> {
    let is_typed = |paths: &[String]| {
        paths.iter().all(|path| TableKind::of(Path::new(path)) == Some(TableKind::Typed))
    };
    let data = &plan.data;
    let table = matches!(data.source(), Source::Csv(..)) && is_typed(data.dataset.paths());
    let validation = data.validation_data.as_ref().is_none_or(|data| is_typed(data.paths()));
    let key = match (table, validation) {
        (true, true) => return None,
        (false, _) => "data.dataset",
        (true, false) => "data.validation_data",
    };
    let message = format!("`data.in_memory = false` reads Parquet files, `{key}` names others");
    Some((key, message, "write the rows as Parquet, or take `in_memory = false` out"))
}

fn whole(plan: &Plan) -> Option<Fault> {
    let needs = |key: &'static str, what: &str| {
        let message = format!("`{key}` needs {what}, and `data.in_memory` is false");
        Some((key, message, OUT))
    };
    if plan.data.fold.is_some() {
        return needs("cross_validation", "all rows in memory");
    }
    if plan.data.split.is_some() {
        return needs("data.split", "all rows in memory: in files, the last rows validate");
    }
    if plan.tensorboard.looks_at_answers() {
        let keys = [
            ("tensorboard.confusion_matrix", plan.tensorboard.confusion_matrix),
            ("tensorboard.mistakes", 0 < plan.tensorboard.mistakes),
            ("tensorboard.pr_curves", plan.tensorboard.pr_curves),
            ("tensorboard.embeddings", 0 < plan.tensorboard.embeddings),
        ];
        let key = keys.iter().find(|(_, wanted)| *wanted)?.0;
        return needs(key, "the rows that validate in memory");
    }
    None
}
