//! The outputs of a network for some rows, with their targets, as metrics read them.

use crate::model::Activation;
use kernels::View;

/// Some rows [rows × outputs] after the last activation, with their targets.
#[derive(Clone, Copy)]
pub struct BatchOutputs<'a> {
    /// y
    pub outputs: View<'a>,
    /// z, and f with y = f(z): the logits for a cross-entropy behind softmax and sigmoid.
    pub logits: Option<(View<'a>, Activation)>,
    /// t
    pub targets: View<'a>,
    /// The weight of each row; 1 for each if there are none.
    pub weights: Option<&'a [f32]>,
    /// Whether all targets of the data are 0 or 1.
    pub binary: bool,
}

impl BatchOutputs<'_> {
    /// The weight of row `r`.
    pub(super) fn weight(&self, r: usize) -> f64 {
        self.weights.map_or(1.0, |weights| f64::from(weights[r]))
    }

    /// The sum of all weights.
    pub(super) fn total_weight(&self) -> f64 {
        (0..self.outputs.rows()).map(|r| self.weight(r)).sum()
    }
}
