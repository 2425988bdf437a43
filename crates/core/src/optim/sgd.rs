//! SGD: gradient descent with optional (Nesterov) momentum; nothing else.
//!
//! ```text
//! w ← w − η g                                    momentum µ = 0
//! m ← µ m − η g;  w ← w + m                      µ > 0
//! m ← µ m − η g;  w ← w + µ m − η g              nesterov
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rule::{Algorithm, RuleVisitor, StepInfo};
use super::{CommonArgs, LearningRate};
use kernels::{MAX_SLOTS, SimdFloat, UpdateRule};

/// The arguments of Keras's `SGD`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sgd {
    /// Step size: a number, or a schedule.
    pub learning_rate: LearningRate,
    /// Share of the last step that is kept; 0 is plain descent.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub momentum: f64,
    /// Look ahead along the momentum before stepping (Nesterov 1983).
    pub nesterov: bool,
    /// Before each step every weight loses this share of itself, times the step size.
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// What all optimizers have.
    #[serde(flatten)]
    pub shared: CommonArgs,
}

impl Default for Sgd {
    fn default() -> Sgd {
        Sgd {
            learning_rate: 0.01.into(),
            momentum: 0.0,
            nesterov: false,
            weight_decay: 0.0,
            shared: CommonArgs::default(),
        }
    }
}

impl Algorithm for Sgd {
    fn decay_rates(&self) -> Vec<f64> {
        vec![self.momentum]
    }

    fn visit<V: RuleVisitor>(&self, info: StepInfo, visitor: V) -> V::Output {
        let eta = info.eta;
        let mu = self.momentum as f32;
        match (mu, self.nesterov) {
            (0.0, _) => visitor.visit_elementwise(&Plain { eta }),
            (_, false) => visitor.visit_elementwise(&Momentum { eta, mu }),
            (_, true) => visitor.visit_elementwise(&Nesterov { eta, mu }),
        }
    }
}

#[derive(Clone, Copy)]
struct Plain {
    eta: f32,
}

impl UpdateRule for Plain {
    const SLOTS: usize = 0;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, g: L, _: &mut [L; MAX_SLOTS]) -> L {
        w.splat(-self.eta).mul_add(g, w)
    }
}

#[derive(Clone, Copy)]
struct Momentum {
    eta: f32,
    mu: f32,
}

impl UpdateRule for Momentum {
    const SLOTS: usize = 1;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, g: L, [m, ..]: &mut [L; MAX_SLOTS]) -> L {
        *m = w.splat(self.mu).mul_add(*m, w.splat(-self.eta) * g);
        w + *m
    }
}

#[derive(Clone, Copy)]
struct Nesterov {
    eta: f32,
    mu: f32,
}

impl UpdateRule for Nesterov {
    const SLOTS: usize = 1;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, g: L, [m, ..]: &mut [L; MAX_SLOTS]) -> L {
        let descent = w.splat(-self.eta) * g;
        *m = w.splat(self.mu).mul_add(*m, descent);
        w.splat(self.mu).mul_add(*m, w + descent)
    }
}
