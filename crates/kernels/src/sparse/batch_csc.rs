//! A minibatch transposed to CSC: for each block column, the rows of the batch that have the block.
//!
//! ```text
//! for each tile of 64 rows
//!     col_end ← col_start                          where the entries of each column begin
//!     for each row of the tile, for each block (col, values) of the row
//!         entries[col_end[col]] ← (row, values);  col_end[col] += 1
//! ```
//!
//! Departures from a textbook CSC:
//!
//! 1. Column capacities stay from batch to batch, so that no counting pass is needed. A batch that
//!    overflows a column is counted, the column grows, and the batch is scattered again.
//! 2. An entry is one word with the row and the index of the values: the entries of a usual batch stay in
//!    the L1 cache.
//! 3. Tiles of 64 rows bound both the row index and the rows of outputs in use.

use std::ops::Range;

use crate::sparse::block::Block;
use crate::sparse::block_csr::{BlockCsr, Blocks};
use crate::sparse::shape::BLOCK;
use crate::sparse::shape::K_SPLITS;
use crate::sparse::value_pool::{VALUE_BITS, ValuePool};

/// Rows of a tile at most: as many rows of outputs stay in the L1 cache.
pub(super) const TILE_ROWS: usize = 64;

/// Rows of a batch that the previous step prefetches: more would be evicted before their use.
pub(super) const PREFETCH_ROWS: usize = 128;

/// Rows that are scattered during one memory access.
const PREFETCH_DISTANCE: usize = 8;

/// Some block columns of a minibatch; its buffers stay from batch to batch.
pub(super) struct BatchCsc {
    split: usize,
    /// The block columns.
    pub(super) cols: Range<usize>,
    /// Whether they are all columns of the split.
    is_whole_split: bool,
    /// Rows of the batch.
    pub(super) rows: usize,
    /// Rows of each tile but the last.
    pub(super) tile_rows: usize,
    pub(super) tiles: usize,
    /// Column c has the capacity `col_start[c]` to `col_start[c + 1]` in the entries of every tile.
    col_start: Vec<u32>,
    /// The entries of column c in tile t end before entry `col_end[t · columns + c]` of the tile.
    col_end: Vec<u32>,
    entries: Vec<CscEntry>,
    values: ValuePool,
    /// The first value of each tile.
    value_base: Vec<usize>,
}

/// A block of a column: the row in its tile, and below it the [`VALUE_BITS`] of the values.
#[derive(Clone, Copy, Default)]
pub(super) struct CscEntry(u32);

// A split has at most 2¹⁵ columns, so that the values of a tile have an index of so many bits.
const _: () = assert!(TILE_ROWS <= 1 << (u32::BITS - VALUE_BITS));
const _: () = assert!(TILE_ROWS << 15 <= 1 << VALUE_BITS);

impl CscEntry {
    /// The row in its tile.
    #[inline(always)]
    pub(super) fn row(self) -> usize {
        (self.0 >> VALUE_BITS) as usize
    }
}

impl BatchCsc {
    /// Buffers for batches of at most `max_rows` rows of `x`, for the block columns `cols` of split
    /// `split`.
    pub(super) fn new(x: &BlockCsr, split: usize, cols: Range<usize>, max_rows: usize) -> BatchCsc {
        let tile_rows = max_rows.clamp(1, TILE_ROWS);
        let tiles = max_rows.div_ceil(tile_rows);
        let values = match &x.blocks {
            Blocks::U8(_, lut) => ValuePool::bytes(lut),
            Blocks::F32(_) => ValuePool::floats(),
        };
        BatchCsc {
            split,
            is_whole_split: cols == x.split(split),
            rows: 0,
            tile_rows,
            tiles: 0,
            col_start: vec![0; cols.len() + 1],
            col_end: vec![0; tiles * cols.len()],
            entries: vec![CscEntry::default(); tile_rows],
            values,
            value_base: vec![0; tiles],
            cols,
        }
    }

