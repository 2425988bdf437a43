//! FTRL-Proximal: the weight that would have been best so far, under penalties; nothing else.
//!
//! ```text
//! a' = a + g²                                    a starts from initial_accumulator_value
//! z ← z + g + 2 s w − (a'⁻ᵖ − a⁻ᵖ) / η w         s: l2 shrinkage, p: learning_rate_power ≤ 0
//! q = a'⁻ᵖ / η + 2 l₂ + β / η
//! w ← (min(max(z, −l₁), l₁) − z) / q;  a ← a'
//! ```
//!
//! Where η or q is 0 there is no such weight, and it stays as it is; Keras's becomes NaN.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rule::{Algorithm, InitialSlot, RuleVisitor, StepInfo};
use super::{CommonArgs, Elementwise, LearningRate};
use kernels::math::{exp, ln, rsqrt};
use kernels::{MAX_SLOTS, SimdFloat, UpdateRule};

/// The arguments of Keras's `Ftrl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ftrl {
    /// Step size: a number, or a schedule.
    pub learning_rate: LearningRate,
    /// Power p of the sums of squares; 0 makes the step size the same for all weights.
    #[schemars(range(max = 0.0))]
    pub learning_rate_power: f64,
    /// The first value of the sums of squares.
    #[schemars(range(min = 0.0))]
    pub initial_accumulator_value: f64,
    /// Penalty of the weights' magnitudes: weights end at 0.
    #[schemars(range(min = 0.0))]
    pub l1_regularization_strength: f64,
    /// Penalty of the weights' squares.
    #[schemars(range(min = 0.0))]
    pub l2_regularization_strength: f64,
    /// Penalty of the squares that acts through the gradient.
    #[schemars(range(min = 0.0))]
    pub l2_shrinkage_regularization_strength: f64,
    /// Added to the root of the sums, as in the paper.
    #[schemars(range(min = 0.0))]
    pub beta: f64,
    /// Before each step every weight loses this share of itself, times the step size.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// What all optimizers have.
    #[serde(flatten)]
    pub shared: CommonArgs,
}

impl Default for Ftrl {
    fn default() -> Ftrl {
        Ftrl {
            learning_rate: 0.001.into(),
            learning_rate_power: -0.5,
            initial_accumulator_value: 0.1,
            l1_regularization_strength: 0.0,
            l2_regularization_strength: 0.0,
            l2_shrinkage_regularization_strength: 0.0,
            beta: 0.0,
            weight_decay: 0.0,
            shared: CommonArgs::default(),
        }
    }
}

impl Algorithm for Ftrl {
    fn initial_slot(&self) -> InitialSlot {
        InitialSlot::Constant(self.initial_accumulator_value as f32)
    }

    fn visit<V: RuleVisitor>(&self, info: StepInfo, visitor: V) -> V::Output {
        if info.eta == 0.0 {
            return visitor.visit_tensor_rule(&Elementwise(NoStep));
        }
        match self.learning_rate_power {
            -0.5 => visitor.visit_tensor_rule(&Elementwise(self.step::<true>(info))),
            _ => visitor.visit_tensor_rule(&Elementwise(self.step::<false>(info))),
        }
    }
}

impl Ftrl {
    fn step<const ROOT: bool>(&self, info: StepInfo) -> FtrlRule<ROOT> {
        let eta = f64::from(info.eta);
        FtrlRule {
            inverse: (1.0 / eta) as f32,
            power: -self.learning_rate_power as f32,
            l1: self.l1_regularization_strength as f32,
            penalty: (2.0 * self.l2_regularization_strength + self.beta / eta) as f32,
            shrinkage: (2.0 * self.l2_shrinkage_regularization_strength) as f32,
        }
    }
}

/// `ROOT`: the power is −½.
#[derive(Clone, Copy)]
struct FtrlRule<const ROOT: bool> {
    /// 1 / η
    inverse: f32,
    /// −p
    power: f32,
    l1: f32,
    /// 2 l₂ + β / η
    penalty: f32,
    /// 2 s
    shrinkage: f32,
}

impl<const ROOT: bool> FtrlRule<ROOT> {
    /// a⁻ᵖ
    #[inline(always)]
    fn raise<L: SimdFloat>(&self, a: L) -> L {
        if ROOT {
            a * rsqrt(a)
        } else {
            // The smallest normal number stands in for 0, so that 0⁰ is 1.
            exp(a.splat(self.power) * ln(a.splat(f32::MIN_POSITIVE).max(a)))
        }
    }
}

impl<const ROOT: bool> UpdateRule for FtrlRule<ROOT> {
    const SLOTS: usize = 2;
    /// A weight that was never asked for becomes 0.
    const IDLE_WITHOUT_GRADIENT: bool = false;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, g: L, [a, z, _]: &mut [L; MAX_SLOTS]) -> L {
        let before = self.raise(*a);
        *a = g.mul_add(g, *a);
        let after = self.raise(*a);
        let inverse = w.splat(self.inverse);
        let pull = w.splat(self.shrinkage) - (after - before) * inverse;
        *z = *z + pull.mul_add(w, g);
        let q = after.mul_add(inverse, w.splat(self.penalty));
        let kept = w.splat(self.l1).min(w.splat(-self.l1).max(*z)) - *z;
        w.splat(0.0).select_lt(q, kept / q, w)
    }
}

/// The step of size 0.
#[derive(Clone, Copy)]
struct NoStep;

impl UpdateRule for NoStep {
    const SLOTS: usize = 2;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, _: L, _: &mut [L; MAX_SLOTS]) -> L {
        w
    }
}
