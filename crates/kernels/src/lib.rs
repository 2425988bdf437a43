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

mod activate;
mod ahead;
mod arch;
mod company;
mod compress;
mod deal;
mod direct;
mod divide;
mod fastest;
mod grouping;
mod groups;
mod lanes;
mod listing;
mod mask;
mod math;
mod matrix;
mod naps;
mod normalize;
mod pages;
mod places;
pub mod plain;
mod pointwise;
mod prefetch;
mod product;
mod rowwise;
mod softmax;
mod sparse;
mod sums;
mod team;
mod turned;
mod update;
mod values;

pub use activate::Unary;
pub use arch::{Arch, Kernel};
pub use deal::{Chunk, WorkSchedule};
pub use direct::{direct_product, is_direct};
pub use divide::{ByCols, ByRows, Partition, SliceMut, chunk_range};
pub use fastest::Fastest;
pub use groups::{AHEAD, BANDS, Groups};
pub use lanes::{F32x16, LANES, Simd, SimdFloat, Unrolled, padded};
pub use listing::Listing;
pub use mask::{Mask, Word};
pub use math::{exp, flush, ln, reciprocal, rsqrt};
pub use matrix::{Matrix, View, ViewMut};
pub use naps::{Dormitory, LONGEST_NAP, Naps, Needs, Visits};
pub use normalize::{
    Affine, BatchNorm, BatchNormBackward, BatchStat, LayerNorm, LayerNormBackward, ScaleShift,
};
pub use pages::advise_huge_pages;
pub use pointwise::{ElementwiseLoss, pointwise};
pub use prefetch::prefetch;
pub use product::{Lhs, product, product_update, transpose};
pub use rowwise::{RowLoss, rowwise};
pub use softmax::{
    argmax, probability_crossentropy, softmax, softmax_crossentropy, softmax_differentiate,
    sparse_probability_crossentropy,
};
pub use sparse::{Due, sparse_product, sparse_update};
pub use sums::{column_square_sums, matrix_sum, row_magnitude_sums, row_square_sums, scale_outer};
pub use team::Team;
pub use turned::Turned;
pub use update::{MAX_SLOTS, ParamMut, UpdateRule, bias_update, map, update};
