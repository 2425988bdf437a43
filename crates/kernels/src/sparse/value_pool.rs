//! The numbers of the entries of a batch: a lookup table for bytes, a list for floats. Both have one
//! layout, so that the products are compiled once.

use crate::sparse::shape::BLOCK;

/// Low bits of an entry, the index of its values.
pub(super) const VALUE_BITS: u32 = 24;

/// For each place in a block, the numbers that entries refer to.
pub(super) struct ValuePool {
    numbers: [Vec<f32>; BLOCK],
    /// Numbers that stay from batch to batch: the lookup table.
    fixed: usize,
    /// The index of place i is the bits `mask` of an entry after i · `shift` others.
    pub(super) shift: u32,
    pub(super) mask: u32,
}

impl ValuePool {
    /// For entries with a byte for each place.
    pub(super) fn bytes(lut: &[f32; 256]) -> ValuePool {
        let numbers = std::array::from_fn(|_| lut.to_vec());
        ValuePool { numbers, fixed: lut.len(), shift: u8::BITS, mask: u32::from(u8::MAX) }
    }

    /// For entries with one index for all places.
    pub(super) fn floats() -> ValuePool {
        let mask = (1 << VALUE_BITS) - 1;
        ValuePool { numbers: Default::default(), fixed: 0, shift: 0, mask }
    }

    pub(super) fn are_bytes(&self) -> bool {
        self.fixed != 0
    }

    /// Removes the values of the last batch.
    pub(super) fn clear_batch(&mut self) {
        self.numbers.iter_mut().for_each(|numbers| numbers.truncate(self.fixed));
    }

    /// Values of the batch so far.
    pub(super) fn len(&self) -> usize {
        self.numbers[0].len() - self.fixed
    }

    /// Appends the values of a block. Returns their index.
    #[inline(always)]
    pub(super) fn push(&mut self, values: [f32; BLOCK]) -> usize {
        let index = self.numbers[0].len();
        self.numbers.iter_mut().zip(values).for_each(|(numbers, value)| numbers.push(value));
        index
    }

    /// The values from index `base` on.
    #[inline(always)]
    pub(super) fn from(&self, base: usize) -> [&[f32]; BLOCK] {
        self.numbers.each_ref().map(|numbers| &numbers[base..])
    }
}
