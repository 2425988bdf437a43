//! Rows that are mostly zero, kept as groups of neighbouring features of which at least one is not;
//! it computes nothing.
//!
//! What is not zero has neighbours that are not: a stroke of a digit is several pixels wide. A group
//! costs one index for its values, and one visit to what all of them are multiplied with; of MNIST's
//! pixels in groups of two, 86 of 100 are not zero, in groups of four only 67.

use std::ops::Range;

use rayon::prelude::*;

use crate::kernels::pages::large_pages;
use crate::kernels::prefetch::{LINE, Lines, prefetch};
use crate::kernels::values::Values;

/// Features of a group.
pub(super) const GROUP: usize = 2;

/// Ranges of features that are worked on apart, whatever the number of threads: the order of every
/// sum is fixed by the data alone.
pub const BANDS: usize = 2;

/// Rows of which only the groups of features that are not all zero are stored.
#[derive(Debug)]
pub struct Groups {
    features: usize,
    /// Band b of row r is `offsets[BANDS · r + b]..offsets[BANDS · r + b + 1]`.
    offsets: Vec<u32>,
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

/// The values of a group of a row, with the group's index.
pub(super) trait Entry: Copy + Default + Send + Sync {
    /// One of the values, as it comes.
    type Value: Copy + Sync;

    /// The index.
    fn index(self) -> u16;

    /// The same values with another index.
    fn with_index(self, index: u16) -> Self;

    /// The same entry with its value at `place`, which was 0.
    fn with_value(self, place: usize, value: Self::Value) -> Self;

    /// The numbers that the values stand for.
    fn numbers(self, table: &Table) -> [f32; GROUP];

    /// What a slot says of where the numbers are among `values` from `first` on; they are put there,
    /// unless all bytes are there already.
    fn put(self, values: &mut Values, first: usize) -> u32;
}

/// The index, and above it the bytes: one word, to be moved at once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bytes(u32);

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Floats {
    index: u16,
    values: [f32; GROUP],
}

impl Entry for Bytes {
    type Value = u8;

    #[inline(always)]
    fn index(self) -> u16 {
        self.0 as u16
    }

    #[inline(always)]
    fn with_index(self, index: u16) -> Self {
        Bytes(self.0 & !0xffff | u32::from(index))
    }

    #[inline(always)]
    fn with_value(self, place: usize, value: u8) -> Self {
        Bytes(self.0 | u32::from(value) << (16 + 8 * place))
    }

    #[inline(always)]
    fn numbers(self, table: &Table) -> [f32; GROUP] {
        std::array::from_fn(|place| table[(self.0 >> (16 + 8 * place)) as usize & 0xff])
    }

    #[inline(always)]
    fn put(self, _: &mut Values, _: usize) -> u32 {
        self.0 >> 16
    }
}

impl Entry for Floats {
    type Value = f32;

    #[inline(always)]
    fn index(self) -> u16 {
        self.index
    }

    #[inline(always)]
    fn with_index(self, index: u16) -> Self {
        Floats { index, ..self }
    }

    #[inline(always)]
    fn with_value(mut self, place: usize, value: f32) -> Self {
        self.values[place] = value;
        self
    }

    #[inline(always)]
    fn numbers(self, _: &Table) -> [f32; GROUP] {
        self.values
    }

    #[inline(always)]
    fn put(self, values: &mut Values, first: usize) -> u32 {
        (values.push(self.values) - first) as u32
    }
}

impl Groups {
    /// Rows with byte values, each divided by `scale`.
    ///
    /// Row r is entries `offsets[r]..offsets[r + 1]`, with ascending indices below `features`, at
    /// most 65,536; panics when it is not so.
    pub fn bytes(
        features: usize,
        offsets: &[u32],
        indices: &[u16],
        values: &[u8],
        scale: f64,
    ) -> Groups {
        let table = std::array::from_fn(|byte| (byte as f64 / scale) as f32);
        let keep = |groups| Kept::Bytes(groups, Box::new(table));
        Groups::new(features, offsets, indices, values, keep)
    }

    /// Rows with float values, each divided by `scale`.
    ///
    /// Row r is entries `offsets[r]..offsets[r + 1]`, with ascending indices below `features`, at
    /// most 65,536; panics when it is not so.
    pub fn floats(
        features: usize,
        offsets: &[u32],
        indices: &[u16],
        values: &[f32],
        scale: f64,
    ) -> Groups {
        let values: Vec<f32> = values.iter().map(|v| (f64::from(*v) / scale) as f32).collect();
        Groups::new(features, offsets, indices, &values, Kept::Floats)
    }

