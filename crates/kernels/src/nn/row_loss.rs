//! Losses of all outputs of a row together, in plain code: rows are short.
//!
//! ```text
//! for each row:                        y, t, δ [rows × outputs]
//!   loss ← L(y, t)                     loss [rows]
//!   δ ← ∂L/∂y · scale
//! ```

use super::elementwise_loss::EPSILON;
use crate::linalg::{View, ViewMut};
use crate::simd::{exp_f32, ln_f32};

/// L(arguments, y, t) of a row, with ∂L/∂y written to the last slice.
type RowFormula = fn([f32; 2], &[f32], &[f32], &mut [f32]) -> f32;

/// A loss of a row's outputs y and targets t; ε = 10⁻⁷.
#[derive(Clone, Copy, Debug)]
pub enum RowLoss {
    /// −Σ ŷ t̂, x̂ = x / max(‖x‖, ε)
    CosineSimilarity,
    /// max(max((1 − t) y) − Σ t y + 1, 0)
    CategoricalHinge,
    /// −Σ t ln c, c = y / Σ y kept within [ε, 1 − ε]
    CategoricalCrossentropy,
    /// −Σ t ln(c / Σ c), c = y kept within [ε, 1 − ε], for targets with the sum 1
    SparseCategoricalCrossentropy,
    /// −Σ α (1 − p)^γ t ln p, p = y / Σ y kept within [ε, 1 − ε]
    CategoricalFocal {
        /// α
        alpha: f32,
        /// γ
        gamma: f32,
    },
    /// Σ w q^γ ℓ / units of the logits y, ℓ = max(y, 0) − y t + ln(1 + e^−|y|),
    /// q = t (1 − p) + (1 − t) p, p = softmax(y)
    SoftmaxBinaryFocal {
        /// γ
        gamma: f32,
        /// w = t α + (1 − t)(1 − α), else 1
        alpha: Option<f32>,
    },
    /// A formula of another crate.
    Formula {
        /// L and its gradient.
        formula: RowFormula,
        /// The arguments of the formula.
        args: [f32; 2],
    },
}

