//! The numbers that the slots of a turned batch stand for, kept in one form for bytes and for floats,
//! so that the products need not know which they are; it turns nothing.

use crate::kernels::groups::{GROUP, Table};

/// Bits of a slot that say where its values are.
pub(super) const PLACE: u32 = 24;

/// For each place in a group, the numbers that may stand there.
pub(super) struct Values {
    of: [Vec<f32>; GROUP],
    /// How many of them stay from batch to batch.
    kept: usize,
    /// A slot has the index of place i in the bits `mask` after i · `shift` others.
    shift: u32,
    mask: u32,
}

/// The values of a part of a batch.
#[derive(Clone, Copy)]
pub(super) struct PartValues<'a> {
    of: [&'a [f32]; GROUP],
    shift: u32,
    mask: u32,
}

impl Values {
    /// For slots that have the byte of each place.
    pub(super) fn bytes(table: &Table) -> Values {
        let of = std::array::from_fn(|_| table.to_vec());
        Values { of, kept: table.len(), shift: u8::BITS, mask: u32::from(u8::MAX) }
    }

    /// For slots that have one index for all places.
    pub(super) fn floats() -> Values {
        Values { of: Default::default(), kept: 0, shift: 0, mask: (1 << PLACE) - 1 }
    }

    /// Which of the two it is.
    pub(super) fn are_bytes(&self) -> bool {
        self.kept != 0
    }

    /// Forgets those of the last batch.
    pub(super) fn restart(&mut self) {
        self.of.iter_mut().for_each(|of| of.truncate(self.kept));
    }

    /// Where those begin that will be taken next.
    pub(super) fn end(&self) -> usize {
        self.of[0].len() - self.kept
    }

    /// Takes the values of one group, and says how many there have been before.
    #[inline(always)]
    pub(super) fn push(&mut self, values: [f32; GROUP]) -> usize {
        let before = self.of[0].len();
        self.of.iter_mut().zip(values).for_each(|(of, value)| of.push(value));
        before
    }

    /// Those from `first` on.
    #[inline(always)]
    pub(super) fn from(&self, first: usize) -> PartValues<'_> {
        let of = self.of.each_ref().map(|of| &of[first..]);
        PartValues { of, shift: self.shift, mask: self.mask }
    }
}

impl PartValues<'_> {
    /// The value at `place` of the group whose slot ends in `bits`.
    ///
    /// # Safety
    /// The bits must be those of a slot of this part.
    #[inline(always)]
    pub(super) unsafe fn get(&self, bits: u32, place: usize) -> f32 {
        let index = bits >> (self.shift * place as u32) & self.mask;
        // SAFETY: the caller vouches for the bits.
        unsafe { *self.of[place].get_unchecked(index as usize) }
    }
}