    /// Takes the rows `batch` of `x`.
    ///
    /// Panics on more rows than `max_rows`, a row that `x` lacks, or another kind of `x` than in
    /// [`BatchCsc::new`].
    pub(super) fn rebuild(&mut self, x: &BlockCsr, batch: &[u32]) {
        let tiles = batch.len().div_ceil(self.tile_rows);
        let split = x.split(self.split);
        assert!(split.start <= self.cols.start && self.cols.end <= split.end);
        assert!(self.is_whole_split == (self.cols == split), "another matrix");
        assert!(tiles * self.cols.len() <= self.col_end.len(), "more rows than max_rows");
        // A panic on a missing row leaves no tile half built.
        (self.rows, self.tiles) = (0, 0);
        match &x.blocks {
            Blocks::U8(blocks, _) if self.values.are_bytes() => self.scatter(x, blocks, batch),
            Blocks::F32(blocks) if !self.values.are_bytes() => self.scatter(x, blocks, batch),
            _ => panic!("another kind of values"),
        }
        (self.rows, self.tiles) = (batch.len(), tiles);
    }

    fn scatter<B: Block>(&mut self, x: &BlockCsr, blocks: &[B], batch: &[u32]) {
        while !self.try_scatter(x, blocks, batch) {
            self.grow_columns(x, blocks, batch);
        }
    }

    /// Scatters all rows; false if a column overflowed, whose neighbour is then overwritten.
    fn try_scatter<B: Block>(&mut self, x: &BlockCsr, blocks: &[B], batch: &[u32]) -> bool {
        let n_cols = self.cols.len();
        let total = self.col_start[n_cols] as usize;
        self.values.clear_batch();
        for (t, rows) in batch.chunks(self.tile_rows).enumerate() {
            let base = self.values.len();
            self.value_base[t] = base;
            let col_end = &mut self.col_end[t * n_cols..(t + 1) * n_cols];
            col_end.copy_from_slice(&self.col_start[..n_cols]);
            for (i, &row) in rows.iter().enumerate() {
                prefetch_next(x, batch, t * self.tile_rows + i, self.split);
                let range = x.range(row, self.split);
                let row_blocks = within(&blocks[range], &self.cols, self.is_whole_split);
                let (entries, first_col) = (&mut self.entries[t * total..], self.cols.start);
                let pool = &mut self.values;
                let values = move |block: B| block.value_bits(pool, base);
                // SAFETY: the blocks of a split lie in its columns, each at most once in a row. So a column
                // gets at most `tile_rows` entries from its start on, and `grow_columns` leaves as many behind
                // the last start.
                unsafe { scatter_row(row_blocks, i as u32, first_col, col_end, entries, values) };
            }
            let limits = &self.col_start[1..];
            if col_end.iter().zip(limits).any(|(end, limit)| limit < end) {
                return false;
            }
        }
        true
    }

    /// Sets the capacity of each column that overflows in `batch` to 1.5 times its entries.
    fn grow_columns<B: Block>(&mut self, x: &BlockCsr, blocks: &[B], batch: &[u32]) {
        let mut capacities: Vec<u32> =
            self.col_start.windows(2).map(|pair| pair[1] - pair[0]).collect();
        for rows in batch.chunks(self.tile_rows) {
            let mut counts = vec![0_u32; self.cols.len()];
            for &row in rows {
                let range = x.range(row, self.split);
                for block in within(&blocks[range], &self.cols, self.is_whole_split) {
                    counts[block.col() - self.cols.start] += 1;
                }
            }
            for (capacity, count) in capacities.iter_mut().zip(counts) {
                if *capacity < count {
                    *capacity = (count + count.div_ceil(2)).min(self.tile_rows as u32);
                }
            }
        }
        let total: u32 = capacities.iter().sum();
        // Before the columns: without memory for the entries, no column lies beyond them.
        let entries = self.value_base.len() * total as usize + self.tile_rows;
        self.entries.resize(entries, CscEntry::default());
        let mut end = 0;
        for (start, capacity) in self.col_start[1..].iter_mut().zip(capacities) {
            end += capacity;
            *start = end;
        }
    }

