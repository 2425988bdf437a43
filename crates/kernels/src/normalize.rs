//! Normalisation of rows, as layer normalisation has it, and of columns, as batch normalisation has
//! it, there and back; it remembers nothing from batch to batch.
//!
//! ```text
//! µ = Σ x / n,  v = Σ (x − µ)² / n,  s = 1 / √(v + ε)
//! x̂ = (x − µ) s
//! y = γ x̂ + β
//! ∂L/∂x = s (γ δ − Σ γ δ / n − x̂ Σ γ δ x̂ / n)         δ = ∂L/∂y
//! ```

use crate::kernels::arch::{Arch, Kernel};
use crate::kernels::{F32x16, LANES, View, ViewMut};

/// γ and β, each padded to whole vectors; 1 and 0 where they are not there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Affine<'a> {
    /// γ
    pub gamma: Option<&'a [f32]>,
    /// β
    pub beta: Option<&'a [f32]>,
}

/// What a column's batch was like, the rows of `stats` (3 × units).
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

/// x̂, s (rows × 1) and y of every row of `x` (rows × units) over its units.
pub fn row_normalize(
    arch: Arch,
    x: View<'_>,
    epsilon: f32,
    gain: Affine<'_>,
    [normalized, inverse, y]: [ViewMut<'_>; 3],
) {
    assert!((x.rows, x.cols) == (y.rows, y.cols) && (x.rows, 1) == (inverse.rows, inverse.cols));
    assert!((x.rows, x.cols) == (normalized.rows, normalized.cols));
    arch.dispatch(RowNormalize { x, epsilon, gain, normalized, inverse, y });
}

/// `below` ← ∂L/∂x, where it is wanted, and x̂ ← δ ⊙ x̂, whose column sums are ∂L/∂γ; all of one shape
/// (rows × units) but for `inverse` (rows × 1).
pub fn row_normalize_back(
    arch: Arch,
    [inverse, delta]: [View<'_>; 2],
    gamma: Option<&[f32]>,
    normalized: ViewMut<'_>,
    below: Option<ViewMut<'_>>,
) {
    let fits = |below: &ViewMut<'_>| (delta.rows, delta.cols) == (below.rows, below.cols);
    assert!(below.as_ref().is_none_or(fits));
    assert!((delta.rows, delta.cols) == (normalized.rows, normalized.cols));
    assert!((delta.rows, 1) == (inverse.rows, inverse.cols));
    arch.dispatch(RowBack { inverse, delta, gamma, normalized, below });
}

/// x̂, y and the [`BatchStat`]s (3 × units) of every column of `x` (rows × units) over its rows, each sum
/// from the first row to the last.
pub fn column_normalize(
    arch: Arch,
    x: View<'_>,
    epsilon: f32,
    gain: Affine<'_>,
    [normalized, y, stats]: [ViewMut<'_>; 3],
) {
    assert!((x.rows, x.cols) == (y.rows, y.cols) && (3, x.cols) == (stats.rows, stats.cols));
    assert!((x.rows, x.cols) == (normalized.rows, normalized.cols));
    arch.dispatch(ColumnNormalize { x, epsilon, gain, normalized, y, stats });
}

/// `below` ← ∂L/∂x, where it is wanted, and x̂ ← δ ⊙ x̂, whose column sums are ∂L/∂γ; all of one shape
/// (rows × units) but for `stats` (3 × units).
pub fn column_normalize_back(
    arch: Arch,
    [stats, delta]: [View<'_>; 2],
    gamma: Option<&[f32]>,
    normalized: ViewMut<'_>,
    below: Option<ViewMut<'_>>,
) {
    let fits = |below: &ViewMut<'_>| (delta.rows, delta.cols) == (below.rows, below.cols);
    assert!(below.as_ref().is_none_or(fits));
    assert!((delta.rows, delta.cols) == (normalized.rows, normalized.cols));
    assert!((3, delta.cols) == (stats.rows, stats.cols));
    arch.dispatch(ColumnBack { stats, delta, gamma, normalized, below });
}

/// y ← x ⊙ scale + shift, for every row of `x` (rows × units); `scale` and `shift` are padded to
/// whole vectors.
pub fn scale_and_shift(arch: Arch, x: View<'_>, [scale, shift]: [&[f32]; 2], y: ViewMut<'_>) {
    assert!((x.rows, x.cols) == (y.rows, y.cols));
    arch.dispatch(ScaleAndShift { x, scale, shift, y });
}

/// The vector at `col` of a padded row, or `otherwise` in every lane.
#[inline(always)]
fn vector<L: F32x16>(row: Option<&[f32]>, col: usize, otherwise: f32) -> L {
    row.map_or(L::splat(otherwise), |row| load(row, col))
}

#[inline(always)]
fn load<L: F32x16>(row: &[f32], col: usize) -> L {
    // SAFETY: the slice that is taken holds LANES numbers.
    unsafe { L::load(row[col..col + LANES].as_ptr()) }
}

#[inline(always)]
fn store<L: F32x16>(value: L, row: &mut [f32], col: usize) {
    // SAFETY: the slice that is taken holds LANES numbers.
    unsafe { value.store(row[col..col + LANES].as_mut_ptr()) }
}

/// Σ f(col) over the columns of a row of `n`, padding left out.
#[inline(always)]
fn row_sum<L: F32x16>(n: usize, f: impl Fn(usize) -> L) -> f32 {
    let mut sum = L::splat(0.0);
    for col in (0..n).step_by(LANES) {
        sum = sum + f(col).select_prefix(n - col, 0.0);
    }
    sum.sum()
}

struct RowNormalize<'a> {
    x: View<'a>,
    epsilon: f32,
    gain: Affine<'a>,
    normalized: ViewMut<'a>,
    inverse: ViewMut<'a>,
    y: ViewMut<'a>,
}

impl Kernel for RowNormalize<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: F32x16>(mut self) {
        let n = self.x.cols;
        for r in 0..self.x.rows {
            let x = self.x.row(r);
            let mean = L::splat(row_sum::<L>(n, |col| load(x, col)) / n as f32);
            let square = |col| {
                let e = load::<L>(x, col) - mean;
                e * e
            };
            let variance = row_sum(n, square) / n as f32;
            let s = 1.0 / (variance + self.epsilon).sqrt();
            self.inverse.row(r)[0] = s;
            for col in (0..n).step_by(LANES) {
                let normalized = (load::<L>(x, col) - mean) * L::splat(s);
                store(normalized, self.normalized.row(r), col);
                let beta = vector::<L>(self.gain.beta, col, 0.0);
                let y = normalized.mul_add(vector(self.gain.gamma, col, 1.0), beta);
                store(y, self.y.row(r), col);
            }
        }
    }
}

struct RowBack<'a> {
    inverse: View<'a>,
    delta: View<'a>,
    gamma: Option<&'a [f32]>,
    normalized: ViewMut<'a>,
    below: Option<ViewMut<'a>>,
}

impl Kernel for RowBack<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: F32x16>(mut self) {
        let n = self.delta.cols;
        for r in 0..self.delta.rows {
            let (delta, normalized) = (self.delta.row(r), self.normalized.row(r));
            let g = |col| load::<L>(delta, col) * vector(self.gamma, col, 1.0);
            let mean = L::splat(row_sum(n, g) / n as f32);
            let along = row_sum(n, |col| g(col) * load(normalized, col)) / n as f32;
            let (along, s) = (L::splat(-along), L::splat(self.inverse.row(r)[0]));
            for col in (0..n).step_by(LANES) {
                let x = load::<L>(normalized, col);
                if let Some(place) = &mut self.below {
                    let below = x.mul_add(along, g(col) - mean) * s;
                    store(below.select_prefix(n - col, 0.0), place.row(r), col);
                }
                store(x * load(delta, col), normalized, col);
            }
        }
    }
}

