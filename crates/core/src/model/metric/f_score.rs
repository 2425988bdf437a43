//! The F scores: precision and recall of each class in one number, and the classes in one.
//!
//! ```text
//! P = TP / (TP + FP + ε),  R = TP / (TP + FN + ε),  ε = 10⁻⁷
//! F = (1 + β²) P R / (β² P + R + ε)
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::BatchOutputs;

/// Keras's arguments of `F1Score`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FScore {
    /// How classes become one number; Keras's own default is a number for each, which cannot be
    /// logged.
    #[serde(default)]
    pub average: Average,
    /// The output above which the answer is yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = 0.5, "x-default" = "the greatest output is the answer"))]
    pub threshold: Option<f64>,
}

/// Keras's arguments of `FBetaScore`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FBetaScore {
    /// How classes become one number; Keras's own default is a number for each, which cannot be
    /// logged.
    #[serde(default)]
    pub average: Average,
    /// How much more recall counts than precision.
    #[serde(default = "one")]
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub beta: f64,
    /// The output above which the answer is yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = 0.5, "x-default" = "the greatest output is the answer"))]
    pub threshold: Option<f64>,
}

impl FBetaScore {
    /// The same without β.
    pub(super) fn plain(&self) -> FScore {
        FScore { average: self.average, threshold: self.threshold }
    }
}

/// How the scores of classes become one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Average {
    /// Their mean.
    #[default]
    Macro,
    /// Of all classes counted together.
    Micro,
    /// Their mean, by how often each class occurs.
    Weighted,
}

fn one() -> f64 {
    1.0
}

/// TP = Σ ŷ t, FP = Σ ŷ (1 − t), FN = Σ (1 − ŷ) t of each class, ŷ = 1 where it is predicted: so
/// Keras counts targets that are neither 0 nor 1.
pub(super) const SUMS: usize = 3;

const EPSILON: f64 = 1e-7;

/// Without a threshold, an output this near to 0 predicts nothing, be it the greatest: in a row of
/// zeros no class is predicted.
const SMALLEST: f32 = 1e-9;

impl FScore {
    pub(super) fn add(&self, batch: BatchOutputs<'_>, sums: &mut [f64]) {
        let BatchOutputs { outputs, targets, .. } = batch;
        let n = outputs.cols();
        for r in 0..outputs.rows() {
            let (y, t) = (&outputs.row(r)[..n], &targets.row(r)[..n]);
            let greatest = y.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for (class, (y, t)) in y.iter().zip(t).enumerate() {
                let predicted = match self.threshold {
                    Some(threshold) => (threshold as f32) < *y,
                    None => greatest <= *y && SMALLEST < y.abs(),
                };
                let (sums, t, weight) = (&mut sums[SUMS * class..], f64::from(*t), batch.weight(r));
                if predicted {
                    sums[0] += weight * t;
                    sums[1] += weight * (1.0 - t);
                } else {
                    sums[2] += weight * t;
                }
            }
        }
    }

    pub(super) fn value(&self, sums: &[f64], beta: f64) -> f64 {
        let classes = || sums.chunks_exact(SUMS);
        let n = classes().len() as f64;
        match self.average {
            Average::Macro => classes().map(|sums| score(sums, beta)).sum::<f64>() / n,
            Average::Micro => {
                let total = |i| classes().map(|sums| sums[i]).sum::<f64>();
                score(&[total(0), total(1), total(2)], beta)
            }
            Average::Weighted => {
                let all: f64 = classes().map(|sums| sums[0] + sums[2]).sum();
                let weighted = |sums: &[f64]| score(sums, beta) * (sums[0] + sums[2]);
                classes().map(weighted).sum::<f64>() / (all + EPSILON)
            }
        }
    }
}

fn score(sums: &[f64], beta: f64) -> f64 {
    let (tp, fp, missed) = (sums[0], sums[1], sums[2]);
    let (precision, recall) = (tp / (tp + fp + EPSILON), tp / (tp + missed + EPSILON));
    let beta = beta * beta;
    (1.0 + beta) * precision * recall / (beta * precision + recall + EPSILON)
}