    /// Tile `t` of the batch; a tile without entries behind the last.
    #[inline(always)]
    pub(super) fn tile(&self, t: usize) -> RowTile<'_> {
        let (col_start, n_cols) = (&self.col_start[..], self.cols.len());
        let (col_end, entry, value) = if t < self.tiles {
            let entry = t * col_start[n_cols] as usize;
            (&self.col_end[t * n_cols..(t + 1) * n_cols], entry, self.value_base[t])
        } else {
            (&col_start[..n_cols], 0, 0)
        };
        RowTile {
            col_start,
            col_end,
            entries: &self.entries[entry..],
            values: self.values.from(value),
            shift: self.values.shift,
            mask: self.values.mask,
        }
    }

    /// The split of the columns.
    pub(super) fn split(&self) -> usize {
        debug_assert!(self.split < K_SPLITS);
        self.split
    }
}

/// The blocks of a row that lie in `cols`.
#[inline(always)]
fn within<'a, B: Block>(blocks: &'a [B], cols: &Range<usize>, all: bool) -> &'a [B] {
    if all {
        return blocks;
    }
    let at = |col| blocks.partition_point(|block| block.col() < col);
    &blocks[at(cols.start)..at(cols.end)]
}

/// Prefetches a later row of the batch while row `at` is scattered. The previous step has prefetched the
/// first [`PREFETCH_ROWS`].
#[inline(always)]
fn prefetch_next(x: &BlockCsr, batch: &[u32], at: usize, split: usize) {
    if at + PREFETCH_DISTANCE < PREFETCH_ROWS {
        return;
    }
    if let Some(&row) = batch.get(at + 2 * PREFETCH_DISTANCE) {
        x.prefetch_row_ptr(row);
    }
    if let Some(&row) = batch.get(at + PREFETCH_DISTANCE) {
        x.prefetch_row(row, split);
    }
}

/// Appends the blocks of a row to their columns, from `first_col` on. Out of line, it keeps all pointers in
/// registers.
///
/// # Safety
/// Each block must lie in the columns of the tile, and `entries` must have the entry `col_end` of the
/// column.
#[inline(never)]
unsafe fn scatter_row<B: Block>(
    blocks: &[B],
    row: u32,
    first_col: usize,
    col_end: &mut [u32],
    entries: &mut [CscEntry],
    mut value_bits: impl FnMut(B) -> u32,
) {
    for block in blocks {
        let value = value_bits(*block);
        // SAFETY: the caller vouches for the column and for its entry.
        unsafe {
            let end = col_end.get_unchecked_mut(block.col() - first_col);
            *entries.get_unchecked_mut(*end as usize) = CscEntry(row << VALUE_BITS | value);
            *end += 1;
        }
    }
}

/// At most [`TILE_ROWS`] rows of a batch. Kernels copy it before a loop with stores, so that its pointers
/// stay in registers.
#[derive(Clone, Copy)]
pub(super) struct RowTile<'a> {
    col_start: &'a [u32],
    col_end: &'a [u32],
    entries: &'a [CscEntry],
    /// The values of the tile, and their [`ValuePool::shift`] and [`ValuePool::mask`].
    values: [&'a [f32]; BLOCK],
    shift: u32,
    mask: u32,
}

