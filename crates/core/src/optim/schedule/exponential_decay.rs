//! Exponential decay of the learning rate; nothing else.
//!
//! ```text
//! η(s) = η₀ r^(s / S)                            staircase: ⌊s / S⌋
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The arguments of Keras's `ExponentialDecay`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExponentialDecay {
    /// Step size of the first step.
    #[schemars(range(min = 0.0), extend("x-example" = 0.01))]
    pub initial_learning_rate: f64,
    /// Steps (batches) in which the step size is multiplied by `decay_rate`.
    #[schemars(range(min = 1), extend("x-example" = 1000))]
    pub decay_steps: u64,
    /// The factor of the step size for each `decay_steps` steps.
    #[schemars(range(min = 0.0), extend("x-example" = 0.96))]
    pub decay_rate: f64,
    /// Change the step size at once after each `decay_steps` steps, instead of a little at each step.
    #[serde(default)]
    pub staircase: bool,
}

impl ExponentialDecay {
    /// η(s).
    pub(super) fn value(&self, s: f64) -> f64 {
        let periods = s / self.decay_steps as f64;
        let periods = if self.staircase { periods.floor() } else { periods };
        self.initial_learning_rate * self.decay_rate.powf(periods)
    }
}
