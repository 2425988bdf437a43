//! Row-major matrices with padded rows, and views of them that threads can divide.
//!
//! ```text
//! row r  [ x₀ x₁ … x_(cols − 1) | 0 … 0 ]    starts on a cache line, padded to whole vectors of 16
//! row r + 1 starts `stride` numbers later
//! ```

use std::marker::PhantomData;
use std::ops::Range;

use crate::parallel::{ByCols, ByRows, Partition};
use crate::prefetch::prefetch;
use crate::simd::{LANES, padded};
use base::memory::give_up;

/// A row-major matrix; the padding beyond its columns is zero unless a kernel says otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    lines: Vec<CacheLine>,
    rows: usize,
    cols: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
struct CacheLine([f32; LANES]);

impl Matrix {
    /// A matrix of zeros.
    ///
    /// Memory that cannot be had ends the work as a panic does, see [`give_up`].
    pub fn zeros(rows: usize, cols: usize) -> Matrix {
        let bytes = Matrix::bytes(rows, cols);
        let mut lines = Vec::new();
        let n = bytes / size_of::<CacheLine>();
        if lines.try_reserve_exact(n).is_err() {
            give_up(bytes);
        }
        lines.resize(n, CacheLine([0.0; LANES]));
        Matrix { lines, rows, cols }
    }

    /// The bytes that a matrix takes, or `usize::MAX` where they cannot be counted.
    pub fn bytes(rows: usize, cols: usize) -> usize {
        // More columns could not be padded without a wrap.
        if usize::MAX / 2 < cols {
            return usize::MAX;
        }
        let numbers = rows.checked_mul(stride(cols));
        numbers.and_then(|numbers| numbers.checked_mul(size_of::<f32>())).unwrap_or(usize::MAX)
    }

    /// A matrix from its rows one after the other, without padding; `values` must hold
    /// rows × cols numbers.
    pub fn from_rows(rows: usize, cols: usize, values: &[f32]) -> Matrix {
        assert_eq!(Some(values.len()), rows.checked_mul(cols), "rows × cols numbers");
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
        // SAFETY: `CacheLine` is `repr(C)` over LANES floats and as large as they are, so that the lines are
        // as many floats one after the other.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.lines.len() * LANES) }
    }

    /// All numbers, padding included.
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        let len = self.lines.len() * LANES;
        // SAFETY: the lines are LANES floats each, one after the other, and are borrowed mutably.
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
    #[inline]
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
    #[inline]
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
///
/// For every row r < `rows`, the `padded(cols)` numbers from `at + r · stride` on lie in the matrix and
/// are borrowed for `'a`. Only this file makes views, and each of its functions keeps to that.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub(crate) at: *const f32,
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) stride: usize,
    life: PhantomData<&'a [f32]>,
}

/// Part of a matrix, to be written: no other view covers any number of it, padding included.
///
/// The numbers of its rows are those of a [`View`], borrowed mutably.
pub struct ViewMut<'a> {
    pub(crate) at: *mut f32,
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) stride: usize,
    life: PhantomData<&'a mut [f32]>,
}

