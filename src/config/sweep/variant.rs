//! One run of an experiment, and its changes to the config.

use serde::{Deserialize, Serialize};

use crate::config::plan::Plan;

/// One run of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// The name of its folder within the sweep's, such as `0003-learning_rate=0.01,units=64`;
    /// empty if there is no sweep.
    pub label: String,
    /// The changes to the config without its sweep, in the order of the sweep's keys.
    pub changes: Vec<Change>,
    /// The plan.
    pub plan: Plan,
}

/// A swept key with its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The dotted path, such as `optimizer.learning_rate`.
    pub key: String,
    /// The value in the sweep.
    pub value: toml::Value,
}
