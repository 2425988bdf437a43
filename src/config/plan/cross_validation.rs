//! `[cross_validation]`: every run once for each fold of the rows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::Column;

/// `[cross_validation]`: every run once for each fold of the rows, which then validates. The runs of the
/// folds share a row in tables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct CrossValidation {
    /// The number of folds.
    #[schemars(range(min = 2, max = 100_000))]
    pub(crate) folds: u64,
    /// The number of times that the rows are divided into folds, each time anew.
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) repeats: u64,
    /// How the rows are divided.
    #[schemars(extend(
        "x-default" = "that of `data.split`; else `stratified` for classes, `random` for numbers"
    ))]
    pub(crate) method: Option<FoldMethod>,
    /// The column of the groups or of the time, by name or by place from 0.
    #[schemars(extend("x-example" = "patient", "x-default" = "none; required for `group` and `time`"))]
    pub(crate) column: Option<Column>,
    /// The seed of the divisions; the seed of the run does not change it.
    #[schemars(range(max = 9_223_372_036_854_775_807_u64))]
    pub(crate) seed: u64,
}

/// How rows are divided into folds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FoldMethod {
    /// Each row at random.
    Random,
    /// At random, the classes in proportion.
    Stratified,
    /// Whole groups.
    Group,
    /// By time: the rows before a fold train, later ones do not.
    Time,
}

impl FoldMethod {
    /// The name in a config.
    pub(crate) fn name(self) -> &'static str {
        match self {
            FoldMethod::Random => "random",
            FoldMethod::Stratified => "stratified",
            FoldMethod::Group => "group",
            FoldMethod::Time => "time",
        }
    }

    /// Whether rows are divided by a column.
    pub(crate) fn has_column(self) -> bool {
        matches!(self, FoldMethod::Group | FoldMethod::Time)
    }
}

impl Default for CrossValidation {
    fn default() -> CrossValidation {
        CrossValidation { folds: 5, repeats: 1, method: None, column: None, seed: 0 }
    }
}
