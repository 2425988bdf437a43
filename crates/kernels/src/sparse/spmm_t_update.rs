//! W ← rule(W, Xᵀ δ): the gradient of each weight is summed in registers and consumed by the update rule,
//! never written.
//!
//! ```text
//! X [batch × features], some block columns of it    δ [batch × n]    W, state [features of them × n]
//!
//! for each panel of at most 4 vectors of columns of δ and W
//!   for each block column k
//!     g ← 0                                            2 rows in registers
//!     for each tile, for each entry (row, x) of the column
//!       g₀ ← g₀ + x₀ δ[row, panel];  g₁ ← g₁ + x₁ δ[row, panel]
//!     W[2k, panel] ← rule(W[2k, panel], g₀);  W[2k + 1, panel] ← rule(W[2k + 1, panel], g₁)
//! ```
//!
//! Departures: rules that are idle without a gradient skip the columns that are zero in all rows of the
//! data; and the rows of the next batch are prefetched between the columns, since a burst of prefetches
//! would delay the loads of δ.

use std::ops::Range;

use crate::View;
use crate::nn::{ParamMut, Pointers, UpdateRule};
use crate::simd::{Arch, Kernel};
use crate::simd::{LANES, Simd, SimdFloat};
use crate::sparse::batch_csc::{BatchCsc, CscEntry, RowTile, TILE_ROWS};
use crate::sparse::block_csr::BlockCsr;
use crate::sparse::shape::BLOCK;
use crate::sparse::spmm::{for_panels, splat_values};

/// The factors of the weight gradient Xᵀ δ.
#[derive(Clone, Copy)]
pub struct InputGradient<'a> {
    /// The rows that the last forward product took a batch of.
    pub x: &'a BlockCsr,
    /// δ of the batch [batch × units]
    pub delta: View<'a>,
    /// The rows of the next batch, which are prefetched.
    pub next_rows: &'a [u32],
}

/// Updates `w` [features of `cols` × n] with the gradient Xᵀ δ. `csc` is the transposed batch, `cols` some
/// of its block columns; `gradient.next_rows` are those that this call prefetches.
pub(super) fn spmm_t_update<R: UpdateRule>(
    arch: Arch,
    rule: &R,
    gradient: InputGradient<'_>,
    csc: &BatchCsc,
    cols: &Range<usize>,
    mut w: ParamMut<'_>,
) {
    let InputGradient { x, delta, next_rows } = gradient;
    let features = x.features_of(cols).len();
    assert!((features, delta.cols) == (w.value.rows, w.value.cols));
    assert!(csc.rows == delta.rows && csc.cols.start <= cols.start);
    assert!(cols.is_empty() || cols.end <= csc.cols.end);
    // Then every column but the last of `x` has BLOCK features, and W has the features of all.
    assert!(cols.end <= x.features().div_ceil(BLOCK), "columns of another matrix");
    let visited = if R::IDLE_WITHOUT_GRADIENT { x.nonempty(cols) } else { x.all(cols) };
    let prefetcher = Prefetcher { x, split: csc.split(), rows: next_rows, credit: 0 };
    next_rows.iter().for_each(|&row| x.prefetch_row_ptr(row));
    let pointers = w.pointers(R::SLOTS);
    let first_col = cols.start;
    let first_tile = csc.tile(0);
    let update = SpmmUpdate {
        rule,
        csc,
        first_tile,
        delta,
        first_col,
        features,
        visited,
        pointers,
        prefetcher,
    };
    arch.dispatch(update);
}

#[derive(Clone, Copy)]
struct SpmmUpdate<'a, R> {
    rule: &'a R,
    csc: &'a BatchCsc,
    /// Most batches have one tile.
    first_tile: RowTile<'a>,
    delta: View<'a>,
    /// The block column of the first row of W.
    first_col: usize,
    /// Rows of W.
    features: usize,
    /// The block columns to update, ascending.
    visited: &'a [u16],
    pointers: Pointers,
    prefetcher: Prefetcher<'a>,
}

impl<R: UpdateRule> Kernel for SpmmUpdate<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        // SAFETY: `spmm_t_update` has checked the shapes, and `for_panels` stays within the columns.
        unsafe { for_panels!(simd: S, self.delta.cols, self.panel) }
    }
}

