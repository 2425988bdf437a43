//! Sums of matrices, and of squares and magnitudes along the rows and the columns of one, each in one
//! fixed order, and the scaling by what comes of them; nothing here is divided among threads but by rows or columns.

use crate::kernels::arch::{Arch, Kernel};
use crate::kernels::{F32x16, LANES, View, ViewMut};

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
    fn run<L: F32x16>(self) {
        for (r, sum) in self.sums.iter_mut().enumerate() {
            let mut terms = L::splat(0.0);
            for (i, x) in self.m.row(r).chunks_exact(LANES).enumerate() {
                // SAFETY: the chunk holds LANES numbers.
                let x = unsafe { L::load(x.as_ptr()) };
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
    fn run<L: F32x16>(mut self) {
        for (i, sum) in self.sums.row(0).chunks_exact_mut(LANES).enumerate() {
            let mut squares = L::splat(0.0);
            for r in 0..self.m.rows {
                // SAFETY: the rows of both are padded to whole vectors, and as wide as each other.
                let x = unsafe { L::load(self.m.row(r).as_ptr().add(i * LANES)) };
                squares = x.mul_add(x, squares);
            }
            // SAFETY: the chunk holds LANES numbers.
            unsafe { squares.store(sum.as_mut_ptr()) };
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
    fn run<L: F32x16>(mut self) {
        for r in 0..self.s.rows {
            for (i, to) in self.s.row(r).chunks_exact_mut(LANES).enumerate() {
                let mut sum = None;
                for term in &self.terms {
                    // SAFETY: the rows of all are padded to whole vectors, and as wide as each other.
                    let term = unsafe { L::load(term.row(r).as_ptr().add(i * LANES)) };
                    sum = Some(match sum {
                        Some(sum) => sum + term,
                        None => term,
                    });
                }
                // SAFETY: the chunk holds LANES numbers.
                unsafe { sum.unwrap_or(L::splat(0.0)).store(to.as_mut_ptr()) };
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
    fn run<L: F32x16>(mut self) {
        for (r, &down) in self.down.iter().enumerate() {
            let row = self.m.row(r).chunks_exact_mut(LANES);
            for (x, along) in row.zip(self.along.chunks_exact(LANES)) {
                // SAFETY: both chunks hold LANES numbers.
                unsafe {
                    let scaled = L::load(x.as_ptr()) * L::splat(down) * L::load(along.as_ptr());
                    scaled.store(x.as_mut_ptr());
                }
            }
        }
    }
}
