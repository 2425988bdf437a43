//! An activation as a layer of its own, and what a dense layer shares with it; it has no weights.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::copy;
use crate::kernels::{self, Cpu, View, ViewMut, softmax_differentiate};
use crate::model::Activation;

/// The arguments of Keras's `Activation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivationLayer {
    /// What is applied to the inputs.
    pub activation: Activation,
}

/// y = f(x), or x where the objective takes logits.
pub(super) fn forward(cpu: Cpu, f: Activation, x: View<'_>, mut y: ViewMut<'_>, logits: bool) {
    copy(x, y.reborrow());
    if !logits {
        f.apply(cpu, y);
    }
}

/// ∂L/∂x = δ ⊙ f′(x), or δ where it is there already.
pub(super) fn backward(
    cpu: Cpu,
    f: Activation,
    [x, y]: [View<'_>; 2],
    delta: View<'_>,
    mut below: ViewMut<'_>,
    logits: bool,
) {
    copy(delta, below.reborrow());
    if !logits {
        differentiate(cpu, f, [x, y], below);
    }
}

/// δ ← δ ⊙ f′(z), with a = f(z).
pub(super) fn differentiate(cpu: Cpu, f: Activation, [z, a]: [View<'_>; 2], delta: ViewMut<'_>) {
    match f.curve() {
        Some(curve) => kernels::differentiate(cpu, curve, z, a, delta),
        None => softmax_differentiate(cpu, a, delta),
    }
}
