//! Block CSR: the 1×2 blocks of each row that are not zero, row after row.
//!
//! Non-zero features have non-zero neighbours: a stroke of a digit is several pixels wide. Of MNIST's
//! pixels in blocks of two 86 % are not zero, in blocks of four 67 %.

use std::ops::Range;

use crate::ViewMut;
use crate::prefetch::prefetch;
use crate::sparse::block::{Block, F32x2, U8x2};
use crate::sparse::shape::{BLOCK, K_SPLITS};

/// Rows of which only the blocks with a non-zero feature are stored.
#[derive(Debug)]
pub struct BlockCsr {
    pub(super) features: usize,
    /// Split s of row r is the blocks `row_ptr[r · K_SPLITS + s]` to `row_ptr[r · K_SPLITS + s + 1]`.
    pub(super) row_ptr: Vec<u32>,
    pub(super) blocks: Blocks,
    /// The block columns that are non-zero in some row, ascending.
    pub(super) nonempty_cols: Vec<u16>,
    /// All block columns, ascending.
    pub(super) all_cols: Vec<u16>,
    /// Split s is the block columns `splits[s]` to `splits[s + 1]`.
    pub(super) splits: [usize; K_SPLITS + 1],
}

/// The blocks of all rows.
#[derive(Debug)]
pub(super) enum Blocks {
    /// Bytes, with the number for each byte.
    U8(Vec<U8x2>, Box<[f32; 256]>),
    F32(Vec<F32x2>),
}

impl BlockCsr {
    /// Number of features of a row, zeros included.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Writes `rows` with their zeros into `to` [rows × features].
    pub fn densify(&self, rows: &[u32], mut to: ViewMut<'_>) {
        for (r, &row) in rows.iter().enumerate() {
            let range = self.range(row, 0).start..self.range(row, K_SPLITS - 1).end;
            let to = &mut to.row(r)[..self.features];
            match &self.blocks {
                Blocks::U8(blocks, lut) => densify_row(&blocks[range], lut, to),
                Blocks::F32(blocks) => densify_row(&blocks[range], &[0.0; 256], to),
            }
        }
    }

    /// The block columns of split `s`.
    pub(super) fn split(&self, s: usize) -> Range<usize> {
        self.splits[s]..self.splits[s + 1]
    }

    /// Cuts the block columns of split `s` into `n` ranges with equally many non-empty columns.
    pub(super) fn cut(&self, s: usize, n: usize) -> Vec<Range<usize>> {
        let Range { start, end } = self.split(s);
        let cols = within(&self.nonempty_cols, &(start..end));
        let bound = |i: usize| match i {
            0 => start,
            i if i == n => end,
            i => cols.get(cols.len() * i / n).map_or(end, |&col| usize::from(col)),
        };
        (0..n).map(|i| bound(i)..bound(i + 1)).collect()
    }

    /// The features of some block columns.
    pub(super) fn features_of(&self, cols: &Range<usize>) -> Range<usize> {
        let feature = |col| self.features.min(BLOCK * col);
        feature(cols.start)..feature(cols.end)
    }

    /// The columns among `cols` that are non-zero in some row, ascending.
    pub(super) fn nonempty(&self, cols: &Range<usize>) -> &[u16] {
        within(&self.nonempty_cols, cols)
    }

    /// All columns of `cols`, ascending.
    pub(super) fn all(&self, cols: &Range<usize>) -> &[u16] {
        &self.all_cols[cols.clone()]
    }

    /// The index range of the blocks of row `r` in split `s`.
    #[inline(always)]
    pub(super) fn range(&self, r: u32, s: usize) -> Range<usize> {
        let at = r as usize * K_SPLITS + s;
        self.row_ptr[at] as usize..self.row_ptr[at + 1] as usize
    }

    /// Prefetches the row pointers of row `r`.
    #[inline(always)]
    pub(super) fn prefetch_row_ptr(&self, r: u32) {
        prefetch(&self.row_ptr[r as usize * K_SPLITS..][..K_SPLITS + 1]);
    }

    /// Prefetches the blocks of row `r` in split `s`.
    #[inline(always)]
    pub(super) fn prefetch_row(&self, r: u32, s: usize) {
        let range = self.range(r, s);
        match &self.blocks {
            Blocks::U8(blocks, _) => prefetch(&blocks[range]),
            Blocks::F32(blocks) => prefetch(&blocks[range]),
        }
    }
}

/// The part of the ascending `cols` that lies in `range`.
fn within<'a>(cols: &'a [u16], range: &Range<usize>) -> &'a [u16] {
    let at = |col| cols.partition_point(|&c| usize::from(c) < col);
    &cols[at(range.start)..at(range.end)]
}

fn densify_row<B: Block>(blocks: &[B], lut: &[f32; 256], to: &mut [f32]) {
    to.fill(0.0);
    for block in blocks {
        // The last block may be wider than the rest of the row.
        let to = to[BLOCK * block.col()..].iter_mut();
        to.zip(block.dequantize(lut)).for_each(|(to, x)| *to = x);
    }
}