struct ColumnNormalize<'a> {
    x: View<'a>,
    epsilon: f32,
    gain: Affine<'a>,
    normalized: ViewMut<'a>,
    y: ViewMut<'a>,
    stats: ViewMut<'a>,
}

impl Kernel for ColumnNormalize<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: F32x16>(mut self) {
        let (rows, n) = (self.x.rows, L::splat(self.x.rows as f32));
        for col in (0..self.x.cols).step_by(LANES) {
            let mut sum = L::splat(0.0);
            for r in 0..rows {
                sum = sum + load(self.x.row(r), col);
            }
            let mean = sum / n;
            let mut squares = L::splat(0.0);
            for r in 0..rows {
                let e = load::<L>(self.x.row(r), col) - mean;
                squares = e.mul_add(e, squares);
            }
            let variance = squares / n;
            let s = L::splat(1.0) / (variance + L::splat(self.epsilon)).sqrt();
            store(mean, self.stats.row(BatchStat::Mean as usize), col);
            store(variance, self.stats.row(BatchStat::Variance as usize), col);
            store(s, self.stats.row(BatchStat::Inverse as usize), col);
            let beta = vector::<L>(self.gain.beta, col, 0.0);
            let gamma = vector::<L>(self.gain.gamma, col, 1.0);
            for r in 0..rows {
                let normalized = (load::<L>(self.x.row(r), col) - mean) * s;
                store(normalized, self.normalized.row(r), col);
                store(normalized.mul_add(gamma, beta), self.y.row(r), col);
            }
        }
    }
}

