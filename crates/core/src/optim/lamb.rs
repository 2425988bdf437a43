//! Lamb: Adam's direction, with steps in proportion to each weight's norm; nothing else.
//!
//! ```text
//! m ← m + (1 − β₁) (g − m),  m̂ = m / (1 − β₁ᵗ)    t counts from 1
//! v ← v + (1 − β₂) (g² − v),  v̂ = v / (1 − β₂ᵗ)
//! u = m̂ / (√v̂ + ε)
//! r = ‖w‖ / ‖u‖, or 1 where one of them is 0
//! w ← w − r η u
//! ```
//!
//! The norms are those of a whole kernel or bias, so that a step takes three passes over its memory
//! where SGD takes one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adam::bias_correction;
use super::rule::{Algorithm, RuleVisitor, StepInfo};
use super::{Axpby, CommonArgs, ExecContext, LearningRate, ParamGrad, TensorRule};
use kernels::math::{reciprocal, rsqrt};
use kernels::{MAX_SLOTS, Matrix, SimdFloat, UpdateRule};

/// The arguments of Keras's `Lamb`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Lamb {
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

impl Default for Lamb {
    fn default() -> Lamb {
        Lamb {
            learning_rate: 0.001.into(),
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-7,
            weight_decay: 0.0,
            shared: CommonArgs::default(),
        }
    }
}

impl Algorithm for Lamb {
    fn decay_rates(&self) -> Vec<f64> {
        vec![self.beta_1, self.beta_2]
    }

    fn visit<V: RuleVisitor>(&self, info: StepInfo, visitor: V) -> V::Output {
        let direction = LambDirection {
            one_minus_beta_1: (1.0 - self.beta_1) as f32,
            one_minus_beta_2: (1.0 - self.beta_2) as f32,
            correction: bias_correction(self.beta_1, info.t).recip() as f32,
            root: bias_correction(self.beta_2, info.t).sqrt().recip() as f32,
            epsilon: self.epsilon as f32,
        };
        visitor.visit_tensor_rule(&LambRule { eta: info.eta, direction })
    }
}

struct LambRule {
    eta: f32,
    direction: LambDirection,
}

impl TensorRule for LambRule {
    fn slots(rows: usize, cols: usize, _: bool) -> Vec<Matrix> {
        vec![Matrix::zeros(rows, cols); 2]
    }

    fn step(&self, ctx: &mut ExecContext<'_>, weight: ParamGrad<'_>) {
        let ParamGrad { value: w, gradient: u, slots, .. } = weight;
        ctx.map(&self.direction, u, slots);
        let (of_w, of_u) = (ctx.square_sum(w).sqrt(), ctx.square_sum(u).sqrt());
        let ratio = if of_w > 0.0 && of_u > 0.0 { of_w / of_u } else { 1.0 };
        let of_gradient = (-ratio * f64::from(self.eta)) as f32;
        ctx.update(&Axpby { of_value: 1.0, of_gradient }, u, w, &mut []);
    }
}

/// Puts u in the place of g.
#[derive(Clone, Copy)]
struct LambDirection {
    /// 1 − β₁
    one_minus_beta_1: f32,
    /// 1 − β₂
    one_minus_beta_2: f32,
    /// 1 / (1 − β₁ᵗ)
    correction: f32,
    /// 1 / √(1 − β₂ᵗ)
    root: f32,
    epsilon: f32,
}

impl UpdateRule for LambDirection {
    const SLOTS: usize = 2;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, g: L, _: L, [m, v, _]: &mut [L; MAX_SLOTS]) -> L {
        *m = (g - *m).mul_add(g.splat(self.one_minus_beta_1), *m);
        *v = g.mul_add(g, -*v).mul_add(g.splat(self.one_minus_beta_2), *v);
        let root = *v * rsqrt(*v);
        let inverse = reciprocal(root.mul_add(g.splat(self.root), g.splat(self.epsilon)));
        g.splat(self.correction) * *m * inverse
    }
}
