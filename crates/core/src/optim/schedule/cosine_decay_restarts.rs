//! Decay of the learning rate along a cosine that starts again and again; nothing else.
//!
//! ```text
//! f    = s / S                                   steps in first periods
//! b(i) = (tⁱ − 1) / (t − 1)                      start of period i; i where t = 1
//! i    = the last period with b(i) ≤ f
//! x    = (f − b(i)) / tⁱ
//! η(s) = η₀ [(1 − α) ½ mⁱ (1 + cos(π x)) + α]
//! ```

use std::f64::consts::PI;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The arguments of Keras's `CosineDecayRestarts`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CosineDecayRestarts {
    /// Step size of the first step.
    #[schemars(range(min = 0.0), extend("x-example" = 0.01))]
    pub initial_learning_rate: f64,
    /// Steps (batches) of the first period.
    #[schemars(range(min = 1), extend("x-example" = 1000))]
    pub first_decay_steps: u64,
    /// How many times as long as the last each period is.
    #[serde(default = "two")]
    #[schemars(range(min = 1.0))]
    pub t_mul: f64,
    /// What the greatest step size is multiplied by at each start.
    #[serde(default = "one")]
    #[schemars(range(min = 0.0))]
    pub m_mul: f64,
    /// The least step size, as a share of the first.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub alpha: f64,
}

fn two() -> f64 {
    2.0
}

fn one() -> f64 {
    1.0
}

impl CosineDecayRestarts {
    /// η(s).
    pub(super) fn value(&self, s: f64) -> f64 {
        let f = s / self.first_decay_steps as f64;
        let (i, x) = self.period(f);
        let cosine = 0.5 * self.m_mul.powf(i) * (1.0 + (PI * x).cos());
        self.initial_learning_rate * ((1.0 - self.alpha) * cosine + self.alpha)
    }

    /// i, and the share x of it that is over.
    fn period(&self, f: f64) -> (f64, f64) {
        let t = self.t_mul;
        if t == 1.0 {
            return (f.floor(), f.fract());
        }
        let start = |i: f64| (t.powf(i) - 1.0) / (t - 1.0);
        // The logarithm may miss a start by a rounding; the starts themselves decide.
        let mut i = ((1.0 + f * (t - 1.0)).ln() / t.ln()).floor();
        if start(i + 1.0) <= f {
            i += 1.0;
        } else if f < start(i) {
            i -= 1.0;
        }
        (i, (f - start(i)) / t.powf(i))
    }
}
