//! Metrics: what is reported beside the loss.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A metric by its Keras name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Metric {
    /// Share of the rows that are classified right: as Keras resolves it, by the shapes of output
    /// and target (binary for one output, sparse for integer targets, else categorical).
    Accuracy,
}

impl Metric {
    /// The name under which the metric is logged.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Accuracy => "accuracy",
        }
    }
}
