//! Precision, recall and F1 of each class, by the class that a network predicts: the greatest output, or for one output
//! the second class above a threshold.
//!
//! ```text
//! precision = TP / (TP + FP),  recall = TP / (TP + FN),  F1 = 2 TP / (2 TP + FP + FN)      0 / 0 is 0
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::BatchOutputs;
use super::confusion::{ClassId, share};
use kernels::argmax;

/// The arguments of `class_scores`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassScores {
    /// Only these classes, by their labels in the data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-example" = [0, 3], "x-default" = "every class"))]
    pub classes: Vec<ClassId>,
    /// The number of each of these classes.
    #[serde(skip)]
    #[schemars(skip)]
    numbers: Vec<usize>,
    /// Whether a single output is a logit.
    #[serde(skip)]
    #[schemars(skip)]
    logit: bool,
}

/// The scores of a class, in the order of their values.
const SCORES: [&str; 3] = ["precision", "recall", "f1"];

/// TP, FP, FN of each class.
const SUMS: usize = 3;

impl ClassScores {
    /// The scores of some classes.
    pub fn of(classes: Vec<ClassId>) -> ClassScores {
        ClassScores { classes, ..ClassScores::default() }
    }

    /// The same with the number of each class; `logit` tells whether a single output is a logit.
    pub fn with_numbers(&self, numbers: Vec<usize>, logit: bool) -> ClassScores {
        ClassScores { classes: self.classes.clone(), numbers, logit }
    }

    /// The names of the values: `precision/LABEL`, `recall/LABEL` and `f1/LABEL` of each class. Characters of a label that
    /// separate fields or parts of tags become `_`.
    pub(super) fn names(&self) -> impl Iterator<Item = String> + '_ {
        let plain = |c: char| if c.is_alphanumeric() || "-.+=".contains(c) { c } else { '_' };
        self.classes.iter().flat_map(move |class| {
            let label: String = class.to_string().chars().map(plain).collect();
            SCORES.map(|score| format!("{score}/{label}"))
        })
    }

    /// Number of sums for a number of outputs.
    pub(super) fn sums(outputs: usize) -> usize {
        SUMS * outputs.max(2)
    }

    pub(super) fn add(&self, batch: BatchOutputs<'_>, sums: &mut [f64]) {
        let BatchOutputs { outputs, targets, .. } = batch;
        let n = outputs.cols();
        let threshold = if self.logit { 0.0 } else { 0.5 };
        for r in 0..outputs.rows() {
            let (y, t) = (&outputs.row(r)[..n], &targets.row(r)[..n]);
            let (predicted, label) = match (y, t) {
                ([y], [t]) => (usize::from(threshold < *y), usize::from(*t != 0.0)),
                _ => (argmax(y), argmax(t)),
            };
            let weight = batch.weight(r);
            if predicted == label {
                sums[SUMS * label] += weight;
            } else {
                sums[SUMS * predicted + 1] += weight;
                sums[SUMS * label + 2] += weight;
            }
        }
    }

    /// The value of the name with this index.
    pub(super) fn value(&self, at: usize, sums: &[f64]) -> f64 {
        let class = self.numbers.get(at / SCORES.len()).copied().unwrap_or(usize::MAX);
        let Some(sums) = sums.chunks_exact(SUMS).nth(class) else { return 0.0 };
        let [right, wrong, missed] = [sums[0], sums[1], sums[2]];
        match at % SCORES.len() {
            0 => share(right, right + wrong),
            1 => share(right, right + missed),
            _ => share(2.0 * right, 2.0 * right + wrong + missed),
        }
    }
}
