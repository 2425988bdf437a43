//! R², the coefficient of determination, its mean over the outputs.
//!
//! ```text
//! R² = 1 − Σ w (t − y)² / Σ w (t − t̄)²,  Σ w (t − t̄)² = Σ w t² − (Σ w t)² / Σ w
//! ```
//!
//! An output whose targets are all equal explains no variance: its R² is 0, as in Keras and
//! scikit-learn, or 1 where every prediction is exact, as in scikit-learn (Keras has NaN there).

use super::BatchOutputs;
use super::confusion::share;

/// Σ w t, Σ w t², Σ w (t − y)² of each output, with the weight w of each row.
pub(super) const SUMS: usize = 3;

pub(super) fn add(batch: BatchOutputs<'_>, sums: &mut [f64]) {
    let BatchOutputs { outputs, targets, .. } = batch;
    for r in 0..outputs.rows() {
        let row = outputs.row(r).iter().zip(targets.row(r));
        let weight = batch.weight(r);
        for (sums, (y, t)) in sums.chunks_exact_mut(SUMS).zip(row) {
            let (y, t) = (f64::from(*y), f64::from(*t));
            sums[0] += weight * t;
            sums[1] += weight * (t * t);
            sums[2] += weight * (t - y).powi(2);
        }
    }
}

pub(super) fn value(sums: &[f64], rows: f64) -> f64 {
    let n = (sums.len() / SUMS).max(1) as f64;
    sums.chunks_exact(SUMS).map(|sums| of_output(sums, rows)).sum::<f64>() / n
}

fn of_output(sums: &[f64], rows: f64) -> f64 {
    let [sum, squares, errors] = [sums[0], sums[1], sums[2]];
    let total = squares - share(sum * sum, rows);
    // The two terms cancel up to the rounding of their sums.
    let is_constant = total <= rows * f64::EPSILON * squares;
    match (is_constant, errors == 0.0) {
        (false, _) => 1.0 - errors / total,
        (true, true) => 1.0,
        (true, false) => 0.0,
    }
}
