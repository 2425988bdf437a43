//! A batch of sparse rows turned group by group of features: what a group's weights are multiplied
//! with stands together, on the way forward as on the way back; it computes nothing.

use crate::kernels::groups::{Bytes, Entry, Floats, Groups, Kept};

/// Rows of a part: as many rows of outputs stay in the nearest cache while they are summed.
const ROWS: usize = 64;

/// One band of a batch, turned; the room for it is kept from batch to batch.
pub struct Turned {
    band: usize,
    /// The first group of the band, and how many there are.
    pub(super) first: usize,
    pub(super) groups: usize,
    /// Rows of the batch.
    pub(super) rows: usize,
    /// Rows of every part but the last.
    pub(super) part: usize,
    /// Pair p of part q has `counts[q · groups + p]` slots, from `(q · groups + p) · part` on.
    pub(super) counts: Vec<u16>,
    pub(super) slots: Slots,
}

/// The entries of the batch, each with its row in the part for an index.
pub(super) enum Slots {
    Bytes(Vec<Bytes>),
    Floats(Vec<Floats>),
}

impl Turned {
    /// Room for batches of at most `batch_size` rows of `x`, of which it takes the band `band`.
    pub fn new(x: &Groups, band: usize, batch_size: usize) -> Turned {
        let range = x.groups_of(band);
        let part = batch_size.clamp(1, ROWS);
        let n = batch_size.div_ceil(part) * range.len();
        let slots = match x.kept() {
            Kept::Bytes(..) => Slots::Bytes(vec![Bytes::default(); n * part]),
            Kept::Floats(_) => Slots::Floats(vec![Floats::default(); n * part]),
        };
        let (first, groups) = (range.start, range.len());
        Turned { band, first, groups, rows: 0, part, counts: vec![0; n], slots }
    }

    /// The band that it takes.
    pub fn band(&self) -> usize {
        self.band
    }

    /// Takes the rows `batch` of `x`.
    ///
    /// Panics when they are more than there is room for, or not the rows that it was made for.
    pub fn fill(&mut self, x: &Groups, batch: &[u32]) {
        let parts = batch.len().div_ceil(self.part);
        assert!(x.groups_of(self.band) == (self.first..self.first + self.groups));
        assert!(parts * self.groups <= self.counts.len(), "room for the batch");
        self.rows = batch.len();
        self.counts[..parts * self.groups].fill(0);
        let Turned { band, first, groups, part, counts, .. } = self;
        let place = Place { x, band: *band, first: *first, groups: *groups, part: *part };
        match (x.kept(), &mut self.slots) {
            (Kept::Bytes(kept, _), Slots::Bytes(slots)) => place.all(kept, batch, counts, slots),
            (Kept::Floats(kept), Slots::Floats(slots)) => place.all(kept, batch, counts, slots),
            _ => panic!("rows of another type than made for"),
        }
    }
}

struct Place<'a> {
    x: &'a Groups,
    band: usize,
    first: usize,
    groups: usize,
    part: usize,
}

impl Place<'_> {
    /// Places every group of the batch in its slot.
    fn all<E: Entry>(&self, kept: &[E], batch: &[u32], counts: &mut [u16], slots: &mut [E]) {
        for (q, rows) in batch.chunks(self.part).enumerate() {
            let from = q * self.groups;
            let counts = &mut counts[from..from + self.groups];
            let slots = &mut slots[from * self.part..][..self.groups * self.part];
            for (row, &r) in rows.iter().enumerate() {
                for entry in &kept[self.x.range(r, self.band)] {
                    let p = usize::from(entry.index()) - self.first;
                    // SAFETY: `Groups` has checked that the groups of a band lie in it, each at most
                    // once in a row, so that no count reaches beyond the rows of a part.
                    unsafe {
                        let count = counts.get_unchecked_mut(p);
                        *slots.get_unchecked_mut(p * self.part + usize::from(*count)) =
                            entry.with_index(row as u16);
                        *count += 1;
                    }
                }
            }
        }
    }
}
