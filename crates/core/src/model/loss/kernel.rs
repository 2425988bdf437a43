//! The kernel of a loss, and the kind of its targets.

use kernels::{Arch, ElementwiseLoss, RowLoss, View, ViewMut, softmax_crossentropy};

/// The kind of targets of a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// One of several classes: one output for each.
    Classes,
    /// Yes or no, for one output or for each of several.
    Binary,
    /// Numbers, or classes: one output for each, or one for the label as a number.
    Numbers,
}

/// The kernel of a loss after a given last activation.
#[derive(Clone, Copy, Debug)]
pub enum LossKernel {
    /// Softmax and its cross-entropy, from the logits.
    SoftmaxCrossentropy,
    /// Output by output.
    Elementwise(ElementwiseLoss),
    /// All outputs of a row together.
    Row(RowLoss),
}

impl LossKernel {
    /// `losses[row]` ← the loss of each row of outputs, and `delta` ← its gradient times `scale`;
    /// all of one shape (rows × outputs).
    pub fn apply(
        self,
        arch: Arch,
        outputs: View<'_>,
        targets: View<'_>,
        scale: f32,
        delta: ViewMut<'_>,
        losses: &mut [f32],
    ) {
        match self {
            LossKernel::SoftmaxCrossentropy => {
                softmax_crossentropy(arch, outputs, targets, scale, delta, losses);
            }
            LossKernel::Elementwise(loss) => {
                loss.apply(arch, outputs, targets, scale, delta, losses);
            }
            LossKernel::Row(loss) => loss.apply(outputs, targets, scale, delta, losses),
        }
    }
}
