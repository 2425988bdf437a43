//! The head of a network: how the loss is computed, and whether loss and metrics take the logits of
//! the last activation or its outputs.
//!
//! Keras on TensorFlow keeps the logits of softmax and sigmoid beside their outputs, and its
//! cross-entropies take them, as losses and as metrics.

use crate::model::{Activation, LossKernel, Network};
use crate::train::objective::Objective;

/// The last activation of a network, and what is made of it.
pub(super) struct Head {
    pub(super) loss: LossKernel,
    /// The layer of the last activation; layers above pass their inputs on.
    pub(super) layer: usize,
    pub(super) activation: Activation,
    pub(super) logits: Logits,
}

/// Who takes the inputs of the last activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Logits {
    /// Nothing does.
    Unused,
    /// A metric does, the loss does not: they are kept, and the activation is applied.
    Kept,
    /// The objective does: the activation is left out of the pass.
    Fused,
}

impl Head {
    pub(super) fn new(network: &Network, objective: Objective<'_>, training: bool) -> Head {
        let (layer, activation) = network.head(training);
        let (loss, fused) = objective.loss.kernel_after(activation);
        let wanted = objective.metrics.iter().any(|metric| metric.is_crossentropy_of_logits());
        let logits = match fused {
            true => Logits::Fused,
            false if activation.caches_logits() && wanted => Logits::Kept,
            false => Logits::Unused,
        };
        Head { loss, layer, activation, logits }
    }

    /// Whether layer `l` leaves its activation to the objective.
    pub(super) fn is_fused(&self, l: usize) -> bool {
        self.logits == Logits::Fused && l == self.layer
    }

    /// Whether the logits of layer `l` are kept beside its outputs.
    pub(super) fn is_kept(&self, l: usize) -> bool {
        self.logits == Logits::Kept && l == self.layer
    }
}
