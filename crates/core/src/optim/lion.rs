//! Lion: steps of one size, by the sign of a momentum; nothing else.
//!
//! ```text
//! w ← w − η sign(β₁ m + (1 − β₁) g)
//! m ← β₂ m + (1 − β₂) g
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rule::{Algorithm, RuleVisitor, StepInfo};
use super::{CommonArgs, Elementwise, LearningRate};
use kernels::{MAX_SLOTS, SimdFloat, UpdateRule};

/// The arguments of Keras's `Lion`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Lion {
    /// Step size: a number, or a schedule.
    pub learning_rate: LearningRate,
    /// Share of the momentum in the direction of a step, in (0, 1].
    #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0.0))]
    pub beta_1: f64,
    /// Decay of the momentum, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_2: f64,
    /// Before each step every weight loses this share of itself, times the step size.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// What all optimizers have.
    #[serde(flatten)]
    pub shared: CommonArgs,
}

impl Default for Lion {
    fn default() -> Lion {
        Lion {
            learning_rate: 0.001.into(),
            beta_1: 0.9,
            beta_2: 0.99,
            weight_decay: 0.0,
            shared: CommonArgs::default(),
        }
    }
}

impl Algorithm for Lion {
    fn decay_rates(&self) -> Vec<f64> {
        vec![self.beta_2]
    }

    fn visit<V: RuleVisitor>(&self, info: StepInfo, visitor: V) -> V::Output {
        let (beta_1, beta_2) = (self.beta_1 as f32, self.beta_2 as f32);
        // The complements of the rounded decays, as Keras has them.
        let (one_minus_beta_1, one_minus_beta_2) = (1.0 - beta_1, 1.0 - beta_2);
        visitor.visit_tensor_rule(&Elementwise(LionRule {
            eta: info.eta,
            beta_1,
            one_minus_beta_1,
            beta_2,
            one_minus_beta_2,
        }))
    }
}

#[derive(Clone, Copy)]
struct LionRule {
    eta: f32,
    beta_1: f32,
    /// 1 − β₁
    one_minus_beta_1: f32,
    beta_2: f32,
    /// 1 − β₂
    one_minus_beta_2: f32,
}

impl UpdateRule for LionRule {
    const SLOTS: usize = 1;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, g: L, [m, ..]: &mut [L; MAX_SLOTS]) -> L {
        let (zero, eta) = (w.splat(0.0), w.splat(self.eta));
        let direction = w.splat(self.beta_1).mul_add(*m, w.splat(self.one_minus_beta_1) * g);
        let step = zero.select_lt(direction, eta, direction.select_lt(zero, -eta, zero));
        let momentum = w.splat(self.beta_2).mul_add(*m, w.splat(self.one_minus_beta_2) * g);
        // However small a momentum is, its sign is a full step: only what is no normal number goes.
        *m = momentum.abs().select_lt(w.splat(f32::MIN_POSITIVE), zero, momentum);
        w - step
    }
}
