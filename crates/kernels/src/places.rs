//! Where each row's groups are, and a bit for each group that it has: as little as can be, and side by
//! side, for both are asked of rows in any order; it holds no group.

use std::ops::Range;

use crate::kernels::groups::BANDS;
use crate::kernels::mask::WORD;
use crate::kernels::pages::advise_huge_pages;
use crate::kernels::prefetch::{LINE, prefetch};
use base::memory::probe;

/// Words of a line of the cache.
const LINE_WORDS: usize = LINE / size_of::<u64>();

/// A record for each row: the place of its groups, then its bits, lowest first.
#[derive(Debug)]
pub(super) struct Places {
    words: Vec<u64>,
    /// Words before the first record, so that none of a line's size lies in two.
    skip: usize,
    /// Words of a record, a power of two.
    stride: usize,
}

/// Some records, to be written.
pub(super) struct PlacesMut<'a> {
    words: &'a mut [u64],
    stride: usize,
}

impl Places {
    /// Room for `rows` rows of at most `groups` groups.
    pub(super) fn new(rows: usize, groups: usize) -> Places {
        let stride = (1 + groups.div_ceil(WORD)).next_power_of_two();
        let n = rows.saturating_mul(stride).saturating_add(LINE_WORDS);
        probe(n.saturating_mul(size_of::<u64>()));
        let mut words = vec![0; n];
        advise_huge_pages(&mut words);
        let skip = words.as_ptr().align_offset(LINE).min(LINE_WORDS);
        // Behind the last record there is nothing to be read.
        words.truncate(skip + rows * stride);
        Places { words, skip, stride }
    }

    /// All records, to be written.
    pub(super) fn as_mut(&mut self) -> PlacesMut<'_> {
        PlacesMut { words: &mut self.words[self.skip..], stride: self.stride }
    }

    /// Where the groups of band `band` of row `r` are.
    #[inline(always)]
    pub(super) fn range(&self, r: u32, band: usize) -> Range<usize> {
        let place = self.words[self.at(r)];
        let mut start = place as u32 as usize;
        for before in 0..band {
            start += length(place, before);
        }
        start..start + length(place, band)
    }

    /// Sets in `any` the bits that some row of `rows` has of words `first..first + any.len()`.
    #[inline(always)]
    pub(super) fn add_groups(&self, rows: &[u32], first: usize, any: &mut [u64]) {
        assert!(first + any.len() < self.stride, "words of the record");
        for &r in rows {
            let at = self.at(r) + 1 + first;
            let row = &self.words[at..at + any.len()];
            any.iter_mut().zip(row).for_each(|(any, word)| *any |= word);
        }
    }

    /// A bit for each group that row `r` has.
    #[inline(always)]
    pub(super) fn bits(&self, r: u32) -> &[u64] {
        let at = self.at(r);
        &self.words[at + 1..at + self.stride]
    }

    /// Asks for the record of row `r`.
    #[inline(always)]
    pub(super) fn prefetch(&self, r: u32) {
        let at = self.at(r);
        // Of a long record the place, and the bits beside it.
        prefetch(&self.words[at..at + self.stride.min(LINE_WORDS)]);
    }

    #[inline(always)]
    fn at(&self, r: u32) -> usize {
        self.skip + r as usize * self.stride
    }
}

// A place is one word: where the first band starts, and how long each is.
const _: () = assert!(32 + 16 * BANDS <= WORD);

#[inline(always)]
fn length(place: u64, band: usize) -> usize {
    (place >> (32 + 16 * band)) as u16 as usize
}

impl<'a> PlacesMut<'a> {
    /// Cuts the first `rows` records off.
    pub(super) fn split_off(&mut self, rows: usize) -> PlacesMut<'a> {
        let words = self.words.split_off_mut(..rows * self.stride).unwrap_or_default();
        PlacesMut { words, stride: self.stride }
    }

    /// The bits of each row in turn, to be set before its place.
    pub(super) fn rows(&mut self) -> impl Iterator<Item = RowMut<'_>> {
        self.words.chunks_exact_mut(self.stride).map(RowMut)
    }
}

/// The record of a row, to be written.
pub(super) struct RowMut<'a>(&'a mut [u64]);

impl RowMut<'_> {
    /// Sets the bits of 32 groups from 32 · `half` on.
    #[inline(always)]
    pub(super) fn set(&mut self, half: usize, bits: u32) {
        self.0[1 + half / 2] |= u64::from(bits) << (32 * (half % 2));
    }

    /// Takes the place of the groups whose bits are set: the first one is at `start`, and band b
    /// begins with group `bands[b]`. Returns where the last one ends.
    #[inline(always)]
    pub(super) fn place(&mut self, start: usize, bands: &[usize; BANDS + 1]) -> usize {
        let mut before = [0; BANDS + 1];
        for (before, &band) in before.iter_mut().zip(bands) {
            *before = self.count(band);
        }
        self.0[0] = start as u32 as u64;
        for b in 0..BANDS {
            self.0[0] |= ((before[b + 1] - before[b]) as u64) << (32 + 16 * b);
        }
        start + before[BANDS]
    }

    /// How many groups it has before `group`.
    #[inline(always)]
    fn count(&self, group: usize) -> usize {
        let (words, rest) = (group / WORD, group % WORD);
        let partial = self.0.get(1 + words).map_or(0, |word| word & !(u64::MAX << rest));
        let whole = self.0[1..].iter().take(words).copied();
        whole.chain([partial]).map(|word| word.count_ones() as usize).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_has_its_place_and_its_groups() {
        let mut places = Places::new(3, 130);
        let mut all = places.as_mut();
        let mut first = all.split_off(1);
        let bands = [0, 66, 130];
        for mut row in first.rows() {
            row.set(0, 0b101);
            row.set(2, 0b111);
            row.set(4, 0b10);
            assert_eq!(row.place(7, &bands), 13);
        }
        for mut row in all.rows().skip(1) {
            row.set(1, 1 << 31);
            assert_eq!(row.place(13, &bands), 14);
        }
        assert_eq!([places.range(0, 0), places.range(0, 1)], [7..11, 11..13]);
        assert_eq!([places.range(2, 0), places.range(2, 1)], [13..14, 14..14]);
        let groups = |rows: &[u32], first, n| {
            let mut any = vec![0; n];
            places.add_groups(rows, first, &mut any);
            any
        };
        assert_eq!(groups(&[2, 0, 1], 0, 3), [1 << 63 | 0b101, 0b111, 0b10]);
        assert_eq!(groups(&[0], 1, 2), [0b111, 0b10]);
        assert_eq!(groups(&[1], 0, 1), [0]);
    }
}
