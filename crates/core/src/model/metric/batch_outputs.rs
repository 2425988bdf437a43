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
    /// Whether all targets of the data are 0 or 1.
    pub binary: bool,
}
