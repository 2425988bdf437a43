//! Layer normalization over the units of a row, and batch normalization over the rows of a batch.
//!
//! ```text
//! n numbers x: the units of a row (layer), or a column of the batch (batch)
//! µ = Σ x / n,  v = Σ (x − µ)² / n,  s = 1 / √(v + ε)
//! x̂ = (x − µ) s
//! y = γ x̂ + β
//! ∂L/∂x = s (γ δ − Σ γ δ / n − x̂ Σ γ δ x̂ / n)         δ = ∂L/∂y
//! ∂L/∂γ = Σ δ x̂,  ∂L/∂β = Σ δ                          over the batch
//! ```
//!
//! Departures from the formulas:
//!
//! 1. The backward kernels leave δ x̂ in the place of x̂: ∂L/∂γ is a column sum, as every bias is.
//! 2. A sum over a row has 16 running sums and the tree of `F32x16::reduce_sum`; a sum over a column goes
//!    from the first row to the last.

use crate::linalg::{View, ViewMut};
use crate::simd::Kernel;
use crate::simd::{F32x16, LANES, Simd, SimdFloat};

/// γ and β, each padded to whole vectors; 1 and 0 where they are absent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Affine<'a> {
    /// γ
    pub gamma: Option<&'a [f32]>,
    /// β
    pub beta: Option<&'a [f32]>,
}

/// The rows of the statistics of a batch [3 × units].
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub enum BatchStat {
    /// µ
    Mean,
    /// v
    Variance,
    /// s
    Inverse,
}

/// x̂, s and y of every row of x [rows × units] over its units.
pub struct LayerNorm<'a> {
    /// x [rows × units]
    pub x: View<'a>,
    /// ε
    pub epsilon: f32,
    /// γ and β [units]
    pub affine: Affine<'a>,
    /// x̂ [rows × units]
    pub x_hat: ViewMut<'a>,
    /// s [rows × 1]
    pub inverse: ViewMut<'a>,
    /// y [rows × units]
    pub y: ViewMut<'a>,
}

impl Kernel for LayerNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let LayerNorm { x, epsilon, affine, mut x_hat, mut inverse, mut y } = self;
        let shape @ (rows, n) = (x.rows, x.cols);
        assert!((x_hat.rows, x_hat.cols) == shape && (y.rows, y.cols) == shape);
        assert!((inverse.rows, inverse.cols) == (rows, 1));
        for r in 0..rows {
            let x = x.vectors(r);
            let mean = simd.splat(row_sum(simd, n, |i| simd.load(&x[i])) / n as f32);
            let square = |i: usize| {
                let e = simd.load(&x[i]) - mean;
                e * e
            };
            let variance = row_sum(simd, n, square) / n as f32;
            let s = 1.0 / (variance + epsilon).sqrt();
            inverse.row(r)[0] = s;
            for i in 0..x.len() {
                let normalized = (simd.load(&x[i]) - mean) * simd.splat(s);
                normalized.store(&mut x_hat.vectors(r)[i]);
                let beta = affine_vector(simd, affine.beta, i, 0.0);
                let y_i = normalized.mul_add(affine_vector(simd, affine.gamma, i, 1.0), beta);
                y_i.store(&mut y.vectors(r)[i]);
            }
        }
    }
}

/// The way back through [`LayerNorm`].
pub struct LayerNormBackward<'a> {
    /// s [rows × 1]
    pub inverse: View<'a>,
    /// δ [rows × units]
    pub delta: View<'a>,
    /// γ [units], 1 where it is absent.
    pub gamma: Option<&'a [f32]>,
    /// x̂ [rows × units] before, δ x̂ after.
    pub x_hat: ViewMut<'a>,
    /// ∂L/∂x [rows × units], unless it is not needed.
    pub dx: Option<ViewMut<'a>>,
}

