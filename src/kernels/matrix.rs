//! Matrices whose rows start on a cache line and are padded with zeros to whole vectors, and views
//! of them that can be split among threads.

use std::marker::PhantomData;
use std::ops::Range;

use crate::kernels::prefetch::prefetch;
use crate::kernels::{LANES, padded};

/// A row-major matrix; the padding beyond its columns is zero unless a kernel says otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    lines: Vec<Line>,
    rows: usize,
    cols: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
struct Line([f32; LANES]);

impl Matrix {
    /// A matrix of zeros.
    pub fn zeros(rows: usize, cols: usize) -> Matrix {
        let lines = vec![Line([0.0; LANES]); rows * stride(cols) / LANES];
        Matrix { lines, rows, cols }
    }

    /// A matrix from its rows one after the other, without padding; `values` must hold
    /// rows × cols numbers.
    pub fn from_rows(rows: usize, cols: usize, values: &[f32]) -> Matrix {
        assert_eq!(values.len(), rows * cols, "rows × cols numbers");
        let mut matrix = Matrix::zeros(rows, cols);
        for (r, row) in values.chunks_exact(cols.max(1)).enumerate() {
            matrix.row_mut(r)[..cols].copy_from_slice(row);
        }
        matrix
    }

    /// The rows one after the other, without padding.
    pub fn to_rows(&self) -> Vec<f32> {
        (0..self.rows).flat_map(|r| &self.row(r)[..self.cols]).copied().collect()
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns, without padding.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Numbers from the start of one row to that of the next.
    pub fn stride(&self) -> usize {
        stride(self.cols)
    }

    /// All numbers, padding included.
    pub fn as_slice(&self) -> &[f32] {
        // SAFETY: `Line` is `repr(C)` over LANES floats and as large as they are.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.lines.len() * LANES) }
    }

    /// All numbers, padding included.
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        let len = self.lines.len() * LANES;
        // SAFETY: as in `as_slice`, and `self` is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), len) }
    }

    /// Row `r`, padded to whole vectors.
    pub fn row(&self, r: usize) -> &[f32] {
        &self.as_slice()[r * self.stride()..][..padded(self.cols)]
    }

    /// Row `r`, padded to whole vectors.
    pub fn row_mut(&mut self, r: usize) -> &mut [f32] {
        let (stride, cols) = (self.stride(), padded(self.cols));
        &mut self.as_mut_slice()[r * stride..][..cols]
    }

    /// The first `rows` rows.
    pub fn view(&self, rows: usize) -> View<'_> {
        assert!(rows <= self.rows, "{rows} rows of {}", self.rows);
        View {
            at: self.as_slice().as_ptr(),
            rows,
            cols: self.cols,
            stride: self.stride(),
            life: PhantomData,
        }
    }

    /// The first `rows` rows, to be written.
    pub fn view_mut(&mut self, rows: usize) -> ViewMut<'_> {
        assert!(rows <= self.rows, "{rows} rows of {}", self.rows);
        ViewMut {
            rows,
            cols: self.cols,
            stride: self.stride(),
            at: self.as_mut_slice().as_mut_ptr(),
            life: PhantomData,
        }
    }
}

/// Part of a matrix, to be read: whole rows, or a range of columns that starts on a vector.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub(super) at: *const f32,
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) stride: usize,
    life: PhantomData<&'a [f32]>,
}

/// Part of a matrix, to be written: no other view covers any number of it.
pub struct ViewMut<'a> {
    pub(super) at: *mut f32,
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) stride: usize,
    life: PhantomData<&'a mut [f32]>,
}

// SAFETY: a `View` is a shared borrow of floats, a `ViewMut` an exclusive one.
unsafe impl Send for View<'_> {}
// SAFETY: as above.
unsafe impl Sync for View<'_> {}
// SAFETY: as above.
unsafe impl Send for ViewMut<'_> {}
// SAFETY: through a shared `ViewMut` numbers can only be read.
unsafe impl Sync for ViewMut<'_> {}

