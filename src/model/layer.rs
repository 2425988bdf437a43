//! Layers: as a config describes them, and as built, with their weights.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernels::Matrix;
use crate::model::{Activation, Initializer};
use crate::random::{Purpose, Stream};
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

/// A dense layer with its weights.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseLayer {
    /// inputs × units
    pub kernel: Matrix,
    /// 1 × units
    pub bias: Option<Matrix>,
    /// What is applied to the outputs.
    pub activation: Activation,
}

impl Dense {
    /// The layer number `index` of a stack, on `inputs` inputs, its weights drawn from `seed`.
    pub fn build(&self, inputs: usize, index: usize, seed: u64) -> DenseLayer {
        let mut kernel = Matrix::zeros(inputs, self.units);
        let mut stream = Stream::new(seed, Purpose::Kernel, index as u64);
        self.kernel_initializer.fill(&mut kernel, inputs, self.units, &mut stream);
        let bias = self.use_bias.then(|| {
            let mut bias = Matrix::zeros(1, self.units);
            let mut stream = Stream::new(seed, Purpose::Bias, index as u64);
            self.bias_initializer.fill(&mut bias, self.units, self.units, &mut stream);
            bias
        });
        DenseLayer { kernel, bias, activation: self.activation }
    }
}
