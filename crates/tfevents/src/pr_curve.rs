//! Precision-recall curves for the PR Curves dashboard.
//!
//! The tensor has 6 rows (TP, FP, TN, FN, precision, recall) and a column for each threshold from 0
//! to 1. Precision is 1 for thresholds without positive predictions.
//!
//! Format: [`tensorboard/plugins/pr_curve/summary.py`](https://github.com/tensorflow/tensorboard/blob/master/tensorboard/plugins/pr_curve/summary.py).

use tensorboard_proto::types::DataType;

use super::summary::{Summary, tensor, tensor_summary};

/// TensorBoard's default.
const THRESHOLDS: usize = 201;

/// Encodes the curve of (prediction in \[0, 1\], label) pairs under `tag`; NaN predictions are skipped.
pub fn pr_curve(tag: &str, answers: &[(f32, bool)]) -> Summary {
    let mut tensor = tensor(DataType::DT_FLOAT, &[6, THRESHOLDS as i64]);
    let rows = rows(answers);
    tensor.tensor_content = rows.iter().flatten().flat_map(|x| (*x as f32).to_le_bytes()).collect();
    // `PrCurvePluginData { num_thresholds: THRESHOLDS }`: field 2, a varint of two bytes.
    let content = vec![0x10, (THRESHOLDS & 0x7f) as u8 | 0x80, (THRESHOLDS >> 7) as u8];
    tensor_summary(tag, tensor, "pr_curves", content)
}

fn rows(answers: &[(f32, bool)]) -> [Vec<f64>; 6] {
    let steps = (THRESHOLDS - 1) as f32;
    // Negatives and positives between each threshold and the next.
    let mut counts = [[0.0; 2]; THRESHOLDS];
    for (y, so) in answers.iter().filter(|(y, _)| !y.is_nan()) {
        counts[(y * steps).clamp(0.0, steps) as usize][usize::from(*so)] += 1.0;
    }
    let total = |so: usize| counts.iter().map(|counts| counts[so]).sum::<f64>();
    let (negatives, positives) = (total(0), total(1));
    let mut rows: [Vec<f64>; 6] = Default::default();
    let (mut below_not, mut below_so) = (0.0, 0.0);
    for [not, so] in counts {
        let (tp, fp) = (positives - below_so, negatives - below_not);
        let precision = if tp + fp == 0.0 { 1.0 } else { tp / (tp + fp) };
        let recall = if positives == 0.0 { 0.0 } else { tp / positives };
        let column = [tp, fp, below_not, below_so, precision, recall];
        rows.iter_mut().zip(column).for_each(|(row, x)| row.push(x));
        (below_not, below_so) = (below_not + not, below_so + so);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_have_their_counts() {
        let rows = rows(&[(0.0, false), (0.3, true), (0.6, false), (0.9, true), (1.0, true)]);
        let column = |i: usize| rows.iter().map(|row| row[i]).collect::<Vec<_>>();
        assert_eq!(column(0), [3.0, 2.0, 0.0, 0.0, 0.6, 1.0]);
        assert_eq!(column(100), [2.0, 1.0, 1.0, 1.0, 2.0 / 3.0, 2.0 / 3.0]);
        assert_eq!(column(200), [1.0, 0.0, 2.0, 2.0, 1.0, 1.0 / 3.0]);
        let summary = pr_curve("pr", &[(0.5, true)]);
        let content = &summary.0.value[0].get_metadata().get_plugin_data().content;
        assert_eq!(content[..], [0x10, 0xc9, 0x01]);
    }
}
