//! The head of a network: the last activation, the kernel of the loss, and the use of logits by loss and metrics.
//!
//! Keras on TensorFlow keeps the logits of softmax and sigmoid beside the outputs, for cross-entropies as losses and as
//! metrics.

use crate::model::{Activation, LossKernel, Network};
use crate::train::objective::Objective;

/// The last activation of a network, and the kernel of the loss.
pub(super) struct Head {
    pub(super) loss: LossKernel,
    /// The layer of the last activation; layers above are identities.
    pub(super) layer: usize,
    pub(super) activation: Activation,
    pub(super) logits: Logits,
}

/// The use of the inputs of the last activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Logits {
    /// No use.
    Unused,
    /// A metric needs the logits, the loss does not: both logits and outputs are kept.
    Kept,
    /// The loss contains the activation, which is then not applied.
    Fused,
}

impl Head {
    pub(super) fn new(network: &Network, objective: Objective<'_>, training: bool) -> Head {
        let (layer, activation) = network.head(training);
        let (loss, fused) = objective.loss.kernel_after(activation);
        let wanted = objective.metrics.iter().any(|metric| metric.is_crossentropy_of_logits());
        let logits = if fused {
            Logits::Fused
        } else if activation.caches_logits() && wanted {
            Logits::Kept
        } else {
            Logits::Unused
        };
        Head { loss, layer, activation, logits }
    }

    /// Whether the loss contains the activation of layer `l`.
    pub(super) fn is_fused(&self, l: usize) -> bool {
        self.logits == Logits::Fused && l == self.layer
    }

    /// Whether the logits of layer `l` are kept beside the outputs.
    pub(super) fn is_kept(&self, l: usize) -> bool {
        self.logits == Logits::Kept && l == self.layer
    }
}
