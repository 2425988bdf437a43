//! A bitmap of the non-zero features of each row.

use std::borrow::Cow;
use std::fmt;

use base::memory::probe;

use crate::linalg::advise_huge_pages;
use crate::simd::Simd;
use crate::simd::{Arch, Kernel};

/// Bits of a word.
pub(super) const WORD_BITS: usize = u64::BITS as usize;

/// A bit for each feature of each row; a row begins with a new word.
#[derive(Clone, PartialEq)]
pub struct NonzeroBitmap {
    rows: usize,
    features: usize,
    /// Feature i of a row is bit i mod 64 of its little-endian word i / 64, without alignment as in a file
    /// in memory. No bit is set from `features` on.
    words: Cow<'static, [[u8; 8]]>,
}

impl NonzeroBitmap {
    /// `rows` rows of `features` bits, all 0.
    pub fn new(rows: usize, features: usize) -> NonzeroBitmap {
        let n = rows.saturating_mul(NonzeroBitmap::words_of(features));
        probe(n.saturating_mul(size_of::<u64>()));
        let mut words = vec![[0; 8]; n];
        advise_huge_pages(&mut words);
        NonzeroBitmap { rows, features, words: words.into() }
    }

    /// `rows` rows of `features` bits in `words`; `None` on another number of words, or a bit that is set
    /// beyond the features.
    pub fn from_static(
        rows: usize,
        features: usize,
        words: &'static [[u8; 8]],
    ) -> Option<NonzeroBitmap> {
        let n = NonzeroBitmap::words_of(features);
        let last = words.chunks_exact(n.max(1)).filter_map(|row| row.last());
        let last = last.fold(0, |any, word| any | u64::from_le_bytes(*word));
        let beyond = match features % WORD_BITS {
            0 => 0,
            left => u64::MAX << left,
        };
        let is_whole = rows.checked_mul(n) == Some(words.len());
        (is_whole && last & beyond == 0).then_some(NonzeroBitmap {
            rows,
            features,
            words: words.into(),
        })
    }

    /// Words of a row of `features` bits.
    pub fn words_of(features: usize) -> usize {
        features.div_ceil(WORD_BITS)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of features of a row.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Number of set bits in all rows.
    pub fn count_ones(&self) -> usize {
        Arch::detect().dispatch(Count(&self.words))
    }

    /// The set bits of row `r`, ascending.
    pub fn row_indices(&self, r: usize) -> impl Iterator<Item = usize> + '_ {
        let n = NonzeroBitmap::words_of(self.features);
        let words = self.words[r * n..(r + 1) * n].iter().enumerate();
        words.flat_map(|(i, &word)| {
            SetBits(u64::from_le_bytes(word)).map(move |bit| i * WORD_BITS + bit)
        })
    }

    /// Sets the bit of a feature of row `r`.
    ///
    /// Panics when there is no such row or feature.
    #[inline]
    pub fn set(&mut self, r: usize, feature: usize) {
        assert!(r < self.rows && feature < self.features, "no feature {feature} in row {r}");
        let word = &mut self.words.to_mut()
            [r * NonzeroBitmap::words_of(self.features) + feature / WORD_BITS];
        *word = (u64::from_le_bytes(*word) | 1 << (feature % WORD_BITS)).to_le_bytes();
    }

    /// The words of at most `rows` rows each.
    pub(super) fn chunks(&self, rows: usize) -> impl Iterator<Item = &[[u8; 8]]> {
        self.words.chunks((rows * NonzeroBitmap::words_of(self.features)).max(1))
    }
}

impl fmt::Debug for NonzeroBitmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries((0..self.rows).map(|r| self.row_indices(r).collect::<Vec<_>>()))
            .finish()
    }
}

/// The indices of the set bits of a word, ascending.
pub(super) struct SetBits(pub(super) u64);

impl Iterator for SetBits {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        let bit = self.0.trailing_zeros() as usize;
        (self.0 != 0).then(|| {
            self.0 &= self.0 - 1;
            bit
        })
    }
}

/// Counts the set bits, with the instruction for it where there is one.
struct Count<'a>(&'a [[u8; 8]]);

impl Kernel for Count<'_> {
    type Output = usize;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> usize {
        self.0.iter().map(|word| u64::from_le_bytes(*word).count_ones() as usize).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_where_they_were_set() {
        let mut mask = NonzeroBitmap::new(3, 130);
        for (r, feature) in [(0, 0), (0, 2), (2, 129), (0, 81), (0, 50)] {
            mask.set(r, feature);
        }
        let rows: Vec<Vec<_>> = (0..3).map(|r| mask.row_indices(r).collect()).collect();
        assert_eq!(rows, [vec![0, 2, 50, 81], vec![], vec![129]]);
        assert_eq!(mask.count_ones(), 5);
        assert_eq!(format!("{mask:?}"), "[[0, 2, 50, 81], [], [129]]");
    }

    #[test]
    fn words_that_lie_in_the_program_are_taken_as_they_are() {
        const WORDS: &[[u8; 8]] = &[[5, 0, 0, 0, 0, 0, 0, 128], [2, 0, 0, 0, 0, 0, 0, 0]];
        let mut mask = NonzeroBitmap::from_static(1, 66, WORDS).unwrap();
        assert_eq!(mask.row_indices(0).collect::<Vec<_>>(), [0, 2, 63, 65]);
        assert!(NonzeroBitmap::from_static(1, 65, WORDS).is_none(), "a bit beyond the features");
        assert!(NonzeroBitmap::from_static(2, 66, WORDS).is_none(), "too few words");
        assert!(NonzeroBitmap::from_static(2, 64, WORDS).is_some());
        assert!(NonzeroBitmap::from_static(5, 0, &[]).is_some());
        mask.set(0, 1);
        assert_eq!((mask.count_ones(), WORDS[0][0]), (5, 5));
    }

    #[test]
    #[should_panic(expected = "no feature 130")]
    fn a_feature_that_is_not_there_is_refused() {
        NonzeroBitmap::new(1, 130).set(0, 130);
    }
}
