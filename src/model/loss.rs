//! Losses: what training makes small.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A loss by its Keras name; every one is averaged over the rows of a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum Loss {
    /// −Σ t ln p over the classes, t one-hot; on the logits when the last activation is softmax.
    CategoricalCrossentropy {
        /// Share of the target that is spread over all classes.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 1.0))]
        label_smoothing: f64,
        /// The outputs are logits: no softmax has been applied to them.
        #[serde(default)]
        from_logits: bool,
    },
    /// The same for integer targets.
    SparseCategoricalCrossentropy {
        /// The outputs are logits: no softmax has been applied to them.
        #[serde(default)]
        from_logits: bool,
    },
    /// −t ln p − (1 − t) ln(1 − p), averaged over the outputs; on the logits after a sigmoid.
    #[serde(alias = "bce")]
    #[schemars(extend("x-aliases" = ["bce"]))]
    BinaryCrossentropy {
        /// Share of the target that is moved to ½.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 1.0))]
        label_smoothing: f64,
        /// The outputs are logits: no sigmoid has been applied to them.
        #[serde(default)]
        from_logits: bool,
    },
    /// (t − y)², averaged over the outputs.
    #[serde(alias = "mse")]
    #[schemars(extend("x-aliases" = ["mse"]))]
    MeanSquaredError {},
}
