//! Makes groups of the rows of a mask: counts them first, so that all threads can put theirs in place
//! at once; it keeps none.

use rayon::prelude::*;

use crate::kernels::Simd;
use crate::kernels::arch::{Arch, Kernel};
use crate::kernels::compress::Compress;
use crate::kernels::groups::{BANDS, Entry, GROUP};
use crate::kernels::mask::{Mask, Ones, WORD, Word, firsts_in, groups_in};
use crate::kernels::pages::advise_huge_pages;
use crate::kernels::places::{Places, PlacesMut};
use base::memory::probe;

/// Rows that are grouped by one thread.
pub(super) const CHUNK: usize = 2048;

/// All rows as groups.
pub(super) struct Grouped<E> {
    /// Row after row.
    pub(super) groups: Vec<E>,
    /// Where those of each row are.
    pub(super) places: Places,
    /// The groups that are not zero in some row, ascending.
    pub(super) used: Vec<u16>,
    /// Where each band begins, and where the last one ends.
    pub(super) bands: [usize; BANDS + 1],
}

/// Groups of what is set in `mask`, whose `values` stand in order.
///
/// Panics when there are more than 65,536 features, or not one value for each that is set.
pub(super) fn group<E: Entry>(mask: &Mask, values: &[E::Value]) -> Grouped<E> {
    assert!(mask.features() <= 1 << 16, "{} features", mask.features());
    let n_words = Mask::words_of(mask.features());
    // For the instructions on bits that the oldest processors lack.
    let arch = Arch::detect();
    let chunks: Vec<&[Word]> = mask.chunks(CHUNK).collect();
    let count = |words: &&_| arch.dispatch(Count { words, n_words });
    let counted: Vec<_> = match is_shared(chunks.len()) {
        true => chunks.par_iter().map(count).collect(),
        false => chunks.iter().map(count).collect(),
    };
    let n_values = counted.iter().map(|chunk| chunk.values).sum::<usize>();
    assert!(n_values == values.len(), "one value for each feature that is set");
    let used = used(&counted);
    let bands = bands(mask.features(), chunks.first().copied().unwrap_or_default());
    let n_groups = counted.iter().map(|chunk| chunk.groups).sum();
    probe(n_groups * size_of::<E>());
    let mut groups = Vec::with_capacity(n_groups);
    advise_huge_pages(groups.spare_capacity_mut());
    groups.resize(n_groups, E::default());
    let mut places = Places::new(mask.rows(), bands[BANDS]);
    let (mut first, mut left) = (0, (&mut groups[..], places.as_mut(), values));
    let mut rooms = Vec::with_capacity(chunks.len());
    for (words, chunk) in chunks.into_iter().zip(&counted) {
        let groups = left.0.split_off_mut(..chunk.groups).unwrap_or_default();
        let places = left.1.split_off(words.len() / n_words);
        let values = left.2.split_off(..chunk.values).unwrap_or_default();
        rooms.push(Room { words, n_words, bands, values, groups, places, first });
        first += chunk.groups;
    }
    match is_shared(rooms.len()) {
        true => rooms.into_par_iter().for_each(|room| arch.dispatch(room)),
        false => rooms.into_iter().for_each(|room| arch.dispatch(room)),
    }
    Grouped { groups, places, used, bands }
}

/// Whether `n` chunks are worth the threads of a pool. Only a caller inside a pool has one: rayon's
/// global pool would start a thread for each core.
fn is_shared(n: usize) -> bool {
    1 < n && rayon::current_thread_index().is_some() && 1 < rayon::current_num_threads()
}

/// What some rows have.
struct Counted {
    groups: usize,
    values: usize,
    /// What is set in some of the rows.
    seen: Vec<u64>,
}

/// Some rows, to be counted.
struct Count<'a> {
    words: &'a [Word],
    /// Words of a row.
    n_words: usize,
}

impl Kernel for Count<'_> {
    type Output = Counted;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> Counted {
        let (mut groups, mut values, mut seen) = (0, 0, vec![0; self.n_words]);
        for row in self.words.chunks_exact(self.n_words) {
            for (seen, &word) in seen.iter_mut().zip(row) {
                let word = u64::from_le_bytes(word);
                *seen |= word;
                groups += firsts_in(word).count_ones() as usize;
                values += word.count_ones() as usize;
            }
        }
        Counted { groups, values, seen }
    }
}

