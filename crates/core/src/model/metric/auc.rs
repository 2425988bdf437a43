//! The area under a curve of all thresholds, as Keras approximates it: between evenly spaced ones.
//!
//! ```text
//! ROC: Σᵢ (xᵢ − xᵢ₊₁) (yᵢ + yᵢ₊₁) / 2,  x = FP / (FP + TN),  y = TP / (TP + FN)
//! PR:  Σᵢ s (ΔTP + b ln(Pᵢ / Pᵢ₊₁)) / (TP + FN)ᵢ₊₁              P = TP + FP
//!      s = ΔTP / ΔP,  b = TPᵢ₊₁ − s Pᵢ₊₁                        (Davis and Goadrich 2006)
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::BatchOutputs;
use super::confusion::share;

/// Keras's arguments of `AUC`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Auc {
    /// Number of thresholds, evenly from just below 0 to just above 1.
    #[serde(default = "two_hundred")]
    #[schemars(range(min = 2, max = 10_000))]
    pub num_thresholds: usize,
    /// The curve whose area is taken.
    #[serde(default)]
    pub curve: Curve,
}

fn two_hundred() -> usize {
    200
}

/// A curve of all thresholds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Curve {
    /// Recall over the share of false alarms.
    #[default]
    #[serde(rename = "ROC")]
    Roc,
    /// Precision over recall.
    #[serde(rename = "PR")]
    Pr,
}

impl Auc {
    /// For each number of thresholds that an output is above: how many such are so, and are not.
    pub(super) fn sums(&self) -> usize {
        2 * (self.num_thresholds + 1)
    }

    pub(super) fn add(&self, batch: BatchOutputs<'_>, sums: &mut [f64]) {
        let BatchOutputs { outputs, targets, .. } = batch;
        let steps = (self.num_thresholds - 1) as f32;
        for r in 0..outputs.rows() {
            for (y, t) in outputs.row(r)[..outputs.cols()].iter().zip(targets.row(r)) {
                // Threshold i is i / steps, but the first is below 0 and the last above 1.
                let above = (y * steps).ceil().clamp(1.0, steps) as usize;
                sums[2 * above + usize::from(*t == 0.0)] += batch.weight(r);
            }
        }
    }

    pub(super) fn value(&self, sums: &[f64]) -> f64 {
        let n = self.num_thresholds;
        // TP and FP of threshold i: what is above more thresholds than i.
        let mut at = vec![(0.0, 0.0); n + 1];
        for i in (0..n).rev() {
            at[i] = (at[i + 1].0 + sums[2 * (i + 1)], at[i + 1].1 + sums[2 * (i + 1) + 1]);
        }
        let (positives, negatives) = at[0];
        let step = |pair: &[(f64, f64)]| {
            let ((tp, fp), (next_tp, next_fp)) = (pair[0], pair[1]);
            match self.curve {
                Curve::Roc => {
                    let width = share(fp, negatives) - share(next_fp, negatives);
                    width * (share(tp, positives) + share(next_tp, positives)) / 2.0
                }
                Curve::Pr => {
                    let (p, next_p) = (tp + fp, next_tp + next_fp);
                    let slope = share(tp - next_tp, (p - next_p).max(0.0));
                    let start = next_tp - slope * next_p;
                    let ratio = if 0.0 < p && 0.0 < next_p { p / next_p } else { 1.0 };
                    share(slope * (tp - next_tp + start * ratio.ln()), positives)
                }
            }
        };
        at[..n].windows(2).map(step).sum()
    }
}
