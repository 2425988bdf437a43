//! Whether labels are classes or numbers, where the config does not say it but the loss, the network
//! and the metrics do.

use std::sync::Arc;

use super::shapes;
use super::source::{ConfigSource, DatasetLookup};
use crate::config::plan::Plan;
use crate::data::{DataError, DatasetInfo, Source, Task, is_missing, is_number, looks_like_number};
use crate::model::{Activation, Loss, TargetKind};

/// The data of a plan, with its task as the loss wants it.
pub(crate) fn describe(
    plan: &mut Plan,
    config: &ConfigSource<'_>,
    describe: &mut DatasetLookup<'_>,
) -> Result<DatasetInfo, Arc<DataError>> {
    let found = describe(&plan.data.source());
    if plan.data.task.is_some() || plan.data.source() == Source::Mnist {
        return found;
    }
    match &found {
        Ok(data) if data.classes.is_none() => {
            classes_after_all(plan, data, describe).unwrap_or(found)
        }
        _ if are_numbers(plan, config, &found) => {
            plan.data.task = Some(Task::Regression);
            describe(&plan.data.source())
        }
        _ => found,
    }
}

/// Whether what was taken for classes is a number to be estimated: one output, and a loss between
/// numbers. Two classes may be told apart by one as well, if the config says that they are classes.
fn are_numbers(
    plan: &Plan,
    config: &ConfigSource<'_>,
    found: &Result<DatasetInfo, Arc<DataError>>,
) -> bool {
    let Some((1, activation)) = shapes::outputs(plan) else { return false };
    let hinge = matches!(plan.training.loss, Loss::Hinge {} | Loss::SquaredHinge {});
    let numbers = plan.training.loss.target_kind() == TargetKind::Numbers;
    match found {
        // The archive's -1 and 1, or prices: integers that are no classes.
        Err(error) => (numbers || hinge) && matches!(**error, DataError::Label { .. }),
        Ok(data) => {
            let names = data.labels.as_ref().map(|labels| &labels.names[..]).unwrap_or_default();
            let zero_one = names.iter().all(|name| name == "0" || name == "1");
            let word =
                |name: &String| !is_number(name) && !looks_like_number(name) && !is_missing(name);
            let two_words = names.len() == 2 && names.iter().all(word);
            let classified = activation == Activation::Sigmoid || asks_for_classes(plan, config);
            numbers && !((zero_one || two_words) && classified)
        }
    }
}

/// Whether the config asks for numbers or pictures that only classes have.
fn asks_for_classes(plan: &Plan, config: &ConfigSource<'_>) -> bool {
    let mut metrics = plan.training.metrics_with_keys();
    let metrics =
        metrics.any(|(key, metric)| config.span(&key).is_some() && metric.is_of_classes());
    metrics || plan.tensorboard.wants_classes()
}

/// The data with a single real value per row as classes, if the loss wants those and they fit.
fn classes_after_all(
    plan: &mut Plan,
    data: &DatasetInfo,
    describe: &mut DatasetLookup<'_>,
) -> Option<Result<DatasetInfo, Arc<DataError>>> {
    let (units, _) = shapes::outputs(plan)?;
    if plan.training.loss.target_kind() == TargetKind::Numbers
        || data.target_width != 1
        || units == 1
    {
        return None;
    }
    plan.data.task = Some(Task::Classification);
    let classes = describe(&plan.data.source());
    // Of a loss that only takes the numbers of classes, an archive's floats are such numbers.
    let sparse = matches!(plan.training.loss, Loss::SparseCategoricalCrossentropy { .. });
    let told = sparse && data.columns.is_none();
    if told || classes.as_ref().is_ok_and(|data| data.classes == Some(units)) {
        return Some(classes);
    }
    plan.data.task = None;
    None
}
