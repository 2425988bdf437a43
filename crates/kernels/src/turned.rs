//! A batch of sparse rows turned group by group of features: what a group's weights are multiplied
//! with stands together, on the way forward as on the way back; it computes nothing.

use crate::kernels::groups::{AHEAD, Entries, Entry, Groups, Kept};
use crate::kernels::listing::Listing;
use crate::kernels::values::{PLACE, PartValues, Values};

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
    /// The slots of group p in part q end before slot `ends[q · groups + p]` of the part.
    ends: Vec<u32>,
    slots: Vec<Slot>,
    values: Values,
    /// Where the values of each part begin.
    firsts: Vec<usize>,
    listing: Listing,
}

/// A group in one row of the batch: the row in its part, and in the lower bits where its values are
/// among those of the part. It is one word, so that the slots of a usual batch stay in the nearest
/// cache: written and read here and there as they are, they would wait for the next one.
#[derive(Clone, Copy, Default)]
pub(super) struct Slot(u32);

// The other bits tell rows apart, and these the groups of so many rows: a band has at most 2¹⁵.
const _: () = assert!(PART <= 1 << (u32::BITS - PLACE) && PART << 15 <= 1 << PLACE);

impl Slot {
    /// The row in its part.
    #[inline(always)]
    pub(super) fn row(self) -> usize {
        (self.0 >> PLACE) as usize
    }
}

impl Turned {
    /// Room for batches of at most `batch_size` rows of `x`, of which it takes the band `band`.
    pub fn new(x: &Groups, band: usize, batch_size: usize) -> Turned {
        let range = x.band(band);
        let (first, groups) = (range.start, range.len());
        let part = batch_size.clamp(1, PART);
        let (rooms, ends) = (vec![0; groups + 1], vec![0; batch_size.div_ceil(part) * groups]);
        let (slots, values) = (vec![Slot::default(); part], x.values());
        let firsts = vec![0; batch_size.div_ceil(part)];
        let listing = Listing::new(range);
        Turned {
            band,
            first,
            groups,
            rows: 0,
            part,
            parts: 0,
            rooms,
            ends,
            slots,
            values,
            firsts,
            listing,
        }
    }

    /// The band that it takes.
    pub fn band(&self) -> usize {
        self.band
    }

    /// What lists the groups of a row that are in the band.
    pub fn listing(&mut self) -> &mut Listing {
        &mut self.listing
    }

    /// Takes the rows `batch` of `x`.
    ///
    /// Panics when they are more than there is room for, or not the rows that it was made for.
    pub fn fill(&mut self, x: &Groups, batch: &[u32]) {
        let parts = batch.len().div_ceil(self.part);
        assert!(x.band(self.band) == (self.first..self.first + self.groups));
        // Who had the listing may have exchanged it.
        assert!(*self.listing.band() == x.band(self.band), "the listing of this band");
        assert!(parts * self.groups <= self.ends.len(), "room for the batch");
        // Should a row not be there, no part is left half put.
        (self.rows, self.parts) = (0, 0);
        match x.kept() {
            Kept::Bytes(kept, _) if self.values.are_bytes() => self.turn(x, kept, batch),
            Kept::Floats(kept) if !self.values.are_bytes() => self.turn(x, kept, batch),
            _ => panic!("the rows that it was made for"),
        }
        (self.rows, self.parts) = (batch.len(), parts);
    }

    fn turn<E: Entry>(&mut self, x: &Groups, kept: &[E], batch: &[u32]) {
        while !self.put(x, kept, batch) {
            self.make_room(x, batch);
        }
    }

    /// Puts every entry of each part where its group goes on; false when some group had no room for
    /// all of its entries, and some of what is there is wrong.
    fn put<E: Entry>(&mut self, x: &Groups, kept: &[E], batch: &[u32]) -> bool {
        // Copies, which no write can change.
        let (band, groups) = (self.band, self.groups);
        let Turned { part, rooms, ends, slots, values, firsts, listing, .. } = self;
        values.restart();
        // The first rows have been asked for ahead of the step.
        let mut near = Near { x, band, batch, next: AHEAD };
        let (total, limits) = (rooms[groups] as usize, &rooms[1..]);
        // A band without groups has no ends, and nothing to be put anywhere.
        let parts = batch.chunks(*part).zip(ends.chunks_exact_mut(groups.max(1)));
        for (q, (rows, ends)) in parts.enumerate() {
            let slots = &mut slots[q * total..];
            let first = values.end();
            firsts[q] = first;
            ends.copy_from_slice(&rooms[..groups]);
            for (row, &r) in (0..).zip(rows) {
                near.ask(q * *part + row as usize);
                let entries = x.entries(kept, r, band, listing);
                // SAFETY: a listing has no group beyond its band, which is this one, as `fill` has
                // checked, and each once: so a group gets at most `part` slots from where its room starts,
                // and there are as many behind the last room.
                unsafe { put_row(entries, row, (values, first), (ends, slots)) };
            }
            if ends.iter().zip(limits).any(|(end, limit)| limit < end) {
                return false;
            }
        }
        true
    }

