//! Optimizers: how a gradient becomes a step; pure rules over the caller's state, with Keras's
//! names and defaults, that never see a layer or a batch.

mod adam;
mod sgd;

pub use adam::Adam;
pub use sgd::Sgd;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rule that updates the weights, by its Keras name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Optimizer {
    /// Gradient descent, with momentum when asked for.
    Sgd(Sgd),
    /// Adam (Kingma and Ba 2015), in Keras's formulation.
    Adam(Adam),
}
