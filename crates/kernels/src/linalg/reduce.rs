//! Sums of matrices, and of squares and magnitudes along the rows and the columns of one, each in one
//! fixed order, and the scaling by what comes of them; nothing here is divided among threads but by rows or columns.

use crate::linalg::{View, ViewMut};
use crate::simd::{Arch, Kernel};
use crate::simd::{F32x16, LANES, Simd, SimdFloat};

/// `sums[r]` ← Σ x² over row r of `m`: 16 running sums, then the halving tree of [`F32x16::sum`].
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

/// `m[r][c]` ← `m[r][c]` · `down[r]` · `along[c]`; `along` is padded to whole vectors.
pub fn scale_outer(arch: Arch, down: &[f32], along: &[f32], m: ViewMut<'_>) {
    assert!(m.rows == down.len() && m.cols <= along.len() && along.len().is_multiple_of(LANES));
    arch.dispatch(ScaleOuter { down, along, m });
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
                // What stands in the padding is no number of the matrix.
                let rest = self.m.cols - i * LANES;
                let x = if rest < LANES { x.select_prefix(rest, 0.0) } else { x };
                terms = if SQUARES { x.mul_add(x, terms) } else { terms + x.abs() };
            }
            *sum = f64::from(terms.sum());
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
    down: &'a [f32],
    along: &'a [f32],
    m: ViewMut<'a>,
}

impl Kernel for ScaleOuter<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        for (r, &down) in self.down.iter().enumerate() {
            for (x, along) in self.m.vectors(r).iter_mut().zip(self.along.as_chunks().0) {
                (simd.load(x) * simd.splat(down) * simd.load(along)).store(x);
            }
        }
    }
}
