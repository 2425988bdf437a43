//! A learning rate that changes at some steps and is constant between them; nothing else.
//!
//! ```text
//! η(s) = values[i]   for   boundaries[i − 1] < s ≤ boundaries[i]
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The arguments of Keras's `PiecewiseConstantDecay`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PiecewiseConstantDecay {
    /// The last step (batch, from 0) of each value but the last, in ascending order.
    #[schemars(length(min = 1), extend("x-example" = [1000, 2000]))]
    pub boundaries: Vec<u64>,
    /// The step sizes: one more than there are boundaries.
    #[schemars(length(min = 1), inner(range(min = 0.0)), extend("x-example" = [0.01, 0.001, 0.0001]))]
    pub values: Vec<f64>,
}

impl PiecewiseConstantDecay {
    /// η(s).
    pub(super) fn value(&self, s: u64) -> f64 {
        let passed = self.boundaries.partition_point(|&boundary| boundary < s);
        self.values.get(passed).or(self.values.last()).copied().unwrap_or_default()
    }
}