impl Kernel for LayerNormBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let LayerNormBackward { inverse, delta, gamma, mut x_hat, mut dx } = self;
        check_backward(delta, &x_hat, dx.as_ref());
        assert!((inverse.rows, inverse.cols) == (delta.rows, 1));
        let n = delta.cols;
        for r in 0..delta.rows {
            let (delta, x_hat) = (delta.vectors(r), x_hat.vectors(r));
            let g = |i: usize| simd.load(&delta[i]) * affine_vector(simd, gamma, i, 1.0);
            let mean = simd.splat(row_sum(simd, n, g) / n as f32);
            let dot = row_sum(simd, n, |i| g(i) * simd.load(&x_hat[i])) / n as f32;
            let (minus_dot, s) = (simd.splat(-dot), simd.splat(inverse.row(r)[0]));
            for i in 0..delta.len() {
                let x = simd.load(&x_hat[i]);
                if let Some(dx) = &mut dx {
                    let dx_i = x.mul_add(minus_dot, g(i) - mean) * s;
                    dx_i.select_prefix(n - i * LANES, 0.0).store(&mut dx.vectors(r)[i]);
                }
                (x * simd.load(&delta[i])).store(&mut x_hat[i]);
            }
        }
    }
}

/// x̂, y and the statistics of every column of x [rows × units] over the rows of the batch.
pub struct BatchNorm<'a> {
    /// x [rows × units]
    pub x: View<'a>,
    /// ε
    pub epsilon: f32,
    /// γ and β [units]
    pub affine: Affine<'a>,
    /// x̂ [rows × units]
    pub x_hat: ViewMut<'a>,
    /// y [rows × units]
    pub y: ViewMut<'a>,
    /// One row for each [`BatchStat`] [3 × units]
    pub stats: ViewMut<'a>,
}

impl Kernel for BatchNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let BatchNorm { x, epsilon, affine, mut x_hat, mut y, mut stats } = self;
        let shape @ (rows, cols) = (x.rows, x.cols);
        assert!((x_hat.rows, x_hat.cols) == shape && (y.rows, y.cols) == shape);
        assert!((stats.rows, stats.cols) == (3, cols));
        let n = simd.splat(rows as f32);
        for i in 0..cols.div_ceil(LANES) {
            let mut sum = simd.splat(0.0);
            for r in 0..rows {
                sum = sum + simd.load(&x.vectors(r)[i]);
            }
            let mean = sum / n;
            let mut squares = simd.splat(0.0);
            for r in 0..rows {
                let e = simd.load(&x.vectors(r)[i]) - mean;
                squares = e.mul_add(e, squares);
            }
            let variance = squares / n;
            let s = simd.splat(1.0) / (variance + simd.splat(epsilon)).sqrt();
            mean.store(&mut stats.vectors(BatchStat::Mean as usize)[i]);
            variance.store(&mut stats.vectors(BatchStat::Variance as usize)[i]);
            s.store(&mut stats.vectors(BatchStat::Inverse as usize)[i]);
            let beta = affine_vector(simd, affine.beta, i, 0.0);
            let gamma = affine_vector(simd, affine.gamma, i, 1.0);
            for r in 0..rows {
                let normalized = (simd.load(&x.vectors(r)[i]) - mean) * s;
                normalized.store(&mut x_hat.vectors(r)[i]);
                normalized.mul_add(gamma, beta).store(&mut y.vectors(r)[i]);
            }
        }
    }
}

/// The way back through [`BatchNorm`].
pub struct BatchNormBackward<'a> {
    /// The statistics of [`BatchNorm`] [3 × units]
    pub stats: View<'a>,
    /// δ [rows × units]
    pub delta: View<'a>,
    /// γ [units], 1 where it is absent.
    pub gamma: Option<&'a [f32]>,
    /// x̂ [rows × units] before, δ x̂ after.
    pub x_hat: ViewMut<'a>,
    /// ∂L/∂x [rows × units], unless it is not needed.
    pub dx: Option<ViewMut<'a>>,
}

impl Kernel for BatchNormBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let BatchNormBackward { stats, delta, gamma, mut x_hat, mut dx } = self;
        check_backward(delta, &x_hat, dx.as_ref());
        assert!((stats.rows, stats.cols) == (3, delta.cols));
        let (rows, cols) = (delta.rows, delta.cols);
        let n = simd.splat(rows as f32);
        for i in 0..cols.div_ceil(LANES) {
            let (mut sum, mut dot) = (simd.splat(0.0), simd.splat(0.0));
            for r in 0..rows {
                let delta = simd.load(&delta.vectors(r)[i]);
                sum = sum + delta;
                dot = delta.mul_add(simd.load(&x_hat.vectors(r)[i]), dot);
            }
            let (mean, minus_dot) = (sum / n, -(dot / n));
            let s = simd.load(&stats.vectors(BatchStat::Inverse as usize)[i]);
            let s = s * affine_vector(simd, gamma, i, 1.0);
            for r in 0..rows {
                let (delta, x_hat) = (simd.load(&delta.vectors(r)[i]), x_hat.vectors(r));
                let x = simd.load(&x_hat[i]);
                (x * delta).store(&mut x_hat[i]);
                if let Some(dx) = &mut dx {
                    let dx_i = x.mul_add(minus_dot, delta - mean) * s;
                    dx_i.select_prefix(cols - i * LANES, 0.0).store(&mut dx.vectors(r)[i]);
                }
            }
        }
    }
}

