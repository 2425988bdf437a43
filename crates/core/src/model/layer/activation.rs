//! An activation as a layer of its own, and what a dense layer shares with it; it has no weights.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spec::{Op, PassContext, Spec, copy};
use crate::model::Activation;
use crate::model::onnx_graph::OnnxGraph;
use kernels::{Arch, Matrix, View, ViewMut, softmax_backward};

/// The arguments of Keras's `Activation`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivationLayer {
    /// The activation of the inputs.
    pub activation: Activation,
}

impl Spec for ActivationLayer {
    type Op = Activation;

    fn activation(&self) -> Activation {
        self.activation
    }

    fn build(&self, _: usize, _: usize, _: u64) -> Activation {
        self.activation
    }

    fn onnx(
        &self,
        graph: &mut dyn OnnxGraph,
        layer: &str,
        x: &str,
        _: usize,
    ) -> Result<String, String> {
        Ok(self.activation.onnx(graph, x, &format!("{layer}.activation")))
    }
}

impl Op for Activation {
    fn activation(&self) -> Activation {
        *self
    }

    fn is_identity(&self, _: bool) -> bool {
        *self == Activation::Linear
    }

    fn forward(&self, arch: Arch, x: View<'_>, [_, y]: [ViewMut<'_>; 2], context: PassContext) {
        forward(arch, *self, x, y, context.logits);
    }

    fn backward(
        &self,
        arch: Arch,
        x_and_y: [View<'_>; 2],
        [_, delta]: [ViewMut<'_>; 2],
        grad_input: Option<ViewMut<'_>>,
        (_, logits): (&Matrix, bool),
    ) {
        if let Some(grad_input) = grad_input {
            backward(arch, *self, x_and_y, delta.as_view(), grad_input, logits);
        }
    }
}

/// y = f(x), or x where the objective takes logits.
fn forward(arch: Arch, f: Activation, x: View<'_>, mut y: ViewMut<'_>, logits: bool) {
    copy(x, y.reborrow());
    if !logits {
        f.apply(arch, y);
    }
}

/// ∂L/∂x = δ ⊙ f′(x), or δ where it is there already.
fn backward(
    arch: Arch,
    f: Activation,
    [x, y]: [View<'_>; 2],
    delta: View<'_>,
    mut grad_input: ViewMut<'_>,
    logits: bool,
) {
    copy(delta, grad_input.reborrow());
    if !logits {
        differentiate(arch, f, [x, y], grad_input);
    }
}

/// δ ← δ ⊙ f′(z), with a = f(z).
pub(super) fn differentiate(arch: Arch, f: Activation, [z, a]: [View<'_>; 2], delta: ViewMut<'_>) {
    match f.unary() {
        Some(unary) => unary.backward(arch, z, a, delta),
        None => softmax_backward(arch, a, delta),
    }
}
