//! RMSprop: steps divided by a running root mean square of the gradient; nothing else.
//!
//! ```text
//! v ← ρ v + (1 − ρ) g²
//! a ← ρ a + (1 − ρ) g                            centered; d = v − a², else d = v
//! m ← µ m + η g / √(d + ε);  w ← w − m           m is only kept when µ > 0
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rule::{Algorithm, RuleVisitor, StepInfo};
use super::{CommonArgs, Elementwise, LearningRate};
use kernels::math::rsqrt;
use kernels::{MAX_SLOTS, SimdFloat, UpdateRule};

/// The arguments of Keras's `RMSprop`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RmsProp {
    /// Step size: a number, or a schedule.
    pub learning_rate: LearningRate,
    /// Decay of the mean square, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub rho: f64,
    /// Share of the last step that is kept.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub momentum: f64,
    /// Added to the mean square before the root.
    #[schemars(range(min = 0.0))]
    pub epsilon: f64,
    /// Subtract the square of the mean: divide by the deviation.
    pub centered: bool,
    /// Before each step every weight loses this share of itself, times the step size.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// What all optimizers have.
    #[serde(flatten)]
    pub shared: CommonArgs,
}

impl Default for RmsProp {
    fn default() -> RmsProp {
        RmsProp {
            learning_rate: 0.001.into(),
            rho: 0.9,
            momentum: 0.0,
            epsilon: 1e-7,
            centered: false,
            weight_decay: 0.0,
            shared: CommonArgs::default(),
        }
    }
}

impl Algorithm for RmsProp {
    fn decay_rates(&self) -> Vec<f64> {
        vec![self.rho, self.momentum]
    }

    fn visit<V: RuleVisitor>(&self, info: StepInfo, visitor: V) -> V::Output {
        let eta = info.eta;
        let (rho, one_minus_rho) = (self.rho as f32, (1.0 - self.rho) as f32);
        let (mu, epsilon) = (self.momentum as f32, self.epsilon as f32);
        match (self.centered, mu) {
            (false, 0.0) => visitor.visit_elementwise(&RmspropRule::<false, false> {
                eta,
                rho,
                one_minus_rho,
                mu,
                epsilon,
            }),
            (false, _) => visitor.visit_tensor_rule(&Elementwise(RmspropRule::<false, true> {
                eta,
                rho,
                one_minus_rho,
                mu,
                epsilon,
            })),
            (true, 0.0) => visitor.visit_tensor_rule(&Elementwise(RmspropRule::<true, false> {
                eta,
                rho,
                one_minus_rho,
                mu,
                epsilon,
            })),
            (true, _) => visitor.visit_tensor_rule(&Elementwise(RmspropRule::<true, true> {
                eta,
                rho,
                one_minus_rho,
                mu,
                epsilon,
            })),
        }
    }
}

#[derive(Clone, Copy)]
struct RmspropRule<const CENTERED: bool, const MOMENTUM: bool> {
    eta: f32,
    rho: f32,
    /// 1 − ρ
    one_minus_rho: f32,
    mu: f32,
    epsilon: f32,
}

impl<const CENTERED: bool, const MOMENTUM: bool> UpdateRule for RmspropRule<CENTERED, MOMENTUM> {
    const SLOTS: usize = 1 + CENTERED as usize + MOMENTUM as usize;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, g: L, slots: &mut [L; MAX_SLOTS]) -> L {
        let (rho, one_minus_rho) = (w.splat(self.rho), w.splat(self.one_minus_rho));
        slots[0] = rho.mul_add(slots[0], one_minus_rho * g * g);
        let mut d = slots[0];
        if CENTERED {
            slots[1] = rho.mul_add(slots[1], one_minus_rho * g);
            // A variance that rounding has made negative is none.
            d = w.splat(0.0).max((-slots[1]).mul_add(slots[1], d));
        }
        let step = w.splat(self.eta) * g * rsqrt(d + w.splat(self.epsilon));
        if !MOMENTUM {
            return w - step;
        }
        let m = &mut slots[1 + usize::from(CENTERED)];
        *m = w.splat(self.mu).mul_add(*m, step);
        w - *m
    }
}
