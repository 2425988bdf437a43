//! `[sweep]`: the search space as a config writes it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[sweep]`: several runs from one config.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct SweepTable {
    /// How values are taken from the parameters.
    pub(crate) method: Method,
    /// How many draws a random search makes.
    #[schemars(range(min = 1), extend("x-default" = "none; required for `random`"))]
    pub(crate) trials: Option<u64>,
    /// Every draw of a random search derives from it.
    #[schemars(range(max = 9_223_372_036_854_775_807_u64))]
    pub(crate) seed: u64,
    /// Replicates: every combination is run once with each of these in the place of `seed`.
    #[schemars(inner(range(max = 9_223_372_036_854_775_807_u64)))]
    #[schemars(extend("x-default" = "the config's own seed"))]
    pub(crate) seeds: Vec<u64>,
    /// What varies: the dotted path of any key, with the list of its values or, for a random
    /// search, what they are drawn from.
    #[schemars(extend("examples" = [{
        "optimizer.learning_rate": [0.01, 0.001],
        "model.layers.0.units": [32, 64],
    }]))]
    parameters: BTreeMap<String, Parameter>,
}

/// How values are taken from the parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Method {
    /// Every combination of the values, the last parameter changing fastest.
    #[default]
    Grid,
    /// `trials` combinations, every value drawn for itself.
    Random,
}

/// A parameter: a list of values, a distribution, or the parameters below a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Parameter {
    /// One of these.
    Values(#[schemars(length(min = 1))] Vec<serde_json::Value>),
    /// A number of a range.
    Drawn(Distribution),
    /// The parameters below a key: `optimizer.learning_rate` without quotes.
    Below(BTreeMap<String, Parameter>),
}

/// What the values of a random search are drawn from; floats are rounded to four digits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "distribution", rename_all = "snake_case")]
pub(crate) enum Distribution {
    /// A number, each part of the range as likely as any other.
    Uniform {
        /// The least.
        min: f64,
        /// The greatest.
        max: f64,
    },
    /// A number, each order of magnitude as likely as any other.
    LogUniform {
        /// The least.
        #[schemars(extend("exclusiveMinimum" = 0.0))]
        min: f64,
        /// The greatest.
        #[schemars(extend("exclusiveMinimum" = 0.0))]
        max: f64,
    },
    /// A whole number, each as likely as any other.
    IntUniform {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
}

/// The keys that a table of a distribution, and no path of the config, has.
pub(crate) const DISTRIBUTION: [&str; 3] = ["distribution", "min", "max"];
