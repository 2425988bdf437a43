//! Layers as a config describes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Activation, Initializer};
use crate::shorthand::{Shorthand, name_or_table};

/// One layer of the stack, by its Keras name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Layer {
    /// Every unit sees every input: `activation(x · kernel + bias)`.
    Dense(Dense),
}

/// The arguments of Keras's `Dense`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dense {
    /// Number of outputs.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub units: usize,
    /// What is applied to the outputs.
    #[serde(default)]
    pub activation: Activation,
    /// Add a bias to every unit.
    #[serde(default = "yes")]
    pub use_bias: bool,
    /// Where the kernel (inputs × units) starts.
    #[serde(default = "glorot_uniform", deserialize_with = "name_or_table")]
    #[schemars(with = "Shorthand<Initializer>")]
    pub kernel_initializer: Initializer,
    /// Where the bias (units) starts.
    #[serde(default = "zeros", deserialize_with = "name_or_table")]
    #[schemars(with = "Shorthand<Initializer>")]
    pub bias_initializer: Initializer,
}

fn yes() -> bool {
    true
}

fn glorot_uniform() -> Initializer {
    Initializer::GlorotUniform {}
}

fn zeros() -> Initializer {
    Initializer::Zeros {}
}
