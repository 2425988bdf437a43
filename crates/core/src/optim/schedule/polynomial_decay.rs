//! Decay of the learning rate along a polynomial; nothing else.
//!
//! ```text
//! η(s) = (η₀ − η₁) (1 − min(s, S) / S)ᵖ + η₁
//! cycle: S is first multiplied by the least whole number k ≥ 1 for which s ≤ k S
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The arguments of Keras's `PolynomialDecay`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolynomialDecay {
    /// Step size of the first step.
    #[schemars(range(min = 0.0), extend("x-example" = 0.01))]
    pub initial_learning_rate: f64,
    /// Steps (batches) until the last step size is reached.
    #[schemars(range(min = 1), extend("x-example" = 1000))]
    pub decay_steps: u64,
    /// The last step size.
    #[serde(default = "ten_thousandth")]
    #[schemars(range(min = 0.0))]
    pub end_learning_rate: f64,
    /// The power p: 1 is a straight line.
    #[serde(default = "one")]
    #[schemars(range(min = 0.0))]
    pub power: f64,
    /// Begin again, towards a later end, whenever the end is reached.
    #[serde(default)]
    pub cycle: bool,
}

fn ten_thousandth() -> f64 {
    1e-4
}

fn one() -> f64 {
    1.0
}

impl PolynomialDecay {
    /// η(s).
    pub(super) fn value(&self, s: f64) -> f64 {
        let steps = self.decay_steps as f64;
        let k = if self.cycle { (s / steps).ceil().max(1.0) } else { 1.0 };
        let left = 1.0 - s.min(k * steps) / (k * steps);
        let (first, last) = (self.initial_learning_rate, self.end_learning_rate);
        (first - last) * left.powf(self.power) + last
    }
}