impl<'a> View<'a> {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns, without padding.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Row `r`, padding included.
    #[inline(always)]
    pub fn row(&self, r: usize) -> &'a [f32] {
        assert!(r < self.rows, "row {r} of {}", self.rows);
        // SAFETY: the row is inside the borrowed matrix, whose rows are padded to whole vectors.
        unsafe { std::slice::from_raw_parts(self.at.add(r * self.stride), padded(self.cols)) }
    }

    /// Asks for the first `rows` rows to be brought near: another thread may have written them.
    #[inline(always)]
    pub fn prefetch(self, rows: usize) {
        (0..self.rows.min(rows)).for_each(|r| prefetch(self.row(r)));
    }

    /// Columns `from..to`; `from` must be a whole number of vectors, and so must `to` unless it is
    /// the end.
    pub fn columns(self, from: usize, to: usize) -> View<'a> {
        check_columns(from, to, self.cols);
        // SAFETY: `from` lies within the row.
        View { at: unsafe { self.at.add(from) }, cols: to - from, ..self }
    }

    /// The range of columns `range`, which must start on a vector.
    pub fn columns_range(self, range: Range<usize>) -> View<'a> {
        assert!(
            range.start.is_multiple_of(LANES) && padded(range.end) <= self.stride,
            "columns {range:?}"
        );
        // SAFETY: the range lies within the row.
        View { at: unsafe { self.at.add(range.start) }, cols: range.len(), ..self }
    }

    /// Rows `from..to`.
    pub fn row_range(self, from: usize, to: usize) -> View<'a> {
        assert!(from <= to && to <= self.rows, "rows {from}..{to} of {}", self.rows);
        // SAFETY: `from` is not beyond the end of the matrix.
        View { at: unsafe { self.at.add(from * self.stride) }, rows: to - from, ..self }
    }
}

impl<'a> ViewMut<'a> {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns, without padding.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Row `r`, padding included.
    #[inline(always)]
    pub fn row(&mut self, r: usize) -> &mut [f32] {
        assert!(r < self.rows, "row {r} of {}", self.rows);
        // SAFETY: the row is inside the borrowed matrix, and no other view covers it.
        unsafe { std::slice::from_raw_parts_mut(self.at.add(r * self.stride), padded(self.cols)) }
    }

    /// The same part, to be read.
    pub fn as_view(&self) -> View<'_> {
        View {
            at: self.at,
            rows: self.rows,
            cols: self.cols,
            stride: self.stride,
            life: PhantomData,
        }
    }

    /// Rows `from..to` for a shorter time.
    pub fn row_range(&mut self, from: usize, to: usize) -> ViewMut<'_> {
        assert!(from <= to && to <= self.rows, "rows {from}..{to} of {}", self.rows);
        ViewMut {
            // SAFETY: `from` is not beyond the end of the matrix.
            at: unsafe { self.at.add(from * self.stride) },
            rows: to - from,
            ..self.reborrow()
        }
    }

    /// The same part for a shorter time.
    pub fn reborrow(&mut self) -> ViewMut<'_> {
        ViewMut { life: PhantomData, ..*self }
    }

    /// The ranges of columns `ranges`, each as a view of its own; they must start on vectors and
    /// must not overlap, padding included.
    pub fn disjoint<const N: usize>(&mut self, ranges: [Range<usize>; N]) -> [ViewMut<'_>; N] {
        for (i, range) in ranges.iter().enumerate() {
            assert!(
                range.start % LANES == 0 && padded(range.end) <= self.stride,
                "columns {range:?}"
            );
            for other in &ranges[..i] {
                let apart = padded(range.end) <= other.start || padded(other.end) <= range.start;
                assert!(apart, "columns {range:?} and {other:?}");
            }
        }
        // SAFETY: each range lies inside the rows.
        ranges.map(|r| self.alias(unsafe { self.at.add(r.start) }, self.rows, r.len()))
    }

    /// Another view of the rows `from..to`; the caller sees to it that no two views overlap.
    pub(super) fn alias_rows<'b>(&self, from: usize, to: usize) -> ViewMut<'b> {
        assert!(from <= to && to <= self.rows, "rows {from}..{to} of {}", self.rows);
        // SAFETY: `from` is not beyond the end of the matrix.
        self.alias(unsafe { self.at.add(from * self.stride) }, to - from, self.cols)
    }

    /// Another view of the same matrix; the caller sees to it that no two views overlap.
    pub(super) fn alias<'b>(&self, at: *mut f32, rows: usize, cols: usize) -> ViewMut<'b> {
        ViewMut { at, rows, cols, stride: self.stride, life: PhantomData }
    }
}

/// Numbers from the start of a row of `cols` columns to that of the next.
///
/// Who walks down a column of long rows that are an even number of cache lines apart meets only a few
/// of the cache's sets, and finds nothing there; so long rows are an odd number of lines apart. Short
/// ones are left as they are: they are walked along, and should be small.
fn stride(cols: usize) -> usize {
    let lines = padded(cols) / LANES;
    LANES * if LONG <= lines { lines | 1 } else { lines }
}

/// Cache lines of a long row.
const LONG: usize = 16;

fn check_columns(from: usize, to: usize, cols: usize) {
    assert!(
        from <= to
            && to <= cols
            && (from.is_multiple_of(LANES) || from == cols)
            && (to.is_multiple_of(LANES) || to == cols),
        "columns {from}..{to} of {cols} are not whole vectors"
    );
}
