//! Losses of one output and its target, averaged over the outputs of a row.
//!
//! ```text
//! for each row:                        y, t, δ [rows × outputs]
//!   loss ← Σ ℓ(y, t) / outputs         loss [rows]
//!   δ ← ∂ℓ/∂y · scale / outputs
//! ```
//!
//! Departures from the formulas: outputs within ε of 0 and 1 are clipped before a logarithm, as in
//! Keras; padding gets δ = 0, and so do gradients below 2⁻⁹⁵, see [`SimdFloat::flush_tiny`].

use super::activation::sigmoid;
use crate::linalg::{View, ViewMut};
use crate::simd::{Arch, Kernel};
use crate::simd::{F32x16, LANES, Simd, SimdFloat};
use crate::simd::{exp, ln, tanh};

/// Outputs are kept this far from 0 and 1 before their logarithm is taken, as in Keras.
pub(crate) const EPSILON: f32 = 1e-7;

/// A loss ℓ(y, t) of one output and its target; ε = 10⁻⁷, e = y − t.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ElementwiseLoss {
    /// e²
    SquaredError,
    /// |e|
    AbsoluteError,
    /// 100 |e| / max(|t|, ε)
    AbsolutePercentageError,
    /// (ln(max(y, ε) + 1) − ln(max(t, ε) + 1))²
    SquaredLogarithmicError,
    /// e² / 2 up to |e| = δ, then δ |e| − δ² / 2
    Huber {
        /// δ
        delta: f32,
    },
    /// ln cosh e = |e| + ln(1 + e^−2|e|) − ln 2
    LogCosh,
    /// y − t ln(y + ε)
    Poisson,
    /// max(1 − t y, 0)
    Hinge,
    /// max(1 − t y, 0)²
    SquaredHinge,
    /// t ln(t / y), both kept within [ε, 1]; a sum over the outputs, where the others are means
    KlDivergence,
    /// −t ln y − (1 − t) ln(1 − y), y kept within [ε, 1 − ε]
    BinaryCrossentropy,
    /// The same of σ(y), without its rounding: max(y, 0) − y t + ln(1 + e^−|y|)
    SigmoidCrossentropy,
    /// w (1 − p)^γ times the binary cross-entropy, p = t y + (1 − t)(1 − y)
    BinaryFocal {
        /// γ
        gamma: f32,
        /// w = t α + (1 − t)(1 − α), else 1
        alpha: Option<f32>,
    },
    /// The same of σ(y), with its cross-entropy as [`ElementwiseLoss::SigmoidCrossentropy`]
    SigmoidFocal {
        /// γ
        gamma: f32,
        /// As in [`ElementwiseLoss::BinaryFocal`].
        alpha: Option<f32>,
    },
}

impl ElementwiseLoss {
    /// Whether a row's loss is the sum over its outputs, not their mean.
    fn sums(self) -> bool {
        self == ElementwiseLoss::KlDivergence
    }

    /// ℓ(y, t) and ∂ℓ/∂y.
    #[inline(always)]
    #[expect(clippy::too_many_lines, reason = "a list of formulas, one for each loss")]
    fn value_and_slope<L: SimdFloat>(self, y: L, t: L) -> (L, L) {
        let (zero, one, epsilon) = (y.splat(0.0), y.splat(1.0), y.splat(EPSILON));
        let e = y - t;
        match self {
            ElementwiseLoss::SquaredError => (e * e, e + e),
            ElementwiseLoss::AbsoluteError => (e.abs(), sign(e)),
            ElementwiseLoss::AbsolutePercentageError => {
                let scale = y.splat(100.0) / epsilon.max(t.abs());
                (e.abs() * scale, sign(e) * scale)
            }
            ElementwiseLoss::SquaredLogarithmicError => {
                let above = epsilon.max(y) + one;
                let e = ln(above) - ln(epsilon.max(t) + one);
                (e * e, y.select_lt(epsilon, zero, (e + e) / above))
            }
            ElementwiseLoss::Huber { delta } => {
                let (size, delta) = (e.abs(), y.splat(delta));
                let far = delta * size - y.splat(0.5) * delta * delta;
                let near = y.splat(0.5) * e * e;
                (delta.select_lt(size, far, near), delta.select_lt(size, delta * sign(e), e))
            }
            ElementwiseLoss::LogCosh => {
                let size = e.abs();
                let value = size + ln(one + exp(-(size + size)));
                (value - y.splat(std::f32::consts::LN_2), tanh(e))
            }
            ElementwiseLoss::Poisson => {
                let above = y + epsilon;
                (y - t * ln(above), one - t / above)
            }
            ElementwiseLoss::Hinge => {
                let short = one - t * y;
                // As TensorFlow's maximum: where both are equal, the first has the gradient.
                (zero.max(short), short.select_lt(zero, zero, -t))
            }
            ElementwiseLoss::SquaredHinge => {
                let short = zero.max(one - t * y);
                (short * short, -(t * (short + short)))
            }
            ElementwiseLoss::KlDivergence => {
                let (t, p) = (one.min(epsilon.max(t)), one.min(epsilon.max(y)));
                let slope = one.select_lt(y, zero, y.select_lt(epsilon, zero, -(t / p)));
                (t * (ln(t) - ln(p)), slope)
            }
            ElementwiseLoss::BinaryCrossentropy => binary(y, t),
            ElementwiseLoss::SigmoidCrossentropy => (sigmoid_crossentropy(y, t), sigmoid(y) - t),
            ElementwiseLoss::BinaryFocal { gamma, alpha } => {
                focal((gamma, alpha), y, t, binary(y, t), one)
            }
            ElementwiseLoss::SigmoidFocal { gamma, alpha } => {
                let p = sigmoid(y);
                let crossentropy = (sigmoid_crossentropy(y, t), p - t);
                focal((gamma, alpha), p, t, crossentropy, p * (one - p))
            }
        }
    }
}

