//! Adam: steps scaled by running estimates of the gradient's first two moments.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The arguments of Keras's `Adam`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Adam {
    /// Step size.
    #[schemars(range(min = 0.0))]
    pub learning_rate: f64,
    /// Decay of the first moment, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_1: f64,
    /// Decay of the second moment, in [0, 1).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_2: f64,
    /// Added to the root of the uncorrected second moment ("epsilon hat" of the paper).
    #[schemars(range(min = 0.0))]
    pub epsilon: f64,
    /// Scale by the largest second moment seen so far (Reddi et al. 2018).
    pub amsgrad: bool,
}

impl Default for Adam {
    fn default() -> Adam {
        Adam { learning_rate: 0.001, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, amsgrad: false }
    }
}
