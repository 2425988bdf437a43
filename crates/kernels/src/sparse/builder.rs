//! Builds block CSR from a bitmap in two passes: one counts the blocks of each row, one packs them, so
//! that threads write to disjoint ranges.

use rayon::prelude::*;

use base::memory::probe;

use crate::linalg::advise_huge_pages;
use crate::simd::Simd;
use crate::simd::{Arch, Kernel};
use crate::sparse::bitmap::{BitWord, NonzeroBitmap, SetBits, WORD_BITS};
use crate::sparse::block::Block;
use crate::sparse::shape::{BLOCK, K_SPLITS};

/// Rows of a thread's task.
pub(super) const CHUNK_ROWS: usize = 2048;

/// The parts of a [`BlockCsr`](crate::BlockCsr).
pub(super) struct Built<B> {
    pub(super) row_ptr: Vec<u32>,
    pub(super) blocks: Vec<B>,
    pub(super) nonempty_cols: Vec<u16>,
    pub(super) splits: [usize; K_SPLITS + 1],
}

/// The blocks of the rows of `bitmap`, whose `values` stand in order.
pub(super) fn build<B: Block>(bitmap: &NonzeroBitmap, values: &[B::Value]) -> Built<B> {
    assert!(bitmap.features() <= 1 << 16, "{} features", bitmap.features());
    // For the bit instructions that the oldest processors lack.
    let arch = Arch::detect();
    let n_words = NonzeroBitmap::words_of(bitmap.features());
    let chunks: Vec<&[BitWord]> = bitmap.chunks(CHUNK_ROWS).collect();
    let splits = splits(bitmap.features(), chunks.first().copied().unwrap_or_default());
    let mut row_ptr = vec![0; bitmap.rows() * K_SPLITS + 1];
    let counts = row_ptr[1..].chunks_mut(CHUNK_ROWS * K_SPLITS);
    let passes: Vec<_> = chunks
        .iter()
        .zip(counts)
        .map(|(words, counts)| CountPass { words, n_words, splits, counts })
        .collect();
    let counted = map_chunks(passes, |pass| arch.dispatch(pass));
    let n_values: usize = counted.iter().map(|chunk| chunk.values).sum();
    assert!(n_values == values.len(), "one value for each set bit");
    let mut end = 0_u32;
    for count in &mut row_ptr {
        end = end.checked_add(*count).expect("at most 2³² blocks");
        *count = end;
    }

    probe(end as usize * size_of::<B>());
    let mut blocks = vec![B::default(); end as usize];
    advise_huge_pages(&mut blocks);
    let (mut free, mut rest) = (&mut blocks[..], values);
    let mut passes = Vec::with_capacity(chunks.len());
    for (words, counted) in chunks.iter().zip(&counted) {
        let blocks = free.split_off_mut(..counted.blocks).unwrap_or_default();
        let values = rest.split_off(..counted.values).unwrap_or_default();
        passes.push(FillPass { words, n_words, values, blocks });
    }
    map_chunks(passes, |pass| arch.dispatch(pass));
    Built { row_ptr, blocks, nonempty_cols: nonempty_cols(&counted), splits }
}

/// Maps the chunks, on the threads of the caller's rayon pool, if there is one. The global pool, with a
/// thread for each core, is never started.
fn map_chunks<P: Send, T: Send>(passes: Vec<P>, map: impl Fn(P) -> T + Send + Sync) -> Vec<T> {
    let in_pool = rayon::current_thread_index().is_some() && 1 < rayon::current_num_threads();
    if in_pool && 1 < passes.len() {
        passes.into_par_iter().map(map).collect()
    } else {
        passes.into_iter().map(map).collect()
    }
}

/// Cuts the block columns into splits that have equally many blocks of the rows with these `words`.
fn splits(features: usize, words: &[BitWord]) -> [usize; K_SPLITS + 1] {
    let mut counts = vec![0; features.div_ceil(BLOCK)];
    for row in words.chunks_exact(NonzeroBitmap::words_of(features).max(1)) {
        for (i, &word) in row.iter().enumerate() {
            let firsts = first_bits(u64::from_le_bytes(word));
            SetBits(firsts).for_each(|bit| counts[(i * WORD_BITS + bit) / BLOCK] += 1);
        }
    }
    let total: usize = counts.iter().sum();
    let mut splits = [counts.len(); K_SPLITS + 1];
    for (s, cut) in splits[..K_SPLITS].iter_mut().enumerate() {
        let mut before = 0;
        let is_before = |&&count: &&usize| {
            before += count;
            0 < total && K_SPLITS * before <= total * s
        };
        *cut = counts.iter().take_while(is_before).count();
    }
    splits[0] = 0;
    splits
}

/// The first bit of each block of which a bit is set in `word`.
#[inline(always)]
fn first_bits(word: u64) -> u64 {
    const FIRSTS: u64 = u64::MAX / ((1 << BLOCK) - 1);
    (word | word >> 1) & FIRSTS
}

/// The totals of a chunk.
struct ChunkCounts {
    blocks: usize,
    values: usize,
    /// The bits that are set in some row.
    seen: Vec<u64>,
}

/// Counts the blocks of each row in each split.
struct CountPass<'a> {
    words: &'a [BitWord],
    /// Words of a row.
    n_words: usize,
    splits: [usize; K_SPLITS + 1],
    counts: &'a mut [u32],
}

