//! Precision and recall, over all classes together or of one: counts of right and wrong answers.
//!
//! ```text
//! precision = TP / (TP + FP),  recall = TP / (TP + FN)          0 / 0 is 0
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Answers, half};

/// Keras's arguments of `Precision` and `Recall`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Thresholded {
    /// The output above which the answer is yes.
    #[serde(default = "half")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub thresholds: f64,
    /// Only this class, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-default" = "all classes together"))]
    pub class_id: Option<usize>,
}

/// TP, FP, FN.
pub(super) const SUMS: usize = 3;

impl Thresholded {
    pub(super) fn add(&self, answers: Answers<'_>, sums: &mut [f64]) {
        let Answers { outputs, targets, .. } = answers;
        let n = outputs.cols();
        let columns = self.class_id.map_or(0..n, |class| class.min(n)..(class + 1).min(n));
        for r in 0..outputs.rows() {
            let (y, t) = (&outputs.row(r)[columns.clone()], &targets.row(r)[columns.clone()]);
            for (y, t) in y.iter().zip(t) {
                match ((self.thresholds as f32) < *y, *t != 0.0) {
                    (true, true) => sums[0] += 1.0,
                    (true, false) => sums[1] += 1.0,
                    (false, true) => sums[2] += 1.0,
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
