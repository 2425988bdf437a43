//! The tables of embedded columns: filled in from the data, and held against the other keys.

use super::source::ConfigSource;
use crate::config::diagnostic::Diagnostic;
use crate::config::plan::Plan;
use crate::data::{Columns, DatasetInfo};
use crate::model::EmbeddingTable;
use crate::optim::Optimizer;

/// Fills in `model.embeddings`; returns what does not fit.
pub(crate) fn embeddings(
    plan: &mut Plan,
    config: &ConfigSource<'_>,
    data: &DatasetInfo,
) -> Option<Diagnostic> {
    let columns = data.columns.iter().flat_map(Columns::embedded);
    let table = |(column, input, inputs, units): (&str, usize, usize, usize)| EmbeddingTable {
        column: column.to_owned(),
        input,
        inputs,
        units,
    };
    let tables: Vec<_> = columns.map(table).collect();
    let key = "model.embeddings";
    let given = std::mem::replace(&mut plan.model.embeddings, tables);
    if config.span(key).is_some() && given != plan.model.embeddings {
        let message = "`model.embeddings` is not that of `data.columns` and of the data";
        let help = "take it out: `data.columns.NAME.embedding` embeds a column";
        return Some(config.diagnostic(&[key], message, help));
    }
    let first = plan.model.embeddings.first()?;
    let column = format!("data.columns.{}.embedding", first.column);
    let place = config.span(&column);
    if plan.data.scale.is_some_and(|scale| scale != 1.0) {
        let message = "`data.scale` divides all inputs, those of embedded words too";
        let help = "take `scale` out; `scaling` of `data.columns` scales columns";
        let diagnostic = config.diagnostic(&["data.scale", &column], message, help);
        return Some(diagnostic.related(place, "an embedded column"));
    }
    matches!(plan.optimizer, Optimizer::Muon(_)).then(|| {
        let message = "`muon` has no rule for the tables of embedded columns";
        let help = "take another optimizer, such as `adamw`, or one-hot inputs";
        let paths = ["optimizer.name", "optimizer", &column];
        config.diagnostic(&paths, message, help).related(place, "an embedded column")
    })
}