/// y ← x ⊙ scale + shift in every row.
pub struct ScaleShift<'a> {
    /// x [rows × units]
    pub x: View<'a>,
    /// [units], padded to whole vectors.
    pub scale: &'a [f32],
    /// [units], padded to whole vectors.
    pub shift: &'a [f32],
    /// y [rows × units]
    pub y: ViewMut<'a>,
}

impl Kernel for ScaleShift<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        assert!((self.x.rows, self.x.cols) == (self.y.rows, self.y.cols));
        let (scale, shift) = (self.scale.as_chunks().0, self.shift.as_chunks().0);
        for r in 0..self.x.rows {
            for (i, (x, y)) in self.x.vectors(r).iter().zip(self.y.vectors(r)).enumerate() {
                let scaled = simd.load(x).mul_add(simd.load(&scale[i]), simd.load(&shift[i]));
                scaled.store(y);
            }
        }
    }
}

fn check_backward(delta: View<'_>, x_hat: &ViewMut<'_>, dx: Option<&ViewMut<'_>>) {
    let shape = (delta.rows, delta.cols);
    assert!((x_hat.rows, x_hat.cols) == shape);
    assert!(dx.is_none_or(|dx| (dx.rows, dx.cols) == shape));
}

/// Vector `i` of γ or β, or `default` in every lane.
#[inline(always)]
fn affine_vector<S: Simd>(simd: S, row: Option<&[f32]>, i: usize, default: f32) -> S::F32 {
    row.map_or(simd.splat(default), |row| simd.load(&row.as_chunks().0[i]))
}

