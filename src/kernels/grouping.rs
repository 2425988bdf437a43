//! Makes groups of the rows of a mask: counts them first, so that all threads can put theirs in place
//! at once; it keeps none.

use rayon::prelude::*;

use crate::kernels::Vector;
use crate::kernels::cpu::{Cpu, Job};
use crate::kernels::groups::{BANDS, Entry, GROUP};
use crate::kernels::mask::{Mask, Ones, WORD, ones, words_of};
use crate::kernels::pages::large_pages;

/// Rows that are grouped by one thread.
const CHUNK: usize = 2048;

/// The first feature of each group of a word.
const FIRSTS: u64 = u64::MAX / ((1 << GROUP) - 1);

// No group lies in two words.
const _: () = assert!(WORD.is_multiple_of(GROUP));

/// All rows as groups.
pub(super) struct Grouped<E> {
    /// Row after row.
    pub(super) groups: Vec<E>,
    /// Where each band of each row begins, and where the last one ends.
    pub(super) offsets: Vec<u32>,
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
    let n_words = words_of(mask.features());
    let chunks: Vec<&[u64]> = mask.chunks(CHUNK).collect();
    let counted: Vec<_> = chunks.par_iter().map(|words| Counted::of(words, n_words)).collect();
    let n_values = counted.iter().map(|chunk| chunk.values).sum::<usize>();
    assert!(n_values == values.len(), "one value for each feature that is set");
    let used = used(&counted);
    let bands = bands(mask.features(), &used);
    let n_groups = counted.iter().map(|chunk| chunk.groups).sum();
    let mut groups = Vec::with_capacity(n_groups);
    large_pages(groups.spare_capacity_mut());
    groups.resize(n_groups, E::default());
    let mut offsets = vec![0; BANDS * mask.rows() + 1];
    let (mut first, mut places) = (0, (&mut groups[..], &mut offsets[1..], values));
    let mut rooms = Vec::with_capacity(chunks.len());
    for (words, chunk) in chunks.into_iter().zip(&counted) {
        let groups = places.0.split_off_mut(..chunk.groups).unwrap_or_default();
        let ends = places.1.split_off_mut(..BANDS * (words.len() / n_words)).unwrap_or_default();
        let values = places.2.split_off(..chunk.values).unwrap_or_default();
        rooms.push(Room { words, n_words, bands, values, groups, ends, first });
        first += chunk.groups;
    }
    // For the instructions on bits that the oldest processors lack: a start is 3 % shorter.
    let cpu = Cpu::detect();
    rooms.into_par_iter().for_each(|room| cpu.run(room));
    Grouped { groups, offsets, used, bands }
}

/// The first feature of each group of which some is set in `word`.
#[inline(always)]
fn groups_in(word: u64) -> u64 {
    (1..GROUP).fold(word, |any, place| any | word >> place) & FIRSTS
}

/// What some rows have.
struct Counted {
    groups: usize,
    values: usize,
    /// What is set in some of the rows.
    seen: Vec<u64>,
}

impl Counted {
    fn of(words: &[u64], n_words: usize) -> Counted {
        let mut seen = vec![0; n_words];
        let mut groups = 0;
        for row in words.chunks_exact(n_words) {
            for (seen, &word) in seen.iter_mut().zip(row) {
                *seen |= word;
                groups += groups_in(word).count_ones() as usize;
            }
        }
        Counted { groups, values: ones(words), seen }
    }
}

/// The groups that are not zero in some row, ascending.
fn used(counted: &[Counted]) -> Vec<u16> {
    let n_words = counted.first().map_or(0, |chunk| chunk.seen.len());
    let seen = |i: usize| counted.iter().fold(0, |any, chunk| any | chunk.seen[i]);
    let groups = |i| Ones(groups_in(seen(i))).map(move |first| ((i * WORD + first) / GROUP) as u16);
    (0..n_words).flat_map(groups).collect()
}

/// Cuts all groups into bands with as many used ones in each.
fn bands(features: usize, used: &[u16]) -> [usize; BANDS + 1] {
    std::array::from_fn(|band| match band {
        0 => 0,
        BANDS => features.div_ceil(GROUP),
        _ => used.get(used.len() * band / BANDS).map_or(0, |&group| usize::from(group)),
    })
}

/// Some rows, and where their groups go.
struct Room<'a, E: Entry> {
    words: &'a [u64],
    /// Words of a row.
    n_words: usize,
    bands: [usize; BANDS + 1],
    values: &'a [E::Value],
    groups: &'a mut [E],
    /// Where each row's bands end, over all rows.
    ends: &'a mut [u32],
    /// Groups before these rows.
    first: usize,
}

impl<E: Entry> Job for Room<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<L: Vector>(self) {
        let (mut values, mut first) = (self.values, self.first);
        let mut groups = self.groups.iter_mut();
        let rows = self.words.chunks_exact(self.n_words);
        for (row, ends) in rows.zip(self.ends.chunks_exact_mut(BANDS)) {
            for (end, band) in ends.iter_mut().zip(&self.bands[1..]) {
                *end = (first + groups_before(row, GROUP * band)) as u32;
            }
            first = ends[BANDS - 1] as usize;
            for (i, &word) in row.iter().enumerate() {
                for (bit, group) in Ones(groups_in(word)).zip(&mut groups) {
                    let set = (word >> bit) as u32 & ((1 << GROUP) - 1);
                    *group = E::take(((i * WORD + bit) / GROUP) as u16, set, values);
                    let n_values: u32 = (0..GROUP).map(|place| set >> place & 1).sum();
                    values = &values[n_values as usize..];
                }
            }
        }
    }
}

/// How many groups of a row there are before `feature`.
#[inline(always)]
fn groups_before(row: &[u64], feature: usize) -> usize {
    let (words, rest) = (feature / WORD, feature % WORD);
    let partial = row.get(words).map_or(0, |word| word & !(u64::MAX << rest));
    let whole = row.iter().take(words).copied();
    whole.chain([partial]).map(|word| groups_in(word).count_ones() as usize).sum()
}
