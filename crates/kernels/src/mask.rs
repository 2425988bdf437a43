//! Which numbers of each row are not zero, a bit for each; it keeps no number.

use std::borrow::Cow;
use std::fmt;

use crate::kernels::Simd;
use crate::kernels::advise_huge_pages;
use crate::kernels::arch::{Arch, Kernel};
use crate::kernels::groups::GROUP;
use base::memory::probe;

/// Bits of a word.
pub(super) const WORD: usize = u64::BITS as usize;

/// A word as it may lie anywhere, also in a file: its lowest byte first.
pub type Word = [u8; size_of::<u64>()];

/// Rows of bits, one for each feature; each row begins with a new word.
#[derive(Clone, PartialEq)]
pub struct Mask {
    rows: usize,
    features: usize,
    /// Feature i of a row is bit i mod 64 of its word i / 64. No bit is set from `features` on.
    words: Cow<'static, [Word]>,
}

impl Mask {
    /// `rows` rows of `features` features, of which none is set.
    pub fn new(rows: usize, features: usize) -> Mask {
        let n = rows.saturating_mul(Mask::words_of(features));
        probe(n.saturating_mul(size_of::<Word>()));
        let mut words = vec![Word::default(); n];
        advise_huge_pages(&mut words);
        Mask { rows, features, words: words.into() }
    }

    /// `rows` rows of `features` features whose words lie in the program; `None` if they are not as many
    /// as that takes, or a bit is set beyond the features.
    pub fn built_in(rows: usize, features: usize, words: &'static [Word]) -> Option<Mask> {
        let n = Mask::words_of(features);
        let last = words.chunks_exact(n.max(1)).filter_map(|row| row.last());
        let last = last.fold(0, |any, word| any | u64::from_le_bytes(*word));
        let beyond = match features % WORD {
            0 => 0,
            left => u64::MAX << left,
        };
        let is_whole = rows.checked_mul(n) == Some(words.len());
        (is_whole && last & beyond == 0).then_some(Mask { rows, features, words: words.into() })
    }

    /// Words of a row of so many features.
    pub fn words_of(features: usize) -> usize {
        features.div_ceil(WORD)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of features of a row.
    pub fn features(&self) -> usize {
        self.features
    }

    /// How many features are set, in all rows.
    pub fn ones(&self) -> usize {
        Arch::detect().dispatch(Count(&self.words))
    }

    /// The features that are set in row `r`, ascending.
    pub fn set_in(&self, r: usize) -> impl Iterator<Item = usize> + '_ {
        let n = Mask::words_of(self.features);
        let words = self.words[r * n..(r + 1) * n].iter().enumerate();
        words.flat_map(|(i, &word)| Ones(u64::from_le_bytes(word)).map(move |bit| i * WORD + bit))
    }

    /// Sets a feature of row `r`.
    ///
    /// Panics when there is no such row or feature.
    #[inline]
    pub fn set(&mut self, r: usize, feature: usize) {
        assert!(r < self.rows && feature < self.features, "no feature {feature} in row {r}");
        let word = &mut self.words.to_mut()[r * Mask::words_of(self.features) + feature / WORD];
        *word = (u64::from_le_bytes(*word) | 1 << (feature % WORD)).to_le_bytes();
    }

    /// The words of at most `rows` rows each.
    pub(super) fn chunks(&self, rows: usize) -> impl Iterator<Item = &[Word]> {
        self.words.chunks((rows * Mask::words_of(self.features)).max(1))
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries((0..self.rows).map(|r| self.set_in(r).collect::<Vec<_>>())).finish()
    }
}

/// The first feature of each group of which some is set in `word`.
#[inline(always)]
pub(super) fn firsts_in(word: u64) -> u64 {
    const FIRSTS: u64 = u64::MAX / ((1 << GROUP) - 1);
    (1..GROUP).fold(word, |any, place| any | word >> place) & FIRSTS
}

/// A bit for each group of a word, set if some of it is set in `word`.
#[inline(always)]
pub(super) fn groups_in(word: u64) -> u32 {
    const _: () = assert!(GROUP == 2);
    // Every other bit, brought close together.
    let mut packed = firsts_in(word);
    packed = (packed | packed >> 1) & 0x3333_3333_3333_3333;
    packed = (packed | packed >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    packed = (packed | packed >> 4) & 0x00ff_00ff_00ff_00ff;
    packed = (packed | packed >> 8) & 0x0000_ffff_0000_ffff;
    (packed | packed >> 16) as u32
}

/// The bits that are set in a word, from the lowest to the highest.
pub(super) struct Ones(pub(super) u64);

impl Iterator for Ones {
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

/// Counts the bits that are set, with the instruction for it where there is one.
struct Count<'a>(&'a [Word]);

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
        let mut mask = Mask::new(3, 130);
        for (r, feature) in [(0, 0), (0, 2), (2, 129), (0, 81), (0, 50)] {
            mask.set(r, feature);
        }
        let rows: Vec<Vec<_>> = (0..3).map(|r| mask.set_in(r).collect()).collect();
        assert_eq!(rows, [vec![0, 2, 50, 81], vec![], vec![129]]);
        assert_eq!(mask.ones(), 5);
        assert_eq!(format!("{mask:?}"), "[[0, 2, 50, 81], [], [129]]");
    }

    #[test]
    fn words_that_lie_in_the_program_are_taken_as_they_are() {
        const WORDS: &[Word] = &[[5, 0, 0, 0, 0, 0, 0, 128], [2, 0, 0, 0, 0, 0, 0, 0]];
        let mut mask = Mask::built_in(1, 66, WORDS).unwrap();
        assert_eq!(mask.set_in(0).collect::<Vec<_>>(), [0, 2, 63, 65]);
        assert!(Mask::built_in(1, 65, WORDS).is_none(), "a bit beyond the features");
        assert!(Mask::built_in(2, 66, WORDS).is_none(), "too few words");
        assert!(Mask::built_in(2, 64, WORDS).is_some());
        assert!(Mask::built_in(5, 0, &[]).is_some());
        mask.set(0, 1);
        assert_eq!((mask.ones(), WORDS[0][0]), (5, 5));
    }

    #[test]
    #[should_panic(expected = "no feature 130")]
    fn a_feature_that_is_not_there_is_refused() {
        Mask::new(1, 130).set(0, 130);
    }
}
