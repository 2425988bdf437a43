//! What one config describes: an experiment of one run, or of the runs of a sweep; it runs none.

use serde::{Deserialize, Serialize};

use super::plan::Plan;
use super::runs::Runs;
use crate::memory::Bytes;

/// What one config describes.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// What it is called, and its folder under the log directory.
    pub name: String,
    /// Whether its runs have folders of their own within the folder of a sweep.
    pub sweep: bool,
    /// Its runs, in the order in which they start; a single one if it is no sweep.
    pub runs: Runs,
    /// How many draws of a random search are not among the runs because an earlier one is the same.
    pub repeats: usize,
    /// What is worth knowing of its data, each a sentence without a full stop.
    pub notes: Vec<String>,
    /// The memory that the greatest of its runs takes, with its data; 0 if that is not known.
    pub memory: Bytes,
}

/// One run of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// The name of its folder within the sweep's, such as `0003-learning_rate=0.01,units=64`;
    /// empty if there is no sweep.
    pub label: String,
    /// What makes it different from the config without its sweep, in the order of the sweep's keys.
    pub changes: Vec<Change>,
    /// The whole of it.
    pub plan: Plan,
}

/// One key of the config with the value that a sweep gives it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The dotted path, such as `optimizer.learning_rate`.
    pub key: String,
    /// The value as the sweep has it.
    pub value: toml::Value,
}

impl Experiment {
    /// The experiment of a config without a sweep.
    pub fn single(plan: Plan) -> Experiment {
        let name = plan.name.clone();
        Experiment {
            name,
            sweep: false,
            runs: Runs::single(&plan),
            repeats: 0,
            notes: Vec::new(),
            memory: Bytes::default(),
        }
    }
}