// SAFETY: a `View` is a shared borrow of floats, and `&[f32]` is `Send`.
unsafe impl Send for View<'_> {}
// SAFETY: a `View` is a shared borrow of floats, and `&[f32]` is `Sync`.
unsafe impl Sync for View<'_> {}
// SAFETY: a `ViewMut` is an exclusive borrow of floats, and `&mut [f32]` is `Send`.
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
        // SAFETY: the view has row `r`, all of which is borrowed for 'a.
        unsafe { std::slice::from_raw_parts(self.at.add(r * self.stride), padded(self.cols)) }
    }

    /// The vectors of row `r`, padding included.
    #[inline(always)]
    pub fn vectors(&self, r: usize) -> &'a [[f32; LANES]] {
        self.row(r).as_chunks().0
    }

    /// Prefetches the first `rows` rows, which another thread may have written.
    #[inline(always)]
    pub fn prefetch(self, rows: usize) {
        (0..self.rows.min(rows)).for_each(|r| prefetch(self.row(r)));
    }

    /// Columns `from..to`; `from` must be a whole number of vectors, and so must `to` unless it is
    /// the end.
    #[inline]
    pub fn columns(self, from: usize, to: usize) -> View<'a> {
        check_columns(from, to, self.cols);
        View { at: self.at.wrapping_add(from), cols: to - from, ..self }
    }

    /// The range of columns `range`, which must start on a vector and may end in the padding.
    #[inline]
    pub fn columns_range(self, range: Range<usize>) -> View<'a> {
        check_range(&range, self.cols);
        View { at: self.at.wrapping_add(range.start), cols: range.len(), ..self }
    }

    /// Rows `from..to`.
    #[inline]
    pub fn row_range(self, from: usize, to: usize) -> View<'a> {
        check_rows(from, to, self.rows);
        View { at: self.at.wrapping_add(from * self.stride), rows: to - from, ..self }
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
        // SAFETY: the view has row `r`, all of which is borrowed mutably, and lends it from `self`.
        unsafe { std::slice::from_raw_parts_mut(self.at.add(r * self.stride), padded(self.cols)) }
    }

    /// The vectors of row `r`, padding included.
    #[inline(always)]
    pub fn vectors(&mut self, r: usize) -> &mut [[f32; LANES]] {
        self.row(r).as_chunks_mut().0
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
    #[inline]
    pub fn row_range(&mut self, from: usize, to: usize) -> ViewMut<'_> {
        check_rows(from, to, self.rows);
        ViewMut { at: self.at.wrapping_add(from * self.stride), rows: to - from, ..self.reborrow() }
    }

    /// The same part for a shorter time.
    #[inline]
    pub fn reborrow(&mut self) -> ViewMut<'_> {
        ViewMut { life: PhantomData, ..*self }
    }

    /// The ranges of columns `ranges`, each as a view of its own; they must start on vectors, may end in
    /// the padding, and must not overlap, padding included.
    pub fn disjoint<const N: usize>(&mut self, ranges: [Range<usize>; N]) -> [ViewMut<'_>; N] {
        for (i, range) in ranges.iter().enumerate() {
            check_range(range, self.cols);
            for other in &ranges[..i] {
                let apart = padded(range.end) <= other.start || padded(other.end) <= range.start;
                assert!(apart, "columns {range:?} and {other:?}");
            }
        }
        // SAFETY: the ranges lie inside and do not overlap, and `self` is borrowed mutably by all views.
        ranges.map(|range| unsafe { self.part(0..self.rows, range) })
    }

    /// The first `at` rows, and the others.
    pub fn split_rows(self, at: usize) -> (ViewMut<'a>, ViewMut<'a>) {
        check_rows(at, self.rows, self.rows);
        // SAFETY: the rows lie inside and do not overlap, and `self` is given up for them.
        unsafe { (self.part(0..at, 0..self.cols), self.part(at..self.rows, 0..self.cols)) }
    }

    /// Another view of the rows `rows` in the columns `cols`.
    ///
    /// # Safety
    /// Rows and columns must lie inside, padding included, and the columns must start on a vector. For
    /// `'b` the matrix must be borrowed mutably, and no other view in use may cover any of its numbers.
    #[inline]
    pub(crate) unsafe fn part<'b>(&self, rows: Range<usize>, cols: Range<usize>) -> ViewMut<'b> {
        ViewMut {
            at: self.at.wrapping_add(rows.start * self.stride + cols.start),
            rows: rows.len(),
            cols: cols.len(),
            stride: self.stride,
            life: PhantomData,
        }
    }
}

// SAFETY: different rows are different numbers.
unsafe impl Partition for ByRows<ViewMut<'_>> {
    fn units(&self) -> usize {
        self.0.rows
    }

    #[inline]
    unsafe fn slice(&self, from: usize, to: usize) -> Self {
        // SAFETY: the caller promises the rows, and a view has all of its columns.
        ByRows(unsafe { self.0.part(from..to, 0..self.0.cols) })
    }
}

