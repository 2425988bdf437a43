//! Builds block CSR from a bitmap in two passes: one counts the blocks of each row, one packs them, so
//! that threads write to disjoint ranges.

use rayon::prelude::*;

use base::memory::probe;

use crate::linalg::advise_huge_pages;
use crate::simd::Simd;
use crate::simd::{Arch, Kernel};
use crate::sparse::bitmap::{NonzeroBitmap, SetBits, WORD_BITS};
use crate::sparse::block::Block;
use crate::sparse::block_csr::{BlockCsr, Blocks};
use crate::sparse::shape::{BLOCK, K_SPLITS};

/// Rows of a thread's task.
const CHUNK_ROWS: usize = 2048;

impl BlockCsr {
    /// The rows of `bitmap` with a byte for each set bit, in order; the numbers are bytes / `scale`.
    ///
    /// Panics on more than 65,536 features, or another number of values than of set bits.
    pub fn from_bytes(bitmap: &NonzeroBitmap, values: &[u8], scale: f64) -> BlockCsr {
        let lut = std::array::from_fn(|byte| (byte as f64 / scale) as f32);
        build(bitmap, values, |blocks| Blocks::U8(blocks, Box::new(lut)))
    }

    /// The rows of `bitmap` with a float for each set bit, in order; the numbers are floats / `scale`.
    ///
    /// Panics on more than 65,536 features, or another number of values than of set bits.
    pub fn from_floats(bitmap: &NonzeroBitmap, values: &[f32], scale: f64) -> BlockCsr {
        let values: Vec<f32> = values.iter().map(|v| (f64::from(*v) / scale) as f32).collect();
        build(bitmap, &values, Blocks::F32)
    }

    /// Threads that building the blocks of `rows` rows can use.
    pub fn max_build_threads(rows: usize) -> usize {
        rows.div_ceil(CHUNK_ROWS)
    }
}

/// The rows of `bitmap`, whose `values` stand in order.
fn build<B: Block>(
    bitmap: &NonzeroBitmap,
    values: &[B::Value],
    wrap: impl FnOnce(Vec<B>) -> Blocks,
) -> BlockCsr {
    assert!(bitmap.features() <= 1 << 16, "{} features", bitmap.features());
    // For the bit instructions that the oldest processors lack.
    let arch = Arch::detect();
    let n_words = NonzeroBitmap::words_of(bitmap.features());
    let chunks: Vec<&[[u8; 8]]> = bitmap.chunks(CHUNK_ROWS).collect();
    let splits = splits(bitmap.features(), chunks.first().copied().unwrap_or_default());
    let mut row_ptr = vec![0; bitmap.rows() * K_SPLITS + 1];
    let counts = row_ptr[1..].chunks_mut(CHUNK_ROWS * K_SPLITS);
    let passes: Vec<_> = chunks
        .iter()
        .zip(counts)
        .map(|(words, counts)| CountPass { words, n_words, splits, counts })
        .collect();
    let counted = map_chunks(passes, |pass| arch.dispatch(pass));
    let n_values: usize = counted.iter().map(|(_, values, _)| values).sum();
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
    for (words, (n_blocks, n_values, _)) in chunks.iter().zip(&counted) {
        let blocks = free.split_off_mut(..*n_blocks).unwrap_or_default();
        let values = rest.split_off(..*n_values).unwrap_or_default();
        passes.push(FillPass { words, n_words, values, blocks });
    }
    map_chunks(passes, |pass| arch.dispatch(pass));
    BlockCsr {
        features: bitmap.features(),
        row_ptr,
        blocks: wrap(blocks),
        nonempty_cols: nonempty_cols(counted.iter().map(|(_, _, seen)| seen)),
        all_cols: (0..splits[K_SPLITS]).map(|col| col as u16).collect(),
        splits,
    }
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
fn splits(features: usize, words: &[[u8; 8]]) -> [usize; K_SPLITS + 1] {
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

/// Counts the blocks of each row in each split. Returns the blocks and the values of the chunk, and the bits
/// that are set in some row.
struct CountPass<'a> {
    words: &'a [[u8; 8]],
    /// Words of a row.
    n_words: usize,
    splits: [usize; K_SPLITS + 1],
    counts: &'a mut [u32],
}

impl Kernel for CountPass<'_> {
    type Output = (usize, usize, Vec<u64>);

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> Self::Output {
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
        (blocks, values, seen)
    }
}

/// The blocks of a row before block column `col`.
#[inline(always)]
fn blocks_before(row: &[[u8; 8]], col: usize) -> u32 {
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

/// The block columns that are non-zero in some row, ascending, from the bits that are `seen` in each chunk.
fn nonempty_cols<'a>(seen: impl Iterator<Item = &'a Vec<u64>>) -> Vec<u16> {
    let any = |a: Vec<u64>, b: &Vec<u64>| a.iter().zip(b).map(|(a, b)| a | b).collect();
    let all = seen.cloned().reduce(|a, b| any(a, &b)).unwrap_or_default();
    let cols = |(i, word): (usize, u64)| {
        SetBits(first_bits(word)).map(move |bit| ((i * WORD_BITS + bit) / BLOCK) as u16)
    };
    all.into_iter().enumerate().flat_map(cols).collect()
}

/// Packs the blocks of some rows.
struct FillPass<'a, B: Block> {
    words: &'a [[u8; 8]],
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
    use crate::Matrix;

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
