//! Rows that are mostly zero, kept as groups of neighbouring features of which at least one is not;
//! it computes nothing.
//!
//! What is not zero has neighbours that are not: a stroke of a digit is several pixels wide. A group
//! costs one bit, and one visit to what all of its values are multiplied with; of MNIST's
//! pixels in groups of two, 86 of 100 are not zero, in groups of four only 67.

use std::iter::Zip;
use std::ops::Range;
use std::slice::Iter;

use crate::kernels::ViewMut;
use crate::kernels::compress::Compress;
use crate::kernels::grouping::{CHUNK, Grouped, group, one_by_one};
use crate::kernels::listing::Listing;
use crate::kernels::mask::{Mask, Word};
use crate::kernels::places::Places;
use crate::kernels::prefetch::{LINE, Lines};
use crate::kernels::values::Values;

/// Features of a group.
pub(super) const GROUP: usize = 2;

/// Ranges of features that are worked on apart, whatever the number of threads: the order of every
/// sum is fixed by the data alone.
pub const BANDS: usize = 2;

/// Rows that are asked for a step before they are read: more would not stay near until then.
pub const AHEAD: usize = 128;

/// Rows of which only the groups of features that are not all zero are stored.
#[derive(Debug)]
pub struct Groups {
    rows: usize,
    features: usize,
    /// Where the groups of each row are.
    places: Places,
    kept: Kept,
    /// The groups that are not zero in some row, ascending.
    used: Vec<u16>,
    /// Band b is the groups `bands[b]..bands[b + 1]`.
    bands: [usize; BANDS + 1],
}

/// The groups of all rows, row after row.
#[derive(Debug)]
pub(super) enum Kept {
    /// Bytes, and the number that each stands for.
    Bytes(Vec<Bytes>, Box<Table>),
    Floats(Vec<Floats>),
}

/// The number that each byte stands for.
pub(super) type Table = [f32; 256];

/// The values of a group of a row.
pub(super) trait Entry: Copy + Default + Send + Sync {
    /// One of the values, as it comes.
    type Value: Copy + Sync;

    /// Writes the groups of a row of which some bit is set in `words` into `to`, where each such bit stands
    /// for the next of the values in `next`. Returns how many groups and values there are.
    #[inline(always)]
    fn take(
        words: &[Word],
        next: &[Self::Value],
        to: &mut [Self],
        _: Option<Compress>,
    ) -> (usize, usize) {
        one_by_one(words, next, to)
    }

    /// The group of which the places in `set` are not zero, a bit for each: their values are the first of
    /// `next`.
    fn one(set: u32, next: &[Self::Value]) -> Self;

    /// The numbers that the values stand for.
    fn numbers(self, table: &Table) -> [f32; GROUP];

    /// What a slot says of where the numbers are among `values` from `first` on; they are put there,
    /// unless all bytes are there already.
    fn put(self, values: &mut Values, first: usize) -> u32;
}

/// The numbers of some groups of a row, with their values.
pub(super) type Entries<'a, E> = Zip<Iter<'a, u16>, Iter<'a, E>>;

pub(super) type Bytes = [u8; GROUP];
pub(super) type Floats = [f32; GROUP];

impl Entry for Bytes {
    type Value = u8;

    #[inline(always)]
    fn take(
        words: &[Word],
        next: &[u8],
        to: &mut [Bytes],
        compress: Option<Compress>,
    ) -> (usize, usize) {
        match compress {
            Some(compress) => compress.groups(words, next, to),
            None => one_by_one(words, next, to),
        }
    }

    #[inline(always)]
    fn one(set: u32, next: &[u8]) -> Self {
        // As many bytes as are known beforehand, but at the very end; and below no branch: whether a
        // neighbour is there too is as good as random.
        let mut next = match next.first_chunk::<GROUP>() {
            Some(next) => word(next),
            None => word(next),
        };
        let mut bytes = 0;
        for place in 0..GROUP {
            let is_set = set >> place & 1;
            bytes |= (next & (0xff * is_set)) << (8 * place);
            next >>= 8 * is_set;
        }
        (bytes as u16).to_le_bytes()
    }

