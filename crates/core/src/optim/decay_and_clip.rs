//! What may go before any rule: clipping by value and the decay of the weights; nothing else.
//!
//! ```text
//! g ← min(max(g, −c), c)                         clipvalue c
//! w ← w − λ η w                                  weight decay λ (Loshchilov and Hutter 2019)
//! ```

use super::{ExecContext, ParamGrad, RuleVisitor, TensorRule};
use kernels::{MAX_SLOTS, Matrix, SimdFloat, UpdateRule};

/// Gives a user the rule with these put before it.
pub(super) struct WithDecayAndClip<V> {
    adjustments: Adjustments,
    visitor: V,
}

#[derive(Clone, Copy)]
struct Adjustments {
    /// λ η
    decay: f32,
    /// c, or infinity.
    limit: f32,
}

impl<V> WithDecayAndClip<V> {
    /// For a user of rules: `decay` is λ η.
    pub(super) fn new(decay: f32, limit: Option<f64>, visitor: V) -> WithDecayAndClip<V> {
        let limit = limit.map_or(f32::INFINITY, |limit| limit as f32);
        WithDecayAndClip { adjustments: Adjustments { decay, limit }, visitor }
    }
}

impl<V: RuleVisitor> RuleVisitor for WithDecayAndClip<V> {
    type Output = V::Output;

    fn visit_elementwise<R: UpdateRule>(self, rule: &R) -> V::Output {
        self.visitor.visit_elementwise(&DecayAndClip { adjustments: self.adjustments, rule: *rule })
    }

    fn visit_tensor_rule<W: TensorRule>(self, rule: &W) -> V::Output {
        self.visitor.visit_tensor_rule(&DecayAndClipTensor { adjustments: self.adjustments, rule })
    }
}

/// A rule with both put before it; one that only clips does more visits than it must.
#[derive(Clone, Copy)]
pub(super) struct DecayAndClip<R> {
    adjustments: Adjustments,
    rule: R,
}

impl<R> DecayAndClip<R> {
    /// `rule` after a decay of the weights by `decay`, which is λ η.
    pub(super) fn decayed(decay: f32, rule: R) -> DecayAndClip<R> {
        DecayAndClip { adjustments: Adjustments { decay, limit: f32::INFINITY }, rule }
    }
}

impl<R: UpdateRule> UpdateRule for DecayAndClip<R> {
    const SLOTS: usize = R::SLOTS;
    const IDLE_WITHOUT_GRADIENT: bool = false;

    #[inline(always)]
    fn step<L: SimdFloat>(&self, w: L, g: L, slots: &mut [L; MAX_SLOTS]) -> L {
        let Adjustments { decay, limit } = self.adjustments;
        // In this order of the operands NaN stays NaN.
        let g = w.splat(limit).min(w.splat(-limit).max(g));
        let w = w.splat(-decay).mul_add(w, w);
        self.rule.step(w, g, slots)
    }
}

struct DecayAndClipTensor<'a, W> {
    adjustments: Adjustments,
    rule: &'a W,
}

impl<W: TensorRule> TensorRule for DecayAndClipTensor<'_, W> {
    fn slots(rows: usize, cols: usize, is_vector: bool) -> Vec<Matrix> {
        W::slots(rows, cols, is_vector)
    }

    fn step(&self, ctx: &mut ExecContext<'_>, weight: ParamGrad<'_>) {
        let Adjustments { decay, limit } = self.adjustments;
        if decay != 0.0 {
            ctx.map(&DecayAndClip::decayed(decay, Identity), weight.value, &mut []);
        }
        if limit != f32::INFINITY {
            ctx.map(&Clip { limit }, weight.gradient, &mut []);
        }
        self.rule.step(ctx, weight);
    }
}

/// w ← w
#[derive(Clone, Copy)]
struct Identity;

impl UpdateRule for Identity {
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