// SAFETY: different columns are different numbers, and a part's padding is that of the last one.
unsafe impl Partition for ByCols<ViewMut<'_>> {
    fn units(&self) -> usize {
        self.0.cols.div_ceil(LANES)
    }

    #[inline]
    unsafe fn slice(&self, from: usize, to: usize) -> Self {
        let cols = from * LANES..self.0.cols.min(to * LANES);
        // SAFETY: the caller promises the vectors of columns, and a view has all of its rows.
        ByCols(unsafe { self.0.part(0..self.0.rows, cols) })
    }
}

/// Numbers from the start of a row of `cols` columns to that of the next.
///
/// The numbers of a column whose rows are an even number of cache lines apart fall into few sets of the
/// cache and evict each other, so long rows are an odd number of lines apart. Short rows are read along
/// and stay compact.
fn stride(cols: usize) -> usize {
    let lines = padded(cols) / LANES;
    LANES * if LINES_OF_LONG_ROW <= lines { lines | 1 } else { lines }
}

/// Cache lines from which on a row is long: 256 numbers.
const LINES_OF_LONG_ROW: usize = 16;

fn check_rows(from: usize, to: usize, rows: usize) {
    assert!(from <= to && to <= rows, "rows {from}..{to} of {rows}");
}

/// Panics unless `range` starts on a vector and lies in a row of `cols` columns, padding included. As
/// whole vectors it lies there too, then.
fn check_range(range: &Range<usize>, cols: usize) {
    let inside = range.start <= range.end && range.end <= padded(cols);
    assert!(inside && range.start.is_multiple_of(LANES), "columns {range:?} of {cols}");
}

