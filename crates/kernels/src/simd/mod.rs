//! Vectors of 16 numbers on every instruction set, with equal bits, and the choice of the set.

mod arch;
pub mod math;
mod portable;
mod unrolled;
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use arch::Arch;
pub(crate) use math::{erf, exp, exp_f32, ln, ln_f32, tanh};
pub(crate) use unrolled::Unrolled;
pub(crate) use vector::{F32x16, Simd};
pub use vector::{Kernel, LANES, SimdFloat, padded};