    /// Makes the rooms of the groups that need more in `batch` half as large again as they need it.
    fn make_room(&mut self, x: &Groups, batch: &[u32]) {
        let mut rooms: Vec<u32> = self.rooms.windows(2).map(|room| room[1] - room[0]).collect();
        for rows in batch.chunks(self.part) {
            let mut counts = vec![0; self.groups];
            for &r in rows {
                self.listing.of(x.bits(r)).iter().for_each(|&p| counts[usize::from(p)] += 1);
            }
            for (room, count) in rooms.iter_mut().zip(counts).filter(|(room, n)| **room < *n) {
                *room = (count + count.div_ceil(2)).min(self.part as u32);
            }
        }
        let parts = self.ends.len() / self.groups.max(1);
        let total: u32 = rooms.iter().sum();
        // Before the rooms: should there be no memory, none of them lies beyond the slots.
        self.slots.resize(parts * total as usize + self.part, Slot::default());
        let mut end = 0;
        for (next, room) in self.rooms[1..].iter_mut().zip(rooms) {
            end += room;
            *next = end;
        }
    }

    /// Part `q` of the batch; a part without slots, if there is none.
    #[inline(always)]
    pub(super) fn part(&self, q: usize) -> Part<'_> {
        let (rooms, groups) = (&self.rooms[..], self.groups);
        if self.parts <= q {
            let (ends, values) = (&rooms[..groups], self.values.from(0));
            return Part { rooms, ends, slots: &self.slots, values };
        }
        Part {
            rooms,
            ends: &self.ends[q * groups..(q + 1) * groups],
            slots: &self.slots[q * rooms[groups] as usize..],
            values: self.values.from(self.firsts[q]),
        }
    }
}

/// Puts the entries of a row where their groups go on, which is where they end. By itself it has all
/// registers: among the other loops some of its pointers went through memory.
///
/// # Safety
/// There must be an end for each of the groups, and behind it a slot.
#[inline(never)]
unsafe fn put_row<E: Entry>(
    entries: Entries<'_, E>,
    row: u32,
    (values, first): (&mut Values, usize),
    (ends, slots): (&mut [u32], &mut [Slot]),
) {
    for (&p, entry) in entries {
        let place = entry.put(values, first);
        // SAFETY: the caller vouches for the group and its slot.
        unsafe {
            let end = ends.get_unchecked_mut(usize::from(p));
            *slots.get_unchecked_mut(*end as usize) = Slot(row << PLACE | place);
            *end += 1;
        }
    }
}

/// Rows of a batch that are so many that they have to be asked for while the batch is turned.
struct Near<'a> {
    x: &'a Groups,
    band: usize,
    batch: &'a [u32],
    /// The first row that has not been asked for.
    next: usize,
}

impl Near<'_> {
    /// Asks for what is wanted soon, now that row `at` of the batch is being turned.
    #[inline(always)]
    fn ask(&mut self, at: usize) {
        /// Rows that are turned in the time that memory takes.
        const SOON: usize = 8;
        while self.next < self.batch.len().min(at + SOON) {
            if let Some(&r) = self.batch.get(self.next + SOON) {
                self.x.prefetch_place(r);
            }
            let mut lines = self.x.lines(self.batch[self.next], self.band);
            while lines.ask() {}
            self.next += 1;
        }
    }
}

/// At most [`PART`] rows of a turned batch. A copy is made before a loop that writes, for then the
/// compiler knows that it stays as it is.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    rooms: &'a [u32],
    ends: &'a [u32],
    slots: &'a [Slot],
    values: PartValues<'a>,
}

