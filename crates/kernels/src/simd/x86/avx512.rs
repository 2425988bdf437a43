//! Vectors of 16 numbers in one 512-bit register. Token and vector are private to this file: [`run`]
//! alone makes a token, and a token alone makes a vector, so that every value proves AVX-512.

use std::arch::x86_64::*;

use super::avx2::tree;
use crate::simd::vector::{F32x16, Kernel, LANES, Simd, SimdFloat, operators};

/// Runs `kernel` with the vectors of AVX-512.
#[target_feature(enable = "avx512f,avx512dq,avx2,fma,bmi1,bmi2,popcnt")]
pub(crate) fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Avx512(()))
}

/// The token of AVX-512.
#[derive(Clone, Copy)]
struct Avx512(());

/// Sixteen numbers in one 512-bit register.
#[derive(Clone, Copy)]
struct F32(__m512);

/// The value of an expression that calls intrinsics on registers alone.
macro_rules! registers {
    ($intrinsics:expr) => {
        // SAFETY: a token or a vector of this file is at hand, so that the processor has the
        // instructions. They read and write no memory.
        unsafe { $intrinsics }
    };
}

operators! { F32,
    Add add |a, b| F32(registers!(_mm512_add_ps(a.0, b.0)));
    Sub sub |a, b| F32(registers!(_mm512_sub_ps(a.0, b.0)));
    Mul mul |a, b| F32(registers!(_mm512_mul_ps(a.0, b.0)));
    Div div |a, b| F32(registers!(_mm512_div_ps(a.0, b.0)));
}

impl std::ops::Neg for F32 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        F32(registers!(_mm512_xor_ps(self.0, _mm512_set1_ps(-0.0))))
    }
}

impl SimdFloat for F32 {
    #[inline(always)]
    fn splat(self, x: f32) -> Self {
        self.simd().splat(x)
    }

    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        F32(registers!(_mm512_fmadd_ps(self.0, b.0, c.0)))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        F32(registers!(_mm512_sqrt_ps(self.0)))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        F32(registers!(_mm512_max_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        F32(registers!(_mm512_min_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn abs(self) -> Self {
        F32(registers!(_mm512_abs_ps(self.0)))
    }

    #[inline(always)]
    fn round(self) -> Self {
        const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
        F32(registers!(_mm512_roundscale_ps::<NEAREST>(self.0)))
    }

    #[inline(always)]
    fn exp2i(self) -> Self {
        F32(registers!({
            let biased = _mm512_add_epi32(_mm512_cvttps_epi32(self.0), _mm512_set1_epi32(127));
            _mm512_castsi512_ps(_mm512_slli_epi32::<23>(biased))
        }))
    }

    #[inline(always)]
    fn frexp(self) -> (Self, Self) {
        registers!({
            let bits = _mm512_castps_si512(self.0);
            let exponent = _mm512_sub_epi32(_mm512_srli_epi32::<23>(bits), _mm512_set1_epi32(126));
            let fraction = _mm512_and_si512(bits, _mm512_set1_epi32(0x007f_ffff));
            let mantissa = _mm512_or_si512(fraction, _mm512_set1_epi32(0x3f00_0000));
            (F32(_mm512_castsi512_ps(mantissa)), F32(_mm512_cvtepi32_ps(exponent)))
        })
    }

    #[inline(always)]
    fn rsqrt_guess(self, magic: i32) -> Self {
        F32(registers!({
            let half = _mm512_srli_epi32::<1>(_mm512_castps_si512(self.0));
            _mm512_castsi512_ps(_mm512_sub_epi32(_mm512_set1_epi32(magic), half))
        }))
    }

    #[inline(always)]
    fn reciprocal_guess(self, magic: i32) -> Self {
        F32(registers!({
            let bits = _mm512_castps_si512(self.0);
            _mm512_castsi512_ps(_mm512_sub_epi32(_mm512_set1_epi32(magic), bits))
        }))
    }

    #[inline(always)]
    fn select_lt(self, other: Self, yes: Self, no: Self) -> Self {
        F32(registers!({
            let less = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, other.0);
            _mm512_mask_blend_ps(less, no.0, yes.0)
        }))
    }

    #[inline(always)]
    fn flush_tiny(self) -> Self {
        F32(registers!({
            let bits = _mm512_castps_si512(self.0);
            let kept = _mm512_test_epi32_mask(bits, _mm512_set1_epi32(0x7000_0000));
            _mm512_maskz_mov_ps(kept, self.0)
        }))
    }
}

impl Simd for Avx512 {
    type F32 = F32;

    const HAS_32_REGISTERS: bool = true;

    #[inline(always)]
    fn splat(self, x: f32) -> F32 {
        F32(registers!(_mm512_set1_ps(x)))
    }

    #[inline(always)]
    unsafe fn load_ptr(self, from: *const f32) -> F32 {
        // SAFETY: the caller promises LANES readable numbers.
        F32(unsafe { _mm512_loadu_ps(from) })
    }
}

impl F32x16 for F32 {
    type Simd = Avx512;

    #[inline(always)]
    fn simd(self) -> Avx512 {
        Avx512(())
    }

    #[inline(always)]
    unsafe fn store_ptr(self, to: *mut f32) {
        // SAFETY: the caller promises LANES writable numbers.
        unsafe { _mm512_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    fn select_prefix(self, n: usize, fill: f32) -> Self {
        let kept = if n < LANES { (1u32 << n) as u16 - 1 } else { u16::MAX };
        F32(registers!(_mm512_mask_blend_ps(kept, _mm512_set1_ps(fill), self.0)))
    }

    #[inline(always)]
    fn reduce_sum(self) -> f32 {
        registers!({
            let upper = _mm512_extractf32x8_ps::<1>(self.0);
            tree::sum(_mm256_add_ps(_mm512_castps512_ps256(self.0), upper))
        })
    }

    #[inline(always)]
    fn reduce_max(self) -> f32 {
        registers!({
            let upper = _mm512_extractf32x8_ps::<1>(self.0);
            tree::max(_mm256_max_ps(upper, _mm512_castps512_ps256(self.0)))
        })
    }
}
