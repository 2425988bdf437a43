//! SGD: gradient descent with optional (Nesterov) momentum; nothing else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The arguments of Keras's `SGD`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sgd {
    /// Step size.
    #[schemars(range(min = 0.0))]
    pub learning_rate: f64,
    /// Share of the last step that is kept; 0 is plain descent.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub momentum: f64,
    /// Look ahead along the momentum before stepping (Nesterov 1983).
    pub nesterov: bool,
}

impl Default for Sgd {
    fn default() -> Sgd {
        Sgd { learning_rate: 0.01, momentum: 0.0, nesterov: false }
    }
}
