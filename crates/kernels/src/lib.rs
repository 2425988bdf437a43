//! Arithmetic on slices: products, activations, losses and updates, tested against the formulas; no
//! kernel knows a layer. Threads are those of a run's [`Team`], and of rayon's pool while [`Groups`] are
//! made; the kernels themselves run on the thread that calls them.
//!
//! All unsafe code of the program is in this room. Three rules give the same bits on every
//! machine with fused multiply-add, and on any number of threads:
//!
//! * each sum has one fixed order: over the rows of a matrix or the inputs of a unit, from the first to the
//!   last; along a row, 16 running sums and a halving tree ([`F32x16::sum`]);
//! * every multiply-add is fused, and no kernel calls the platform's mathematics library;
//! * the threads divide outputs, never a sum. The one sum that is split, over the inputs of a first
//!   layer on sparse rows, has [`BANDS`] parts on any number of threads, added in their order.

#![expect(
    unsafe_code,
    reason = "the room of the vector instructions; every block says why it is sound"
)]

use crate as kernels;

pub mod linalg;
pub mod nn;
pub mod parallel;
pub mod reference;
pub mod simd;

mod ahead;
mod compress;
mod direct;
mod fastest;
mod grouping;
mod groups;
mod listing;
mod mask;
mod naps;
mod places;
mod prefetch;
mod sparse;
mod turned;
mod values;

pub use direct::{direct_product, is_direct};
pub use fastest::Fastest;
pub use groups::{AHEAD, BANDS, Groups};
pub use linalg::*;
pub use listing::Listing;
pub use mask::{Mask, Word};
pub use naps::{Dormitory, LONGEST_NAP, Naps, Needs, Visits};
pub use nn::*;
pub use parallel::*;
pub use prefetch::prefetch;
pub use simd::*;
pub use sparse::{Due, sparse_product, sparse_update};
pub use turned::Turned;

// Paths of the sparse files, until they move.
mod arch {
    pub(crate) use crate::simd::{Arch, Kernel};
}
mod update {
    pub(crate) use crate::nn::{ParamMut, Pointers, UpdateRule};
}
mod pages {
    pub(crate) use crate::linalg::advise_huge_pages;
}
