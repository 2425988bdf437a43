//! Vectors of 16 numbers on every instruction set, with equal bits, and the choice of the set.

mod arch;
mod math;
mod portable;
mod unrolled;
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use arch::Arch;
pub(crate) use math::{erf, exp_f32, ln_f32, tanh};
pub use math::{exp, ln, reciprocal, rsqrt};
pub(crate) use unrolled::Unrolled;
pub use vector::{F32x16, Kernel, LANES, Simd, SimdFloat, padded};
