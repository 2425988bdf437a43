//! An activation as a layer of its own, and what a dense layer shares with it; it has no weights.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::copy;
use crate::kernels::{Arch, View, ViewMut, softmax_backward};
use crate::model::Activation;

/// The arguments of Keras's `Activation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivationLayer {
    /// What is applied to the inputs.
    pub activation: Activation,
}

/// y = f(x), or x where the objective takes logits.
pub(super) fn forward(arch: Arch, f: Activation, x: View<'_>, mut y: ViewMut<'_>, logits: bool) {
    copy(x, y.reborrow());
    if !logits {
        f.apply(arch, y);
    }
}

/// ∂L/∂x = δ ⊙ f′(x), or δ where it is there already.
pub(super) fn backward(
    arch: Arch,
    f: Activation,
    [x, y]: [View<'_>; 2],
    delta: View<'_>,
    mut below: ViewMut<'_>,
    logits: bool,
) {
    copy(delta, below.reborrow());
    if !logits {
        differentiate(arch, f, [x, y], below);
    }
}

/// δ ← δ ⊙ f′(z), with a = f(z).
pub(super) fn differentiate(arch: Arch, f: Activation, [z, a]: [View<'_>; 2], delta: ViewMut<'_>) {
    match f.unary() {
        Some(unary) => unary.backward(arch, z, a, delta),
        None => softmax_backward(arch, a, delta),
    }
}
