//! Early stopping: ends a fit when a number no longer improves; it sees logs, never weights.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The arguments of Keras's `EarlyStopping`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EarlyStopping {
    /// The number to watch.
    pub monitor: String,
    /// A change smaller than this is no improvement.
    #[schemars(range(min = 0.0))]
    pub min_delta: f64,
    /// Epochs without improvement after which training stops.
    pub patience: usize,
    /// Whether less or more is better; `auto` decides by the name.
    pub mode: Direction,
    /// A value that must be improved on as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<f64>,
    /// End with the weights of the best epoch instead of the last.
    pub restore_best_weights: bool,
    /// Epochs before watching starts.
    pub start_from_epoch: usize,
}

/// Which way a number gets better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Direction {
    /// Less for losses, more for accuracy.
    #[default]
    Auto,
    /// Less is better.
    Min,
    /// More is better.
    Max,
}

impl Default for EarlyStopping {
    fn default() -> EarlyStopping {
        EarlyStopping {
            monitor: "val_loss".to_owned(),
            min_delta: 0.0,
            patience: 0,
            mode: Direction::Auto,
            baseline: None,
            restore_best_weights: false,
            start_from_epoch: 0,
        }
    }
}
