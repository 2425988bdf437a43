//! Vectors of 16 numbers in plain Rust: the bits are fixed, the instructions are the compiler's choice.

use super::vector::{F32x16, LANES, Simd, SimdFloat};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// The token of plain Rust, which every processor has; `FUSED` says whether multiply-adds round once.
///
/// A processor without fused multiply-add spends a library call on each, so the unfused kind runs
/// there, and there alone. Its last bits differ.
#[derive(Clone, Copy)]
pub(crate) struct Portable<const FUSED: bool>;

/// Sixteen numbers in an array.
#[derive(Clone, Copy)]
pub(crate) struct F32<const FUSED: bool>([f32; LANES]);

impl<const FUSED: bool> F32<FUSED> {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let mut out = self.0;
        for i in 0..LANES {
            out[i] = f(self.0[i], other.0[i]);
        }
        F32(out)
    }

    #[inline(always)]
    fn map(self, f: impl Fn(f32) -> f32) -> Self {
        self.zip(self, |x, _| f(x))
    }
}

impl<const FUSED: bool> Add for F32<FUSED> {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
}

impl<const FUSED: bool> Sub for F32<FUSED> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
}

impl<const FUSED: bool> Mul for F32<FUSED> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
}

impl<const FUSED: bool> Div for F32<FUSED> {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }
}

impl<const FUSED: bool> Neg for F32<FUSED> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.map(|x| -x)
    }
}

impl<const FUSED: bool> SimdFloat for F32<FUSED> {
    #[inline(always)]
    fn splat(self, x: f32) -> Self {
        self.simd().splat(x)
    }

    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        if FUSED { F32(fused(&self.0, &b.0, &c.0)) } else { self * b + c }
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        self.map(f32::sqrt)
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if b < a { a } else { b })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        self.map(f32::abs)
    }

    #[inline(always)]
    fn round(self) -> Self {
        F32(rounded(&self.0))
    }

    #[inline(always)]
    fn exp2i(self) -> Self {
        self.map(|n| f32::from_bits(((n as i32 + 127) << 23) as u32))
    }

    #[inline(always)]
    fn frexp(self) -> (Self, Self) {
        let exponent = self.map(|x| ((x.to_bits() >> 23) as i32 - 126) as f32);
        let mantissa = self.map(|x| f32::from_bits((x.to_bits() & 0x007f_ffff) | 0x3f00_0000));
        (mantissa, exponent)
    }

    #[inline(always)]
    fn rsqrt_guess(self, magic: i32) -> Self {
        self.map(|x| f32::from_bits(magic.wrapping_sub((x.to_bits() >> 1) as i32) as u32))
    }

    #[inline(always)]
    fn reciprocal_guess(self, magic: i32) -> Self {
        self.map(|x| f32::from_bits(magic.wrapping_sub(x.to_bits() as i32) as u32))
    }

    #[inline(always)]
    fn select_lt(self, other: Self, yes: Self, no: Self) -> Self {
        let mut out = no.0;
        for i in 0..LANES {
            out[i] = if self.0[i] < other.0[i] { yes.0[i] } else { no.0[i] };
        }
        F32(out)
    }

    #[inline(always)]
    fn flush_tiny(self) -> Self {
        self.map(|x| if x.to_bits() & 0x7000_0000 == 0 { 0.0 } else { x })
    }
}

/// a · b + c, each rounded once: on x86, where only the tests come by, not compiled into every kernel,
/// for it is sixteen calls of the library.
#[cfg_attr(target_arch = "x86_64", inline(never))]
#[cfg_attr(not(target_arch = "x86_64"), inline(always))]
fn fused(a: &[f32; LANES], b: &[f32; LANES], c: &[f32; LANES]) -> [f32; LANES] {
    std::array::from_fn(|i| a[i].mul_add(b[i], c[i]))
}

/// The nearest whole numbers, ties to even; on x86 a call, as [`fused`] is.
#[cfg_attr(target_arch = "x86_64", inline(never))]
#[cfg_attr(not(target_arch = "x86_64"), inline(always))]
fn rounded(x: &[f32; LANES]) -> [f32; LANES] {
    std::array::from_fn(|i| x[i].round_ties_even())
}

impl<const FUSED: bool> Simd for Portable<FUSED> {
    type F32 = F32<FUSED>;

    const HAS_32_REGISTERS: bool = false;

    #[inline(always)]
    fn splat(self, x: f32) -> F32<FUSED> {
        F32([x; LANES])
    }

    #[inline(always)]
    unsafe fn load_ptr(self, from: *const f32) -> F32<FUSED> {
        // SAFETY: the caller promises LANES readable numbers.
        F32(unsafe { from.cast::<[f32; LANES]>().read_unaligned() })
    }
}

impl<const FUSED: bool> F32x16 for F32<FUSED> {
    type Simd = Portable<FUSED>;

    #[inline(always)]
    fn simd(self) -> Portable<FUSED> {
        Portable
    }

    #[inline(always)]
    unsafe fn store_ptr(self, to: *mut f32) {
        // SAFETY: the caller promises LANES writable numbers.
        unsafe { to.cast::<[f32; LANES]>().write_unaligned(self.0) }
    }

    #[inline(always)]
    fn select_prefix(self, n: usize, fill: f32) -> Self {
        let mut out = self.0;
        for (i, lane) in out.iter_mut().enumerate() {
            *lane = if i < n { *lane } else { fill };
        }
        F32(out)
    }
}
