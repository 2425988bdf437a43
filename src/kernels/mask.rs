//! Which numbers of each row are not zero, a bit for each; it keeps no number.

use std::fmt;

use crate::kernels::large_pages;

/// Bits of a word.
pub(super) const WORD: usize = u64::BITS as usize;

/// Rows of bits, one for each feature; each row begins with a new word.
#[derive(Clone, PartialEq)]
pub struct Mask {
    rows: usize,
    features: usize,
    /// Feature i of a row is bit i mod 64 of its word i / 64. No bit is set from `features` on.
    words: Vec<u64>,
}

impl Mask {
    /// `rows` rows of `features` features, of which none is set.
    pub fn new(rows: usize, features: usize) -> Mask {
        let mut words = vec![0; rows * words_of(features)];
        large_pages(&mut words);
        Mask { rows, features, words }
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
        ones(&self.words)
    }

    /// The features that are set in row `r`, ascending.
    pub fn set_in(&self, r: usize) -> impl Iterator<Item = usize> + '_ {
        let n = words_of(self.features);
        let words = self.words[r * n..(r + 1) * n].iter().enumerate();
        words.flat_map(|(i, &word)| Ones(word).map(move |bit| i * WORD + bit))
    }

    /// All rows, to be set.
    pub fn as_mut(&mut self) -> MaskMut<'_> {
        MaskMut { rows: self.rows, features: self.features, words: &mut self.words }
    }

    /// The words of at most `rows` rows each.
    pub(super) fn chunks(&self, rows: usize) -> impl Iterator<Item = &[u64]> {
        self.words.chunks((rows * words_of(self.features)).max(1))
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries((0..self.rows).map(|r| self.set_in(r).collect::<Vec<_>>())).finish()
    }
}

/// Some rows of a mask, to be set.
#[derive(Debug)]
pub struct MaskMut<'a> {
    rows: usize,
    features: usize,
    words: &'a mut [u64],
}

impl<'a> MaskMut<'a> {
    /// Cuts the first `rows` rows off, or all if there are not as many.
    pub fn split_off(&mut self, rows: usize) -> MaskMut<'a> {
        let rows = rows.min(self.rows);
        let words = self.words.split_off_mut(..rows * words_of(self.features)).unwrap_or_default();
        self.rows -= rows;
        MaskMut { rows, features: self.features, words }
    }

    /// Sets, in row `r`, each feature from `first` on whose bit is set in `bits`, lowest bit first.
    ///
    /// Panics when there is no such row or feature.
    #[inline]
    pub fn set(&mut self, r: usize, first: usize, bits: u32) {
        let end = first + (u32::BITS - bits.leading_zeros()) as usize;
        assert!(r < self.rows && end <= self.features, "no feature {end} in row {r}");
        let at = r * words_of(self.features) + first / WORD;
        let bits = u128::from(bits) << (first % WORD);
        self.words[at] |= bits as u64;
        let over = (bits >> WORD) as u64;
        if over != 0 {
            self.words[at + 1] |= over;
        }
    }
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

/// How many bits are set.
pub(super) fn ones(words: &[u64]) -> usize {
    words.iter().map(|word| word.count_ones() as usize).sum()
}

/// Words of a row of so many features.
pub(super) fn words_of(features: usize) -> usize {
    features.div_ceil(WORD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_where_they_were_set() {
        let mut mask = Mask::new(3, 130);
        let mut all = mask.as_mut();
        let mut first = all.split_off(1);
        first.set(0, 0, 0b101);
        first.set(0, 50, 1 << 31 | 1);
        all.set(1, 98, 1 << 31);
        assert_eq!((first.rows, all.rows, all.split_off(9).rows), (1, 2, 2));
        let rows: Vec<Vec<_>> = (0..3).map(|r| mask.set_in(r).collect()).collect();
        assert_eq!(rows, [vec![0, 2, 50, 81], vec![], vec![129]]);
        assert_eq!(mask.ones(), 5);
        assert_eq!(format!("{mask:?}"), "[[0, 2, 50, 81], [], [129]]");
    }

    #[test]
    #[should_panic(expected = "no feature 131")]
    fn a_feature_that_is_not_there_is_refused() {
        Mask::new(1, 130).as_mut().set(0, 129, 0b10);
    }
}
