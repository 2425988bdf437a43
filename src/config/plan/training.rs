//! `[training]`: epochs, batches, loss and metrics.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::class_weight::ClassWeights;
use crate::data::Labels;
use crate::model::{Loss, Metric, NamedMetric};
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
    /// What training makes small.
    #[serde(deserialize_with = "name_or_table")]
    #[schemars(with = "Shorthand<Loss>")]
    pub loss: Loss,
    /// What is reported beside the loss.
    #[serde(deserialize_with = "names_or_tables")]
    #[schemars(with = "Vec<Shorthand<Metric>>")]
    pub metrics: Vec<NamedMetric>,
    /// How much the loss of a row of each class counts in training, by the labels in the data:
    /// `{ 0 = 0.5, 3 = 2.0 }`, `{ yes = 20 }`; or `"balanced"`, the number of rows that train
    /// divided by that of classes and by that of the class's rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "1 for every class"))]
    pub class_weight: Option<ClassWeights>,
    /// Put the training rows into a new order before every epoch.
    pub shuffle: bool,
}

impl Training {
    /// The metrics of a network with `outputs` outputs, which say something about what is called
    /// `names`: classes are told by their outputs instead of their labels.
    pub fn metrics_of(&self, names: Vec<String>, outputs: usize) -> Vec<NamedMetric> {
        let labels = Labels::from(names);
        let resolved = |metric: &NamedMetric| {
            let label = metric.class_id().map(ToString::to_string);
            match label.and_then(|label| labels.find(&label)) {
                // One output is that of the last of two classes.
                Some(class) => metric.at_output(class.min(outputs.saturating_sub(1))),
                None => metric.clone(),
            }
        };
        self.metrics.iter().map(resolved).collect()
    }
}

impl Default for Training {
    fn default() -> Training {
        Training {
            epochs: 1,
            batch_size: 32,
            loss: Loss::CategoricalCrossentropy { label_smoothing: 0.0, from_logits: false },
            metrics: vec![NamedMetric::new(Metric::Accuracy {})],
            class_weight: None,
            shuffle: true,
        }
    }
}
