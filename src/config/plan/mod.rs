//! The plan: an experiment with every default filled in.

mod callbacks;
mod class_weight;
mod cross_validation;
mod data;
mod model;
mod pruner;
mod sweep;
mod tensorboard;
mod training;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use callbacks::{Callbacks, CsvLogger, ModelCheckpoint, TerminateOnNan};
pub use class_weight::{ClassWeight, ClassWeights, Formula};
pub(crate) use cross_validation::{CrossValidation, FoldMethod};
pub(crate) use data::BUILT_IN;
pub use data::{Data, DataFiles, Label};
pub use model::Model;
pub(crate) use pruner::PrunerTable;
pub(crate) use sweep::{
    DISTRIBUTION, Distribution, Epoch, Method, Objective, ObjectiveTable, SweepTable,
};
pub use tensorboard::{Layout, TensorBoard, UpdateFreq};
pub use training::Training;

use super::document::write;
use crate::model::NamedMetric;
use crate::optim::Optimizer;
use crate::shorthand::{Shorthand, name_or_table};
use crate::train::{Footprint, RunShape};

/// The number of an epoch whose name does not tell whether less or more is better.
pub(crate) const LEARNING_RATE: &str = "learning_rate";

/// One experiment, resolved: paths are absolute, nothing is left to a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// What the run is called, and its folder under the log directory.
    #[serde(default)]
    #[schemars(extend("x-example" = "first", "x-default" = "the config file's stem"))]
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

impl Plan {
    /// The config that loads to this plan from any folder.
    pub fn to_toml(&self) -> String {
        // A plan consists of numbers, strings and tables; its paths came from TOML, so are UTF-8.
        write(&serde_json::to_value(self).unwrap_or_default())
    }

    /// The names of the numbers that each epoch logs.
    pub fn logged_numbers(&self) -> Vec<String> {
        let metrics = self.training.all_metrics();
        let metrics = metrics.iter().flat_map(NamedMetric::names);
        let mut names: Vec<_> = std::iter::once("loss".to_owned()).chain(metrics).collect();
        if self.data.validates() {
            names.extend(names.clone().iter().map(|name| format!("val_{name}")));
        }
        names.push(LEARNING_RATE.to_owned());
        names
    }

    /// The memory of the run beside its data, of which a batch has at most `rows` rows.
    pub fn footprint(&self, rows: usize) -> Footprint {
        let shape = self.model.input_shape.as_deref().unwrap_or_default();
        let features = shape.iter().fold(1_usize, |all, size| all.saturating_mul(*size));
        let batch = self.training.batch_size.min(self.data.limit.unwrap_or(rows)).min(rows);
        let (layers, optimizer) = (&self.model.all_layers(), &self.optimizer);
        Footprint::of(RunShape { layers, features, batch, optimizer })
    }
}