    fn new<E: Entry>(
        features: usize,
        offsets: &[u32],
        indices: &[u16],
        values: &[E::Value],
        keep: impl Fn(Vec<E>) -> Kept,
    ) -> Groups {
        assert!(indices.len() == values.len(), "one value per index");
        assert!(offsets.first() == Some(&0) && offsets.is_sorted(), "offsets ascend from 0");
        let end = offsets.last().map_or(0, |&end| end as usize);
        assert!(end == indices.len(), "offsets cover all entries");
        let rows: Vec<&[u32]> = chunks(offsets).collect();
        let counted = rows.par_iter().map(|ends| count(ends, indices)).collect::<Vec<_>>();
        let used = used(features, &counted);
        let bands = bands(features, &used);
        let n_groups = counted.iter().map(|chunk| chunk.groups).sum();
        let mut groups = Vec::with_capacity(n_groups);
        large_pages(groups.spare_capacity_mut());
        groups.resize(n_groups, E::default());
        let mut ends = vec![0; BANDS * offsets.len().saturating_sub(1) + 1];
        let (mut first, mut rest) = (0, (&mut groups[..], &mut ends[1..]));
        let mut rooms = Vec::with_capacity(rows.len());
        for (rows, chunk) in rows.iter().zip(&counted) {
            let groups = rest.0.split_off_mut(..chunk.groups).unwrap_or_default();
            let ends = rest.1.split_off_mut(..BANDS * (rows.len() - 1)).unwrap_or_default();
            rooms.push((*rows, Room { groups, ends, first }));
            first += chunk.groups;
        }
        rooms.into_par_iter().for_each(|(rows, room)| room.fill(rows, indices, values, &bands));
        Groups { features, offsets: ends, kept: keep(groups), used, bands }
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

    /// Writes row `r` with its zeros into `to`, which holds [`Groups::features`] numbers.
    pub fn spread(&self, r: u32, to: &mut [f32]) {
        to[..self.features].fill(0.0);
        for band in 0..BANDS {
            let range = self.range(r, band);
            match &self.kept {
                Kept::Bytes(groups, table) => spread(&groups[range], table, to),
                Kept::Floats(groups) => spread(&groups[range], &[0.0; 256], to),
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
        let at = BANDS * r as usize + band;
        self.offsets[at] as usize..self.offsets[at + 1] as usize
    }

    /// Asks for the place of band `band` of row `r` to be brought near: [`Groups::lines`] will need it.
    #[inline(always)]
    pub(super) fn prefetch_place(&self, r: u32, band: usize) {
        let at = BANDS * r as usize + band;
        prefetch(&self.offsets[at..at + 2]);
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
        1 + size.div_ceil(LINE * self.offsets.len())
    }
}

fn spread<E: Entry>(groups: &[E], table: &Table, to: &mut [f32]) {
    for group in groups {
        let at = GROUP * usize::from(group.index());
        // The last group may be wider than what is left of the row.
        let to = to[at..].iter_mut();
        to.zip(group.numbers(table)).for_each(|(to, x)| *to = x);
    }
}

/// Rows that are joined by one thread.
const CHUNK: usize = 2048;

/// The offsets of at most [`CHUNK`] rows each, with those of their ends.
fn chunks(offsets: &[u32]) -> impl Iterator<Item = &[u32]> {
    let rows = offsets.len().saturating_sub(1);
    (0..rows).step_by(CHUNK).map(move |from| &offsets[from..=rows.min(from + CHUNK)])
}

/// What some rows have.
struct Counted {
    groups: usize,
    /// Whether a group is not zero in some of the rows.
    seen: Vec<bool>,
    /// 1 more than the greatest index.
    end: usize,
}

fn count(offsets: &[u32], indices: &[u16]) -> Counted {
    let mut counted = Counted { groups: 0, seen: vec![false; (1 << 16) / GROUP], end: 0 };
    for row in offsets.windows(2) {
        let row = &indices[row[0] as usize..row[1] as usize];
        assert!(row.is_sorted_by(|a, b| a < b), "indices ascend");
        counted.end = counted.end.max(row.last().map_or(0, |&last| usize::from(last) + 1));
        let mut last = u16::MAX;
        for &index in row {
            let group = index / GROUP as u16;
            counted.groups += usize::from(group != last);
            counted.seen[usize::from(group)] = true;
            last = group;
        }
    }
    counted
}

/// The groups that are not zero in some row, ascending.
fn used(features: usize, counted: &[Counted]) -> Vec<u16> {
    let end = counted.iter().map(|chunk| chunk.end).max().unwrap_or(0);
    assert!(end <= features, "index {end} of {features} features");
    let seen = |group: &usize| counted.iter().any(|chunk| chunk.seen[*group]);
    (0..features.div_ceil(GROUP).min((1 << 16) / GROUP)).filter(seen).map(|p| p as u16).collect()
}

/// Cuts all groups into bands with as many used ones in each.
fn bands(features: usize, used: &[u16]) -> [usize; BANDS + 1] {
    std::array::from_fn(|band| match band {
        0 => 0,
        BANDS => features.div_ceil(GROUP),
        _ => used.get(used.len() * band / BANDS).map_or(0, |&group| usize::from(group)),
    })
}

/// Where some rows go.
struct Room<'a, E> {
    groups: &'a mut [E],
    /// Where each row's bands end, over all rows.
    ends: &'a mut [u32],
    /// Groups before these rows.
    first: usize,
}

impl<E: Entry> Room<'_, E> {
    fn fill(
        self,
        offsets: &[u32],
        indices: &[u16],
        values: &[E::Value],
        bands: &[usize; BANDS + 1],
    ) {
        let mut n = 0;
        for (row, ends) in offsets.windows(2).zip(self.ends.chunks_exact_mut(BANDS)) {
            let row = row[0] as usize..row[1] as usize;
            let from = n;
            let mut last = u16::MAX;
            for (&i, &value) in indices[row.clone()].iter().zip(&values[row]) {
                // No branch: whether the neighbour is there too is as good as random.
                n += usize::from(i / GROUP as u16 != last);
                last = i / GROUP as u16;
                let entry = &mut self.groups[n - 1];
                *entry = entry.with_index(last).with_value(usize::from(i) % GROUP, value);
            }
            let row = &self.groups[from..n];
            for (end, band) in ends.iter_mut().zip(1..) {
                let inside = row.partition_point(|p| usize::from(p.index()) < bands[band]);
                *end = (self.first + from + inside) as u32;
            }
        }
    }
}
