//! Initialisers: where weights start.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An initialiser by its Keras name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum Initializer {
    /// Uniform within ±√(6 / (inputs + units)) (Glorot and Bengio 2010).
    GlorotUniform {},
    /// Normal with σ² = 2 / (inputs + units), truncated at 2σ.
    GlorotNormal {},
    /// Uniform within ±√(6 / inputs) (He et al. 2015).
    HeUniform {},
    /// Normal with σ² = 2 / inputs, truncated at 2σ.
    HeNormal {},
    /// Uniform within ±√(3 / inputs) (LeCun 1998).
    LecunUniform {},
    /// Normal with σ² = 1 / inputs, truncated at 2σ.
    LecunNormal {},
    /// Normal.
    RandomNormal {
        /// Mean.
        #[serde(default)]
        mean: f64,
        /// Standard deviation.
        #[serde(default = "twentieth")]
        #[schemars(range(min = 0.0))]
        stddev: f64,
    },
    /// Normal, redrawn beyond two standard deviations.
    TruncatedNormal {
        /// Mean.
        #[serde(default)]
        mean: f64,
        /// Standard deviation before truncation.
        #[serde(default = "twentieth")]
        #[schemars(range(min = 0.0))]
        stddev: f64,
    },
    /// Uniform.
    RandomUniform {
        /// Least value.
        #[serde(default = "minus_twentieth")]
        minval: f64,
        /// Greatest value.
        #[serde(default = "twentieth")]
        maxval: f64,
    },
    /// All 0.
    Zeros {},
    /// All 1.
    Ones {},
    /// All the same.
    Constant {
        /// The value.
        #[serde(default)]
        value: f64,
    },
}

fn twentieth() -> f64 {
    0.05
}

fn minus_twentieth() -> f64 {
    -0.05
}
