//! The traits between optimizers, their update rules and the code that applies rules.

use super::TensorRule;
use kernels::UpdateRule;

/// The part of an optimizer that its arguments in common with others do not cover.
pub(super) trait Algorithm {
    /// Whether the rule itself applies `weight_decay`; else the decay precedes the rule.
    const DECAYS_WEIGHTS: bool = false;

    /// The factors by which an update without gradient multiplies slots; no factor if slots do not
    /// decay.
    fn decay_rates(&self) -> Vec<f64> {
        Vec::new()
    }

    /// The value of the first slot before the first update; further slots start from 0.
    fn initial_slot(&self) -> InitialSlot {
        InitialSlot::Constant(0.0)
    }

    /// Passes the rule of an update to `visitor`.
    fn visit<V: RuleVisitor>(&self, info: StepInfo, visitor: V) -> V::Output;
}

/// The value of a slot before the first update.
#[derive(Clone, Copy, Debug)]
pub(super) enum InitialSlot {
    /// Each element has this value.
    Constant(f32),
    /// The slot is a copy of the parameter.
    Parameter,
}

/// The number and the step size of an update.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepInfo {
    /// η, the learning rate.
    pub(super) eta: f32,
    /// Number of this update, from 1.
    pub(super) t: u64,
}

/// A function of an update rule; a trait, because each rule has a type of its own.
pub trait RuleVisitor {
    /// The result of the function.
    type Output;

    /// Visits an elementwise rule that is worth kernels of its own.
    fn visit_elementwise<R: UpdateRule>(self, rule: &R) -> Self::Output;

    /// Visits a rule that needs the whole gradient of a parameter at once, or a rarely used
    /// elementwise rule as [`Elementwise`](super::Elementwise).
    fn visit_tensor_rule<R: TensorRule>(self, rule: &R) -> Self::Output;
}
