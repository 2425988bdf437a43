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
    /// Group p has the room `rooms[p]..rooms[p + 1]` among the slots of every part: about as much as
    /// it has needed yet, so that a batch need not be counted before it is put there.
    rooms: Vec<u32>,
    /// The slots of group p in part q end before slot `ends[q · groups + p]` of all.
    ends: Vec<u32>,
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
        let (rooms, ends) = (vec![0; groups + 1], vec![0; batch_size.div_ceil(part) * groups]);
        let slots = vec![Slot::default(); part];
        Turned { band, first, groups, rows: 0, part, parts: 0, rooms, ends, slots }
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
        assert!(self.parts * self.groups <= self.ends.len(), "room for the batch");
        match x.kept() {
            Kept::Bytes(kept, table) => self.turn(x, (kept, table), batch),
            Kept::Floats(kept) => self.turn(x, (kept, &[0.0; 256]), batch),
        }
    }

    fn turn<E: Entry>(&mut self, x: &Groups, kept: (&[E], &Table), batch: &[u32]) {
        while !self.put(x, kept, batch) {
            self.make_room(x, kept.0, batch);
        }
    }

    /// Puts every entry of each part where its group goes on; false when some group had no room for
    /// all of its entries, and some of what is there is wrong.
    fn put<E: Entry>(&mut self, x: &Groups, (kept, table): (&[E], &Table), batch: &[u32]) -> bool {
        let Turned { band, first, groups, part, rooms, ends, slots, .. } = self;
        let (total, limits, slots) = (rooms[*groups], &rooms[1..], &mut slots[..]);
        // A band without groups has no ends, and nothing to be put anywhere.
        let parts = batch.chunks(*part).zip(ends.chunks_exact_mut((*groups).max(1)));
        for (q, (rows, ends)) in (0..).zip(parts) {
            let start = q * total;
            ends.iter_mut().zip(&*rooms).for_each(|(end, room)| *end = start + room);
            for (row, &r) in (0..).zip(rows) {
                for entry in &kept[x.range(r, *band)] {
                    let p = usize::from(entry.index()) - *first;
                    // SAFETY: `Groups` has checked that the groups of a band lie in it, and that a row
                    // has each once: so a group gets at most `part` slots from where its room starts,
                    // and there are as many behind the last room.
                    unsafe {
                        let end = ends.get_unchecked_mut(p);
                        *slots.get_unchecked_mut(*end as usize) =
                            Slot { row, values: entry.numbers(table) };
                        *end += 1;
                    }
                }
            }
            if ends.iter().zip(limits).any(|(end, limit)| start + limit < *end) {
                return false;
            }
        }
        true
    }

    /// Makes the rooms of the groups that need more in `batch` half as large again as they need it.
    fn make_room<E: Entry>(&mut self, x: &Groups, kept: &[E], batch: &[u32]) {
        let mut rooms: Vec<u32> = self.rooms.windows(2).map(|room| room[1] - room[0]).collect();
        for rows in batch.chunks(self.part) {
            let mut counts = vec![0; self.groups];
            for entry in rows.iter().flat_map(|&r| &kept[x.range(r, self.band)]) {
                counts[usize::from(entry.index()) - self.first] += 1;
            }
            for (room, count) in rooms.iter_mut().zip(counts).filter(|(room, n)| **room < *n) {
                *room = (count + count.div_ceil(2)).min(self.part as u32);
            }
        }
        let mut end = 0;
        for (next, room) in self.rooms[1..].iter_mut().zip(rooms) {
            end += room;
            *next = end;
        }
        let parts = self.ends.len() / self.groups.max(1);
        self.slots.resize(parts * end as usize + self.part, Slot::default());
    }

    /// Where the slots of group `p` of the band in part `q` are.
    ///
    /// # Safety
    /// There must be such a group and such a part.
    #[inline(always)]
    pub(super) unsafe fn range(&self, q: usize, p: usize) -> Range<usize> {
        // SAFETY: the caller vouches for q and p.
        unsafe {
            let start = q * *self.rooms.get_unchecked(self.groups) as usize;
            let from = start + *self.rooms.get_unchecked(p) as usize;
            from..*self.ends.get_unchecked(q * self.groups + p) as usize
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::BANDS;

    /// Rows of 9 features, of which row r has the first r mod 10.
    fn rows(n: u32) -> Groups {
        let lengths: Vec<u32> = (0..n).map(|r| r % 10).collect();
        let offsets = std::iter::once(0).chain(lengths.iter().scan(0, |end, length| {
            *end += length;
            Some(*end)
        }));
        let indices: Vec<u16> = lengths.iter().flat_map(|length| 0..*length as u16).collect();
        let values: Vec<f32> = (0..indices.len()).map(|i| 1.0 + i as f32).collect();
        Groups::floats(9, &offsets.collect::<Vec<u32>>(), &indices, &values, 1.0)
    }

    #[test]
    fn every_value_is_in_its_group_though_a_batch_needs_more_room_than_those_before() {
        let x = rows(400);
        let sparse: Vec<u32> = (0..400).filter(|r| r % 10 < 2).collect();
        let dense: Vec<u32> = (0..400).filter(|r| 7 < r % 10).collect();
        let batches = [&sparse[..70], &sparse[..], &dense[..3], &[], &dense[..], &sparse[..9]];
        for band in 0..BANDS {
            let mut turned = Turned::new(&x, band, 80);
            for batch in batches {
                turned.fill(&x, batch);
                let mut found = vec![[0.0; 9]; batch.len()];
                for (q, p) in
                    (0..turned.parts).flat_map(|q| (0..turned.groups).map(move |p| (q, p)))
                {
                    // SAFETY: there are so many parts and groups.
                    for slot in &turned.slots[unsafe { turned.range(q, p) }] {
                        let row = &mut found[q * turned.part + slot.row as usize];
                        for (i, value) in slot.values.iter().enumerate().filter(|v| *v.1 != 0.0) {
                            row[GROUP * (turned.first + p) + i] += value;
                        }
                    }
                }
                let band = x.features_of(&x.band(band));
                for (found, &r) in found.iter().zip(batch) {
                    let mut want = [0.0; 9];
                    x.spread(r, &mut want);
                    assert_eq!(found[band.clone()], want[band.clone()], "row {r}");
                }
            }
        }
    }
}
