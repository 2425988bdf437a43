//! Whether a network fits its data and its loss; rules of shapes and formulas only.

use std::collections::HashSet;

use super::source::ConfigSource;
use crate::config::diagnostic::Diagnostic;
use crate::config::plan::Plan;
use crate::data::DatasetInfo;
use crate::model::{Activation, LayerSpec, Loss, TargetKind};

/// The place of the loss, or of what is nearest to it.
const LOSS: [&str; 2] = ["training.loss", "training"];

/// The output of the network.
struct Output {
    /// The dense layer that gives its number; none if the inputs go through as many as they are.
    dense: Option<usize>,
    units: usize,
    /// The layer whose activation is the last.
    activated: usize,
    activation: Activation,
}

fn output(plan: &Plan) -> Option<Output> {
    let layers = &plan.model.layers;
    let dense = layers.iter().rposition(|layer| matches!(layer, LayerSpec::Dense(_)));
    let inputs = plan.model.input_shape.as_deref().unwrap_or_default().iter().product();
    let all = plan.model.all_layers();
    let units = all.iter().fold(inputs, |inputs, layer| layer.outputs(inputs));
    // What is random in training lets everything through after it.
    let activated = layers.iter().rposition(|layer| !layer.is_training_only())?;
    Some(Output { dense, units, activated, activation: layers[activated].activation() })
}

/// How many outputs a plan's network has, and its last activation.
pub(crate) fn outputs(plan: &Plan) -> Option<(usize, Activation)> {
    output(plan).map(|output| (output.units, output.activation))
}

impl Output {
    /// The key of the number of units.
    fn units_key(&self) -> String {
        self.dense.map_or("model.layers".to_owned(), |at| format!("model.layers.{at}.units"))
    }

    /// The key of the last activation.
    fn activation_key(&self) -> String {
        format!("model.layers.{}.activation", self.activated)
    }
}

/// The mismatches between inputs, outputs and targets.
pub(crate) fn network(
    plan: &Plan,
    config: &ConfigSource<'_>,
    data: &DatasetInfo,
) -> Vec<Diagnostic> {
    let Some(output) = output(plan) else { return Vec::new() };
    let diagnostics = [
        input_shape(plan, config, data),
        units(plan, &output, config, data),
        accuracy(plan, config, data),
        repeated(plan, config),
    ];
    diagnostics.into_iter().flatten().collect()
}

fn input_shape(plan: &Plan, config: &ConfigSource<'_>, data: &DatasetInfo) -> Option<Diagnostic> {
    let shape = plan.model.input_shape.as_deref()?;
    let flat = data.shape.iter().product::<usize>();
    if *shape == [flat] || *shape == *data.shape {
        return None;
    }
    let message = "`model.input_shape` does not fit the data";
    let help = format!("leave `input_shape` out, or write {:?}", [flat]);
    let diagnostic = config.diagnostic(&["model.input_shape", "model"], message, help);
    let want = if data.shape.len() == 1 {
        format!("{:?}", data.shape)
    } else {
        format!("{:?} or {:?}", [flat], data.shape)
    };
    Some(diagnostic.label(format!("got {shape:?}, want {want}")))
}

/// How many outputs the targets ask for under a loss, and why; or what is wrong with the targets.
fn wanted_units(
    loss: &Loss,
    units: usize,
    data: &DatasetInfo,
) -> Result<(usize, String), (&'static str, &'static str)> {
    let width = data.target_width;
    let label = || Ok((1, "the label itself".to_owned()));
    match (loss.target_kind(), data.classes) {
        (TargetKind::Classes, None)
            if matches!(loss, Loss::SparseCategoricalCrossentropy { .. }) =>
        {
            Err((
                "`sparse_categorical_crossentropy` needs classes, the data has real values",
                "use `mean_squared_error` for real values, or write `data.task = \"classification\"`",
            ))
        }
        // One output can tell two classes apart, or estimate the label as a number.
        (TargetKind::Binary | TargetKind::Numbers, Some(2)) if units == 1 => label(),
        // Classes of a CSV file are called otherwise than by their numbers.
        (TargetKind::Numbers, Some(_)) if units == 1 && data.columns.is_none() => label(),
        (_, Some(classes)) => {
            let names = data.labels.as_ref().filter(|_| data.columns.is_some());
            let names = names.map_or(String::new(), |labels| format!(" {}", labels.list()));
            Ok((classes, format!("one for each of the {classes} classes{names}")))
        }
        (_, None) => Ok((width, format!("one for each of the {width} target values"))),
    }
}

fn units(
    plan: &Plan,
    output: &Output,
    config: &ConfigSource<'_>,
    data: &DatasetInfo,
) -> Option<Diagnostic> {
    let loss = &plan.training.loss;
    let at_loss = ["training.loss", "training", "model"];
    let (want, why) = match wanted_units(loss, output.units, data) {
        Ok(wanted) => wanted,
        Err((message, help)) => return Some(config.diagnostic(&at_loss, message, help)),
    };
    if loss.target_kind() == TargetKind::Classes && want < 2 {
        let message = "the loss needs at least two classes, the data has one";
        let help = match data.classes {
            Some(_) => "check the labels of the data",
            None => "use `mean_squared_error` for one real value, or `binary_crossentropy`",
        };
        return Some(config.diagnostic(&at_loss, message, help));
    }
    (output.units != want).then(|| {
        let message = "the last layer does not fit the data";
        let help = match (loss.target_kind(), data.classes) {
            (TargetKind::Binary, Some(2)) => "write `units = 1` or `units = 2`".to_owned(),
            _ => format!("write `units = {want}`"),
        };
        let plural = if output.units == 1 { "" } else { "s" };
        let label = format!("got {} output{plural}, want {want}: {why}", output.units);
        config.diagnostic(&[&output.units_key(), "model"], message, help).label(label)
    })
}