/// 1, 0 or −1.
#[inline(always)]
fn sign<L: SimdFloat>(x: L) -> L {
    let zero = x.splat(0.0);
    zero.select_lt(x, x.splat(1.0), x.select_lt(zero, x.splat(-1.0), zero))
}

/// max(z, 0) − z t + ln(1 + e^−|z|): the binary cross-entropy of σ(z).
#[inline(always)]
fn sigmoid_crossentropy<L: SimdFloat>(z: L, t: L) -> L {
    let (zero, one) = (z.splat(0.0), z.splat(1.0));
    zero.max(z) - z * t + ln(one + exp(-z.abs()))
}

/// w q^γ ℓ and its slope w q^γ (ℓ′ + γ q′ / q ℓ), where q = t (1 − p) + (1 − t) p, q′ = (1 − 2 t) p′,
/// `crossentropy` is (ℓ, ℓ′) and `dp` is p′.
#[inline(always)]
fn focal<L: SimdFloat>(
    (exponent, alpha): (f32, Option<f32>),
    p: L,
    t: L,
    crossentropy: (L, L),
    dp: L,
) -> (L, L) {
    let (zero, one, (value, slope)) = (p.splat(0.0), p.splat(1.0), crossentropy);
    let gamma = p.splat(exponent);
    let q = t * (one - p) + (one - t) * p;
    let size = p.splat(EPSILON).max(q.abs());
    // Outputs beyond 0 and 1 make q negative, of which only whole numbers are powers.
    let below = p.splat(power_of_minus_one(exponent));
    let sign = zero.select_lt(-q, below, one);
    let balance = |alpha| t * p.splat(alpha) + (one - t) * p.splat(1.0 - alpha);
    let power = alpha.map_or(one, balance) * sign * exp(gamma * ln(size));
    let by_q = (one - t - t) * dp * gamma / zero.select_lt(-q, -size, size) * value;
    (power * value, power * (slope + by_q))
}

/// (−1)^γ: 1 or −1 for a whole number, else not a number.
fn power_of_minus_one(gamma: f32) -> f32 {
    if gamma.fract() != 0.0 {
        return f32::NAN;
    }
    if gamma % 2.0 == 0.0 { 1.0 } else { -1.0 }
}

/// The binary cross-entropy of a probability, and its slope.
#[inline(always)]
fn binary<L: SimdFloat>(y: L, t: L) -> (L, L) {
    let (zero, one) = (y.splat(0.0), y.splat(1.0));
    let (low, high) = (y.splat(EPSILON), y.splat(1.0 - EPSILON));
    let p = low.max(high.min(y));
    let value = -(t * ln(p) + (one - t) * ln(one - p));
    let slope = (p - t) / (p * (one - p));
    let slope = y.select_lt(low, zero, slope);
    (value, high.select_lt(y, zero, slope))
}

impl ElementwiseLoss {
    /// `losses[row]` ← the mean of ℓ over the outputs of the row, and δ ← ∂ℓ/∂y · `scale` / outputs,
    /// for `y`, `targets` and `delta` [rows × outputs]. The Kullback-Leibler divergence is the sum,
    /// not the mean.
    pub fn apply(
        self,
        arch: Arch,
        y: View<'_>,
        targets: View<'_>,
        scale: f32,
        delta: ViewMut<'_>,
        losses: &mut [f32],
    ) {
        assert!((y.rows, y.cols) == (targets.rows, targets.cols));
        assert!((y.rows, y.cols) == (delta.rows, delta.cols) && losses.len() == y.rows);
        arch.dispatch(LossOfRows { loss: self, y, targets, scale, delta, losses });
    }
}

struct LossOfRows<'a> {
    loss: ElementwiseLoss,
    y: View<'a>,
    targets: View<'a>,
    scale: f32,
    delta: ViewMut<'a>,
    losses: &'a mut [f32],
}

