//! C ← C + X W, column by column of a transposed batch.
//!
//! ```text
//! X [batch × features], some block columns of it    W [features × n]    C [batch × n]
//!
//! for each panel of at most 4 vectors of columns of W and C
//!   for each tile of 64 rows, for each block column k with entries in the tile
//!     w ← W[k, panel]                                  2 rows in registers
//!     for each entry (row, x) of the column
//!       C[row, panel] ← C[row, panel] + x₀ w₀ + x₁ w₁
//! ```
//!
//! Each weight is read once in a tile; the rows of C, which are few, stay in the L1 cache.

use crate::simd::{Arch, Kernel};
use crate::simd::{F32x16, LANES, Simd, SimdFloat};
use crate::sparse::batch_csc::{BatchCsc, CscEntry, RowTile};
use crate::sparse::shape::BLOCK;
use crate::{View, ViewMut};

/// C ← C + X W for the block columns of `csc`, with W [all features × n] and C [batch × n].
pub(super) fn spmm(arch: Arch, csc: &BatchCsc, w: View<'_>, c: ViewMut<'_>) {
    assert!(w.cols == c.cols && c.rows == csc.rows);
    assert!(csc.cols.end <= w.rows.div_ceil(BLOCK), "columns of another matrix");
    arch.dispatch(Spmm { csc, w, c });
}

/// Calls `$panel` of `$job` for all `$cols` columns: P times N vectors at a time, with as many vectors N as
/// there are registers for. The loop has no closure, which would be compiled without the instructions of
/// `$simd`. The P parts of a panel are done for one block column before the next one: its entries are in
/// the cache, and the branch predictor has just seen their number.
macro_rules! for_panels {
    ($simd:ident: $isa:ident, $cols:expr, $job:ident.$panel:ident) => {{
        let vectors = $cols.div_ceil(LANES);
        let mut v = 0;
        while v < vectors {
            let col = v * LANES;
            v += match vectors - v {
                4.. if $isa::HAS_32_REGISTERS => ($job.$panel::<$isa, 4, 1>($simd, col), 4).1,
                4.. => ($job.$panel::<$isa, 2, 2>($simd, col), 4).1,
                2.. => ($job.$panel::<$isa, 2, 1>($simd, col), 2).1,
                _ => ($job.$panel::<$isa, 1, 1>($simd, col), 1).1,
            };
        }
    }};
}
pub(super) use for_panels;

struct Spmm<'a> {
    csc: &'a BatchCsc,
    w: View<'a>,
    c: ViewMut<'a>,
}

impl Kernel for Spmm<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        // SAFETY: `spmm` has checked the shapes, and `for_panels` stays within the columns.
        unsafe { for_panels!(simd: S, self.w.cols, self.panel) }
    }
}

impl Spmm<'_> {
    /// The P · N vectors of columns from `col` on, for all rows.
    ///
    /// # Safety
    /// W and C must have these columns, padding included; W the features of the block columns, and C the
    /// rows of the batch.
    #[inline(always)]
    unsafe fn panel<S: Simd, const N: usize, const P: usize>(&self, simd: S, col: usize) {
        let csc = self.csc;
        for t in 0..csc.tiles {
            let (tile, first_row) = (csc.tile(t), t * csc.tile_rows);
            for c in 0..csc.cols.len() {
                let feature = BLOCK * (csc.cols.start + c);
                // SAFETY: column c is one of the batch. Its rows in tile t are rows of C from `first_row` on, and
                // W has its features, of which the last block of all may have one. The caller vouches for the
                // vectors.
                unsafe {
                    let entries = tile.entries(c);
                    if feature + BLOCK <= self.w.rows {
                        for i in 0..P * usize::from(!entries.is_empty()) {
                            let (w, c) = self.panel_at(feature, first_row, col + i * N * LANES);
                            self.add_block::<S, N, BLOCK>(simd, tile, entries, w, c);
                        }
                    } else {
                        for v in 0..N * P {
                            let (w, c) = self.panel_at(feature, first_row, col + v * LANES);
                            self.add_block::<S, 1, 1>(simd, tile, entries, w, c);
                        }
                    }
                }
            }
        }
    }

    /// The addresses of W[feature, col] and C[row, col].
    #[inline(always)]
    fn panel_at(&self, feature: usize, row: usize, col: usize) -> (*const f32, *mut f32) {
        let w = self.w.at.wrapping_add(feature * self.w.stride + col);
        (w, self.c.at.wrapping_add(row * self.c.stride + col))
    }

    /// Adds the products of the first K features of a block column to N vectors of C.
    ///
    /// # Safety
    /// From `w` on W must have the K features, from `c` on C the rows of the entries, and both N vectors;
    /// the entries must be of the tile.
    #[inline(always)]
    unsafe fn add_block<S: Simd, const N: usize, const K: usize>(
        &self,
        simd: S,
        tile: RowTile<'_>,
        entries: &[CscEntry],
        w: *const f32,
        c: *mut f32,
    ) {
        let mut weights = [[simd.splat(0.0); N]; K];
        // SAFETY: the caller vouches for features, rows and vectors, and for the entries.
        unsafe {
            for k in 0..K {
                for j in 0..N {
                    weights[k][j] = simd.load_ptr(w.add(k * self.w.stride + j * LANES));
                }
            }
            for entry in entries {
                let x = splat_values::<S, K>(simd, &tile, *entry);
                let c = c.add(entry.row() * self.c.stride);
                for j in 0..N {
                    let mut sum = simd.load_ptr(c.add(j * LANES));
                    for k in 0..K {
                        sum = x[k].mul_add(weights[k][j], sum);
                    }
                    sum.store_ptr(c.add(j * LANES));
                }
            }
        }
    }
}

/// The first K values of the block of `entry`, each in all lanes.
///
/// # Safety
/// The entry must be one of the tile.
#[inline(always)]
pub(super) unsafe fn splat_values<S: Simd, const K: usize>(
    simd: S,
    tile: &RowTile<'_>,
    entry: CscEntry,
) -> [S::F32; K] {
    let mut x = [simd.splat(0.0); K];
    for k in 0..K {
        // SAFETY: the caller vouches for the entry.
        x[k] = simd.splat(unsafe { tile.value(entry, k) });
    }
    x
}
