//! The page: everything that is computed for a row of a batch stands in one row of one matrix, so
//! that a batch is divided among threads by dividing its pages; it computes nothing.

use std::ops::Range;

use crate::kernels::{LANES, Matrix, padded};
use crate::model::{Activation, Network};

/// Which columns of a page hold what.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// The inputs; empty when they are read where they lie.
    pub(super) input: Range<usize>,
    /// One for each layer.
    pub(super) layers: Vec<LayerColumns>,
    /// The targets.
    pub(super) targets: Range<usize>,
    width: usize,
}

/// Which columns of a page belong to a layer; all have the layer's units.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LayerColumns {
    /// z, before the activation; the same as `output` where z need not be kept.
    pub(super) logits: Range<usize>,
    /// a = f(z)
    pub(super) output: Range<usize>,
    /// ∂L/∂z
    pub(super) delta: Range<usize>,
    /// Whether the layer has a bias.
    pub(super) has_bias: bool,
}

impl Layout {
    /// A page for `network`, with room for `inputs` inputs.
    pub(super) fn new(network: &Network, inputs: usize) -> Layout {
        let mut width = 0;
        let mut take = |columns: usize| {
            let start = width;
            width += padded(columns);
            start..start + columns
        };
        let input = take(inputs);
        let mut outputs = 0;
        let layers = network.layers.iter().map(|layer| {
            outputs = layer.kernel.cols();
            let output = take(outputs);
            let delta = take(outputs);
            let logits = match keeps_logits(layer.activation) {
                true => take(outputs),
                false => output.clone(),
            };
            LayerColumns { logits, output, delta, has_bias: layer.bias.is_some() }
        });
        let layers = layers.collect();
        let targets = take(outputs);
        // Rows an even number of cache lines apart would crowd into a few of the cache's sets.
        let width = if (width / LANES).is_multiple_of(2) { width + LANES } else { width };
        Layout { input, layers, targets, width }
    }

    /// Empty pages for `rows` rows.
    pub(super) fn pages(&self, rows: usize) -> Matrix {
        Matrix::zeros(rows, self.width)
    }
}

/// Whether the slope of an activation is a function of z, not of its output alone.
pub(super) fn keeps_logits(activation: Activation) -> bool {
    activation.curve().is_some_and(|curve| curve.needs_logits())
}
