//! Schedule-free AdamW ([Defazio et al. 2024](https://arxiv.org/abs/2405.15682)), in Keras's
//! formulation: Adam's scaling, with an average in the place of momentum and of a schedule.
//!
//! ```text
//! η ← η min(t / warmup_steps, 1)                 t counts from 1
//! v ← v + (1 − β₂) (g² − v)
//! x ← (y − (1 − β₁) z) / β₁                      the average so far
//! z ← z − η g / (√(v / (1 − β₂ᵗ)) + ε)           z starts from the parameter
//! x ← (1 − 1/t) x + z / t
//! y ← (1 − β₁) z + β₁ x                          the parameter
//! ```
//!
//! Departures from the formulas: x is not stored; β₁ x is computed, so that nothing is divided by β₁.
//!
//! As in Keras, y is the parameter in training, in evaluation and in files. The paper evaluates x.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adam::bias_correction;
use super::rule::{Algorithm, InitialSlot, RuleVisitor, StepInfo};
use super::{CommonArgs, Elementwise, LearningRate};
use kernels::math::reciprocal;
use kernels::{MAX_SLOTS, SimdFloat, UpdateRule};

/// The arguments of Keras's `ScheduleFreeAdamW`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScheduleFreeAdamW {
    /// Step size: a number, or a schedule.
    pub learning_rate: LearningRate,
    /// Share of the average in the weights that are trained, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_1: f64,
    /// Decay of the second moment, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_2: f64,
    /// Added to the root of the corrected second moment.
    #[schemars(range(min = 0.0))]
    pub epsilon: f64,
    /// Number of updates in which the step size grows from 0.
    pub warmup_steps: u64,
    /// Before each step every weight loses this share of itself, times the step size.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// What all optimizers have.
    #[serde(flatten)]
    pub shared: CommonArgs,
}

impl Default for ScheduleFreeAdamW {
    fn default() -> ScheduleFreeAdamW {
        ScheduleFreeAdamW {
            learning_rate: 0.0025.into(),
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
            warmup_steps: 0,
            weight_decay: 0.0,
            shared: CommonArgs::default(),
        }
    }
}

impl Algorithm for ScheduleFreeAdamW {
    fn decay_rates(&self) -> Vec<f64> {
        vec![self.beta_2]
    }

    fn initial_slot(&self) -> InitialSlot {
        InitialSlot::Parameter
    }

    fn visit<V: RuleVisitor>(&self, info: StepInfo, visitor: V) -> V::Output {
        let t = info.t as f64;
        let warmup = if self.warmup_steps == 0 { 1.0 } else { t / self.warmup_steps as f64 };
        visitor.visit_tensor_rule(&Elementwise(ScheduleFreeRule {
            eta: (f64::from(info.eta) * warmup.min(1.0)) as f32,
            beta_1: self.beta_1 as f32,
            one_minus_beta_2: (1.0 - self.beta_2) as f32,
            v_scale: bias_correction(self.beta_2, info.t).recip() as f32,
            epsilon: self.epsilon as f32,
            inverse_t: t.recip() as f32,
        }))
    }
}

#[derive(Clone, Copy)]
struct ScheduleFreeRule {
    eta: f32,
    beta_1: f32,
    one_minus_beta_2: f32,
    /// 1 / (1 − β₂ᵗ)
    v_scale: f32,
    epsilon: f32,
    /// 1 / t
    inverse_t: f32,
}

impl UpdateRule for ScheduleFreeRule {
    const SLOTS: usize = 2;
    const IDLE_WITHOUT_GRADIENT: bool = false;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, y: L, g: L, [z, v, _]: &mut [L; MAX_SLOTS]) -> L {
        let (one, c) = (y.splat(1.0), y.splat(self.inverse_t));
        let z_share = y.splat(1.0 - self.beta_1);
        *v = g.mul_add(g, -*v).mul_add(y.splat(self.one_minus_beta_2), *v);
        // β₁ x
        let average = (-z_share).mul_add(*z, y);
        let root = (*v * y.splat(self.v_scale)).sqrt();
        *z = (y.splat(-self.eta) * g).mul_add(reciprocal(root + y.splat(self.epsilon)), *z);
        let average = (one - c).mul_add(average, y.splat(self.beta_1) * c * *z);
        z_share.mul_add(*z, average)
    }
}
