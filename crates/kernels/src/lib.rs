//! Kernels on slices and matrices: the arithmetic of training, without layers.
//!
//! All unsafe code of the program is in this crate. Dependencies go one way:
//!
//! ```text
//! simd, parallel  ←  linalg  ←  nn  ←  sparse
//! ```
//!
//! Every kernel gives the same bits on all machines with fused multiply-add, and on any number of
//! threads:
//!
//! * A sum has one fixed order. A sum over rows or inputs goes from the first to the last; a sum
//!   along a row has 16 running sums and a halving tree (`F32x16::reduce_sum`).
//! * Every multiply-add is fused, and no kernel calls the mathematics library of the platform.
//! * Threads divide outputs. The sum over the inputs of a sparse first layer alone is split as well,
//!   into two parts on any number of threads, which are added in a fixed order.
//!
//! A kernel runs on the calling thread. Threads belong to a [`Team`], whose leader hands out parts of
//! the outputs; the conversion of a data set to sparse blocks uses a pool of rayon where its caller
//! has one.

#![expect(
    unsafe_code,
    reason = "vector instructions and disjoint views; every block has its own reason"
)]

pub mod linalg;
pub mod nn;
pub mod parallel;
pub mod reference;
pub mod simd;
pub mod sparse;

mod prefetch;

pub use linalg::*;
pub use nn::*;
pub use parallel::*;
pub use prefetch::prefetch;
pub use simd::*;
pub use sparse::*;