/// Σ f(i) over the vectors of a row of `n` numbers, padding left out.
#[inline(always)]
fn row_sum<S: Simd>(simd: S, n: usize, f: impl Fn(usize) -> S::F32) -> f32 {
    let mut sum = simd.splat(0.0);
    for i in 0..n.div_ceil(LANES) {
        sum = sum + f(i).select_prefix(n - i * LANES, 0.0);
    }
    sum.reduce_sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Matrix;
    use crate::simd::Arch;

    const EPSILON: f32 = 1e-3;

    fn numbers(rows: usize, cols: usize, seed: usize) -> Matrix {
        let number = |i| ((i * 37 + seed * 101 + 11) % 64) as f32 / 16.0 - 2.0;
        Matrix::from_rows(rows, cols, &(0..rows * cols).map(number).collect::<Vec<_>>())
    }

    /// x̂ and s of some numbers by the formula.
    fn normalize(x: &[f64]) -> (Vec<f64>, f64) {
        let n = x.len() as f64;
        let mean = x.iter().sum::<f64>() / n;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        let s = 1.0 / (variance + f64::from(EPSILON)).sqrt();
        (x.iter().map(|x| (x - mean) * s).collect(), s)
    }

    /// ∂L/∂x by the formula; g is γ δ.
    fn backward(x: &[f64], g: &[f64]) -> Vec<f64> {
        let (x_hat, s) = normalize(x);
        let n = x.len() as f64;
        let mean = g.iter().sum::<f64>() / n;
        let dot = g.iter().zip(&x_hat).map(|(g, x)| g * x).sum::<f64>() / n;
        g.iter().zip(x_hat).map(|(g, x)| s * (g - mean - x * dot)).collect()
    }

    fn row(m: &Matrix, r: usize) -> Vec<f64> {
        m.row(r)[..m.cols()].iter().map(|x| f64::from(*x)).collect()
    }

    fn column(m: &Matrix, c: usize) -> Vec<f64> {
        (0..m.rows()).map(|r| f64::from(m.row(r)[c])).collect()
    }

    fn assert_close(got: &[f64], want: impl IntoIterator<Item = f64>) {
        for (got, want) in got.iter().zip(want) {
            assert!((got - want).abs() < 3e-6 * want.abs().max(1.0), "got {got}, want {want}");
        }
    }

    /// Matrices of one shape.
    struct Case {
        x: Matrix,
        delta: Matrix,
        gamma: Matrix,
        beta: Matrix,
        x_hat: Matrix,
        y: Matrix,
        product: Matrix,
        dx: Matrix,
    }

    impl Case {
        fn new(rows: usize, cols: usize) -> Case {
            let empty = || Matrix::zeros(rows, cols);
            Case {
                x: numbers(rows, cols, 1),
                delta: numbers(rows, cols, 2),
                gamma: numbers(1, cols, 3),
                beta: numbers(1, cols, 4),
                x_hat: empty(),
                y: empty(),
                product: empty(),
                dx: empty(),
            }
        }

        fn layer_norm(&mut self) {
            let (arch, rows) = (Arch::detect(), self.x.rows());
            let (gamma, mut s) = (Some(self.gamma.row(0)), Matrix::zeros(rows, 1));
            arch.dispatch(LayerNorm {
                x: self.x.view(rows),
                epsilon: EPSILON,
                affine: Affine { gamma, beta: Some(self.beta.row(0)) },
                x_hat: self.x_hat.view_mut(rows),
                inverse: s.view_mut(rows),
                y: self.y.view_mut(rows),
            });
            self.product = self.x_hat.clone();
            arch.dispatch(LayerNormBackward {
                inverse: s.view(rows),
                delta: self.delta.view(rows),
                gamma,
                x_hat: self.product.view_mut(rows),
                dx: Some(self.dx.view_mut(rows)),
            });
        }

        fn batch_norm(&mut self) {
            let (arch, rows) = (Arch::detect(), self.x.rows());
            let (gamma, mut stats) = (Some(self.gamma.row(0)), Matrix::zeros(3, self.x.cols()));
            arch.dispatch(BatchNorm {
                x: self.x.view(rows),
                epsilon: EPSILON,
                affine: Affine { gamma, beta: Some(self.beta.row(0)) },
                x_hat: self.x_hat.view_mut(rows),
                y: self.y.view_mut(rows),
                stats: stats.view_mut(3),
            });
            self.product = self.x_hat.clone();
            arch.dispatch(BatchNormBackward {
                stats: stats.view(3),
                delta: self.delta.view(rows),
                gamma,
                x_hat: self.product.view_mut(rows),
                dx: Some(self.dx.view_mut(rows)),
            });
        }

        /// Holds the numbers that `line` takes of each matrix to the formulas.
        fn check(&self, line: impl Fn(&Matrix) -> Vec<f64>, gamma: &[f64], beta: &[f64]) {
            let (x, delta) = (line(&self.x), line(&self.delta));
            let x_hat = normalize(&x).0;
            assert_close(&line(&self.x_hat), x_hat.clone());
            let affine = x_hat.iter().zip(gamma).zip(beta);
            assert_close(&line(&self.y), affine.map(|((x, gamma), beta)| gamma * x + beta));
            let g: Vec<_> = delta.iter().zip(gamma).map(|(delta, gamma)| delta * gamma).collect();
            assert_close(&line(&self.dx), backward(&x, &g));
            assert_close(&line(&self.product), x_hat.iter().zip(delta).map(|(x, d)| x * d));
        }
    }

    const SHAPES: [(usize, usize); 5] = [(1, 1), (2, 7), (5, 16), (3, 33), (32, 64)];

    #[test]
    fn layer_norm_follows_the_formulas() {
        for (rows, cols) in SHAPES {
            let mut case = Case::new(rows, cols);
            case.layer_norm();
            let (gamma, beta) = (row(&case.gamma, 0), row(&case.beta, 0));
            (0..rows).for_each(|r| case.check(|m| row(m, r), &gamma, &beta));
        }
    }

    #[test]
    fn batch_norm_follows_the_formulas() {
        for (rows, cols) in SHAPES {
            let mut case = Case::new(rows, cols);
            case.batch_norm();
            for c in 0..cols {
                let of_column = |m: &Matrix| vec![f64::from(m.row(0)[c]); rows];
                let (gamma, beta) = (of_column(&case.gamma), of_column(&case.beta));
                case.check(|m| column(m, c), &gamma, &beta);
            }
        }
    }
}
