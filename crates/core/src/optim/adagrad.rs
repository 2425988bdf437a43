//! Adagrad: steps divided by the root of the sum of all squares; nothing else.
//!
//! ```text
//! a ← a + g²                                     a starts from initial_accumulator_value
//! w ← w − η g / √(a + ε)
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rule::{Algorithm, InitialSlot, RuleVisitor, StepInfo};
use super::{CommonArgs, Elementwise, LearningRate};
use kernels::math::rsqrt;
use kernels::{MAX_SLOTS, SimdFloat, UpdateRule};

/// The arguments of Keras's `Adagrad`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Adagrad {
    /// Step size: a number, or a schedule.
    pub learning_rate: LearningRate,
    /// The first value of the sums of squares.
    #[schemars(range(min = 0.0))]
    pub initial_accumulator_value: f64,
    /// Added to the sum before the root.
    #[schemars(range(min = 0.0))]
    pub epsilon: f64,
    /// Before each step every weight loses this share of itself, times the step size.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// What all optimizers have.
    #[serde(flatten)]
    pub shared: CommonArgs,
}

impl Default for Adagrad {
    fn default() -> Adagrad {
        Adagrad {
            learning_rate: 0.001.into(),
            initial_accumulator_value: 0.1,
            epsilon: 1e-7,
            weight_decay: 0.0,
            shared: CommonArgs::default(),
        }
    }
}

impl Algorithm for Adagrad {
    fn initial_slot(&self) -> InitialSlot {
        InitialSlot::Constant(self.initial_accumulator_value as f32)
    }

    fn visit<V: RuleVisitor>(&self, info: StepInfo, visitor: V) -> V::Output {
        visitor.visit_tensor_rule(&Elementwise(AdagradRule {
            eta: info.eta,
            epsilon: self.epsilon as f32,
        }))
    }
}

#[derive(Clone, Copy)]
struct AdagradRule {
    eta: f32,
    epsilon: f32,
}

impl UpdateRule for AdagradRule {
    const SLOTS: usize = 1;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, g: L, [a, ..]: &mut [L; MAX_SLOTS]) -> L {
        *a = g.mul_add(g, *a);
        (w.splat(-self.eta) * g).mul_add(rsqrt(*a + w.splat(self.epsilon)), w)
    }
}