impl<'a> RowTile<'a> {
    /// The entries of column `c`, counted from the first column of the [`BatchCsc`].
    ///
    /// # Safety
    /// There must be such a column.
    #[inline(always)]
    pub(super) unsafe fn entries(&self, c: usize) -> &'a [CscEntry] {
        // SAFETY: the caller vouches for the column, whose entries lie between its start and its end.
        unsafe {
            let start = *self.col_start.get_unchecked(c) as usize;
            self.entries.get_unchecked(start..*self.col_end.get_unchecked(c) as usize)
        }
    }

    /// The value at `place` of the block of `entry`.
    ///
    /// # Safety
    /// The entry must be one of this tile.
    #[inline(always)]
    pub(super) unsafe fn value(&self, entry: CscEntry, place: usize) -> f32 {
        let index = entry.0 >> (self.shift * place as u32) & self.mask;
        // SAFETY: the caller vouches for the entry: `Block::value_bits` has given the index of a value.
        unsafe { *self.values[place].get_unchecked(index as usize) }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::sparse::shape::BLOCK;
    use crate::{Matrix, NonzeroBitmap};

    /// Rows of 9 features whose row r has the first r mod 10: as floats, and as bytes.
    fn rows(n: u32) -> [BlockCsr; 2] {
        let mut bitmap = NonzeroBitmap::new(n as usize, 9);
        (0..n).for_each(|r| (0..r % 10).for_each(|i| bitmap.set(r as usize, i as usize)));
        let n = bitmap.count_ones();
        let floats: Vec<f32> = (0..n).map(|i| 1.0 + i as f32).collect();
        let bytes: Vec<u8> = (0..n).map(|i| 1 + (i % 255) as u8).collect();
        [BlockCsr::from_floats(&bitmap, &floats, 1.0), BlockCsr::from_bytes(&bitmap, &bytes, 255.0)]
    }

    #[test]
    #[should_panic(expected = "another kind of values")]
    fn rebuild_refuses_floats_in_buffers_for_bytes() {
        let [floats, bytes] = rows(20);
        BatchCsc::new(&bytes, 0, bytes.split(0), 4).rebuild(&floats, &[1, 9]);
    }

    #[test]
    fn rebuild_leaves_an_empty_batch_on_a_missing_row() {
        let [x, _] = rows(20);
        let mut csc = BatchCsc::new(&x, 0, x.split(0), 4);
        csc.rebuild(&x, &[9]);
        let missing = AssertUnwindSafe(|| csc.rebuild(&x, &[9, 20]));
        assert!(catch_unwind(missing).is_err());
        assert_eq!((csc.rows, csc.tiles), (0, 0));
    }

    /// The batch of `csc` as a dense matrix.
    fn dense(csc: &BatchCsc) -> Vec<[f32; 10]> {
        let mut rows = vec![[0.0; 10]; csc.rows];
        for t in 0..csc.tiles {
            let tile = csc.tile(t);
            for c in 0..csc.cols.len() {
                // SAFETY: there are so many columns.
                for entry in unsafe { tile.entries(c) } {
                    let row = &mut rows[t * csc.tile_rows + entry.row()];
                    for place in 0..BLOCK {
                        // SAFETY: the entry is one of the tile.
                        row[BLOCK * (csc.cols.start + c) + place] +=
                            unsafe { tile.value(*entry, place) };
                    }
                }
            }
        }
        rows
    }

    #[test]
    fn columns_grow_when_a_batch_needs_more_room() {
        let few: Vec<u32> = (0..400).filter(|r| r % 10 < 2).collect();
        let many: Vec<u32> = (0..400).filter(|r| 7 < r % 10).collect();
        let batches = [&few[..70], &few[..], &many[..3], &[], &many[..], &few[..9]];
        for x in rows(400) {
            for (s, n) in (0..K_SPLITS).flat_map(|s| [1, 2, 3].map(|n| (s, n))) {
                for cols in x.cut(s, n) {
                    let features = x.features_of(&cols);
                    let mut csc = BatchCsc::new(&x, s, cols, 80);
                    for batch in batches {
                        csc.rebuild(&x, batch);
                        let mut want = Matrix::zeros(batch.len(), 9);
                        x.densify(batch, want.view_mut(batch.len()));
                        for (r, got) in dense(&csc).iter().enumerate() {
                            let want = &want.row(r)[features.clone()];
                            assert_eq!(&got[features.clone()], want, "row {}", batch[r]);
                        }
                    }
                }
            }
        }
    }
}
