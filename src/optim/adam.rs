//! Adam: steps scaled by running estimates of the gradient's first two moments; nothing else.
//!
//! ```text
//! α ← η √(1 − β₂ᵗ) / (1 − β₁ᵗ)                   t counts from 1
//! m ← m + (1 − β₁) (g − m)
//! v ← v + (1 − β₂) (g² − v)
//! v̂ ← max(v̂, v)                                  amsgrad; else v̂ = v
//! w ← w − α m / (√v̂ + ε)
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernels::{Lanes, MAX_SLOTS, Rule, flush, reciprocal};
use crate::optim::UseRule;

/// The arguments of Keras's `Adam`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Adam {
    /// Step size.
    #[schemars(range(min = 0.0))]
    pub learning_rate: f64,
    /// Decay of the first moment, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_1: f64,
    /// Decay of the second moment, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_2: f64,
    /// Added to the root of the uncorrected second moment ("epsilon hat" of the paper).
    #[schemars(range(min = 0.0))]
    pub epsilon: f64,
    /// Scale by the largest second moment seen so far (Reddi et al. 2018).
    pub amsgrad: bool,
}

impl Default for Adam {
    fn default() -> Adam {
        Adam { learning_rate: 0.001, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, amsgrad: false }
    }
}

impl Adam {
    /// Uses the rule of the update number `iterations` (from 0), of size `eta`.
    pub(super) fn at<U: UseRule>(&self, eta: f32, iterations: u64, user: U) -> U::Output {
        // As Keras: the powers are those of the decays rounded to single precision.
        let power = |beta: f64| f64::from(beta as f32).powf(iterations as f64 + 1.0);
        let correction = (1.0 - power(self.beta_2)).sqrt() / (1.0 - power(self.beta_1));
        let alpha = (f64::from(eta) * correction) as f32;
        let (fresh_1, fresh_2) = ((1.0 - self.beta_1) as f32, (1.0 - self.beta_2) as f32);
        let epsilon = self.epsilon as f32;
        match self.amsgrad {
            false => user.use_rule(&Step::<false> { alpha, fresh_1, fresh_2, epsilon }),
            true => user.use_rule(&Step::<true> { alpha, fresh_1, fresh_2, epsilon }),
        }
    }
}

#[derive(Clone, Copy)]
struct Step<const AMSGRAD: bool> {
    alpha: f32,
    /// 1 − β₁
    fresh_1: f32,
    /// 1 − β₂
    fresh_2: f32,
    epsilon: f32,
}

impl<const AMSGRAD: bool> Rule for Step<AMSGRAD> {
    const SLOTS: usize = 2 + AMSGRAD as usize;
    const RESTS: bool = true;

    #[inline(always)]
    fn step<L: Lanes>(&self, w: L, g: L, [m, v, v_hat]: &mut [L; MAX_SLOTS]) -> L {
        *m = flush((g - *m).mul_add(L::splat(self.fresh_1), *m));
        *v = flush(g.mul_add(g, -*v).mul_add(L::splat(self.fresh_2), *v));
        let mut largest = *v;
        if AMSGRAD {
            *v_hat = v_hat.max(*v);
            largest = *v_hat;
        }
        // The processor's own division would have to wait for its root: both are one unit's work.
        let inverse = reciprocal(largest.sqrt() + L::splat(self.epsilon));
        (L::splat(-self.alpha) * *m).mul_add(inverse, w)
    }
}
