//! `[training]`: epochs, batches, loss and metrics.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::class_weight::ClassWeights;
use crate::data::Labels;
use crate::model::{ClassId, ClassScores, Loss, Metric, NamedMetric};
use crate::shorthand::{Shorthand, name_or_table, names_or_tables};

/// `[training]`: how long, on what batches, towards what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Training {
    /// Passes over the training rows.
    #[schemars(range(min = 1))]
    pub epochs: usize,
    /// Rows per update of the weights; the last batch of an epoch may be smaller.
    #[schemars(range(min = 1))]
    pub batch_size: usize,
    /// The loss that training makes small.
    #[serde(deserialize_with = "name_or_table")]
    #[schemars(with = "Shorthand<Loss>")]
    pub loss: Loss,
    /// The metrics that are reported beside the loss.
    #[serde(deserialize_with = "names_or_tables")]
    #[schemars(with = "Vec<Shorthand<Metric>>")]
    pub metrics: Vec<NamedMetric>,
    /// Metrics with each row counted by its weight: that of `data.sample_weight`, in training times that
    /// of `class_weight`. One that is in `metrics` too is logged with `weighted_` before its name.
    #[serde(deserialize_with = "names_or_tables", skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<Shorthand<Metric>>")]
    #[schemars(extend("x-example" = ["accuracy"]))]
    pub weighted_metrics: Vec<NamedMetric>,
    /// How much the loss of a row of each class counts in training, by the labels in the data:
    /// `{ 0 = 0.5, 3 = 2.0 }`, `{ yes = 20 }`; or `"balanced"`, the number of rows that train
    /// divided by that of classes and by that of the class's rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = { "yes": 20.0 }, "x-default" = "1 for every class"))]
    pub class_weight: Option<ClassWeights>,
    /// Put the training rows into a new order before every epoch.
    pub shuffle: bool,
}

impl Training {
    /// The metrics of a network with `outputs` outputs, which say something about what is called
    /// `names`: classes are told by their outputs instead of their labels.
    pub fn metrics_of(&self, names: Vec<String>, outputs: usize) -> Vec<NamedMetric> {
        let labels = Labels::from(names);
        let logit = self.loss.link().is_some();
        let resolved = |metric: &NamedMetric| {
            if let Metric::ClassScores(scores) = &**metric {
                let number = |class: &ClassId| labels.find(&class.to_string());
                let numbers = scores.classes.iter().filter_map(number).collect();
                return metric.with_class_scores(scores.with_numbers(numbers, logit));
            }
            let label = metric.class_id().map(ToString::to_string);
            match label.and_then(|label| labels.find(&label)) {
                // One output is that of the last of two classes.
                Some(class) => metric.at_output(class.min(outputs.saturating_sub(1))),
                None => metric.clone(),
            }
        };
        self.all_metrics().iter().map(resolved).collect()
    }

    /// Names all classes in metrics of classes that name none.
    pub(crate) fn name_classes(&mut self, names: &[String]) {
        for metric in self.metrics.iter_mut().chain(&mut self.weighted_metrics) {
            if let Metric::ClassScores(scores) = &**metric
                && scores.classes.is_empty()
            {
                let classes = names.iter().cloned().map(ClassId::Name).collect();
                *metric = metric.with_class_scores(ClassScores::of(classes));
            }
        }
    }

    /// The metrics, then the weighted ones, each with its key in the config.
    pub(crate) fn metrics_with_keys(&self) -> impl Iterator<Item = (String, &NamedMetric)> {
        let key = |list: &str, at: usize| format!("training.{list}.{at}");
        let plain = self.metrics.iter().enumerate();
        let plain = plain.map(move |(at, metric)| (key("metrics", at), metric));
        let weighted = self.weighted_metrics.iter().enumerate();
        plain.chain(weighted.map(move |(at, metric)| (key("weighted_metrics", at), metric)))
    }

    /// The metrics, then the weighted ones, each under the name of its numbers in the logs.
    pub fn all_metrics(&self) -> Vec<NamedMetric> {
        let weighted = self.weighted_metrics.iter().map(|one| one.weighted_beside(&self.metrics));
        self.metrics.iter().cloned().chain(weighted).collect()
    }
}

impl Default for Training {
    fn default() -> Training {
        Training {
            epochs: 1,
            batch_size: 32,
            loss: Loss::CategoricalCrossentropy { label_smoothing: 0.0, from_logits: false },
            metrics: vec![NamedMetric::new(Metric::Accuracy {})],
            weighted_metrics: Vec::new(),
            class_weight: None,
            shuffle: true,
        }
    }
}