impl<'a> Part<'a> {
    /// The slots of group `p` of the band.
    ///
    /// # Safety
    /// There must be such a group.
    #[inline(always)]
    pub(super) unsafe fn slots(&self, p: usize) -> &'a [Slot] {
        // SAFETY: the caller vouches for p, and its slots lie between where its room begins and its end.
        unsafe {
            let from = *self.rooms.get_unchecked(p) as usize;
            self.slots.get_unchecked(from..*self.ends.get_unchecked(p) as usize)
        }
    }

    /// The value at `place` of the group in `slot`.
    ///
    /// # Safety
    /// The slot must be one of this part.
    #[inline(always)]
    pub(super) unsafe fn value(&self, slot: Slot, place: usize) -> f32 {
        // SAFETY: the caller vouches for the slot, whose lower bits `Entry::put` has given.
        unsafe { self.values.get(slot.0, place) }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::kernels::groups::GROUP;
    use crate::kernels::{BANDS, Mask, Matrix};

    /// Rows of 9 features, of which row r has the first r mod 10: as floats, and as bytes.
    fn rows(n: u32) -> [Groups; 2] {
        let mut mask = Mask::new(n as usize, 9);
        (0..n).for_each(|r| (0..r % 10).for_each(|i| mask.set(r as usize, i as usize)));
        let floats: Vec<f32> = (0..mask.ones()).map(|i| 1.0 + i as f32).collect();
        let bytes: Vec<u8> = (0..mask.ones()).map(|i| 1 + (i % 255) as u8).collect();
        [Groups::floats(&mask, &floats, 1.0), Groups::bytes(&mask, &bytes, 255.0)]
    }

    #[test]
    #[should_panic(expected = "made for")]
    fn floats_are_refused_by_what_was_made_for_bytes() {
        let [floats, bytes] = rows(20);
        Turned::new(&bytes, 0, 4).fill(&floats, &[1, 9]);
    }

    #[test]
    #[should_panic(expected = "the listing of this band")]
    fn a_listing_of_another_band_is_refused() {
        let [x, _] = rows(20);
        let [mut low, mut high] = [0, 1].map(|band| Turned::new(&x, band, 4));
        std::mem::swap(low.listing(), high.listing());
        low.fill(&x, &[9]);
    }

    #[test]
    fn a_row_that_is_not_there_leaves_nothing_half_turned() {
        let [x, _] = rows(20);
        let mut turned = Turned::new(&x, 0, 4);
        turned.fill(&x, &[9]);
        let missing = AssertUnwindSafe(|| turned.fill(&x, &[9, 20]));
        assert!(catch_unwind(missing).is_err());
        assert_eq!((turned.rows, turned.parts), (0, 0));
    }

    #[test]
    fn every_value_is_in_its_group_though_a_batch_needs_more_room_than_those_before() {
        let kinds = rows(400);
        let sparse: Vec<u32> = (0..400).filter(|r| r % 10 < 2).collect();
        let dense: Vec<u32> = (0..400).filter(|r| 7 < r % 10).collect();
        let batches = [&sparse[..70], &sparse[..], &dense[..3], &[], &dense[..], &sparse[..9]];
        for (x, band) in kinds.iter().flat_map(|x| (0..BANDS).map(move |band| (x, band))) {
            let mut turned = Turned::new(x, band, 80);
            for batch in batches {
                turned.fill(x, batch);
                let mut found = vec![[0.0; 9]; batch.len()];
                for (q, p) in
                    (0..turned.parts).flat_map(|q| (0..turned.groups).map(move |p| (q, p)))
                {
                    let part = turned.part(q);
                    // SAFETY: there are so many groups, and the slots are of this part.
                    for slot in unsafe { part.slots(p) } {
                        let row = &mut found[q * turned.part + slot.row()];
                        let at = GROUP * (turned.first + p);
                        // The last group is wider than what is left of a row.
                        for (place, to) in row[at..].iter_mut().take(GROUP).enumerate() {
                            // SAFETY: the slot is one of the part's own.
                            *to += unsafe { part.value(*slot, place) };
                        }
                    }
                }
                let band = x.features_of(&x.band(band));
                let mut want = Matrix::zeros(batch.len(), 9);
                x.spread(batch, want.view_mut(batch.len()));
                for (r, found) in found.iter().enumerate() {
                    assert_eq!(found[band.clone()], want.row(r)[band.clone()], "row {}", batch[r]);
                }
            }
        }
    }
}