struct ColumnBack<'a> {
    stats: View<'a>,
    delta: View<'a>,
    gamma: Option<&'a [f32]>,
    normalized: ViewMut<'a>,
    below: Option<ViewMut<'a>>,
}

impl Kernel for ColumnBack<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: F32x16>(mut self) {
        let (rows, cols) = (self.delta.rows, self.delta.cols);
        let n = L::splat(rows as f32);
        for col in (0..cols).step_by(LANES) {
            let (mut sum, mut along) = (L::splat(0.0), L::splat(0.0));
            for r in 0..rows {
                let delta = load::<L>(self.delta.row(r), col);
                sum = sum + delta;
                along = delta.mul_add(load(self.normalized.row(r), col), along);
            }
            let (mean, along) = (sum / n, -(along / n));
            let s = load::<L>(self.stats.row(BatchStat::Inverse as usize), col);
            let s = s * vector(self.gamma, col, 1.0);
            for r in 0..rows {
                let (delta, x) = (load::<L>(self.delta.row(r), col), self.normalized.row(r));
                let below = load::<L>(x, col).mul_add(along, delta - mean) * s;
                let product = load::<L>(x, col) * delta;
                store(product, x, col);
                if let Some(place) = &mut self.below {
                    store(below.select_prefix(cols - col, 0.0), place.row(r), col);
                }
            }
        }
    }
}

struct ScaleAndShift<'a> {
    x: View<'a>,
    scale: &'a [f32],
    shift: &'a [f32],
    y: ViewMut<'a>,
}

