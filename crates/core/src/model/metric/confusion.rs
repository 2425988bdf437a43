//! Precision and recall, over all classes together or of one: counts of right and wrong answers.
//!
//! ```text
//! precision = TP / (TP + FP),  recall = TP / (TP + FN)          0 / 0 is 0
//! ```

use std::fmt;
use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::BatchOutputs;

/// Keras's arguments of `Precision` and `Recall`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Thresholded {
    /// The output above which the answer is yes.
    #[serde(default = "half")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub thresholds: f64,
    /// Only this class, by its label in the data: `3`, or `"yes"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = 3, "x-default" = "all classes together"))]
    pub class_id: Option<ClassId>,
}

/// A class by its label; in a metric that counts, by its output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ClassId {
    /// A whole number.
    Number(i64),
    /// A word, or any other number.
    Name(String),
}

impl fmt::Display for ClassId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClassId::Number(number) => write!(f, "{number}"),
            ClassId::Name(name) => f.write_str(name),
        }
    }
}

/// TP, FP, FN.
pub(super) const SUMS: usize = 3;

pub(super) fn half() -> f64 {
    0.5
}

impl Thresholded {
    /// The outputs that count, of `n`. The caller has put the output's number in the place of a label.
    fn columns(&self, n: usize) -> Range<usize> {
        match &self.class_id {
            None => 0..n,
            Some(ClassId::Number(at)) => {
                usize::try_from(*at).map_or(0..0, |at| at.min(n)..n.min(at + 1))
            }
            Some(ClassId::Name(_)) => 0..0,
        }
    }

    pub(super) fn add(&self, batch: BatchOutputs<'_>, sums: &mut [f64]) {
        let BatchOutputs { outputs, targets, .. } = batch;
        let columns = self.columns(outputs.cols());
        for r in 0..outputs.rows() {
            let weight = batch.weight(r);
            let (y, t) = (&outputs.row(r)[columns.clone()], &targets.row(r)[columns.clone()]);
            for (y, t) in y.iter().zip(t) {
                match ((self.thresholds as f32) < *y, *t != 0.0) {
                    (true, true) => sums[0] += weight,
                    (true, false) => sums[1] += weight,
                    (false, true) => sums[2] += weight,
                    (false, false) => {}
                }
            }
        }
    }
}

pub(super) fn precision(sums: &[f64]) -> f64 {
    share(sums[0], sums[0] + sums[1])
}

pub(super) fn recall(sums: &[f64]) -> f64 {
    share(sums[0], sums[0] + sums[2])
}

/// a / b, or 0 where there is nothing.
pub(super) fn share(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}
