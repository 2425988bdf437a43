//! The plan: an experiment with every default filled in, which prints as the config that repeats it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::callbacks::Callbacks;
use super::tensorboard::TensorBoard;
use crate::data::Source;
use crate::model::{Layer, Loss, Metric};
use crate::optim::Optimizer;
use crate::shorthand::{Shorthand, name_or_table, names_or_tables};

/// One experiment, resolved: paths are absolute, nothing is left to a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// What the run is called, and its folder under the log directory.
    #[serde(default)]
    #[schemars(extend("x-default" = "the config file's stem"))]
    pub name: String,
    /// Every random stream (initial weights, shuffles, dropout) derives from it.
    #[serde(default)]
    #[schemars(range(max = 9_223_372_036_854_775_807_u64))]
    pub seed: u64,
    /// What to learn from.
    #[serde(default)]
    pub data: Data,
    /// The network.
    pub model: Model,
    /// How gradients become steps.
    #[serde(default, deserialize_with = "name_or_table")]
    #[schemars(with = "Shorthand<Optimizer>")]
    pub optimizer: Optimizer,
    /// How long, on what batches, towards what.
    #[serde(default)]
    pub training: Training,
    /// What watches over the training.
    #[serde(default)]
    pub callbacks: Callbacks,
    /// What is logged.
    #[serde(default)]
    pub tensorboard: TensorBoard,
}

/// `[data]`: what to learn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Data {
    /// `"mnist"` (built in), or the path of a `.npz` file or of a folder of IDX files.
    pub dataset: String,
    /// Share of the training rows, taken from their end before shuffling, that validates.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub validation_split: f64,
    /// Use only this many rows, the first, of the training set.
    #[schemars(range(min = 1), extend("x-default" = "every row"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Inputs are divided by this.
    #[schemars(extend("exclusiveMinimum" = 0.0, "x-default" = "255 for bytes, 1 for floats"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
}

/// `[model]`: the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Model {
    /// The shape of one input, checked against the data.
    #[schemars(length(min = 1), inner(range(min = 1)))]
    #[schemars(extend("x-default" = "that of the data, flattened"))]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub input_shape: Option<Vec<usize>>,
    /// The layers, from the inputs to the outputs.
    #[schemars(length(min = 1), extend("examples" = [[
        { "type": "dense", "units": 64, "activation": "relu" },
        { "type": "dense", "units": 10, "activation": "softmax" },
    ]]))]
    pub layers: Vec<Layer>,
    /// An `.npz` file with the weights to start from: `dense_0.kernel`, `dense_0.bias`, ...
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weights: Option<PathBuf>,
}

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
    pub metrics: Vec<Metric>,
    /// How much the loss of a row of each class counts in training: `{ 0 = 0.5, 3 = 2.0 }`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "1 for every class"))]
    pub class_weight: Option<BTreeMap<String, ClassWeight>>,
    /// Put the training rows into a new order before every epoch.
    pub shuffle: bool,
}

/// How much a class counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct ClassWeight(#[schemars(range(min = 0.0))] pub f64);

/// The data sets that need no path.
pub(super) const BUILT_IN: [&str; 1] = ["mnist"];

impl Data {
    /// Where the data comes from.
    pub fn source(&self) -> Source {
        Source::parse(&self.dataset, Path::new(""))
    }

    /// How many of `rows` rows are trained on; the others, at the end, validate.
    pub fn training_rows(&self, rows: usize) -> usize {
        // Keras's own order of rounding: 100 rows and 0.29 leave 71, not 72.
        (rows as f64 * (1.0 - self.validation_split)).floor() as usize
    }
}

impl Training {
    /// How much each class counts, from the first to the last that is weighted; evenly if none is.
    pub fn class_weights(&self) -> Vec<f32> {
        let named = self.class_weight.iter().flatten();
        let weights = named.filter_map(|(class, weight)| Some((class.parse().ok()?, weight.0)));
        let mut all: Vec<f32> = Vec::new();
        for (class, weight) in weights {
            let class: usize = class;
            all.resize(all.len().max(class + 1), 1.0);
            all[class] = weight as f32;
        }
        all
    }
}

impl Default for Data {
    fn default() -> Data {
        Data { dataset: "mnist".to_owned(), validation_split: 0.0, limit: None, scale: None }
    }
}

impl Default for Training {
    fn default() -> Training {
        Training {
            epochs: 1,
            batch_size: 32,
            loss: Loss::CategoricalCrossentropy { label_smoothing: 0.0, from_logits: false },
            metrics: vec![Metric::Accuracy {}],
            class_weight: None,
            shuffle: true,
        }
    }
}