impl Kernel for ScaleAndShift<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: F32x16>(mut self) {
        for r in 0..self.x.rows {
            for col in (0..self.x.cols).step_by(LANES) {
                let x = load::<L>(self.x.row(r), col);
                let y = x.mul_add(load(self.scale, col), load(self.shift, col));
                store(y, self.y.row(r), col);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Matrix;

    const EPSILON: f32 = 1e-3;

    fn numbers(rows: usize, cols: usize, seed: usize) -> Matrix {
        let number = |i| ((i * 37 + seed * 101 + 11) % 64) as f32 / 16.0 - 2.0;
        Matrix::from_rows(rows, cols, &(0..rows * cols).map(number).collect::<Vec<_>>())
    }

    /// x̂ and s of some numbers, in f64 by the formula.
    fn plain(x: &[f64]) -> (Vec<f64>, f64) {
        let n = x.len() as f64;
        let mean = x.iter().sum::<f64>() / n;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        let s = 1.0 / (variance + f64::from(EPSILON)).sqrt();
        (x.iter().map(|x| (x - mean) * s).collect(), s)
    }

    /// ∂L/∂x in f64 by the formula, g being γ δ.
    fn plain_back(x: &[f64], g: &[f64]) -> Vec<f64> {
        let (normalized, s) = plain(x);
        let n = x.len() as f64;
        let mean = g.iter().sum::<f64>() / n;
        let along = g.iter().zip(&normalized).map(|(g, x)| g * x).sum::<f64>() / n;
        g.iter().zip(normalized).map(|(g, x)| s * (g - mean - x * along)).collect()
    }

    fn line(m: &Matrix, at: usize, by_row: bool) -> Vec<f64> {
        match by_row {
            true => m.row(at)[..m.cols()].iter().map(|x| f64::from(*x)).collect(),
            false => (0..m.rows()).map(|r| f64::from(m.row(r)[at])).collect(),
        }
    }

    fn close(got: &[f64], want: impl IntoIterator<Item = f64>) {
        for (got, want) in got.iter().zip(want) {
            assert!((got - want).abs() < 3e-6 * want.abs().max(1.0), "got {got}, want {want}");
        }
    }

    #[test]
    fn both_ways_are_the_formulas_over_awkward_shapes() {
        for (rows, cols) in [(1, 1), (2, 7), (5, 16), (3, 33), (32, 64)] {
            let (x, delta) = (numbers(rows, cols, 1), numbers(rows, cols, 2));
            let (gamma, beta) = (numbers(1, cols, 3), numbers(1, cols, 4));
            let gain = Affine { gamma: Some(gamma.row(0)), beta: Some(beta.row(0)) };
            for by_row in [true, false] {
                let empty = || Matrix::zeros(rows, cols);
                let (mut normalized, mut y, mut below) = (empty(), empty(), empty());
                let mut stats =
                    Matrix::zeros(if by_row { rows } else { 3 }, if by_row { 1 } else { cols });
                let n = stats.rows();
                let places = [normalized.view_mut(rows), stats.view_mut(n), y.view_mut(rows)];
                let arch = Arch::detect();
                if by_row {
                    row_normalize(arch, x.view(rows), EPSILON, gain, places);
                } else {
                    let [normalized, stats, y] = places;
                    column_normalize(arch, x.view(rows), EPSILON, gain, [normalized, y, stats]);
                }
                let kept = normalized.clone();
                let views = [stats.view(n), delta.view(rows)];
                let (kept_x, place) = (normalized.view_mut(rows), Some(below.view_mut(rows)));
                match by_row {
                    true => row_normalize_back(arch, views, gain.gamma, kept_x, place),
                    false => column_normalize_back(arch, views, gain.gamma, kept_x, place),
                }
                for at in 0..if by_row { rows } else { cols } {
                    let take = |m: &Matrix| line(m, at, by_row);
                    let gains = |m: &Matrix| match by_row {
                        true => line(m, 0, true),
                        false => vec![f64::from(m.row(0)[at]); rows],
                    };
                    let want = plain(&take(&x)).0;
                    close(&take(&kept), want.clone());
                    let affine = want.iter().zip(gains(&gamma)).zip(gains(&beta));
                    close(&take(&y), affine.map(|((x, gamma), beta)| gamma * x + beta));
                    let g: Vec<_> = take(&delta)
                        .iter()
                        .zip(gains(&gamma))
                        .map(|(d, gamma)| d * gamma)
                        .collect();
                    close(&take(&below), plain_back(&take(&x), &g));
                    close(&take(&normalized), want.iter().zip(take(&delta)).map(|(x, d)| x * d));
                }
            }
        }
    }
}
