//! Decay of the learning rate along a cosine, after an optional warm-up; nothing else.
//!
//! ```text
//! c(x) = (1 − α) ½ (1 + cos(π min(x, S) / S)) + α
//! η(s) = η₀ c(s)                                 without a target
//! η(s) = η₀ + (η₁ − η₀) s / W       s < W        with the target η₁ after W steps
//!        η₁ c(s − W)                s ≥ W
//! ```

use std::f64::consts::PI;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The arguments of Keras's `CosineDecay`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CosineDecay {
    /// Step size of the first step.
    #[schemars(range(min = 0.0), extend("x-example" = 0.01))]
    pub initial_learning_rate: f64,
    /// Steps (batches) from the greatest step size to the least.
    #[schemars(range(min = 1), extend("x-example" = 1000))]
    pub decay_steps: u64,
    /// The least step size, as a share of the greatest.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub alpha: f64,
    /// Step size at the end of a warm-up, from which the cosine then falls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0), extend("x-example" = 0.01, "x-default" = "no warm-up"))]
    pub warmup_target: Option<f64>,
    /// Steps (batches) of the warm-up.
    #[serde(default)]
    pub warmup_steps: u64,
}

impl CosineDecay {
    /// η(s).
    pub(super) fn value(&self, s: f64) -> f64 {
        let warmup = self.warmup_steps as f64;
        match self.warmup_target {
            None => self.initial_learning_rate * self.share(s),
            Some(target) if s < warmup => {
                let first = self.initial_learning_rate;
                first + (target - first) * s / warmup
            }
            Some(target) => target * self.share(s - warmup),
        }
    }

    /// c(x).
    fn share(&self, x: f64) -> f64 {
        let steps = self.decay_steps as f64;
        let cosine = (PI * x.min(steps) / steps).cos();
        (1.0 - self.alpha) * 0.5 * (1.0 + cosine) + self.alpha
    }
}
