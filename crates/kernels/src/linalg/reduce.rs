//! Reductions of matrices in one fixed order, and scaling by rows and columns.
//!
//! ```text
//! row_square_sums       s[r] ← Σ_c m[r][c]²          [rows]
//! row_magnitude_sums    s[r] ← Σ_c |m[r][c]|         [rows]
//! column_square_sums    s[c] ← Σ_r m[r][c]²          [1 × cols]
//! matrix_sum            S ← Σᵢ Mᵢ                    [rows × cols]
//! scale_outer           m[r][c] ← m[r][c] a[r] b[c]  [rows × cols]
//! ```
//!
//! Departure from the formulas: a sum over a row has 16 running sums and the tree of
//! `F32x16::reduce_sum`; threads may divide rows or columns, never a sum.

use crate::linalg::{View, ViewMut};
use crate::simd::{Arch, Kernel};
use crate::simd::{F32x16, LANES, Simd, SimdFloat};

/// `sums[r]` ← Σ x² over row r of `m`: 16 running sums, then the halving tree of `F32x16::reduce_sum`.
pub fn row_square_sums(arch: Arch, m: View<'_>, sums: &mut [f64]) {
    assert_eq!(m.rows, sums.len(), "a sum for each row");
    arch.dispatch(RowSums::<true> { m, sums });
}

/// `sums[r]` ← Σ |x| over row r of `m`, in the order of [`row_square_sums`].
pub fn row_magnitude_sums(arch: Arch, m: View<'_>, sums: &mut [f64]) {
    assert_eq!(m.rows, sums.len(), "a sum for each row");
    arch.dispatch(RowSums::<false> { m, sums });
}

/// `sums` (1 × n) ← Σ x² over each column of `m`, from the first row to the last.
pub fn column_square_sums(arch: Arch, m: View<'_>, sums: ViewMut<'_>) {
    assert!((1, m.cols) == (sums.rows, sums.cols));
    arch.dispatch(ColumnSums { m, sums });
}

/// S ← the sum of `terms`, from the first to the last, all of one shape.
pub fn matrix_sum<const N: usize>(arch: Arch, terms: [View<'_>; N], s: ViewMut<'_>) {
    assert!(terms.iter().all(|term| (term.rows, term.cols) == (s.rows, s.cols)));
    arch.dispatch(MatrixSum { terms, s });
}

/// `m[r][c]` ← `m[r][c]` · `row_scale[r]` · `col_scale[c]`; `col_scale` is padded to whole vectors.
pub fn scale_outer(arch: Arch, row_scale: &[f32], col_scale: &[f32], m: ViewMut<'_>) {
    assert!(
        m.rows == row_scale.len()
            && m.cols <= col_scale.len()
            && col_scale.len().is_multiple_of(LANES)
    );
    arch.dispatch(ScaleOuter { row_scale, col_scale, m });
}

struct RowSums<'a, const SQUARES: bool> {
    m: View<'a>,
    sums: &'a mut [f64],
}

impl<const SQUARES: bool> Kernel for RowSums<'_, SQUARES> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (r, sum) in self.sums.iter_mut().enumerate() {
            let mut terms = simd.splat(0.0);
            for (i, x) in self.m.vectors(r).iter().enumerate() {
                let x = simd.load(x);
                // The padding is not part of the sum.
                let rest = self.m.cols - i * LANES;
                let x = if rest < LANES { x.select_prefix(rest, 0.0) } else { x };
                terms = if SQUARES { x.mul_add(x, terms) } else { terms + x.abs() };
            }
            *sum = f64::from(terms.reduce_sum());
        }
    }
}

struct ColumnSums<'a> {
    m: View<'a>,
    sums: ViewMut<'a>,
}

impl Kernel for ColumnSums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        for (i, sum) in self.sums.vectors(0).iter_mut().enumerate() {
            let mut squares = simd.splat(0.0);
            for r in 0..self.m.rows {
                let x = simd.load(&self.m.vectors(r)[i]);
                squares = x.mul_add(x, squares);
            }
            squares.store(sum);
        }
    }
}

struct MatrixSum<'a, const N: usize> {
    terms: [View<'a>; N],
    s: ViewMut<'a>,
}

impl<const N: usize> Kernel for MatrixSum<'_, N> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        for r in 0..self.s.rows {
            for (i, s) in self.s.vectors(r).iter_mut().enumerate() {
                let mut sum = None;
                for term in &self.terms {
                    let term = simd.load(&term.vectors(r)[i]);
                    sum = Some(match sum {
                        Some(sum) => sum + term,
                        None => term,
                    });
                }
                sum.unwrap_or(simd.splat(0.0)).store(s);
            }
        }
    }
}

struct ScaleOuter<'a> {
    row_scale: &'a [f32],
    col_scale: &'a [f32],
    m: ViewMut<'a>,
}

impl Kernel for ScaleOuter<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        for (r, &row_scale) in self.row_scale.iter().enumerate() {
            for (x, col_scale) in self.m.vectors(r).iter_mut().zip(self.col_scale.as_chunks().0) {
                (simd.load(x) * simd.splat(row_scale) * simd.load(col_scale)).store(x);
            }
        }
    }
}