impl<R: UpdateRule> SpmmUpdate<'_, R> {
    /// The P · N vectors of columns from `col` on, for all block columns.
    ///
    /// # Safety
    /// W, its state and δ must have these columns, padding included; W and its state the features of the
    /// visited block columns, δ the rows of the batch, and the batch the block columns.
    #[inline(always)]
    unsafe fn panel<S: Simd, const N: usize, const P: usize>(&self, simd: S, col: usize) {
        // Copies, which no store can change.
        let (update, rule, width) = (*self, *self.rule, N * P * LANES);
        let SpmmUpdate { delta, first_col, features, visited, pointers, mut prefetcher, .. } =
            update;
        delta.columns(col, delta.cols.min(col + width)).prefetch(TILE_ROWS);
        // Whole rows are prefetched by the processor.
        let is_part_of_row = width < delta.cols;
        for (i, &block_col) in visited.iter().enumerate() {
            if col == 0 {
                prefetcher.advance(visited.len());
            }
            if is_part_of_row && let Some(next) = visited.get(i + 1) {
                let next = BLOCK * (usize::from(*next) - first_col);
                for k in 0..BLOCK.min(features - next) {
                    pointers.prefetch::<R>(next + k, col, width);
                }
            }
            let block_col = usize::from(block_col);
            let row = BLOCK * (block_col - first_col);
            // SAFETY: the caller vouches for the columns and the block column, of which W has one feature at
            // least from `row` on.
            unsafe {
                if features - row >= BLOCK {
                    for i in 0..P {
                        let col = col + i * N * LANES;
                        let g = update.gradient::<S, N, BLOCK>(simd, block_col, col);
                        step::<S, R, N, BLOCK>(pointers, &rule, row, col, g);
                    }
                } else {
                    // The last block of all.
                    for v in 0..N * P {
                        let col = col + v * LANES;
                        let g = update.gradient::<S, 1, 1>(simd, block_col, col);
                        step::<S, R, 1, 1>(pointers, &rule, row, col, g);
                    }
                }
            }
        }
    }

    /// The gradient of the first K features of block column `block_col`, in N vectors at `col`.
    ///
    /// # Safety
    /// The batch must have the block column, and δ the vectors in all rows of the batch.
    #[inline(always)]
    unsafe fn gradient<S: Simd, const N: usize, const K: usize>(
        &self,
        simd: S,
        block_col: usize,
        col: usize,
    ) -> [[S::F32; N]; K] {
        let mut g = [[simd.splat(0.0); N]; K];
        let c = block_col - self.csc.cols.start;
        // SAFETY: the caller vouches for the column, whose entries are of their tile, and for the rows of δ:
        // those of tile t begin with row t · `tile_rows`.
        unsafe {
            let delta = self.delta.at.wrapping_add(col);
            self.add(simd, &self.first_tile, self.first_tile.entries(c), delta, &mut g);
            for t in 1..self.csc.tiles {
                let delta = delta.add(t * self.csc.tile_rows * self.delta.stride);
                let tile = self.csc.tile(t);
                self.add(simd, &tile, tile.entries(c), delta, &mut g);
            }
        }
        g
    }

    /// Adds the products of `entries` with the rows from `delta` on.
    ///
    /// # Safety
    /// The entries must be of the tile, and N vectors must be readable in each of their rows from `delta` on.
    #[inline(always)]
    unsafe fn add<S: Simd, const N: usize, const K: usize>(
        &self,
        simd: S,
        tile: &RowTile<'_>,
        entries: &[CscEntry],
        delta: *const f32,
        g: &mut [[S::F32; N]; K],
    ) {
        for entry in entries {
            // SAFETY: the caller vouches for the entry and for its row.
            unsafe {
                let x = splat_values::<S, K>(simd, tile, *entry);
                let delta = delta.add(entry.row() * self.delta.stride);
                for j in 0..N {
                    let delta = simd.load_ptr(delta.add(j * LANES));
                    for k in 0..K {
                        g[k][j] = x[k].mul_add(delta, g[k][j]);
                    }
                }
            }
        }
    }
}

/// Updates the N vectors at `col` of K rows of W from `row` on.
///
/// # Safety
/// The target must have the rows and the vectors, and no other thread may use them.
#[inline(always)]
unsafe fn step<S: Simd, R: UpdateRule, const N: usize, const K: usize>(
    pointers: Pointers,
    rule: &R,
    row: usize,
    col: usize,
    g: [[S::F32; N]; K],
) {
    for k in 0..K {
        // SAFETY: the caller vouches for the N vectors of each row.
        unsafe {
            if S::HAS_32_REGISTERS {
                pointers.step(rule, row + k, col, g[k]);
            } else {
                for j in 0..N {
                    pointers.step(rule, row + k, col + j * LANES, [g[k][j]]);
                }
            }
        }
    }
}

/// Spreads the prefetches of the next batch's rows evenly over the block columns.
#[derive(Clone, Copy)]
struct Prefetcher<'a> {
    x: &'a BlockCsr,
    split: usize,
    /// The rows that are left.
    rows: &'a [u32],
    /// Bresenham's error: rows that are due, times the number of columns.
    credit: usize,
}

impl Prefetcher<'_> {
    /// Prefetches the rows of one of `n` columns.
    #[inline(always)]
    fn advance(&mut self, n: usize) {
        self.credit += self.rows.len();
        while n <= self.credit {
            self.credit -= n;
            let Some((row, rest)) = self.rows.split_first() else { return };
            self.x.prefetch_row(*row, self.split);
            self.rows = rest;
        }
    }
}