impl Kernel for LossOfRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        let n = self.y.cols;
        let share = if self.loss.sums() { 1.0 } else { n as f32 };
        let scale = simd.splat(self.scale / share);
        for r in 0..self.y.rows {
            let (y, t, delta) = (self.y.vectors(r), self.targets.vectors(r), self.delta.vectors(r));
            let mut sum = simd.splat(0.0);
            for (i, ((y, t), delta)) in y.iter().zip(t).zip(delta).enumerate() {
                let left = n - i * LANES;
                let (value, slope) = self.loss.value_and_slope(simd.load(y), simd.load(t));
                sum = sum + value.select_prefix(left, 0.0);
                (slope * scale).flush_tiny().select_prefix(left, 0.0).store(delta);
            }
            self.losses[r] = sum.reduce_sum() / share;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Matrix;

    const ALL: [ElementwiseLoss; 16] = [
        ElementwiseLoss::SquaredError,
        ElementwiseLoss::BinaryCrossentropy,
        ElementwiseLoss::SigmoidCrossentropy,
        ElementwiseLoss::AbsoluteError,
        ElementwiseLoss::AbsolutePercentageError,
        ElementwiseLoss::SquaredLogarithmicError,
        ElementwiseLoss::Huber { delta: 0.3 },
        ElementwiseLoss::LogCosh,
        ElementwiseLoss::Poisson,
        ElementwiseLoss::Hinge,
        ElementwiseLoss::SquaredHinge,
        ElementwiseLoss::KlDivergence,
        ElementwiseLoss::BinaryFocal { gamma: 2.0, alpha: None },
        ElementwiseLoss::BinaryFocal { gamma: 0.5, alpha: Some(0.25) },
        ElementwiseLoss::SigmoidFocal { gamma: 2.0, alpha: None },
        ElementwiseLoss::SigmoidFocal { gamma: 0.5, alpha: Some(0.25) },
    ];

    fn apply(loss: ElementwiseLoss, y: &[f32], t: &[f32]) -> (f32, Vec<f32>) {
        let (y, t) = (Matrix::from_rows(1, y.len(), y), Matrix::from_rows(1, t.len(), t));
        let mut delta = Matrix::zeros(1, y.cols());
        let mut losses = [f32::NAN];
        loss.apply(Arch::detect(), y.view(1), t.view(1), 1.0, delta.view_mut(1), &mut losses);
        (losses[0], delta.to_rows())
    }

    /// By hand, to seven digits.
    #[test]
    fn values_are_those_of_the_formulas() {
        let (y, t) = ([0.9, 0.2, 0.5], [1.0, 0.0, 1.0]);
        let table = [
            (ALL[0], 0.1),
            (ALL[1], 0.340_550_4),
            (ALL[2], 0.537_789_8),
            (ALL[3], 0.266_666_7),
            (ALL[5], 0.039_544_4),
            (ALL[6], 0.043_333_3),
            (ALL[7], 0.048_324_9),
            (ALL[8], 0.799_502_4),
            (ALL[9], 0.533_333_3),
            (ALL[10], 0.42),
        ];
        for (loss, want) in table {
            assert!(
                (apply(loss, &y, &t).0 - want).abs() < 2e-6,
                "{loss:?}: {}",
                apply(loss, &y, &t).0
            );
        }
    }

    #[test]
    fn slopes_are_the_difference_quotients() {
        let y: Vec<f32> = (1..20).map(|i| i as f32 / 20.0).collect();
        let t: Vec<f32> = (1..20).map(|i| (i % 3) as f32 / 2.0).collect();
        for loss in ALL {
            let (_, delta) = apply(loss, &y, &t);
            for i in 0..y.len() {
                // No slope where a formula has a corner.
                let corner = (y[i] - t[i]).abs() < 2e-3 || ((y[i] - t[i]).abs() - 0.3).abs() < 2e-3;
                if corner || (1.0 - y[i] * t[i]).abs() < 2e-3 {
                    continue;
                }
                let at = |h: f32| f64::from(apply(loss, &[y[i] + h], &[t[i]]).0);
                let quotient = (at(1e-3) - at(-1e-3)) / 2e-3;
                let share = if loss.sums() { 1.0 } else { y.len() as f64 };
                let slope = f64::from(delta[i]) * share;
                assert!(
                    (slope - quotient).abs() < 5e-3 * quotient.abs().max(1.0),
                    "{loss:?} at {}",
                    y[i]
                );
            }
        }
    }

    #[test]
    fn a_saturated_probability_has_a_finite_loss_and_no_slope() {
        let (loss, delta) = apply(ElementwiseLoss::BinaryCrossentropy, &[0.0], &[1.0]);
        assert!((loss - 16.118_095).abs() < 1e-4 && delta == [0.0]);
    }
}
