//! Adadelta: steps in the ratio of past steps to past gradients; nothing else.
//!
//! ```text
//! a ← ρ a + (1 − ρ) g²
//! Δ = √(d + ε) / √(a + ε) g
//! d ← ρ d + (1 − ρ) Δ²
//! w ← w − η Δ
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rule::{Algorithm, RuleVisitor, StepInfo};
use super::{CommonArgs, Elementwise, LearningRate};
use kernels::math::rsqrt;
use kernels::{MAX_SLOTS, SimdFloat, UpdateRule};

/// The arguments of Keras's `Adadelta`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Adadelta {
    /// Step size: a number, or a schedule.
    pub learning_rate: LearningRate,
    /// Decay of both mean squares, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub rho: f64,
    /// Added to the mean squares before their roots.
    #[schemars(range(min = 0.0))]
    pub epsilon: f64,
    /// Before each step every weight loses this share of itself, times the step size.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// What all optimizers have.
    #[serde(flatten)]
    pub shared: CommonArgs,
}

impl Default for Adadelta {
    fn default() -> Adadelta {
        Adadelta {
            learning_rate: 0.001.into(),
            rho: 0.95,
            epsilon: 1e-7,
            weight_decay: 0.0,
            shared: CommonArgs::default(),
        }
    }
}

impl Algorithm for Adadelta {
    fn decay_rates(&self) -> Vec<f64> {
        vec![self.rho]
    }

    fn visit<V: RuleVisitor>(&self, info: StepInfo, visitor: V) -> V::Output {
        let (rho, one_minus_rho) = (self.rho as f32, (1.0 - self.rho) as f32);
        visitor.visit_tensor_rule(&Elementwise(AdadeltaRule {
            eta: info.eta,
            rho,
            one_minus_rho,
            epsilon: self.epsilon as f32,
        }))
    }
}

#[derive(Clone, Copy)]
struct AdadeltaRule {
    eta: f32,
    rho: f32,
    /// 1 − ρ
    one_minus_rho: f32,
    epsilon: f32,
}

impl UpdateRule for AdadeltaRule {
    const SLOTS: usize = 2;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, g: L, [a, d, _]: &mut [L; MAX_SLOTS]) -> L {
        let (rho, one_minus_rho, epsilon) =
            (w.splat(self.rho), w.splat(self.one_minus_rho), w.splat(self.epsilon));
        *a = rho.mul_add(*a, one_minus_rho * g * g);
        let past = *d + epsilon;
        let delta = past * rsqrt(past) * rsqrt(*a + epsilon) * g;
        *d = rho.mul_add(*d, one_minus_rho * delta * delta);
        w.splat(-self.eta).mul_add(delta, w)
    }
}
