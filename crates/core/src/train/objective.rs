//! The objective of a network: its loss and metrics, as in Keras's `compile`.

use crate::model::{Loss, NamedMetric};

/// Rows per evaluation batch of a thread.
pub(super) const EVALUATED_ROWS: usize = 64;

/// The loss and the metrics of a network.
#[derive(Clone, Copy, Debug)]
pub struct Objective<'a> {
    /// The minimized loss.
    pub loss: &'a Loss,
    /// The metrics reported beside the loss.
    pub metrics: &'a [NamedMetric],
    /// The weight of each class in the training loss; empty for equal weights.
    pub class_weight: &'a [f32],
}
