//! R², the coefficient of determination, its mean over the outputs.
//!
//! ```text
//! R² = 1 − Σ (t − y)² / Σ (t − t̄)²
//! ```

use super::Answers;
use super::confusion::share;

/// Σ t, Σ t², Σ (t − y)² of each output.
pub(super) const SUMS: usize = 3;

pub(super) fn add(answers: Answers<'_>, sums: &mut [f64]) {
    let Answers { outputs, targets, .. } = answers;
    for r in 0..outputs.rows() {
        let row = outputs.row(r).iter().zip(targets.row(r));
        for (sums, (y, t)) in sums.chunks_exact_mut(SUMS).zip(row) {
            let (y, t) = (f64::from(*y), f64::from(*t));
            sums[0] += t;
            sums[1] += t * t;
            sums[2] += (t - y).powi(2);
        }
    }
}

pub(super) fn value(sums: &[f64], rows: f64) -> f64 {
    let n = (sums.len() / SUMS).max(1) as f64;
    let output = |sums: &[f64]| 1.0 - share(sums[2], sums[1] - share(sums[0] * sums[0], rows));
    sums.chunks_exact(SUMS).map(output).sum::<f64>() / n
}
