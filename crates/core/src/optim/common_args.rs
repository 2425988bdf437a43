//! The arguments that all optimizers have; `train/update.rs` implements them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Keras's arguments of every optimizer, but for the learning rate and the weight decay, whose
/// defaults differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CommonArgs {
    /// Scale down the gradient of each weight whose norm is greater; at most one of the three clips.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = 1.0, "exclusiveMinimum" = 0.0, "x-default" = "no clipping"))]
    pub clipnorm: Option<f64>,
    /// Bring every number of a gradient to between this and its negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = 0.5, "exclusiveMinimum" = 0.0, "x-default" = "no clipping"))]
    pub clipvalue: Option<f64>,
    /// Scale down the gradients of all weights together when their common norm is greater.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = 1.0, "exclusiveMinimum" = 0.0, "x-default" = "no clipping"))]
    pub global_clipnorm: Option<f64>,
    /// Identity a moving average of the weights, and end with it; validation sees the weights themselves.
    pub use_ema: bool,
    /// Share of the average that each update keeps.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub ema_momentum: f64,
    /// Put the average in place of the weights after every so many updates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1), extend("x-example" = 100, "x-default" = "only at the end"))]
    pub ema_overwrite_frequency: Option<u64>,
    /// Update once for so many batches, by the mean of their gradients.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2), extend("x-example" = 4, "x-default" = "every batch updates"))]
    pub gradient_accumulation_steps: Option<u64>,
}

impl Default for CommonArgs {
    fn default() -> CommonArgs {
        CommonArgs {
            clipnorm: None,
            clipvalue: None,
            global_clipnorm: None,
            use_ema: false,
            ema_momentum: 0.99,
            ema_overwrite_frequency: None,
            gradient_accumulation_steps: None,
        }
    }
}

impl CommonArgs {
    /// Batches to an update.
    pub fn batches(&self) -> u64 {
        self.gradient_accumulation_steps.unwrap_or(1)
    }
}
