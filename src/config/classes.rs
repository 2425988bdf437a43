//! What a config says of single classes, `class_weight` and `class_id`: they are named by the labels
//! that stand in the data, and there must be a class of that name.

use super::check::Written;
use super::fit;
use super::plan::Plan;
use super::problem::Problem;
use super::weights::ClassWeights;
use crate::data::{DatasetInfo, Labels};

/// Weights and metrics of what is no class of the data.
pub(super) fn classes(plan: &Plan, written: &Written<'_>, data: &DatasetInfo) -> Vec<Problem> {
    let mut problems = weights(plan, written, data);
    let ids = (0..plan.training.metrics.len()).filter_map(|at| class_id(plan, at, written, data));
    problems.extend(ids);
    problems
}

fn weights(plan: &Plan, written: &Written<'_>, data: &DatasetInfo) -> Vec<Problem> {
    let key = "training.class_weight";
    let Some(weights) = &plan.training.class_weight else { return Vec::new() };
    let Some(labels) = &data.labels else {
        let message = "`training.class_weight` weighs classes, the data has real values";
        let help = "take it out; targets can be classes, whole numbers or one-hot rows";
        return vec![written.problem(&[key], message, help)];
    };
    let ClassWeights::Table(table) = weights else { return Vec::new() };
    let mut seen: Vec<(usize, &String)> = Vec::new();
    let mut problems = Vec::new();
    for label in table.keys() {
        let place = format!("{key}.{label}");
        let mut add = |message: String, help: String| {
            problems.push(written.problem(&[&place, key], message, help));
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
    problems
}

/// What is wrong with the class that a metric is limited to.
fn class_id(plan: &Plan, at: usize, written: &Written<'_>, data: &DatasetInfo) -> Option<Problem> {
    let metric = &plan.training.metrics[at];
    let label = metric.class_id()?.to_string();
    let (units, _) = fit::outputs(plan)?;
    let names = data.output_names();
    let (key, item) = (format!("training.metrics.{at}.class_id"), format!("training.metrics.{at}"));
    let problem = |message: String, help: String| {
        Some(written.problem(&[&key, &item, "training.metrics"], message, help))
    };
    match Labels::from(names.clone()).find(&label) {
        None => {
            let message = format!("`class_id`: `{label}` is no class of the data");
            problem(message, known(&Labels::from(names)))
        }
        Some(0) if units == 1 && names.len() == 2 => {
            let message =
                format!("`class_id`: the only output is that of the class `{}`", names[1]);
            let help = format!(
                "leave `class_id` out for the {} of that class, or write two units with softmax",
                metric.name()
            );
            problem(message, help)
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