    #[inline(always)]
    fn numbers(self, table: &Table) -> [f32; GROUP] {
        self.map(|byte| table[usize::from(byte)])
    }

    #[inline(always)]
    fn put(self, _: &mut Values, _: usize) -> u32 {
        u32::from(u16::from_le_bytes(self))
    }
}

impl Entry for Floats {
    type Value = f32;

    #[inline(always)]
    fn one(set: u32, next: &[f32]) -> Self {
        let mut next = next.iter().copied();
        let value = |place| if set >> place & 1 == 1 { next.next().unwrap_or(0.0) } else { 0.0 };
        std::array::from_fn(value)
    }

    #[inline(always)]
    fn numbers(self, _: &Table) -> [f32; GROUP] {
        self
    }

    #[inline(always)]
    fn put(self, values: &mut Values, first: usize) -> u32 {
        (values.push(self) - first) as u32
    }
}

/// The bytes as one number, the first one lowest.
#[inline(always)]
fn word(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

impl Groups {
    /// Rows of which `mask` says what is not zero, with the byte of each in order, divided by `scale`.
    ///
    /// Panics when there are more than 65,536 features, or not one value for each that is set.
    pub fn bytes(mask: &Mask, values: &[u8], scale: f64) -> Groups {
        let table = std::array::from_fn(|byte| (byte as f64 / scale) as f32);
        Groups::new(mask, values, |groups| Kept::Bytes(groups, Box::new(table)))
    }

    /// Rows of which `mask` says what is not zero, with the float of each in order, divided by
    /// `scale`.
    ///
    /// Panics when there are more than 65,536 features, or not one value for each that is set.
    pub fn floats(mask: &Mask, values: &[f32], scale: f64) -> Groups {
        let values: Vec<f32> = values.iter().map(|v| (f64::from(*v) / scale) as f32).collect();
        Groups::new(mask, &values, Kept::Floats)
    }

    fn new<E: Entry>(mask: &Mask, values: &[E::Value], keep: impl Fn(Vec<E>) -> Kept) -> Groups {
        let Grouped { groups, places, used, bands } = group(mask, values);
        Groups {
            rows: mask.rows(),
            features: mask.features(),
            places,
            kept: keep(groups),
            used,
            bands,
        }
    }

    /// Threads that have work when `rows` rows are grouped.
    pub fn most_threads(rows: usize) -> usize {
        rows.div_ceil(CHUNK)
    }

    /// Number of features of a row, zeros included.
    pub fn features(&self) -> usize {
        self.features
    }

    /// The groups of band `band`.
    pub fn band(&self, band: usize) -> Range<usize> {
        self.bands[band]..self.bands[band + 1]
    }

    /// Cuts the groups of `band` into `n` ranges, with as many in each that are not zero in some row.
    pub fn pieces(&self, band: usize, n: usize) -> impl Iterator<Item = Range<usize>> + '_ {
        let Range { start, end } = self.band(band);
        let used = self.used(start..end);
        let cut = move |i: usize| match i {
            0 => start,
            i if i == n => end,
            i => used.get(used.len() * i / n).map_or(end, |&group| usize::from(group)),
        };
        (0..n).map(move |i| cut(i)..cut(i + 1))
    }

    /// The features of some groups.
    pub fn features_of(&self, groups: &Range<usize>) -> Range<usize> {
        let place = |group| self.features.min(GROUP * group);
        place(groups.start)..place(groups.end)
    }

    /// Those of some groups that are not zero in some row, ascending.
    pub(super) fn used(&self, groups: Range<usize>) -> &[u16] {
        let place = |group| self.used.partition_point(|&p| usize::from(p) < group);
        &self.used[place(groups.start)..place(groups.end)]
    }

    /// Writes `rows` with their zeros into `to` (rows × features).
    pub fn spread(&self, rows: &[u32], mut to: ViewMut<'_>) {
        (0..rows.len()).for_each(|r| to.row(r)[..self.features].fill(0.0));
        for band in 0..BANDS {
            let mut listing = Listing::new(self.band(band));
            let features = self.features_of(&self.band(band));
            for (r, &row) in rows.iter().enumerate() {
                let to = &mut to.row(r)[features.clone()];
                match &self.kept {
                    Kept::Bytes(kept, table) => {
                        spread(self.entries(kept, row, band, &mut listing), table, to);
                    }
                    Kept::Floats(kept) => {
                        spread(self.entries(kept, row, band, &mut listing), &[0.0; 256], to);
                    }
                }
            }
        }
    }

    /// The numbers that slots stand for.
    pub(super) fn values(&self) -> Values {
        match &self.kept {
            Kept::Bytes(_, table) => Values::bytes(table),
            Kept::Floats(_) => Values::floats(),
        }
    }

    pub(super) fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Where the groups of band `band` of row `r` are.
    #[inline(always)]
    pub(super) fn range(&self, r: u32, band: usize) -> Range<usize> {
        self.places.range(r, band)
    }

    /// The groups of row `r` in `band`, for which the `listing` must be: their numbers, counted from the
    /// band's first, with what is `kept` of them.
    #[inline(always)]
    pub(super) fn entries<'a, E: Entry>(
        &self,
        kept: &'a [E],
        r: u32,
        band: usize,
        listing: &'a mut Listing,
    ) -> Entries<'a, E> {
        let (list, kept) = (listing.of(self.bits(r)), &kept[self.range(r, band)]);
        debug_assert_eq!(list.len(), kept.len());
        list.iter().zip(kept)
    }

    /// A bit for each group that row `r` has.
    #[inline(always)]
    pub(super) fn bits(&self, r: u32) -> &[u64] {
        self.places.bits(r)
    }

    /// Sets in `any` a bit for each of the groups from 64 · `word` on that some row of `rows` has.
    #[inline(always)]
    pub(super) fn add_groups(&self, rows: &[u32], word: usize, any: &mut [u64]) {
        self.places.add_groups(rows, word, any);
    }

    /// Asks for the places of `rows` to be brought near: who had to wait for the place of a row could
    /// not ask for the row.
    pub fn prefetch_places(&self, rows: &[u32]) {
        rows.iter().for_each(|&r| self.prefetch_place(r));
    }

    #[inline(always)]
    pub(super) fn prefetch_place(&self, r: u32) {
        self.places.prefetch(r);
    }

    /// What there is to ask for before band `band` of row `r` is read.
    #[inline(always)]
    pub(super) fn lines(&self, r: u32, band: usize) -> Lines {
        let range = self.range(r, band);
        match &self.kept {
            Kept::Bytes(groups, _) => Lines::of(&groups[range]),
            Kept::Floats(groups) => Lines::of(&groups[range]),
        }
    }

    /// How many lines a band of a row is, as a rule.
    pub(super) fn usual_lines(&self) -> usize {
        let size = match &self.kept {
            Kept::Bytes(groups, _) => size_of_val(&groups[..]),
            Kept::Floats(groups) => size_of_val(&groups[..]),
        };
        // As it may begin anywhere in a line, it is one more.
        1 + size.div_ceil(LINE * BANDS * self.rows.max(1))
    }
}

fn spread<E: Entry>(entries: Entries<'_, E>, table: &Table, to: &mut [f32]) {
    for (&p, group) in entries {
        let at = GROUP * usize::from(p);
        // The last group may be wider than what is left of the row.
        let to = to[at..].iter_mut();
        to.zip(group.numbers(table)).for_each(|(to, x)| *to = x);
    }
}
