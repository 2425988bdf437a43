//! Losses that compare one output with one target at a time, averaged over a row's outputs.

use crate::kernels::activate::sigmoid;
use crate::kernels::cpu::{Cpu, Job};
use crate::kernels::math::{exp, ln};
use crate::kernels::{LANES, Lanes, Vector, View, ViewMut};

/// Outputs are kept this far from 0 and 1 before their logarithm is taken, as in Keras.
pub(super) const CLIP: f32 = 1e-7;

/// A loss ℓ(y, t) of one output and its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointwise {
    /// (t − y)²
    SquaredError,
    /// −t ln y − (1 − t) ln(1 − y), y kept within [CLIP, 1 − CLIP]
    BinaryCrossentropy,
    /// The same of σ(y), without its rounding: max(y, 0) − y t + ln(1 + e^−|y|)
    SigmoidCrossentropy,
}

impl Pointwise {
    /// ℓ(y, t) and ∂ℓ/∂y.
    #[inline(always)]
    fn value_and_slope<L: Lanes>(self, y: L, t: L) -> (L, L) {
        let (zero, one) = (L::splat(0.0), L::splat(1.0));
        match self {
            Pointwise::SquaredError => {
                let e = y - t;
                (e * e, e + e)
            }
            Pointwise::BinaryCrossentropy => {
                let (low, high) = (L::splat(CLIP), L::splat(1.0 - CLIP));
                let p = low.max(high.min(y));
                let value = -(t * ln(p) + (one - t) * ln(one - p));
                let slope = (p - t) / (p * (one - p));
                let slope = y.if_less(low, zero, slope);
                (value, high.if_less(y, zero, slope))
            }
            Pointwise::SigmoidCrossentropy => {
                let value = zero.max(y) - y * t + ln(one + exp(-y.abs()));
                (value, sigmoid(y) - t)
            }
        }
    }
}

/// `losses[row]` ← the mean of ℓ over the row's outputs, and δ ← ∂ℓ/∂y · `scale` / outputs, for
/// outputs `y`, `targets` and `delta` of one shape (rows × outputs).
pub fn pointwise(
    cpu: Cpu,
    loss: Pointwise,
    y: View<'_>,
    targets: View<'_>,
    scale: f32,
    delta: ViewMut<'_>,
    losses: &mut [f32],
) {
    assert!((y.rows, y.cols) == (targets.rows, targets.cols));
    assert!((y.rows, y.cols) == (delta.rows, delta.cols) && losses.len() == y.rows);
    cpu.run(Loss { loss, y, targets, scale, delta, losses });
}

struct Loss<'a> {
    loss: Pointwise,
    y: View<'a>,
    targets: View<'a>,
    scale: f32,
    delta: ViewMut<'a>,
    losses: &'a mut [f32],
}

impl Job for Loss<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Vector>(mut self) {
        let n = self.y.cols;
        let scale = L::splat(self.scale / n as f32);
        for r in 0..self.y.rows {
            let (y, t, delta) = (self.y.row(r), self.targets.row(r), self.delta.row(r));
            let mut sum = L::splat(0.0);
            for v in (0..n).step_by(LANES) {
                // SAFETY: the three rows are equally long and padded to whole vectors.
                unsafe {
                    let (y, t) = (L::load(y.as_ptr().add(v)), L::load(t.as_ptr().add(v)));
                    let (value, slope) = self.loss.value_and_slope(y, t);
                    sum = sum + value.keep_first(n - v, 0.0);
                    (slope * scale).keep_first(n - v, 0.0).store(delta.as_mut_ptr().add(v));
                }
            }
            self.losses[r] = sum.sum() / n as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Matrix;

    const ALL: [Pointwise; 3] =
        [Pointwise::SquaredError, Pointwise::BinaryCrossentropy, Pointwise::SigmoidCrossentropy];

    fn apply(loss: Pointwise, y: &[f32], t: &[f32]) -> (f32, Vec<f32>) {
        let (y, t) = (Matrix::from_rows(1, y.len(), y), Matrix::from_rows(1, t.len(), t));
        let mut delta = Matrix::zeros(1, y.cols());
        let mut losses = [f32::NAN];
        pointwise(Cpu::detect(), loss, y.view(1), t.view(1), 1.0, delta.view_mut(1), &mut losses);
        (losses[0], delta.to_rows())
    }

    /// By hand, to seven digits.
    #[test]
    fn values_are_those_of_the_formulas() {
        let (y, t) = ([0.9, 0.2, 0.5], [1.0, 0.0, 1.0]);
        let table = [(ALL[0], 0.1), (ALL[1], 0.340_550_4), (ALL[2], 0.537_789_8)];
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
                let at = |h: f32| f64::from(apply(loss, &[y[i] + h], &[t[i]]).0);
                let quotient = (at(1e-3) - at(-1e-3)) / 2e-3;
                let slope = f64::from(delta[i]) * y.len() as f64;
                assert!(
                    (slope - quotient).abs() < 3e-3 * quotient.abs().max(1.0),
                    "{loss:?} at {}",
                    y[i]
                );
            }
        }
    }

    #[test]
    fn a_saturated_probability_has_a_finite_loss_and_no_slope() {
        let (loss, delta) = apply(Pointwise::BinaryCrossentropy, &[0.0], &[1.0]);
        assert!((loss - 16.118_095).abs() < 1e-4 && delta == [0.0]);
    }
}