impl RowLoss {
    /// `losses[row]` ← the loss of each row, and δ ← its gradient by y times `scale`, for `y`,
    /// `targets` and `delta` [rows × outputs].
    pub fn apply(
        self,
        y: View<'_>,
        targets: View<'_>,
        scale: f32,
        mut delta: ViewMut<'_>,
        losses: &mut [f32],
    ) {
        assert!((y.rows, y.cols) == (targets.rows, targets.cols) && losses.len() == y.rows);
        assert!((y.rows, y.cols) == (delta.rows, delta.cols));
        let n = y.cols;
        for (r, value) in losses.iter_mut().enumerate() {
            let (y, t, delta) = (&y.row(r)[..n], &targets.row(r)[..n], &mut delta.row(r)[..n]);
            *value = match self {
                RowLoss::CosineSimilarity => cosine_similarity(y, t, delta),
                RowLoss::CategoricalHinge => categorical_hinge(y, t, delta),
                RowLoss::CategoricalCrossentropy => crossentropy(y, t, delta),
                RowLoss::SparseCategoricalCrossentropy => sparse_crossentropy(y, t, delta),
                RowLoss::CategoricalFocal { alpha, gamma } => focal((alpha, gamma), y, t, delta),
                RowLoss::SoftmaxBinaryFocal { gamma, alpha } => {
                    softmax_binary_focal((gamma, alpha), y, t, delta)
                }
                RowLoss::Formula { formula, args } => formula(args, y, t, delta),
            };
            delta.iter_mut().for_each(|d| *d *= scale);
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// ∂/∂y = −(t̂ − ŷ Σ ŷ t̂) / ‖y‖
fn cosine_similarity(y: &[f32], t: &[f32], delta: &mut [f32]) -> f32 {
    let (y_norm, t_norm) = (dot(y, y).sqrt(), dot(t, t).sqrt().max(EPSILON));
    let clipped_norm = y_norm.max(EPSILON);
    let cosine = dot(y, t) / (clipped_norm * t_norm);
    for (d, (y, t)) in delta.iter_mut().zip(y.iter().zip(t)) {
        let along_y = if y_norm < EPSILON { 0.0 } else { y / clipped_norm * cosine };
        *d = (along_y - t / t_norm) / clipped_norm;
    }
    -cosine
}

/// Where several wrong outputs are the greatest, they share the slope, as in Keras; so does a loss
/// of exactly 0 keep its slope.
fn categorical_hinge(y: &[f32], t: &[f32], delta: &mut [f32]) -> f32 {
    let wrong = || y.iter().zip(t).map(|(y, t)| (1.0 - t) * y);
    let greatest = wrong().fold(f32::NEG_INFINITY, f32::max);
    let loss = greatest - dot(y, t) + 1.0;
    let equals = wrong().filter(|w| *w == greatest).count() as f32;
    for ((d, t), wrong) in delta.iter_mut().zip(t).zip(wrong()) {
        let share = if wrong == greatest { (1.0 - t) / equals } else { 0.0 };
        *d = if 0.0 <= loss { share - t } else { 0.0 };
    }
    loss.max(0.0)
}

/// By c: −t / c; then by y through c = y / Σ y.
fn crossentropy(y: &[f32], t: &[f32], delta: &mut [f32]) -> f32 {
    let total: f32 = y.iter().sum();
    let (mut loss, mut dot) = (0.0, 0.0);
    for ((y, t), d) in y.iter().zip(t).zip(&mut *delta) {
        let q = y / total;
        let c = q.clamp(EPSILON, 1.0 - EPSILON);
        loss -= t * ln_f32(c);
        // Where the clip holds, the loss does not depend on q.
        *d = if q == c { -t / q } else { 0.0 };
        dot += *d * q;
    }
    delta.iter_mut().for_each(|d| *d = (*d - dot) / total);
    loss
}

/// By c: 1 / Σ c − t / c.
fn sparse_crossentropy(y: &[f32], t: &[f32], delta: &mut [f32]) -> f32 {
    let clip = |y: f32| y.clamp(EPSILON, 1.0 - EPSILON);
    let total: f32 = y.iter().copied().map(clip).sum();
    let hit: f32 = y.iter().zip(t).map(|(y, t)| t * ln_f32(clip(*y))).sum();
    for ((y, t), d) in y.iter().zip(t).zip(delta) {
        // Where the clip holds, the loss does not depend on y.
        *d = if clip(*y) == *y { 1.0 / total - t / clip(*y) } else { 0.0 };
    }
    ln_f32(total) - hit
}

/// By p: −α t ((1 − p)^γ / p − γ (1 − p)^(γ − 1) ln p); then by y through p = y / Σ y.
fn focal((alpha, gamma): (f32, f32), y: &[f32], t: &[f32], delta: &mut [f32]) -> f32 {
    let total: f32 = y.iter().sum();
    let (mut sum, mut along) = (0.0, 0.0);
    for ((y, t), d) in y.iter().zip(t).zip(&mut *delta) {
        let q = y / total;
        let p = q.clamp(EPSILON, 1.0 - EPSILON);
        let log = ln_f32(p);
        let power = exp_f32(gamma * ln_f32(1.0 - p));
        sum -= alpha * power * t * log;
        let slope = -alpha * t * (power / p - gamma * power / (1.0 - p) * log);
        // Where p is kept within its bounds, the loss does not depend on q.
        *d = if q == p { slope } else { 0.0 };
        along += *d * q;
    }
    delta.iter_mut().for_each(|d| *d = (*d - along) / total);
    sum
}

/// By z: w q^γ (σ(z) − t) and, through p, p (g − Σ g p) with g = w γ q^(γ − 1) (1 − 2 t) ℓ.
fn softmax_binary_focal(
    (gamma, alpha): (f32, Option<f32>),
    z: &[f32],
    t: &[f32],
    delta: &mut [f32],
) -> f32 {
    let power_of = |q: f32, exponent: f32| exp_f32(exponent * ln_f32(q.max(EPSILON)));
    let greatest = z.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let e = |z: f32| exp_f32(z - greatest);
    let total: f32 = z.iter().copied().map(e).sum();
    let n = z.len() as f32;
    // p, q and w / units of one output.
    let terms = |z: f32, t: f32| {
        let p = e(z) / total;
        let weight = alpha.map_or(1.0, |alpha| t * alpha + (1.0 - t) * (1.0 - alpha)) / n;
        (p, t * (1.0 - p) + (1.0 - t) * p, weight)
    };
    let (mut sum, mut along) = (0.0, 0.0);
    for ((&z, &t), d) in z.iter().zip(t).zip(&mut *delta) {
        let (p, q, weight) = terms(z, t);
        let small = exp_f32(-z.abs());
        let value = z.max(0.0) - z * t + ln_f32(1.0 + small);
        sum += weight * power_of(q, gamma) * value;
        *d = weight * gamma * power_of(q, gamma - 1.0) * (1.0 - 2.0 * t) * value;
        along += *d * p;
    }
    for ((&z, &t), d) in z.iter().zip(t).zip(delta) {
        let (p, q, weight) = terms(z, t);
        let sigmoid = 1.0 / (1.0 + exp_f32(-z));
        *d = p * (*d - along) + weight * power_of(q, gamma) * (sigmoid - t);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Matrix;

    const ALL: [RowLoss; 6] = [
        RowLoss::CosineSimilarity,
        RowLoss::CategoricalHinge,
        RowLoss::CategoricalFocal { alpha: 0.25, gamma: 2.0 },
        RowLoss::CategoricalFocal { alpha: 0.5, gamma: 0.7 },
        RowLoss::SoftmaxBinaryFocal { gamma: 2.0, alpha: None },
        RowLoss::SoftmaxBinaryFocal { gamma: 0.5, alpha: Some(0.25) },
    ];

    fn apply(loss: RowLoss, y: &[f32], t: &[f32]) -> (f32, Vec<f32>) {
        let (y, t) = (Matrix::from_rows(1, y.len(), y), Matrix::from_rows(1, t.len(), t));
        let (mut delta, mut losses) = (Matrix::zeros(1, y.cols()), [f32::NAN]);
        loss.apply(y.view(1), t.view(1), 1.0, delta.view_mut(1), &mut losses);
        (losses[0], delta.to_rows())
    }

    /// By hand: y = (0.2, 0.5, 0.3), t = (0, 1, 0).
    #[test]
    fn values_are_those_of_the_formulas() {
        let want = [-0.811_107_1, 0.8, 0.043_321_7, 0.213_339_2];
        for (loss, want) in ALL.into_iter().zip(want) {
            let got = apply(loss, &[0.2, 0.5, 0.3], &[0.0, 1.0, 0.0]).0;
            assert!((got - want).abs() < 2e-6, "{loss:?}: {got}, want {want}");
        }
    }

    #[test]
    fn slopes_are_the_difference_quotients() {
        let (y, t) = ([0.15, 0.4, 0.2, 0.3], [0.0, 0.0, 1.0, 0.0]);
        for loss in ALL {
            let (_, delta) = apply(loss, &y, &t);
            for i in 0..y.len() {
                let at = |h: f32| {
                    let mut y = y;
                    y[i] += h;
                    f64::from(apply(loss, &y, &t).0)
                };
                let quotient = (at(1e-3) - at(-1e-3)) / 2e-3;
                assert!(
                    (f64::from(delta[i]) - quotient).abs() < 2e-3,
                    "{loss:?} at {i}: {delta:?}"
                );
            }
        }
    }
}
