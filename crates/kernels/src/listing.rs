//! Which groups of a band a row has, listed from its bits without a branch for each; it reads no value.

use std::ops::Range;

use crate::kernels::compress::Compress;
use crate::kernels::mask::WORD;

/// Bits that are listed at once where there is no instruction for more.
const FEW: usize = u8::BITS as usize;

/// Words of a band above which they are looked at before anything is listed: rows of so many features
/// have few of them.
const MANY: usize = 16;

/// A list of the groups that a row has; the room for it is kept from row to row.
pub struct Listing {
    band: Range<usize>,
    /// The words of a row that have bits of the band, and which bits of the first and of the last are its.
    words: Range<usize>,
    first: u64,
    last: u64,
    /// How many bits of the first word come before the band.
    before: u16,
    list: Vec<u16>,
    /// Most words of a row are 0.
    sparse: bool,
    compress: Option<Compress>,
}

impl Listing {
    /// For the groups of `band`.
    pub(super) fn new(band: Range<usize>) -> Listing {
        let words = band.start / WORD..band.end.div_ceil(WORD);
        let before = band.start % WORD;
        Listing {
            band: band.clone(),
            before: before as u16,
            first: u64::MAX << before,
            last: u64::MAX >> (WORD * words.end - band.end),
            // More is written than will stay.
            list: vec![0; band.len() + WORD],
            sparse: MANY < words.len(),
            compress: Compress::detect(),
            words,
        }
    }

    /// The band.
    pub(super) fn band(&self) -> &Range<usize> {
        &self.band
    }

    /// The groups of the band of which a bit is set in `bits`, ascending, counted from the band's first.
    #[inline(always)]
    pub(super) fn of(&mut self, bits: &[u64]) -> &[u16] {
        let Listing { words, before, first, last, list, sparse, compress, .. } = self;
        let bits = &bits[words.clone()];
        let end = bits.len().wrapping_sub(1);
        let words = bits.iter().enumerate().map(|(i, &word)| {
            let word = if i == 0 { word & *first } else { word };
            let word = if i == end { word & *last } else { word };
            // Bits before the band, of which none is left, would have numbers below 0.
            (word, ((WORD * i) as u16).wrapping_sub(*before))
        });
        let n = match sparse {
            true => numbers(*compress, words.filter(|(word, _)| *word != 0), list),
            false => numbers(*compress, words, list),
        };
        &list[..n]
    }
}

/// What [`Compress::numbers`] does, by plain means where there are no others.
#[inline(always)]
fn numbers(
    compress: Option<Compress>,
    words: impl Iterator<Item = (u64, u16)>,
    to: &mut [u16],
) -> usize {
    if let Some(compress) = compress {
        return compress.numbers(words, to);
    }
    let mut n = 0;
    for (word, mut first) in words {
        for byte in word.to_le_bytes() {
            let (places, count) = PLACES[usize::from(byte)];
            let to = to[n..].first_chunk_mut().expect("room for a few");
            *to = places.map(|place| first.wrapping_add(u16::from(place)));
            n += usize::from(count);
            first = first.wrapping_add(FEW as u16);
        }
    }
    n
}

/// For each byte the places of the bits that are set in it, and how many they are.
static PLACES: [([u8; FEW], u8); 1 << FEW] = {
    let mut all = [([0; FEW], 0); 1 << FEW];
    let mut byte = 0;
    while byte < all.len() {
        let (places, count) = &mut all[byte];
        let mut place = 0;
        while place < FEW {
            if byte >> place & 1 == 1 {
                places[*count as usize] = place as u8;
                *count += 1;
            }
            place += 1;
        }
        byte += 1;
    }
    all
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_ways_list_what_is_set_in_the_band(
            words in proptest::collection::vec(prop_oneof![Just(0), Just(u64::MAX), any::<u64>()], 1..30),
            (from, to) in (0..2000_usize, 0..2000_usize),
        ) {
            let bits = WORD * words.len();
            let band = from.min(to).min(bits)..from.max(to).min(bits);
            let is_set = |i: &usize| words[i / WORD] >> (i % WORD) & 1 == 1;
            let want: Vec<u16> = band.clone().filter(is_set).map(|i| (i - band.start) as u16).collect();
            let mut listing = Listing::new(band);
            prop_assert_eq!(listing.of(&words), &want);
            listing.compress = None;
            prop_assert_eq!(listing.of(&words), &want);
        }
    }
}