fn check_columns(from: usize, to: usize, cols: usize) {
    assert!(
        from <= to
            && to <= cols
            && (from.is_multiple_of(LANES) || from == cols)
            && (to.is_multiple_of(LANES) || to == cols),
        "columns {from}..{to} of {cols} are not whole vectors"
    );
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use proptest::prelude::*;

    use super::*;
    use base::memory::OutOfMemory;

    fn panics<T>(work: impl FnOnce() -> T) -> bool {
        catch_unwind(AssertUnwindSafe(|| drop(work()))).is_err()
    }

    #[test]
    fn zeros_of_more_numbers_than_an_address_can_count_are_refused() {
        let too_many = [
            (1 << 60, 16),
            (1 << 59, 17),
            (1 << 63, 17),
            (1, usize::MAX),
            (0, usize::MAX),
            (2, 1 << 63),
        ];
        for (rows, cols) in too_many {
            let panic = catch_unwind(|| Matrix::zeros(rows, cols)).unwrap_err();
            let bytes = Matrix::bytes(rows, cols);
            assert_eq!(panic.downcast_ref(), Some(&OutOfMemory { bytes }), "{rows} × {cols}");
        }
        assert!(panics(|| Matrix::from_rows(1 << 60, 16, &[])));
        assert_eq!(Matrix::zeros(usize::MAX, 0).row(usize::MAX - 1), [0.0; 0]);
    }

    #[test]
    fn columns_range_of_a_part_ends_where_the_part_ends() {
        let mut m = Matrix::zeros(2, 48);
        let mut whole = m.view_mut(2);
        let [a, mut b] = whole.disjoint([0..16, 16..48]);
        assert!(panics(|| a.as_view().columns_range(16..32)), "the columns of `b`");
        assert!(panics(|| b.disjoint([0..16, 32..48]).len()), "columns of the next row");
        assert_eq!(b.as_view().columns_range(16..32).row(1), [0.0; 16]);
    }

    #[test]
    fn columns_range_refuses_bounds_that_wrap_or_are_turned_round() {
        let mut m = Matrix::zeros(2, 20);
        #[expect(clippy::reversed_empty_ranges, reason = "they are to be refused")]
        let ranges = [0..usize::MAX, 16..usize::MAX, 16..0, 32..16, 0..33, 48..48, 8..16];
        for range in ranges {
            assert!(panics(|| m.view(2).columns_range(range.clone())), "{range:?}");
            assert!(panics(|| m.view_mut(2).disjoint([range.clone()]).len()), "{range:?}");
        }
        assert_eq!(m.view(2).columns_range(16..32).cols(), 16, "padding is part of a row");
    }

    #[test]
    fn parts_are_all_of_the_whole_on_any_number_of_threads() {
        for (rows, cols) in [(0, 5), (1, 1), (3, 16), (7, 33), (32, 100)] {
            for size in 1..5 {
                let mut team = crate::parallel::Team::new(size);
                let mut m = Matrix::zeros(rows, cols);
                team.parallel_for(ByCols(m.view_mut(rows)), |mut part, from| {
                    for r in 0..rows {
                        for (i, x) in part.0.row(r).iter_mut().enumerate() {
                            *x += (from * LANES + i + 1) as f32;
                        }
                    }
                });
                team.parallel_for(ByRows(m.view_mut(rows)), |mut part, from| {
                    for r in 0..part.0.rows() {
                        part.0.row(r).iter_mut().for_each(|x| *x += 1000.0 * (from + r) as f32);
                    }
                });
                for r in 0..rows {
                    for (i, x) in m.row(r).iter().enumerate() {
                        assert_eq!(*x, 1000.0 * r as f32 + i as f32 + 1.0);
                    }
                }
            }
        }
    }

    proptest! {
        /// What is written through one part is read through no other, wherever they are cut.
        #[test]
        fn parts_share_no_number(
            (rows, cols) in (0..5_usize, 0..70_usize),
            cuts in proptest::collection::vec(0..6_usize, 2),
            (row, inner) in (0..5_usize, 0..6_usize),
        ) {
            let (from, to) = (LANES * cuts[0], LANES * cuts[1]);
            let mut m = Matrix::zeros(rows, cols);
            let end = padded(cols);
            let mut view = m.view_mut(rows);
            let valid = from <= to && to <= end;
            if !valid {
                prop_assert!(panics(|| view.disjoint([0..from, from..to]).len()), "refused");
                return Ok(());
            }
            let mut parts = view.disjoint([0..from, from..to, to..end]);
            for (i, part) in parts.iter_mut().enumerate() {
                for r in 0..rows {
                    part.row(r).iter_mut().for_each(|x| *x += 1.0 + i as f32);
                }
            }
            let part = &parts[1];
            let (start, width) = (LANES * inner, to - from);
            if start <= width && row <= rows {
                let inner = part.as_view().columns_range(start..width).row_range(row, rows);
                (0..rows - row).for_each(|r| assert!(inner.row(r).iter().all(|x| *x == 2.0)));
            }
            for r in 0..rows {
                for (i, x) in m.row(r).iter().enumerate() {
                    let want = if i < from { 1.0 } else if i < to { 2.0 } else { 3.0 };
                    prop_assert_eq!(*x, want);
                }
            }
        }

        #[test]
        fn split_rows_are_all_rows_once(rows in 0..5_usize, at in 0..7_usize) {
            let mut m = Matrix::zeros(rows, 3);
            if rows < at {
                prop_assert!(panics(|| m.view_mut(rows).split_rows(at).0.rows()), "refused");
                return Ok(());
            }
            let (mut above, mut below) = m.view_mut(rows).split_rows(at);
            (0..at).for_each(|r| above.row(r)[0] += 1.0);
            (0..rows - at).for_each(|r| below.row(r)[0] += 2.0);
            prop_assert_eq!(above.rows() + below.rows(), rows);
            for r in 0..rows {
                prop_assert_eq!(m.row(r)[0], if r < at { 1.0 } else { 2.0 });
            }
        }
    }
}
