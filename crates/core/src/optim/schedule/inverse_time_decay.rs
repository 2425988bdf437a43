//! Decay of the learning rate with the inverse of time; nothing else.
//!
//! ```text
//! η(s) = η₀ / (1 + r s / S)                      staircase: ⌊s / S⌋
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The arguments of Keras's `InverseTimeDecay`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InverseTimeDecay {
    /// Step size of the first step.
    #[schemars(range(min = 0.0), extend("x-example" = 0.01))]
    pub initial_learning_rate: f64,
    /// Steps (batches) in which the divisor grows by `decay_rate`.
    #[schemars(range(min = 1), extend("x-example" = 1000))]
    pub decay_steps: u64,
    /// The growth of the divisor in `decay_steps` steps.
    #[schemars(range(min = 0.0), extend("x-example" = 0.5))]
    pub decay_rate: f64,
    /// Change the step size at once after each `decay_steps` steps, instead of a little at each step.
    #[serde(default)]
    pub staircase: bool,
}

impl InverseTimeDecay {
    /// η(s).
    pub(super) fn value(&self, s: f64) -> f64 {
        let periods = s / self.decay_steps as f64;
        let periods = if self.staircase { periods.floor() } else { periods };
        self.initial_learning_rate / (1.0 + self.decay_rate * periods)
    }
}
