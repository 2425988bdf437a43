//! A batch of sparse rows turned group by group of features: what a group's weights are multiplied
//! with stands together, on the way forward as on the way back; it computes nothing.

use std::ops::Range;

use crate::kernels::groups::{Entry, GROUP, Groups, Kept, Table};

/// Rows of a part at most: as many rows of outputs stay in the nearest cache while they are summed.
pub(super) const PART: usize = 64;

/// One band of a batch, turned; the room for it is kept from batch to batch.
pub struct Turned {
    band: usize,
    /// The first group of the band, and how many there are, whether there is anything in them or not.
    pub(super) first: usize,
    pub(super) groups: usize,
    /// Rows of the batch.
    pub(super) rows: usize,
    /// Rows of every part but the last.
    pub(super) part: usize,
    pub(super) parts: usize,
    /// Group p of part q is the slots `starts[i]..starts[i + 1]` with i = q · (groups + 1) + p.
    starts: Vec<u32>,
    pub(super) slots: Vec<Slot>,
}

/// The values of a group in one row of the batch, as the numbers that they stand for: they are
/// multiplied several times.
#[derive(Clone, Copy, Default)]
pub(super) struct Slot {
    /// The row in its part.
    pub(super) row: u32,
    pub(super) values: [f32; GROUP],
}

impl Turned {
    /// Room for batches of at most `batch_size` rows of `x`, of which it takes the band `band`.
    pub fn new(x: &Groups, band: usize, batch_size: usize) -> Turned {
        let range = x.band(band);
        let (first, groups) = (range.start, range.len());
        let part = batch_size.clamp(1, PART);
        let starts = vec![0; batch_size.div_ceil(part) * (groups + 1)];
        Turned { band, first, groups, rows: 0, part, parts: 0, starts, slots: Vec::new() }
    }

    /// The band that it takes.
    pub fn band(&self) -> usize {
        self.band
    }

    /// Takes the rows `batch` of `x`.
    ///
    /// Panics when they are more than there is room for, or not the rows that it was made for.
    pub fn fill(&mut self, x: &Groups, batch: &[u32]) {
        self.rows = batch.len();
        self.parts = batch.len().div_ceil(self.part);
        assert!(x.band(self.band) == (self.first..self.first + self.groups));
        assert!(self.parts * (self.groups + 1) <= self.starts.len(), "room for the batch");
        let Turned { band, first, groups, part, starts, slots, .. } = self;
        let parts = batch.chunks(*part).zip(starts.chunks_exact_mut(*groups + 1));
        let place = Place { x, band: *band, first: *first };
        match x.kept() {
            Kept::Bytes(kept, table) => place.all((kept, table), parts, slots),
            Kept::Floats(kept) => place.all((kept, &[0.0; 256]), parts, slots),
        }
    }

    /// Where the slots of group `p` of the band in part `q` are.
    ///
    /// # Safety
    /// There must be such a group and such a part.
    #[inline(always)]
    pub(super) unsafe fn range(&self, q: usize, p: usize) -> Range<usize> {
        let at = q * (self.groups + 1) + p;
        // SAFETY: the caller vouches for q and p, and each part has one start more than groups.
        unsafe {
            let [from, to] = [at, at + 1].map(|i| *self.starts.get_unchecked(i) as usize);
            from..to
        }
    }
}

struct Place<'a> {
    x: &'a Groups,
    band: usize,
    first: usize,
}

impl Place<'_> {
    /// Sorts the entries of each part by their groups: counts them, sums up where each group starts,
    /// and puts them there.
    fn all<'a, E: Entry>(
        &self,
        (kept, table): (&[E], &Table),
        parts: impl Iterator<Item = (&'a [u32], &'a mut [u32])>,
        slots: &mut Vec<Slot>,
    ) {
        let mut end = 0;
        for (rows, starts) in parts {
            let from = end;
            end += rows.iter().map(|&r| self.x.range(r, self.band).len()).sum::<usize>();
            if slots.len() < end {
                slots.resize(end + end / 4, Slot::default());
            }
            self.count(kept, rows, from, starts);
            self.put((kept, table), rows, &mut starts[1..], slots);
        }
    }

    /// `starts[p + 1]` ← where group p starts, of slots that start at `from`.
    fn count<E: Entry>(&self, kept: &[E], rows: &[u32], from: usize, starts: &mut [u32]) {
        starts.fill(0);
        let (start, counts) = (from as u32, &mut starts[1..]);
        for &r in rows {
            for entry in &kept[self.x.range(r, self.band)] {
                let p = usize::from(entry.index()) - self.first;
                // SAFETY: `Groups` has checked that the groups of a band lie in it.
                unsafe { *counts.get_unchecked_mut(p) += 1 };
            }
        }
        let mut sum = start;
        counts.iter_mut().for_each(|count| sum += std::mem::replace(count, sum));
        starts[0] = start;
    }

    /// Puts every entry where its group goes on, which is in `next`: in the end, where the next group
    /// starts.
    fn put<E: Entry>(
        &self,
        (kept, table): (&[E], &Table),
        rows: &[u32],
        next: &mut [u32],
        slots: &mut [Slot],
    ) {
        for (row, &r) in (0..).zip(rows) {
            for entry in &kept[self.x.range(r, self.band)] {
                let p = usize::from(entry.index()) - self.first;
                // SAFETY: `Groups` has checked that the groups of a band lie in it; and no place moves
                // on beyond where the next one started, for as many entries are put as were counted.
                unsafe {
                    let next = next.get_unchecked_mut(p);
                    *slots.get_unchecked_mut(*next as usize) =
                        Slot { row, values: entry.numbers(table) };
                    *next += 1;
                }
            }
        }
    }
}
