//! A block of a row: its column and its two values, stored as bytes or as floats.

use crate::sparse::shape::BLOCK;
use crate::sparse::value_pool::ValuePool;

/// The block column in the low 16 bits, the two bytes above it.
pub(super) type U8x2 = u32;

/// A block of two floats.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct F32x2 {
    col: u16,
    values: [f32; BLOCK],
}

/// A block of a row.
pub(super) trait Block: Copy + Default + Send + Sync {
    /// One value of the block, as stored.
    type Value: Copy + Sync;

    /// The block in column `col` whose non-zero places are the bits of `set`: their values are the first
    /// of `next`.
    fn pack(col: u16, set: u32, next: &[Self::Value]) -> Self;

    /// The block column.
    fn col(self) -> usize;

    /// The values as numbers; `lut` has the number of each byte.
    fn dequantize(self, lut: &[f32; 256]) -> [f32; BLOCK];

    /// The value bits of an entry of a CSC tile whose values begin at `base` of `pool`.
    fn value_bits(self, pool: &mut ValuePool, base: usize) -> u32;
}

impl Block for U8x2 {
    type Value = u8;

    #[inline(always)]
    fn pack(col: u16, set: u32, next: &[u8]) -> U8x2 {
        /// The bytes that a block with these places set keeps.
        const MASKS: [u32; 1 << BLOCK] = [0, 0xff, 0xff00, 0xffff];
        let next = match next {
            [first, second, ..] => u32::from(*first) | u32::from(*second) << 8,
            [first] => u32::from(*first),
            [] => 0,
        };
        // No branch on `set`: whether the neighbour is zero is as good as random.
        let bytes = next << (8 * (set >> 1 & !set)) & MASKS[set as usize & 3];
        u32::from(col) | bytes << 16
    }

    #[inline(always)]
    fn col(self) -> usize {
        usize::from(self as u16)
    }

    #[inline(always)]
    fn dequantize(self, lut: &[f32; 256]) -> [f32; BLOCK] {
        let [_, _, values @ ..] = self.to_le_bytes();
        values.map(|byte| lut[usize::from(byte)])
    }

    #[inline(always)]
    fn value_bits(self, _: &mut ValuePool, _: usize) -> u32 {
        self >> 16
    }
}

impl Block for F32x2 {
    type Value = f32;

    #[inline(always)]
    fn pack(col: u16, set: u32, next: &[f32]) -> F32x2 {
        let mut next = next.iter().copied();
        let value = |place| if set >> place & 1 == 1 { next.next().unwrap_or(0.0) } else { 0.0 };
        F32x2 { col, values: std::array::from_fn(value) }
    }

    #[inline(always)]
    fn col(self) -> usize {
        usize::from(self.col)
    }

    #[inline(always)]
    fn dequantize(self, _: &[f32; 256]) -> [f32; BLOCK] {
        self.values
    }

    #[inline(always)]
    fn value_bits(self, pool: &mut ValuePool, base: usize) -> u32 {
        (pool.push(self.values) - base) as u32
    }
}