/// The groups that are not zero in some row, ascending.
fn used(counted: &[Counted]) -> Vec<u16> {
    let n_words = counted.first().map_or(0, |chunk| chunk.seen.len());
    let seen = |i: usize| counted.iter().fold(0, |any, chunk| any | chunk.seen[i]);
    let groups = |i| Ones(firsts_in(seen(i))).map(move |first| ((i * WORD + first) / GROUP) as u16);
    (0..n_words).flat_map(groups).collect()
}

/// Cuts all groups into bands of which the rows with these `words` have as much each.
fn bands(features: usize, words: &[Word]) -> [usize; BANDS + 1] {
    let mut counts = vec![0; features.div_ceil(GROUP)];
    for row in words.chunks_exact(Mask::words_of(features).max(1)) {
        for (i, &word) in row.iter().enumerate() {
            let firsts = firsts_in(u64::from_le_bytes(word));
            Ones(firsts).for_each(|bit| counts[(i * WORD + bit) / GROUP] += 1);
        }
    }
    let total: usize = counts.iter().sum();
    let mut bands = [counts.len(); BANDS + 1];
    for (band, cut) in bands[..BANDS].iter_mut().enumerate() {
        let mut before = 0;
        let is_left = |&&count: &&usize| {
            before += count;
            0 < total && BANDS * before <= total * band
        };
        *cut = counts.iter().take_while(is_left).count();
    }
    bands[0] = 0;
    bands
}

/// Some rows, and where their groups go.
struct Room<'a, E: Entry> {
    words: &'a [Word],
    /// Words of a row.
    n_words: usize,
    bands: [usize; BANDS + 1],
    values: &'a [E::Value],
    groups: &'a mut [E],
    /// Of these rows.
    places: PlacesMut<'a>,
    /// Groups before these rows.
    first: usize,
}

impl<E: Entry> Kernel for Room<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Room { words, n_words, bands, mut values, mut groups, mut places, mut first } = self;
        let compress = Compress::detect();
        for (row, mut place) in words.chunks_exact(n_words).zip(places.rows()) {
            for (i, &word) in row.iter().enumerate() {
                place.set(i, groups_in(u64::from_le_bytes(word)));
            }
            let (n_groups, n_values) = E::take(row, values, groups, compress);
            (groups, values) = (&mut groups[n_groups..], &values[n_values..]);
            first = place.place(first, &bands);
        }
    }
}

/// What [`Entry::take`] does, by plain means.
#[inline(always)]
pub(super) fn one_by_one<E: Entry>(
    words: &[Word],
    next: &[E::Value],
    to: &mut [E],
) -> (usize, usize) {
    let (mut n_groups, mut n_values) = (0, 0);
    for &word in words {
        let word = u64::from_le_bytes(word);
        for (first, group) in Ones(firsts_in(word)).zip(&mut to[n_groups..]) {
            let set = (word >> first) as u32 & ((1 << GROUP) - 1);
            *group = E::one(set, &next[n_values..]);
            n_groups += 1;
            n_values += (0..GROUP).map(|place| (set >> place & 1) as usize).sum::<usize>();
        }
    }
    (n_groups, n_values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Groups;

    /// Rows of `features` features of which row r has the groups in `rows[r]`.
    fn bands(features: usize, rows: &[&[usize]]) -> [usize; BANDS + 1] {
        let mut mask = Mask::new(rows.len(), features);
        for (r, groups) in rows.iter().enumerate() {
            groups.iter().for_each(|group| mask.set(r, GROUP * group));
        }
        let x = Groups::bytes(&mask, &vec![1; mask.ones()], 255.0);
        [0, x.band(0).end, x.band(1).end]
    }

    #[test]
    fn bands_are_cut_where_both_have_as_many_groups() {
        assert_eq!(bands(20, &[&[0, 1, 2, 9], &[8, 9], &[8, 9]]), [0, 8, 10]);
        assert_eq!(bands(20, &[&[4, 5], &[4], &[5]]), [0, 5, 10]);
        assert_eq!(bands(7, &[&[3], &[]]), [0, 3, 4]);
        assert_eq!(bands(1, &[&[0]]), [0, 0, 1]);
        assert_eq!(bands(1, &[&[]]), [0, 0, 1], "nothing to be cut");
        assert_eq!(bands(5, &[]), [0, 0, 3]);
    }
}
