//! The predictions for the validation rows, with the names of the classes.

use crate::experiment::predictions::Predictions;

/// Predictions, and the names of the classes, if any.
pub(super) struct PredictionView<'a> {
    pub(super) of: Predictions<'a>,
    pub(super) names: &'a [String],
}

impl PredictionView<'_> {
    /// Number of classes.
    pub(super) fn classes(&self) -> usize {
        self.of.classes().unwrap_or(0)
    }

    /// The name of a class, or its number.
    pub(super) fn name(&self, class: usize) -> String {
        self.names.get(class).cloned().unwrap_or_else(|| class.to_string())
    }
}
