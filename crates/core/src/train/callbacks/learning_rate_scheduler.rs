//! Sets the learning rate at the beginning of given epochs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What Keras's `LearningRateScheduler` does with a function of the epoch, as a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LearningRateScheduler {
    /// The epochs, from 0, at whose beginning the learning rate changes, ascending.
    #[schemars(length(min = 1), extend("examples" = [[10, 15]]))]
    pub epochs: Vec<usize>,
    /// The learning rate from the beginning of each of these epochs, one for each.
    #[schemars(length(min = 1), inner(range(min = 0.0)), extend("examples" = [[0.001, 0.0001]]))]
    pub learning_rates: Vec<f64>,
}

impl LearningRateScheduler {
    /// The new learning rate at the beginning of `epoch`, if any.
    pub fn change(&self, epoch: usize) -> Option<f64> {
        let place = self.epochs.iter().position(|changed| *changed == epoch)?;
        self.learning_rates.get(place).copied()
    }
}
