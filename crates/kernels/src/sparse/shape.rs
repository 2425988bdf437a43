//! The constants of the block format: the width of a block, the number of split-K parts.

/// Features of a block.
pub(super) const BLOCK: usize = 2;

/// Parts of the sum over features. They are fixed, so that the bits of a sum depend on the data alone.
pub(super) const K_SPLITS: usize = 2;
