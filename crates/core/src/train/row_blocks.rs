//! Rows that are read in blocks while a fit trains, for data larger than memory. The reader is elsewhere; the order of the
//! rows is a function of the seed and the epoch, so that a fit can continue within an epoch.

use std::fmt::Debug;

use crate::data::DataError;
use crate::train::{Dataset, Flow};

/// Rows in blocks.
pub trait RowBlocks: Debug + Sync {
    /// Number of rows.
    fn rows(&self) -> usize;

    /// Shows the rows of a pass one block after the other, each with the numbers of its rows in the order of the pass,
    /// until `see` stops.
    ///
    /// # Errors
    ///
    /// A block that cannot be read.
    fn visit(&self, pass: Pass, see: &mut SeeBlock<'_>) -> Result<Flow, DataError>;
}

/// Sees a block and the order of its rows, and says whether it wants another one.
pub type SeeBlock<'a> = dyn FnMut(&Dataset, &[u32]) -> Flow + 'a;

/// A pass over rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Seed and epoch of the shuffling; none for the order of the files.
    pub shuffle: Option<(u64, usize)>,
    /// Rows at the beginning of the order that are left out.
    pub from: usize,
    /// All blocks but the last have a multiple of so many rows.
    pub multiple: usize,
}

/// The rows of a fit, in blocks.
#[derive(Clone, Copy, Debug)]
pub struct FitBlocks<'a> {
    /// Rows to train on.
    pub training: &'a dyn RowBlocks,
    /// Rows of the validation after each epoch.
    pub validation: Option<&'a dyn RowBlocks>,
}
