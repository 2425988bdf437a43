//! Adam: steps scaled by running estimates of the gradient's first two moments; nothing else.
//!
//! ```text
//! α ← η √(1 − β₂ᵗ) / (1 − β₁ᵗ)                   t counts from 1
//! m ← m + (1 − β₁) (g − m)
//! v ← v + (1 − β₂) (g² − v)
//! v̂ ← max(v̂, v)                                  amsgrad; else v̂ = v
//! w ← w − α m / (√v̂ + ε)
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::power::power;
use super::rule::{Algorithm, RuleVisitor, StepInfo};
use super::{CommonArgs, Elementwise, LearningRate};
use kernels::math::reciprocal;
use kernels::{MAX_SLOTS, SimdFloat, UpdateRule};

/// The arguments of Keras's `Adam`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Adam {
    /// Step size: a number, or a schedule.
    pub learning_rate: LearningRate,
    /// Decay of the first moment, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_1: f64,
    /// Decay of the second moment, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_2: f64,
    /// Added to the root of the uncorrected second moment ("epsilon hat" of the paper).
    #[schemars(range(min = 0.0))]
    pub epsilon: f64,
    /// Scale by the largest second moment seen so far (Reddi et al. 2018).
    pub amsgrad: bool,
    /// Before each step every weight loses this share of itself, times the step size.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// What all optimizers have.
    #[serde(flatten)]
    pub shared: CommonArgs,
}

impl Default for Adam {
    fn default() -> Adam {
        Adam {
            learning_rate: 0.001.into(),
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
            amsgrad: false,
            weight_decay: 0.0,
            shared: CommonArgs::default(),
        }
    }
}

impl Algorithm for Adam {
    fn decay_rates(&self) -> Vec<f64> {
        vec![self.beta_1, self.beta_2]
    }

    fn visit<V: RuleVisitor>(&self, info: StepInfo, visitor: V) -> V::Output {
        if self.amsgrad {
            visitor.visit_tensor_rule(&Elementwise(self.step::<true>(info)))
        } else {
            visitor.visit_elementwise(&self.step::<false>(info))
        }
    }
}

impl Adam {
    /// The rule of an update, which `amsgrad` has no say in.
    pub(super) fn step<const AMSGRAD: bool>(&self, info: StepInfo) -> AdamRule<AMSGRAD> {
        let correction_2 = bias_correction(self.beta_2, info.t);
        let correction = correction_2.sqrt() / bias_correction(self.beta_1, info.t);
        AdamRule {
            alpha: (f64::from(info.eta) * correction) as f32,
            one_minus_beta_1: (1.0 - self.beta_1) as f32,
            one_minus_beta_2: (1.0 - self.beta_2) as f32,
            epsilon: self.epsilon as f32,
        }
    }
}

/// 1 − βᵗ for β in single precision, as Keras has it.
pub(super) fn bias_correction(beta: f64, t: u64) -> f64 {
    1.0 - power(f64::from(beta as f32), t)
}

#[derive(Clone, Copy)]
pub(super) struct AdamRule<const AMSGRAD: bool> {
    alpha: f32,
    /// 1 − β₁
    one_minus_beta_1: f32,
    /// 1 − β₂
    one_minus_beta_2: f32,
    epsilon: f32,
}

impl<const AMSGRAD: bool> UpdateRule for AdamRule<AMSGRAD> {
    const SLOTS: usize = 2 + AMSGRAD as usize;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, g: L, [m, v, v_hat]: &mut [L; MAX_SLOTS]) -> L {
        *m = (g - *m).mul_add(w.splat(self.one_minus_beta_1), *m);
        *v = g.mul_add(g, -*v).mul_add(w.splat(self.one_minus_beta_2), *v);
        let mut largest = *v;
        if AMSGRAD {
            *v_hat = v_hat.max(*v);
            largest = *v_hat;
        }
        // The processor's own division would have to wait for its root: both are one unit's work.
        let inverse = reciprocal(largest.sqrt() + w.splat(self.epsilon));
        (w.splat(-self.alpha) * *m).mul_add(inverse, w)
    }
}
