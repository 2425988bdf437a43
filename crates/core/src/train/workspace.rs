//! The layout of the workspace: a matrix with a row per sample for inputs, activations, deltas and targets.
//! Threads divide a batch by dividing these rows.

use std::ops::Range;

use crate::model::{GradientKind, Layer, Network};
use kernels::{LANES, Matrix, padded};

/// The columns of the workspace.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WorkspaceLayout {
    /// The inputs; empty if read in place.
    pub(super) input: Range<usize>,
    /// The columns of each layer.
    pub(super) layers: Vec<LayerColumns>,
    /// The targets.
    pub(super) targets: Range<usize>,
    /// The logits of the last activation, if kept beside the outputs.
    pub(super) kept_logits: Range<usize>,
    width: usize,
}

/// The columns of a layer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LayerColumns {
    /// Values saved for the backward pass.
    pub(super) saved: Range<usize>,
    /// y
    pub(super) output: Range<usize>,
    /// ∂L/∂y, then the layer's δ.
    pub(super) delta: Range<usize>,
    /// z of a dense layer: the saved columns, or else the outputs.
    pub(super) logits: Range<usize>,
    /// The kind of gradient of each trainable parameter.
    pub(super) gradients: Vec<GradientKind>,
    /// Whether a layer below has trainable parameters and needs ∂L/∂x.
    pub(super) needs_grad_input: bool,
}

impl WorkspaceLayout {
    /// The layout for `network` with `inputs` inputs and, if kept, logits.
    pub(super) fn new(network: &Network, inputs: usize, keeps_logits: bool) -> WorkspaceLayout {
        let mut width = 0;
        let mut take = |columns: usize| {
            let start = width;
            width += padded(columns);
            start..start + columns
        };
        let input = take(inputs);
        let mut needs_grad_input = false;
        let layers = network.layers.iter().map(|layer| {
            let columns = LayerColumns::new(layer, needs_grad_input, &mut take);
            needs_grad_input |= !columns.gradients.is_empty();
            columns
        });
        let layers = layers.collect();
        let targets = take(network.outputs());
        let kept_logits = take(if keeps_logits { network.outputs() } else { 0 });
        // Rows an even number of cache lines apart would crowd into a few of the cache's sets.
        let width = if (width / LANES).is_multiple_of(2) { width + LANES } else { width };
        WorkspaceLayout { input, layers, targets, kept_logits, width }
    }

    /// A workspace of zeros for `rows` rows.
    pub(super) fn allocate(&self, rows: usize) -> Matrix {
        Matrix::zeros(rows, self.width)
    }

    /// The columns of x of layer `l`.
    pub(super) fn layer_input(&self, l: usize) -> Range<usize> {
        match l {
            0 => self.input.clone(),
            _ => self.layers[l - 1].output.clone(),
        }
    }
}

impl LayerColumns {
    fn new(
        layer: &Layer,
        needs_grad_input: bool,
        take: &mut impl FnMut(usize) -> Range<usize>,
    ) -> LayerColumns {
        let output = take(layer.outputs);
        let delta = take(layer.outputs);
        let saved = take(layer.op.saved_columns(layer.outputs));
        let logits = if saved.is_empty() { output.clone() } else { saved.clone() };
        let weights = layer.op.weights().into_iter();
        let gradients = weights.filter_map(|(param, _)| param.gradient).collect();
        LayerColumns { saved, output, delta, logits, gradients, needs_grad_input }
    }
}
