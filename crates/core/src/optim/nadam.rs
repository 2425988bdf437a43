//! Nadam: Adam with Nesterov's momentum; nothing else.
//!
//! ```text
//! µₜ = β₁ (1 − ½ 0.96ᵗ),  Pₜ = µ₁ ⋯ µₜ            t counts from 1
//! m ← m + (1 − β₁) (g − m)
//! v ← v + (1 − β₂) (g² − v)
//! m̂ = µₜ₊₁ m / (1 − Pₜ₊₁) + (1 − µₜ) g / (1 − Pₜ)
//! w ← w − η m̂ / (√(v / (1 − β₂ᵗ)) + ε)
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adam::bias_correction;
use super::power::power;
use super::rule::{Algorithm, RuleVisitor, StepInfo};
use super::{CommonArgs, Elementwise, LearningRate};
use kernels::math::{reciprocal, rsqrt};
use kernels::{MAX_SLOTS, SimdFloat, UpdateRule};

/// The arguments of Keras's `Nadam`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Nadam {
    /// Step size: a number, or a schedule.
    pub learning_rate: LearningRate,
    /// Decay of the first moment, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_1: f64,
    /// Decay of the second moment, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_2: f64,
    /// Added to the root of the second moment.
    #[schemars(range(min = 0.0))]
    pub epsilon: f64,
    /// Before each step every weight loses this share of itself, times the step size.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// What all optimizers have.
    #[serde(flatten)]
    pub shared: CommonArgs,
}

impl Default for Nadam {
    fn default() -> Nadam {
        Nadam {
            learning_rate: 0.001.into(),
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
            weight_decay: 0.0,
            shared: CommonArgs::default(),
        }
    }
}

impl Algorithm for Nadam {
    fn decay_rates(&self) -> Vec<f64> {
        vec![self.beta_1, self.beta_2]
    }

    fn visit<V: RuleVisitor>(&self, info: StepInfo, visitor: V) -> V::Output {
        let (t, eta) = (info.t, f64::from(info.eta));
        let product = self.product(t);
        let next = self.mu(t + 1);
        visitor.visit_tensor_rule(&Elementwise(NadamRule {
            of_moment: (eta * next / (1.0 - product * next)) as f32,
            of_gradient: (eta * (1.0 - self.mu(t)) / (1.0 - product)) as f32,
            one_minus_beta_1: (1.0 - self.beta_1) as f32,
            one_minus_beta_2: (1.0 - self.beta_2) as f32,
            root: bias_correction(self.beta_2, t).sqrt().recip() as f32,
            epsilon: self.epsilon as f32,
        }))
    }
}

impl Nadam {
    /// µₜ
    fn mu(&self, t: u64) -> f64 {
        self.beta_1 * (1.0 - 0.5 * power(0.96, t))
    }

    /// Pₜ
    fn product(&self, t: u64) -> f64 {
        // Beyond this ½ 0.96ᵗ is less than the rounding of 1, and each factor is β₁.
        const LAST: u64 = 900;
        let mut decay = 1.0;
        let mut product = power(self.beta_1, t);
        for _ in 0..t.min(LAST) {
            decay *= 0.96;
            product *= 1.0 - 0.5 * decay;
        }
        product
    }
}

#[derive(Clone, Copy)]
struct NadamRule {
    /// η µₜ₊₁ / (1 − Pₜ₊₁)
    of_moment: f32,
    /// η (1 − µₜ) / (1 − Pₜ)
    of_gradient: f32,
    /// 1 − β₁
    one_minus_beta_1: f32,
    /// 1 − β₂
    one_minus_beta_2: f32,
    /// 1 / √(1 − β₂ᵗ)
    root: f32,
    epsilon: f32,
}

impl UpdateRule for NadamRule {
    const SLOTS: usize = 2;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, g: L, [m, v, _]: &mut [L; MAX_SLOTS]) -> L {
        *m = (g - *m).mul_add(w.splat(self.one_minus_beta_1), *m);
        *v = g.mul_add(g, -*v).mul_add(w.splat(self.one_minus_beta_2), *v);
        let step = w.splat(self.of_moment).mul_add(*m, w.splat(self.of_gradient) * g);
        let root = *v * rsqrt(*v);
        let inverse = reciprocal(root.mul_add(w.splat(self.root), w.splat(self.epsilon)));
        (-step).mul_add(inverse, w)
    }
}