impl Kernel for CountPass<'_> {
    type Output = ChunkCounts;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> ChunkCounts {
        let (mut blocks, mut values, mut seen) = (0, 0, vec![0; self.n_words]);
        let rows = self.words.chunks_exact(self.n_words.max(1));
        for (row, counts) in rows.zip(self.counts.chunks_exact_mut(K_SPLITS)) {
            for (seen, &word) in seen.iter_mut().zip(row) {
                let word = u64::from_le_bytes(word);
                *seen |= word;
                values += word.count_ones() as usize;
            }
            let mut before = 0;
            for s in 0..K_SPLITS {
                let end = blocks_before(row, self.splits[s + 1]);
                counts[s] = end - before;
                before = end;
            }
            blocks += before as usize;
        }
        ChunkCounts { blocks, values, seen }
    }
}

/// The blocks of a row before block column `col`.
#[inline(always)]
fn blocks_before(row: &[BitWord], col: usize) -> u32 {
    let (whole, rest) = (BLOCK * col / WORD_BITS, BLOCK * col % WORD_BITS);
    let mut blocks = 0;
    for &word in &row[..whole] {
        blocks += first_bits(u64::from_le_bytes(word)).count_ones();
    }
    if let Some(&word) = row.get(whole) {
        blocks += (first_bits(u64::from_le_bytes(word)) & !(u64::MAX << rest)).count_ones();
    }
    blocks
}

/// The block columns that are non-zero in some row, ascending.
fn nonempty_cols(counted: &[ChunkCounts]) -> Vec<u16> {
    let n_words = counted.first().map_or(0, |chunk| chunk.seen.len());
    let seen = |i: usize| counted.iter().fold(0, |any, chunk| any | chunk.seen[i]);
    let cols =
        |i| SetBits(first_bits(seen(i))).map(move |bit| ((i * WORD_BITS + bit) / BLOCK) as u16);
    (0..n_words).flat_map(cols).collect()
}

/// Packs the blocks of some rows.
struct FillPass<'a, B: Block> {
    words: &'a [BitWord],
    /// Words of a row.
    n_words: usize,
    values: &'a [B::Value],
    blocks: &'a mut [B],
}

impl<B: Block> Kernel for FillPass<'_, B> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let FillPass { words, n_words, mut values, blocks: mut free } = self;
        for row in words.chunks_exact(n_words.max(1)) {
            for (i, &word) in row.iter().enumerate() {
                let word = u64::from_le_bytes(word);
                let firsts = first_bits(word);
                let blocks = free.split_off_mut(..firsts.count_ones() as usize).unwrap_or_default();
                for (block, bit) in blocks.iter_mut().zip(SetBits(firsts)) {
                    let set = (word >> bit) as u32 & ((1 << BLOCK) - 1);
                    let col = (i * WORD_BITS + bit) / BLOCK;
                    // Counted anew for each block: a running count would make each wait for the last one.
                    let before = (word & !(u64::MAX << bit)).count_ones() as usize;
                    *block = B::pack(col as u16, set, &values[before..]);
                }
                values = &values[word.count_ones() as usize..];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BlockCsr, Matrix};

    /// Rows of `features` features whose row r has the blocks `rows[r]`.
    fn csr(features: usize, rows: &[&[usize]]) -> BlockCsr {
        let mut bitmap = NonzeroBitmap::new(rows.len(), features);
        for (r, cols) in rows.iter().enumerate() {
            cols.iter().for_each(|col| bitmap.set(r, BLOCK * col));
        }
        BlockCsr::from_bytes(&bitmap, &vec![1; bitmap.count_ones()], 1.0)
    }

    #[test]
    fn splits_have_equally_many_blocks() {
        let splits = |features, rows: &[&[usize]]| csr(features, rows).split(1);
        assert_eq!(splits(20, &[&[0, 1, 2, 9], &[8, 9], &[8, 9]]), 8..10);
        assert_eq!(splits(20, &[&[4, 5], &[4], &[5]]), 5..10);
        assert_eq!(splits(7, &[&[3], &[]]), 3..4);
        assert_eq!(splits(1, &[&[0]]), 0..1);
        assert_eq!(splits(1, &[&[]]), 0..1);
        assert_eq!(splits(5, &[]), 0..3);
    }

    #[test]
    fn rows_are_the_bits_and_values_they_were_built_from() {
        let (rows, features) = (CHUNK_ROWS + 300, 131);
        let mut bitmap = NonzeroBitmap::new(rows, features);
        let mut want = Matrix::zeros(rows, features);
        let mut values = Vec::new();
        for r in 0..rows {
            for f in (0..features).filter(|f| (r * 31 + f * 17) % 11 < r % 7) {
                bitmap.set(r, f);
                values.push(1 + ((r + f) % 255) as u8);
                want.row_mut(r)[f] = f32::from(1 + ((r + f) % 255) as u8);
            }
        }
        let floats: Vec<f32> = values.iter().map(|byte| f32::from(*byte)).collect();
        let all: Vec<u32> = (0..rows as u32).collect();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        for x in [
            BlockCsr::from_bytes(&bitmap, &values, 1.0),
            BlockCsr::from_floats(&bitmap, &floats, 1.0),
            pool.install(|| BlockCsr::from_bytes(&bitmap, &values, 1.0)),
        ] {
            let mut got = Matrix::from_rows(rows, features, &vec![f32::NAN; rows * features]);
            x.densify(&all, got.view_mut(rows));
            assert_eq!(got.to_rows(), want.to_rows());
        }
    }
}
