//! What a config says of single classes, `class_weight` and `class_id`: they are named by the labels
//! that stand in the data, and there must be a class of that name.

use super::shapes;
use super::source::ConfigSource;
use crate::config::diagnostic::Diagnostic;
use crate::config::plan::{ClassWeights, Plan};
use crate::data::{DatasetInfo, Labels};
use crate::model::{Metric, NamedMetric};

/// The diagnostics of class weights and class metrics.
pub(crate) fn classes(
    plan: &Plan,
    config: &ConfigSource<'_>,
    data: &DatasetInfo,
) -> Vec<Diagnostic> {
    let mut diagnostics = weights(plan, config, data);
    let metrics = plan.training.metrics_with_keys();
    diagnostics.extend(metrics.filter_map(|(key, metric)| {
        class_scores((&key, metric), config, data)
            .or_else(|| class_id(plan, (key, metric), config, data))
    }));
    diagnostics
}

fn weights(plan: &Plan, config: &ConfigSource<'_>, data: &DatasetInfo) -> Vec<Diagnostic> {
    let key = "training.class_weight";
    let Some(weights) = &plan.training.class_weight else { return Vec::new() };
    let Some(labels) = &data.labels else {
        let message = "`training.class_weight` weighs classes, the data has real values";
        let help = "take it out; targets can be classes, whole numbers or one-hot rows";
        return vec![config.diagnostic(&[key], message, help)];
    };
    let ClassWeights::Table(table) = weights else { return Vec::new() };
    let mut seen: Vec<(usize, &String)> = Vec::new();
    let mut diagnostics = Vec::new();
    for label in table.keys() {
        let place = format!("{key}.{label}");
        let mut add = |message: String, help: String| {
            diagnostics.push(config.diagnostic(&[&place, key], message, help));
        };
        match labels.find(label) {
            None => add(format!("`{label}` is no class of the data"), known(labels)),
            Some(class) => match seen.iter().find(|(known, _)| *known == class) {
                Some((_, other)) => add(
                    format!("`{label}` and `{other}` are the same class"),
                    "keep one of them".to_owned(),
                ),
                None => seen.push((class, label)),
            },
        }
    }
    diagnostics
}

/// More classes than this have to be named: each has three numbers in every file of logs.
const MOST_SCORED: usize = 50;

/// The diagnostic of the scores of classes.
fn class_scores(
    (key, metric): (&str, &NamedMetric),
    config: &ConfigSource<'_>,
    data: &DatasetInfo,
) -> Option<Diagnostic> {
    let Metric::ClassScores(scores) = &**metric else { return None };
    let list = key.rsplit_once('.').map_or(key, |(list, _)| list);
    let classes = format!("{key}.classes");
    let diagnostic = |message: String, help: String| {
        Some(config.diagnostic(&[&classes, key, list], message, help))
    };
    if data.classes.is_none() {
        let message = "`class_scores` are those of classes, the labels are real values";
        let help = "take it out, or write `data.task = \"classification\"`";
        return diagnostic(message.to_owned(), help.to_owned());
    }
    let labels = Labels::from(data.output_names());
    if let Some(unknown) = scores.classes.iter().find(|id| labels.find(&id.to_string()).is_none()) {
        return diagnostic(format!("`{unknown}` is no class of the data"), known(&labels));
    }
    (MOST_SCORED < scores.classes.len()).then(|| {
        let n = scores.classes.len();
        let message = format!("`class_scores` of {n} classes would be {} numbers", 3 * n);
        let help =
            format!("name at most {MOST_SCORED}, as in `classes = [\"{}\"]`", labels.names[0]);
        config.diagnostic(&[&classes, key, list], message, help)
    })
}

/// The diagnostic of the `class_id` of a metric.
fn class_id(
    plan: &Plan,
    (item, metric): (String, &NamedMetric),
    config: &ConfigSource<'_>,
    data: &DatasetInfo,
) -> Option<Diagnostic> {
    let label = metric.class_id()?.to_string();
    let (units, _) = shapes::outputs(plan)?;
    let names = data.output_names();
    let key = format!("{item}.class_id");
    let diagnostic = |message: String, help: String| {
        Some(config.diagnostic(&[&key, &item, "training.metrics"], message, help))
    };
    match Labels::from(names.clone()).find(&label) {
        None => {
            let message = format!("`class_id`: `{label}` is no class of the data");
            diagnostic(message, known(&Labels::from(names)))
        }
        Some(0) if units == 1 && names.len() == 2 => {
            let message =
                format!("`class_id`: the only output is that of the class `{}`", names[1]);
            let help = format!(
                "leave `class_id` out for the {} of that class, or write two units with softmax",
                metric.name()
            );
            diagnostic(message, help)
        }
        Some(_) => None,
    }
}

fn known(labels: &Labels) -> String {
    match &labels.names[..] {
        [one] => format!("the only class is `{one}`"),
        _ => format!("the classes are {}", labels.list()),
    }
}
