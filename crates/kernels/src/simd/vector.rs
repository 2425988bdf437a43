//! The traits of vectors of 16 numbers, with one implementation for each instruction set and equal
//! bits from all of them.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// Numbers in a vector; every buffer is padded to a multiple of it.
pub const LANES: usize = 16;

/// `n` rounded up to whole vectors.
pub const fn padded(n: usize) -> usize {
    n.next_multiple_of(LANES)
}

/// The variable of a formula: one vector, or several in step.
///
/// Addition, subtraction, multiplication, division and the square root round as IEEE 754 says, so
/// that all implementations agree to the bit.
pub trait SimdFloat:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// `x` in every lane of a vector like `self`.
    fn splat(self, x: f32) -> Self;

    /// `self · b + c`, rounded once.
    fn mul_add(self, b: Self, c: Self) -> Self;

    /// The square root.
    fn sqrt(self) -> Self;

    /// The greater of two lanes; `other` where either is NaN.
    fn max(self, other: Self) -> Self;

    /// The lesser of two lanes; `other` where either is NaN.
    fn min(self, other: Self) -> Self;

    /// The magnitude.
    fn abs(self) -> Self;

    /// The nearest whole number, ties to even.
    fn round(self) -> Self;

    /// 2ⁿ for whole numbers n in [−126, 127].
    fn exp2i(self) -> Self;

    /// The mantissa m in [½, 1) and the exponent e of a positive normal number x = m · 2ᵉ.
    fn frexp(self) -> (Self, Self);

    /// `magic − (bits >> 1)` on the bits of each lane: the first guess of an inverse square root.
    fn rsqrt_guess(self, magic: i32) -> Self;

    /// `magic − bits` on the bits of each lane: the first guess of a reciprocal.
    fn reciprocal_guess(self, magic: i32) -> Self;

    /// `yes` where `self < other`, `no` elsewhere (and where either is NaN).
    fn select_lt(self, other: Self, yes: Self, no: Self) -> Self;

    /// `self`, or 0 where the magnitude is below 2⁻⁹⁵: where the upper three bits of the exponent are 0.
    ///
    /// A moment that decays towards 0 would end among the subnormal numbers, where many processors
    /// take a hundred times as long for every operation. From 2⁻⁹⁵ it takes 31 halvings to get there. So would the
    /// products of weights with the gradients of rows that a network is sure of, e⁻⁹⁰ and less. TensorFlow
    /// has the processor take all subnormal numbers for 0, which Rust does not allow.
    fn flush_tiny(self) -> Self;
}

/// A token: proof that the processor has an instruction set. [`Arch::dispatch`] alone makes one, so
/// that no vector exists on a processor that lacks its instructions.
///
/// [`Arch::dispatch`]: crate::Arch::dispatch
pub trait Simd: Copy {
    /// The vector type of the instruction set.
    type F32: F32x16<Simd = Self>;

    /// Whether there are registers for tiles of 8 × 2 vectors (else 6 × 1).
    const HAS_32_REGISTERS: bool;

    /// `x` in every lane.
    fn splat(self, x: f32) -> Self::F32;

    /// Reads [`LANES`] numbers.
    ///
    /// # Safety
    /// `from` must be valid for reading [`LANES`] numbers.
    unsafe fn load_ptr(self, from: *const f32) -> Self::F32;

    /// Reads [`LANES`] numbers.
    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::F32 {
        // SAFETY: the array holds LANES numbers.
        unsafe { self.load_ptr(from.as_ptr()) }
    }
}

/// One vector of [`LANES`] numbers.
pub trait F32x16: SimdFloat {
    /// The token of the vector's instruction set.
    type Simd: Simd<F32 = Self>;

    /// The token: a vector proves what its token proves.
    fn simd(self) -> Self::Simd;

    /// Writes [`LANES`] numbers.
    ///
    /// # Safety
    /// `to` must be valid for writing [`LANES`] numbers.
    unsafe fn store_ptr(self, to: *mut f32);

    /// Writes [`LANES`] numbers.
    #[inline(always)]
    fn store(self, to: &mut [f32; LANES]) {
        // SAFETY: the array holds LANES numbers.
        unsafe { self.store_ptr(to.as_mut_ptr()) }
    }

    /// The first `n` lanes of `self`, and `fill` in the others.
    fn select_prefix(self, n: usize, fill: f32) -> Self;

    /// The lanes as an array.
    #[inline(always)]
    fn to_array(self) -> [f32; LANES] {
        let mut lanes = [0.0; LANES];
        self.store(&mut lanes);
        lanes
    }

    /// The lanes' sum, always in the order of a halving tree: lane i with lane i + 8, then + 4,
    /// + 2, + 1.
    #[inline(always)]
    fn reduce_sum(self) -> f32 {
        tree_reduce(self.to_array(), |a, b| a + b)
    }

    /// The greatest lane.
    #[inline(always)]
    fn reduce_max(self) -> f32 {
        tree_reduce(self.to_array(), |a, b| if a < b { b } else { a })
    }
}

/// Work that is written once and compiled for every instruction set.
pub trait Kernel {
    /// The result of the work.
    type Output;

    /// Does the work with the vectors of `simd`. Must be `#[inline(always)]`, so that it is compiled
    /// with the instructions of the caller.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

#[inline(always)]
fn tree_reduce(mut lanes: [f32; LANES], join: impl Fn(f32, f32) -> f32) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] = join(lanes[i], lanes[i + half]);
        }
        half /= 2;
    }
    lanes[0]
}

/// The operators of a vector type, lane by lane, from its four named functions.
macro_rules! operators {
    ($type:ty, $($trait:ident $method:ident $body:expr;)*) => { $(
        impl std::ops::$trait for $type {
            type Output = $type;
            #[inline(always)]
            fn $method(self, other: $type) -> $type {
                let body: fn($type, $type) -> $type = $body;
                body(self, other)
            }
        }
    )* };
}
pub(super) use operators;
