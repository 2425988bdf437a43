//! The product with sparse rows as they lie, one after the other; it turns nothing.
//!
//! A row's outputs stay in registers while its groups bring their weights by. Each weight is read for
//! every row that has its group, which is as fast as to read it once if the rows or the outputs are few.

use crate::kernels::arch::{Arch, Kernel};
use crate::kernels::groups::{Entry, GROUP, Groups, Kept, Table};
use crate::kernels::listing::Listing;
use crate::kernels::{F32x16, LANES, Simd, SimdFloat, View, ViewMut};

/// Vectors of outputs, and rows that are turned anyway, up to which this way is the faster one.
const VECTORS: usize = 4;
const ROWS: usize = 16;

/// Whether this way is faster than [`crate::kernels::sparse_product`] for `rows` rows with `cols` outputs,
/// which need not be turned for it, unless they are `turned` anyway.
pub fn is_direct(rows: usize, cols: usize, turned: bool) -> bool {
    cols.div_ceil(LANES) <= VECTORS && (!turned || rows <= ROWS)
}

/// C ← C₀ + X W for band `band` of the rows `rows` of `x`: W is (features × n), C (rows × n), and every
/// row of C₀ is `start` (n, padded), or 0. It has the bits of [`crate::kernels::sparse_product`].
pub fn direct_product(
    arch: Arch,
    x: &Groups,
    (rows, band, listing): (&[u32], usize, &mut Listing),
    w: View<'_>,
    start: Option<&[f32]>,
    c: ViewMut<'_>,
) {
    assert!((w.rows, w.cols) == (x.features(), c.cols) && c.rows == rows.len());
    assert!(start.is_none_or(|s| w.cols <= s.len() && s.len() % LANES == 0));
    assert!(*listing.band() == x.band(band), "the band that it is for");
    match x.kept() {
        Kept::Bytes(kept, table) => {
            arch.dispatch((Direct { x, kept, table, rows, band, w, start, c }, listing));
        }
        Kept::Floats(kept) => {
            let table = &[0.0; 256];
            arch.dispatch((Direct { x, kept, table, rows, band, w, start, c }, listing));
        }
    }
}

struct Direct<'a, E> {
    x: &'a Groups,
    kept: &'a [E],
    table: &'a Table,
    rows: &'a [u32],
    band: usize,
    w: View<'a>,
    start: Option<&'a [f32]>,
    c: ViewMut<'a>,
}

impl<E: Entry> Kernel for (Direct<'_, E>, &mut Listing) {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let (direct, listing) = self;
        let vectors = direct.w.cols.div_ceil(LANES);
        let mut v = 0;
        while v < vectors {
            let col = v * LANES;
            // SAFETY: `direct_product` has checked all shapes, so that W has all features and C a row for each
            // of the rows, and that the listing is for the band.
            unsafe {
                v += match vectors - v {
                    4.. => (direct.strip::<S, 4>(simd, listing, col), 4).1,
                    2.. => (direct.strip::<S, 2>(simd, listing, col), 2).1,
                    _ => (direct.strip::<S, 1>(simd, listing, col), 1).1,
                };
            }
        }
    }
}

impl<E: Entry> Direct<'_, E> {
    /// All rows of the N vectors of columns from `col` on.
    ///
    /// # Safety
    /// W, C and the start must have these columns, padding included; W all features, and C as many rows as
    /// there are; the listing must be for the band.
    #[inline(always)]
    unsafe fn strip<S: Simd, const N: usize>(&self, simd: S, listing: &mut Listing, col: usize) {
        let mut first = [simd.splat(0.0); N];
        let first_group = self.x.band(self.band).start;
        // SAFETY: the caller vouches for the columns and for row `r` of C; a listing has no group beyond its
        // band, whose features W has.
        unsafe {
            if let Some(start) = self.start {
                for j in 0..N {
                    first[j] = simd.load_ptr(start.as_ptr().add(col + j * LANES));
                }
            }
            for (r, &row) in self.rows.iter().enumerate() {
                let mut sum = first;
                for (&p, entry) in self.x.entries(self.kept, row, self.band, listing) {
                    self.add(simd, first_group + usize::from(p), *entry, col, &mut sum);
                }
                for j in 0..N {
                    sum[j].store_ptr(self.c.at.add(r * self.c.stride + col + j * LANES));
                }
            }
        }
    }

    /// Adds the share of one group to N vectors at `col` of a row.
    ///
    /// # Safety
    /// W must have the first feature of the group, and the vectors.
    #[inline(always)]
    unsafe fn add<S: Simd, const N: usize>(
        &self,
        simd: S,
        group: usize,
        entry: E,
        col: usize,
        sum: &mut [S::F32; N],
    ) {
        let x = entry.numbers(self.table);
        let first = GROUP * group;
        // SAFETY: the caller vouches for the first feature, and no other is looked for beyond W's rows.
        unsafe {
            let w = self.w.at.add(first * self.w.stride + col);
            // The last group of all may have fewer features than the others.
            if first + GROUP <= self.w.rows {
                self.features(simd, x, w, sum);
            } else {
                for i in 0..self.w.rows - first {
                    self.features(simd, [x[i]], w.add(i * self.w.stride), sum);
                }
            }
        }
    }

    /// Adds the share of K features, whose weights are at `w`.
    ///
    /// # Safety
    /// N vectors must be readable from `w` on, in K rows of W.
    #[inline(always)]
    unsafe fn features<S: Simd, const N: usize, const K: usize>(
        &self,
        simd: S,
        x: [f32; K],
        w: *const f32,
        sum: &mut [S::F32; N],
    ) {
        for i in 0..K {
            for j in 0..N {
                // SAFETY: the caller vouches for the N vectors in row `i`.
                let w = unsafe { simd.load_ptr(w.add(i * self.w.stride + j * LANES)) };
                sum[j] = simd.splat(x[i]).mul_add(w, sum[j]);
            }
        }
    }
}
