//! The Tversky loss of a row (Salehi et al. 2017, <https://arxiv.org/abs/1706.05721>), as Keras has it
//! with `axis=-1`.
//!
//! ```text
//! S = Σ t y,  D = S + α Σ t (1 − y) + β Σ y (1 − t) + ε       ε = 10⁻⁷
//! L = 1 − S / D
//! ∂L/∂y = (S (t − α t + β (1 − t)) / D − t) / D
//! ```
//!
//! Departure from Keras: its default, `axis=None`, has one S and one D for the whole batch. Here the loss
//! of a row is a function of this row alone, so `axis` must be given, as −1.

use super::LossKernel;
use kernels::RowLoss;

/// Keras's epsilon.
const EPSILON: f32 = 1e-7;

/// The kernel for α and β.
pub(super) fn kernel(alpha: f64, beta: f64) -> LossKernel {
    let args = [alpha as f32, beta as f32];
    LossKernel::Row(RowLoss::Formula { formula: value_and_gradient, args })
}

/// L of a row, and ∂L/∂y into `delta`.
fn value_and_gradient([alpha, beta]: [f32; 2], y: &[f32], t: &[f32], delta: &mut [f32]) -> f32 {
    let sum =
        |term: fn(f32, f32) -> f32| -> f32 { y.iter().zip(t).map(|(y, t)| term(*y, *t)).sum() };
    let s = sum(|y, t| t * y);
    let missed = sum(|y, t| t * (1.0 - y));
    let wrong = sum(|y, t| y * (1.0 - t));
    let d = s + alpha * missed + beta * wrong + EPSILON;
    for (delta, t) in delta.iter_mut().zip(t) {
        let slope_of_d = t - alpha * t + beta * (1.0 - t);
        *delta = (s * slope_of_d / d - t) / d;
    }
    1.0 - s / d
}

#[cfg(test)]
mod tests {
    use super::*;

    const Y: [f32; 3] = [0.2, 0.5, 0.3];

    fn loss(args: [f32; 2], y: &[f32], t: &[f32]) -> (f32, Vec<f32>) {
        let mut delta = vec![0.0; y.len()];
        (value_and_gradient(args, y, t, &mut delta), delta)
    }

    /// By hand: S = 0.5, Σ t (1 − y) = 0.5, Σ y (1 − t) = 0.5.
    #[test]
    fn the_value_is_that_of_the_formula() {
        let t = [0.0, 1.0, 0.0];
        assert!((loss([0.5, 0.5], &Y, &t).0 - 0.5).abs() < 1e-6);
        assert!((loss([0.3, 0.7], &Y, &t).0 - 0.5).abs() < 1e-6);
        assert!((loss([1.0, 0.0], &Y, &[1.0, 1.0, 0.0]).0 - 0.65).abs() < 1e-6);
        assert_eq!(loss([0.5, 0.5], &Y, &[0.0; 3]).0, 1.0);
        assert_eq!(loss([0.5, 0.5], &[0.0; 3], &[0.0; 3]), (1.0, vec![0.0; 3]));
    }

    #[test]
    fn the_gradient_is_the_difference_quotient() {
        for (args, t) in [([0.5, 0.5], [0.0, 1.0, 0.0]), ([0.3, 0.7], [0.2, 0.5, 1.0])] {
            let (_, delta) = loss(args, &Y, &t);
            for i in 0..Y.len() {
                let at = |h: f32| {
                    let mut y = Y;
                    y[i] += h;
                    f64::from(loss(args, &y, &t).0)
                };
                let quotient = (at(1e-3) - at(-1e-3)) / 2e-3;
                assert!((f64::from(delta[i]) - quotient).abs() < 1e-3, "{args:?} {i}: {delta:?}");
            }
        }
    }
}