/// Whether the network estimates numbers instead of telling classes apart.
pub(crate) fn is_regression(plan: &Plan, data: &DatasetInfo) -> bool {
    let one_output = output(plan).is_some_and(|output| output.units == 1);
    let numbers = match data.classes {
        Some(classes) => one_output && classes != 2,
        None => !data.binary || plan.data.target_scaling.is_some(),
    };
    numbers && plan.training.loss.target_kind() == TargetKind::Numbers
}

/// Whether nothing but numbers is reported unless metrics are named: of targets that are 0 or 1 too,
/// where the outputs are no probabilities.
pub(crate) fn reports_numbers(plan: &Plan, data: &DatasetInfo) -> bool {
    let probabilities = output(plan)
        .is_some_and(|o| matches!(o.activation, Activation::Sigmoid | Activation::Softmax));
    let numbers = plan.training.loss.target_kind() == TargetKind::Numbers;
    is_regression(plan, data) || (numbers && data.classes.is_none() && !probabilities)
}

/// A metric of classes where numbers are estimated.
fn accuracy(plan: &Plan, config: &ConfigSource<'_>, data: &DatasetInfo) -> Option<Diagnostic> {
    let mut metrics = plan.training.metrics_with_keys();
    let (place, metric) = metrics.find(|(_, metric)| metric.is_of_classes())?;
    is_regression(plan, data).then(|| {
        let message = format!("`{}` says nothing about estimated numbers", metric.name());
        let numbers = "use `mean_absolute_error`, `r2_score`, or no metric at all: `metrics = []`";
        let help = match &data.columns {
            Some(columns) if columns.labels().len() == 1 => {
                format!("{numbers}; or say `data.task = \"classification\"` if labels are classes")
            }
            _ => numbers.to_owned(),
        };
        config.diagnostic(&[&place, "training.metrics", "training"], message, help)
    })
}

/// Two metrics that would be logged under one name.
fn repeated(plan: &Plan, config: &ConfigSource<'_>) -> Option<Diagnostic> {
    let metrics = plan.training.all_metrics();
    let keys = plan.training.metrics_with_keys();
    let names = metrics.iter().zip(keys).flat_map(|(metric, (key, _))| {
        metric.names().into_iter().map(move |name| (name, key.clone()))
    });
    let mut seen = HashSet::new();
    let (name, place) = names.into_iter().find(|(name, _)| !seen.insert(name.clone()))?;
    let message = format!("two numbers would be logged as `{name}`");
    let paths = [&*place, "training.metrics", "training"];
    Some(config.diagnostic(&paths, message, "keep one of them"))
}

/// What does not fit between the activations and the loss.
pub(crate) fn activations(plan: &Plan, config: &ConfigSource<'_>) -> Vec<Diagnostic> {
    let mut diagnostics: Vec<_> = plan
        .model
        .layers
        .iter()
        .enumerate()
        .filter_map(|(index, layer)| lonely_softmax(index, layer, config))
        .collect();
    diagnostics.extend(output(plan).and_then(|output| loss(plan, &output, config)));
    diagnostics
}

fn lonely_softmax(
    index: usize,
    layer: &LayerSpec,
    config: &ConfigSource<'_>,
) -> Option<Diagnostic> {
    let LayerSpec::Dense(dense) = layer else { return None };
    (dense.units == 1 && dense.activation == Activation::Softmax).then(|| {
        let message = "softmax over one unit is always 1";
        let help = "use `sigmoid`, or one unit for each class";
        let key = format!("model.layers.{index}.activation");
        config.diagnostic(&[&key, "model"], message, help)
    })
}

/// A crossentropy wants probabilities, or logits and to be told so.
fn loss(plan: &Plan, output: &Output, config: &ConfigSource<'_>) -> Option<Diagnostic> {
    let (name, from_logits, usual) = match plan.training.loss {
        Loss::CategoricalCrossentropy { from_logits, .. } => {
            ("categorical_crossentropy", from_logits, "softmax")
        }
        Loss::SparseCategoricalCrossentropy { from_logits } => {
            ("sparse_categorical_crossentropy", from_logits, "softmax")
        }
        Loss::BinaryCrossentropy { from_logits, .. } => {
            ("binary_crossentropy", from_logits, "sigmoid")
        }
        _ => return None,
    };
    let probabilities = matches!(output.activation, Activation::Softmax | Activation::Sigmoid);
    let activation = serde_json::to_value(output.activation).unwrap_or_default();
    let activation = activation.as_str().unwrap_or_default();
    let key = output.activation_key();
    let layer = format!("model.layers.{}", output.activated);
    let place = config.span(&key).or_else(|| config.span(&layer));
    if from_logits && probabilities {
        let message =
            format!("`from_logits` after {activation}: the outputs are probabilities already");
        let help = "take `from_logits` out, or the activation";
        let paths = ["training.loss.from_logits", LOSS[0], LOSS[1]];
        return Some(
            config.diagnostic(&paths, message, help).related(place, "the last activation"),
        );
    }
    if from_logits || probabilities {
        return None;
    }
    let message = format!("`{name}` wants probabilities, which the last layer does not give");
    let help = format!(
        "write `activation = \"{usual}\"` there, or `loss = {{ name = \"{name}\", from_logits = true }}`"
    );
    let label = format!("got {activation}, want {usual}");
    let location = [key.as_str(), &layer, "model"];
    Some(
        config
            .diagnostic(&location, message, help)
            .label(label)
            .related(config.span(LOSS[0]), "the loss"),
    )
}
