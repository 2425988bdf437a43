//! The outputs of a network for some rows, with their targets, as metrics read them.

use crate::kernels::View;
use crate::model::Activation;

/// Some rows (rows × outputs) with their targets as they are, after the last activation.
#[derive(Clone, Copy)]
pub struct BatchOutputs<'a> {
    /// y
    pub outputs: View<'a>,
    /// z, and f with y = f(z): the logits that a cross-entropy takes behind softmax and sigmoid.
    pub logits: Option<(View<'a>, Activation)>,
    /// t
    pub targets: View<'a>,
    /// Whether all targets of the data are 0 or 1.
    pub binary: bool,
}
