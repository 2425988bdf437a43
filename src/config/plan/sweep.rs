//! `[sweep]`: the search space as a config writes it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pruner::PrunerTable;
use crate::shorthand::{Shorthand, optional_name_or_table};
use crate::train::Direction;

/// `[sweep]`: several runs from one config.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct SweepTable {
    /// How values are taken from the parameters.
    pub(crate) method: Method,
    /// How many combinations a random search draws or `tpe` proposes.
    #[schemars(range(min = 1), extend("x-example" = 50, "x-default" = "none; required for `random` and `tpe`, unless `pruner` is `hyperband`"))]
    pub(crate) trials: Option<u64>,
    /// The number that a search makes small or great: its name, or a table. For `tpe` or a `pruner`.
    #[schemars(extend("x-example" = "val_accuracy", "x-default" = "`val_loss`, or `loss` without validation"))]
    pub(crate) objective: Option<Objective>,
    /// The first trials of `tpe`, which are drawn as by a random search.
    #[schemars(range(min = 1), extend("x-example" = 10, "x-default" = "10"))]
    pub(crate) startup_trials: Option<u64>,
    /// How many trials may be under way together: trial k is proposed, and compared by the pruner `median`,
    /// by the results of the trials below k - (`parallel` - 1). It is part of the result, whatever the number
    /// of cores. For `tpe` or the pruner `median`.
    #[schemars(range(min = 1), extend("x-example" = 4, "x-default" = "4"))]
    pub(crate) parallel: Option<u64>,
    /// When a trial is stopped before its last epoch: a name, or a table. For `random` and `tpe`.
    #[serde(deserialize_with = "optional_name_or_table")]
    #[schemars(with = "Option<Shorthand<PrunerTable>>", extend("x-example" = "median", "x-default" = "none"))]
    pub(crate) pruner: Option<PrunerTable>,
    /// Every draw of a random search and of `tpe` derives from it.
    #[schemars(range(max = 9_223_372_036_854_775_807_u64))]
    pub(crate) seed: u64,
    /// Replicates: every combination is run once with each of these in the place of `seed`.
    #[schemars(inner(range(max = 9_223_372_036_854_775_807_u64)))]
    #[schemars(extend("x-example" = [0, 1, 2], "x-default" = "the config's own seed"))]
    pub(crate) seeds: Vec<u64>,
    /// What varies: the dotted path of any key, with the list of its values or, for a random
    /// search and `tpe`, what they are drawn from.
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
    /// `trials` combinations, proposed where earlier ones were good: the tree-structured Parzen estimator.
    Tpe,
}

/// The number that a search makes small or great.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Objective {
    /// Its name, such as `val_accuracy`.
    Name(String),
    /// Its name, its direction and its epoch.
    Full(ObjectiveTable),
}

/// The number that a search makes small or great.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ObjectiveTable {
    /// The name of a number of the history, such as `val_accuracy`.
    #[schemars(extend("x-example" = "val_accuracy"))]
    pub(crate) name: String,
    /// Which way it gets better.
    #[serde(default)]
    pub(crate) mode: Direction,
    /// The epoch of a run that counts.
    #[serde(default)]
    pub(crate) at: Epoch,
}

/// The epoch of a run that counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum Epoch {
    /// The last.
    #[default]
    Last,
    /// The one with the best value.
    Best,
}

/// The condition of a parameter: another one, and the value or the values that it must have.
pub(crate) type When = BTreeMap<String, Wanted>;

/// The value of a parameter that a condition wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Wanted {
    /// A text, a name, or the text that tables show of a list.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// One of these.
    Several(#[schemars(length(min = 1))] Vec<serde_json::Value>),
    /// The parameter below a key: `optimizer.name` without quotes.
    Below(BTreeMap<String, WantedBelow>),
}

/// The value of a parameter below a key that a condition wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum WantedBelow {
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// One of these.
    Several(#[schemars(length(min = 1))] Vec<serde_json::Value>),
}

/// A parameter: a list of values, a distribution, or the parameters below a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Parameter {
    /// One of these.
    Values(#[schemars(length(min = 1))] Vec<serde_json::Value>),
    /// A number of a range.
    Drawn(Distribution),
    /// One of these, where a condition holds.
    Conditional {
        /// The values.
        #[schemars(length(min = 1), extend("x-example" = [0.0, 0.9]))]
        values: Vec<serde_json::Value>,
        /// The condition, for `random` and `tpe`: another parameter with the value that it must have.
        #[schemars(extend("examples" = [{ "optimizer.name": "sgd" }]))]
        when: When,
    },
    /// The parameters below a key: `optimizer.learning_rate` without quotes.
    Below(BTreeMap<String, Parameter>),
}

/// What the values of a search are drawn from; floats are rounded to four digits. `when` is for `random` and `tpe`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "distribution", rename_all = "snake_case")]
pub(crate) enum Distribution {
    /// A number, each part of the range as likely as any other.
    Uniform {
        /// The least.
        #[schemars(extend("x-example" = 0.0))]
        min: f64,
        /// The greatest.
        #[schemars(extend("x-example" = 0.5))]
        max: f64,
        /// The distance of the numbers, counted from `min`.
        #[schemars(extend("x-example" = 0.1, "exclusiveMinimum" = 0.0))]
        #[serde(default)]
        step: Option<f64>,
        /// The condition: another parameter with the value that it must have.
        #[serde(default)]
        #[schemars(extend("x-example" = { "optimizer.name": "sgd" }))]
        when: Option<When>,
    },
    /// A number, each order of magnitude as likely as any other.
    LogUniform {
        /// The least.
        #[schemars(extend("x-example" = 0.0001, "exclusiveMinimum" = 0.0))]
        min: f64,
        /// The greatest.
        #[schemars(extend("x-example" = 0.1, "exclusiveMinimum" = 0.0))]
        max: f64,
        /// The condition: another parameter with the value that it must have.
        #[serde(default)]
        #[schemars(extend("x-example" = { "optimizer.name": "sgd" }))]
        when: Option<When>,
    },
    /// A whole number, each as likely as any other.
    IntUniform {
        /// The least.
        #[schemars(extend("x-example" = 16))]
        min: i64,
        /// The greatest.
        #[schemars(extend("x-example" = 256))]
        max: i64,
        /// The distance of the numbers, counted from `min`.
        #[schemars(range(min = 1), extend("x-example" = 16, "x-default" = "1"))]
        #[serde(default)]
        step: Option<u32>,
        /// The condition: another parameter with the value that it must have.
        #[serde(default)]
        #[schemars(extend("x-example" = { "optimizer.name": "sgd" }))]
        when: Option<When>,
    },
    /// A whole number, each order of magnitude as likely as any other.
    IntLogUniform {
        /// The least.
        #[schemars(range(min = 1), extend("x-example" = 16))]
        min: i64,
        /// The greatest.
        #[schemars(range(min = 1), extend("x-example" = 1024))]
        max: i64,
        /// The condition: another parameter with the value that it must have.
        #[serde(default)]
        #[schemars(extend("x-example" = { "optimizer.name": "sgd" }))]
        when: Option<When>,
    },
}

/// The keys that a table of a distribution, and no path of the config, has.
pub(crate) const DISTRIBUTION: [&str; 3] = ["distribution", "min", "max"];
