//! A batch of sparse rows turned group by group of features: what a group's weights are multiplied
//! with stands together, on the way forward as on the way back; it computes nothing.

use std::ops::Range;

use crate::kernels::groups::{Bytes, Entry, Floats, Groups, Kept};

/// Rows of a part at most: as many rows of outputs stay in the nearest cache while they are summed.
pub(super) const PART: usize = 64;

/// A batch, turned; the room for it is kept from batch to batch.
pub struct Turned {
    /// Groups of features, whether there is anything in them or not.
    pub(super) groups: usize,
    /// Rows of the batch.
    pub(super) rows: usize,
    /// Rows of every part but the last.
    pub(super) part: usize,
    pub(super) parts: usize,
    /// Group p of part q is the slots `starts[i]..starts[i + 1]` with i = q · (groups + 1) + p.
    starts: Vec<u32>,
    pub(super) slots: Slots,
}

/// The entries of the batch, each with its row in the part for an index.
pub(super) enum Slots {
    Bytes(Vec<Bytes>),
    Floats(Vec<Floats>),
}

impl Turned {
    /// Room for batches of at most `batch_size` rows of `x`.
    pub fn new(x: &Groups, batch_size: usize) -> Turned {
        let groups = x.groups();
        let part = batch_size.clamp(1, PART);
        let starts = vec![0; batch_size.div_ceil(part) * (groups + 1)];
        let slots = match x.kept() {
            Kept::Bytes(..) => Slots::Bytes(Vec::new()),
            Kept::Floats(_) => Slots::Floats(Vec::new()),
        };
        Turned { groups, rows: 0, part, parts: 0, starts, slots }
    }

    /// Takes the rows `batch` of `x`.
    ///
    /// Panics when they are more than there is room for, or not the rows that it was made for.
    pub fn fill(&mut self, x: &Groups, batch: &[u32]) {
        self.rows = batch.len();
        self.parts = batch.len().div_ceil(self.part);
        assert!(x.groups() == self.groups);
        assert!(self.parts * (self.groups + 1) <= self.starts.len(), "room for the batch");
        let Turned { groups, part, starts, .. } = self;
        let parts = batch.chunks(*part).zip(starts.chunks_exact_mut(*groups + 1));
        match (x.kept(), &mut self.slots) {
            (Kept::Bytes(kept, _), Slots::Bytes(slots)) => place(x, kept, parts, slots),
            (Kept::Floats(kept), Slots::Floats(slots)) => place(x, kept, parts, slots),
            _ => panic!("rows of another type than made for"),
        }
    }

    /// Where the slots of group `p` of part `q` are.
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

/// Sorts the entries of each part by their groups: counts them, sums up where each group starts, and
/// puts them there.
fn place<'a, E: Entry>(
    x: &Groups,
    kept: &[E],
    parts: impl Iterator<Item = (&'a [u32], &'a mut [u32])>,
    slots: &mut Vec<E>,
) {
    let mut end = 0;
    for (rows, starts) in parts {
        starts.fill(0);
        let from = end;
        end = from + rows.iter().map(|&r| x.range(r).len()).sum::<usize>();
        if slots.len() < end {
            slots.resize(end + end / 4, E::default());
        }
        // Counted one place further on: once summed up, that is where the group starts; and as each
        // entry moves it on by one, in the end it is where the next group starts.
        starts[0] = from as u32;
        let next = &mut starts[1..];
        for &r in rows {
            for entry in &kept[x.range(r)] {
                // SAFETY: `Groups` has checked that every index is that of one of its groups.
                unsafe { *next.get_unchecked_mut(usize::from(entry.index())) += 1 };
            }
        }
        let mut sum = from as u32;
        for start in next.iter_mut() {
            sum += std::mem::replace(start, sum);
        }
        for (row, &r) in rows.iter().enumerate() {
            for entry in &kept[x.range(r)] {
                // SAFETY: as above; and no place moves on beyond where the next one started, for as
                // many entries are placed as were counted.
                unsafe {
                    let next = next.get_unchecked_mut(usize::from(entry.index()));
                    *slots.get_unchecked_mut(*next as usize) = entry.with_index(row as u16);
                    *next += 1;
                }
            }
        }
    }
}
