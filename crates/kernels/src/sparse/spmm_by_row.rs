//! C ← C + X W, row by row of block CSR, without a transposed batch.
//!
//! ```text
//! X [batch × features], one split of it    W [features × n]    C [batch × n]
//!
//! for each panel of at most 4 vectors of columns of W and C
//!   for each row of the batch
//!     sum ← C[row, panel]                              in registers
//!     for each block (k, x) of the row
//!       sum ← sum + x₀ W[2k, panel] + x₁ W[2k + 1, panel]
//!     C[row, panel] ← sum
//! ```
//!
//! Each weight is read for every row with its block: as fast as by columns where rows or outputs are few.
//! The additions have the order of `spmm_by_column.rs`, and the results the same bits.

use crate::simd::{Arch, Kernel};
use crate::simd::{F32x16, LANES, Simd, SimdFloat};
use crate::sparse::block::Block;
use crate::sparse::block_csr::{BlockCsr, Blocks};
use crate::sparse::shape::BLOCK;
use crate::{View, ViewMut};

/// Vectors of outputs up to which this product is the faster one, measured on Zen 4.
const MAX_VECTORS: usize = 4;

/// Rows up to which it is the faster one if the batch is transposed anyway.
const MAX_ROWS: usize = 16;

/// Whether [`spmm_by_row`] is faster than `spmm_by_column` for `rows` rows and `units` outputs, if the batch
/// is transposed anyway or for the product alone.
pub(super) fn prefer_by_row(rows: usize, units: usize, transposed: bool) -> bool {
    units.div_ceil(LANES) <= MAX_VECTORS && (!transposed || rows <= MAX_ROWS)
}

/// C ← C + X W for split `split` of the rows `rows` of `x`, with W [features × n] and C [rows × n].
pub(super) fn spmm_by_row(
    arch: Arch,
    x: &BlockCsr,
    rows: &[u32],
    split: usize,
    w: View<'_>,
    c: ViewMut<'_>,
) {
    assert!((w.rows, w.cols) == (x.features(), c.cols) && c.rows == rows.len());
    match &x.blocks {
        Blocks::U8(blocks, lut) => {
            arch.dispatch(SpmmByRow { x, blocks, lut, rows, split, w, c });
        }
        Blocks::F32(blocks) => {
            let lut = &[0.0; 256];
            arch.dispatch(SpmmByRow { x, blocks, lut, rows, split, w, c });
        }
    }
}

struct SpmmByRow<'a, B> {
    x: &'a BlockCsr,
    blocks: &'a [B],
    lut: &'a [f32; 256],
    rows: &'a [u32],
    split: usize,
    w: View<'a>,
    c: ViewMut<'a>,
}

impl<B: Block> Kernel for SpmmByRow<'_, B> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let vectors = self.w.cols.div_ceil(LANES);
        let mut v = 0;
        while v < vectors {
            let col = v * LANES;
            // SAFETY: `spmm_by_row` has checked the shapes.
            unsafe {
                v += match vectors - v {
                    4.. => (self.panel::<S, 4>(simd, col), 4).1,
                    2.. => (self.panel::<S, 2>(simd, col), 2).1,
                    _ => (self.panel::<S, 1>(simd, col), 1).1,
                };
            }
        }
    }
}

impl<B: Block> SpmmByRow<'_, B> {
    /// The N vectors of columns from `col` on, for all rows.
    ///
    /// # Safety
    /// W and C must have these columns, padding included; W all features, and C all rows.
    #[inline(always)]
    unsafe fn panel<S: Simd, const N: usize>(&self, simd: S, col: usize) {
        for (r, &row) in self.rows.iter().enumerate() {
            let mut sum = [simd.splat(0.0); N];
            // SAFETY: the caller vouches for the vectors and for row `r` of C; W has the features of every
            // block of `x`.
            unsafe {
                let c = self.c.at.add(r * self.c.stride + col);
                for j in 0..N {
                    sum[j] = simd.load_ptr(c.add(j * LANES));
                }
                for block in &self.blocks[self.x.range(row, self.split)] {
                    self.add_block(simd, *block, col, &mut sum);
                }
                for j in 0..N {
                    sum[j].store_ptr(c.add(j * LANES));
                }
            }
        }
    }

    /// Adds the products of one block to N vectors of a row.
    ///
    /// # Safety
    /// W must have the first feature of the block, and the vectors.
    #[inline(always)]
    unsafe fn add_block<S: Simd, const N: usize>(
        &self,
        simd: S,
        block: B,
        col: usize,
        sum: &mut [S::F32; N],
    ) {
        let (x, feature) = (block.dequantize(self.lut), BLOCK * block.col());
        // The last block of all may have one feature.
        let n = if feature + BLOCK <= self.w.rows { BLOCK } else { 1 };
        for k in 0..n {
            for j in 0..N {
                // SAFETY: the caller vouches for the vectors, and W has feature `feature + k`.
                let w = unsafe {
                    simd.load_ptr(self.w.at.add((feature + k) * self.w.stride + col + j * LANES))
                };
                sum[j] = simd.splat(x[k]).mul_add(w, sum[j]);
            }
        }
    }
}
