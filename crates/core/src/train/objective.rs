//! What a network is trained and evaluated for, as Keras's `compile` takes it.

use crate::model::{Loss, NamedMetric};

/// Rows that a thread evaluates at a time.
pub(super) const EVALUATED_ROWS: usize = 64;

/// The loss and the metrics of a network.
#[derive(Clone, Copy, Debug)]
pub struct Objective<'a> {
    /// The loss that training minimizes.
    pub loss: &'a Loss,
    /// The metrics that are reported with it.
    pub metrics: &'a [NamedMetric],
    /// The weight of each class in the training loss; empty for equal weights.
    pub class_weight: &'a [f32],
}
