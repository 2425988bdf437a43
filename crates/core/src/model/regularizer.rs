//! Regularizers: what a weight adds to the loss; how it is added up is the trainer's business.
//!
//! ```text
//! L ← L + l₁ Σ |w| + l₂ Σ w²                     over the whole weight, whatever the batch
//! g ← g + l₁ sign w + 2 l₂ w
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use kernels::{MAX_SLOTS, SimdFloat, UpdateRule};

/// A regularizer by its Keras name.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum Regularizer {
    /// l1 Σ |w|, which drives weights to 0.
    L1 {
        /// The factor of the penalty.
        #[serde(default = "hundredth")]
        #[schemars(range(min = 0.0))]
        l1: f64,
    },
    /// l2 Σ w², which keeps weights small.
    L2 {
        /// The factor of the penalty.
        #[serde(default = "hundredth")]
        #[schemars(range(min = 0.0))]
        l2: f64,
    },
    /// Both; as in Keras, without its arguments it adds nothing.
    #[serde(rename = "l1_l2", alias = "l1l2")]
    #[schemars(extend("x-aliases" = ["l1l2"]))]
    L1L2 {
        /// The factor of Σ |w|.
        #[serde(default)]
        #[schemars(range(min = 0.0))]
        l1: f64,
        /// The factor of Σ w².
        #[serde(default)]
        #[schemars(range(min = 0.0))]
        l2: f64,
    },
}

fn hundredth() -> f64 {
    0.01
}

impl Regularizer {
    /// l₁ and l₂.
    pub fn factors(self) -> (f64, f64) {
        match self {
            Regularizer::L1 { l1 } => (l1, 0.0),
            Regularizer::L2 { l2 } => (0.0, l2),
            Regularizer::L1L2 { l1, l2 } => (l1, l2),
        }
    }

    /// The rule that adds the slope to a gradient: its weight is g, its gradient w.
    pub fn slope(self) -> Slope {
        let (l1, l2) = self.factors();
        Slope { l1: l1 as f32, twice_l2: (2.0 * l2) as f32 }
    }
}

/// g ← g + l₁ sign w + 2 l₂ w.
#[derive(Clone, Copy, Debug)]
pub struct Slope {
    l1: f32,
    twice_l2: f32,
}

impl UpdateRule for Slope {
    const SLOTS: usize = 0;
    const IDLE_WITHOUT_GRADIENT: bool = false;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, g: L, w: L, _: &mut [L; MAX_SLOTS]) -> L {
        let (zero, l1) = (g.splat(0.0), g.splat(self.l1));
        let sign = zero.select_lt(w, l1, w.select_lt(zero, -l1, zero));
        g.splat(self.twice_l2).mul_add(w, g) + sign
    }
}
