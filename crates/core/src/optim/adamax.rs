//! Adamax: Adam by the greatest gradient instead of the mean square; nothing else.
//!
//! ```text
//! α ← η / (1 − β₁ᵗ)                              t counts from 1
//! m ← m + (1 − β₁) (g − m)
//! u ← max(β₂ u, |g|)
//! w ← w − α m / (u + ε)
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adam::bias_correction;
use super::rule::{Algorithm, RuleVisitor, StepInfo};
use super::{CommonArgs, Elementwise, LearningRate};
use kernels::math::reciprocal;
use kernels::{MAX_SLOTS, SimdFloat, UpdateRule};

/// The arguments of Keras's `Adamax`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Adamax {
    /// Step size: a number, or a schedule.
    pub learning_rate: LearningRate,
    /// Decay of the first moment, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_1: f64,
    /// Decay of the greatest gradient, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_2: f64,
    /// Added to the greatest gradient.
    #[schemars(range(min = 0.0))]
    pub epsilon: f64,
    /// Before each step every weight loses this share of itself, times the step size.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// What all optimizers have.
    #[serde(flatten)]
    pub shared: CommonArgs,
}

impl Default for Adamax {
    fn default() -> Adamax {
        Adamax {
            learning_rate: 0.001.into(),
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
            weight_decay: 0.0,
            shared: CommonArgs::default(),
        }
    }
}

impl Algorithm for Adamax {
    fn decay_rates(&self) -> Vec<f64> {
        vec![self.beta_1, self.beta_2]
    }

    fn visit<V: RuleVisitor>(&self, info: StepInfo, visitor: V) -> V::Output {
        visitor.visit_tensor_rule(&Elementwise(AdamaxRule {
            alpha: (f64::from(info.eta) / bias_correction(self.beta_1, info.t)) as f32,
            one_minus_beta: (1.0 - self.beta_1) as f32,
            beta_2: self.beta_2 as f32,
            epsilon: self.epsilon as f32,
        }))
    }
}

#[derive(Clone, Copy)]
struct AdamaxRule {
    alpha: f32,
    /// 1 − β₁
    one_minus_beta: f32,
    beta_2: f32,
    epsilon: f32,
}

impl UpdateRule for AdamaxRule {
    const SLOTS: usize = 2;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, g: L, [m, u, _]: &mut [L; MAX_SLOTS]) -> L {
        *m = (g - *m).mul_add(w.splat(self.one_minus_beta), *m);
        *u = (w.splat(self.beta_2) * *u).max(g.abs());
        let inverse = reciprocal(*u + w.splat(self.epsilon));
        (w.splat(-self.alpha) * *m).mul_add(inverse, w)
    }
}
