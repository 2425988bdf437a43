//! What may go before any rule: clipping by value and the decay of the weights; nothing else.
//!
//! ```text
//! g ← min(max(g, −c), c)                         clipvalue c
//! w ← w − λ η w                                  weight decay λ (Loshchilov and Hutter 2019)
//! ```

use super::{Hands, UseRule, Weight, Whole};
use crate::kernels::{MAX_SLOTS, Matrix, SimdFloat, UpdateRule};

/// Gives a user the rule with these put before it.
pub(super) struct Adjust<U> {
    adjustment: Adjustment,
    user: U,
}

#[derive(Clone, Copy)]
struct Adjustment {
    /// λ η
    decay: f32,
    /// c, or infinity.
    limit: f32,
}

impl<U> Adjust<U> {
    /// For a user of rules: `decay` is λ η.
    pub(super) fn new(decay: f32, limit: Option<f64>, user: U) -> Adjust<U> {
        let limit = limit.map_or(f32::INFINITY, |limit| limit as f32);
        Adjust { adjustment: Adjustment { decay, limit }, user }
    }
}

impl<U: UseRule> UseRule for Adjust<U> {
    type Output = U::Output;

    fn use_rule<R: UpdateRule>(self, rule: &R) -> U::Output {
        self.user.use_rule(&Adjusted { adjustment: self.adjustment, rule: *rule })
    }

    fn use_whole<W: Whole>(self, rule: &W) -> U::Output {
        self.user.use_whole(&AdjustedWhole { adjustment: self.adjustment, rule })
    }
}

/// A rule with both put before it; one that only clips does more visits than it must.
#[derive(Clone, Copy)]
pub(super) struct Adjusted<R> {
    adjustment: Adjustment,
    rule: R,
}

impl<R> Adjusted<R> {
    /// `rule` after a decay of the weights by `decay`, which is λ η.
    pub(super) fn decayed(decay: f32, rule: R) -> Adjusted<R> {
        Adjusted { adjustment: Adjustment { decay, limit: f32::INFINITY }, rule }
    }
}

impl<R: UpdateRule> UpdateRule for Adjusted<R> {
    const SLOTS: usize = R::SLOTS;
    const IDLE_WITHOUT_GRADIENT: bool = false;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, g: L, slots: &mut [L; MAX_SLOTS]) -> L {
        let Adjustment { decay, limit } = self.adjustment;
        // In this order of the operands NaN stays NaN.
        let g = w.splat(limit).min(w.splat(-limit).max(g));
        let w = w.splat(-decay).mul_add(w, w);
        self.rule.step(w, g, slots)
    }

    // A gradient of 0 is not clipped.

    fn naps(&self) -> bool {
        self.adjustment.decay == 0.0 && self.rule.naps()
    }

    #[inline(always)]
    fn extend<L: SimdFloat>(&self, nap: [L; 4]) -> [L; 4] {
        self.rule.extend(nap)
    }

    #[inline(always)]
    fn wake<L: SimdFloat>(&self, nap: [f32; 4], w: L, slots: &mut [L; MAX_SLOTS]) -> L {
        self.rule.wake(nap, w, slots)
    }
}

struct AdjustedWhole<'a, W> {
    adjustment: Adjustment,
    rule: &'a W,
}

impl<W: Whole> Whole for AdjustedWhole<'_, W> {
    fn state(rows: usize, cols: usize, is_vector: bool) -> Vec<Matrix> {
        W::state(rows, cols, is_vector)
    }

    fn step(&self, hands: &mut Hands<'_>, weight: Weight<'_>) {
        let Adjustment { decay, limit } = self.adjustment;
        if decay != 0.0 {
            hands.map(&Adjusted::decayed(decay, Keep), weight.value, &mut []);
        }
        if limit != f32::INFINITY {
            hands.map(&Clip { limit }, weight.gradient, &mut []);
        }
        self.rule.step(hands, weight);
    }
}

/// w ← w
#[derive(Clone, Copy)]
struct Keep;

impl UpdateRule for Keep {
    const SLOTS: usize = 0;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, _: L, _: &mut [L; MAX_SLOTS]) -> L {
        w
    }
}

/// w ← min(max(w, −c), c)
#[derive(Clone, Copy)]
struct Clip {
    limit: f32,
}

impl UpdateRule for Clip {
    const SLOTS: usize = 0;
    const IDLE_WITHOUT_GRADIENT: bool = true;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, _: L, _: &mut [L; MAX_SLOTS]) -> L {
        w.splat(self.limit).min(w.splat(-self.limit).max(w))
    }
}
