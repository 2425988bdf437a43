//! Whether what a config says of labels fits them: their scaling, and keys of columns that are no inputs.

use super::source::ConfigSource;
use crate::config::diagnostic::Diagnostic;
use crate::config::plan::Plan;
use crate::data::DatasetInfo;
use crate::model::Loss;

/// The diagnostics of `target_scaling`, and of column keys for labels and weights.
pub(crate) fn targets(
    plan: &Plan,
    config: &ConfigSource<'_>,
    data: &DatasetInfo,
) -> Vec<Diagnostic> {
    let scaling = scaling(plan, config, data);
    scaling.into_iter().chain(no_inputs(plan, config, data)).collect()
}

fn scaling(plan: &Plan, config: &ConfigSource<'_>, data: &DatasetInfo) -> Option<Diagnostic> {
    plan.data.target_scaling?;
    let key = "data.target_scaling";
    if data.classes.is_some() {
        let message = "`data.target_scaling` scales real values, the labels are classes";
        let help = "take it out; numbers to be estimated want `data.task = \"regression\"`";
        return Some(config.diagnostic(&[key], message, help));
    }
    let loss = &plan.training.loss;
    let by_difference = matches!(
        loss,
        Loss::MeanSquaredError {}
            | Loss::MeanAbsoluteError {}
            | Loss::Huber { .. }
            | Loss::LogCosh {}
    );
    (!by_difference).then(|| {
        let name = serde_json::to_value(loss).unwrap_or_default();
        let name = name["name"].as_str().unwrap_or_default();
        let message = format!("`{name}` is no loss for scaled targets");
        let help = "take `target_scaling` out, or use a loss of differences: `mean_squared_error`, \
                    `mean_absolute_error`, `huber` or `log_cosh`";
        let place = config.span(key);
        let diagnostic = config.diagnostic(&["training.loss", key], message, help);
        diagnostic.related(place, "the scaling")
    })
}

/// Keys of `[data.columns]` under the names of columns that become no inputs.
fn no_inputs(plan: &Plan, config: &ConfigSource<'_>, data: &DatasetInfo) -> Vec<Diagnostic> {
    let Some(columns) = &data.columns else { return Vec::new() };
    let given = |name: &&String| plan.data.columns.contains_key(*name);
    let complain = |name: &String, what: &str, help: &str| {
        let message = format!("`data.columns` has keys for `{name}`, which is {what} and no input");
        config.diagnostic(&[&format!("data.columns.{name}"), "data.columns"], message, help)
    };
    let scaled = match data.classes {
        Some(_) => "take them out",
        None => "take them out; `data.target_scaling` scales labels",
    };
    let labels = columns.labels().iter().filter(given);
    let labels = labels.map(|name| complain(name, "the label", scaled));
    let weight = columns.sample_weight.iter().filter(given);
    let weight = weight.map(|name| complain(name, "the weight of rows", "take them out"));
    labels.chain(weight).collect()
}
