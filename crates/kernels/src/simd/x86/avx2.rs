//! Vectors of 16 numbers in two 256-bit registers. Token and vector are private to this file: [`run`]
//! alone makes a token, and a token alone makes a vector, so that every value proves AVX2 and FMA.

use std::arch::x86_64::*;

use crate::simd::vector::{F32x16, Kernel, LANES, Simd, SimdFloat, operators};

/// Runs `kernel` with the vectors of AVX2.
#[target_feature(enable = "avx2,fma,bmi1,bmi2,popcnt")]
pub(crate) fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Avx2(()))
}

/// The token of AVX2 and FMA.
#[derive(Clone, Copy)]
struct Avx2(());

/// Sixteen numbers in two 256-bit registers.
#[derive(Clone, Copy)]
struct F32(__m256, __m256);

/// The value of an expression that calls intrinsics on registers alone.
macro_rules! registers {
    ($intrinsics:expr) => {
        // SAFETY: a token or a vector of this file is at hand, so that the processor has the
        // instructions. They read and write no memory.
        unsafe { $intrinsics }
    };
}

operators! { F32,
    Add add |a, b| registers!(F32(_mm256_add_ps(a.0, b.0), _mm256_add_ps(a.1, b.1)));
    Sub sub |a, b| registers!(F32(_mm256_sub_ps(a.0, b.0), _mm256_sub_ps(a.1, b.1)));
    Mul mul |a, b| registers!(F32(_mm256_mul_ps(a.0, b.0), _mm256_mul_ps(a.1, b.1)));
    Div div |a, b| registers!(F32(_mm256_div_ps(a.0, b.0), _mm256_div_ps(a.1, b.1)));
}

impl F32 {
    #[inline(always)]
    fn map(self, f: impl Fn(__m256) -> __m256) -> Self {
        F32(f(self.0), f(self.1))
    }

    #[inline(always)]
    fn bits(self, f: impl Fn(__m256i) -> __m256i) -> Self {
        self.map(|x| registers!(_mm256_castsi256_ps(f(_mm256_castps_si256(x)))))
    }
}

impl std::ops::Neg for F32 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.map(|x| registers!(_mm256_xor_ps(x, _mm256_set1_ps(-0.0))))
    }
}

impl SimdFloat for F32 {
    #[inline(always)]
    fn splat(self, x: f32) -> Self {
        self.simd().splat(x)
    }

    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        registers!(F32(_mm256_fmadd_ps(self.0, b.0, c.0), _mm256_fmadd_ps(self.1, b.1, c.1)))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        self.map(|x| registers!(_mm256_sqrt_ps(x)))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        registers!(F32(_mm256_max_ps(self.0, other.0), _mm256_max_ps(self.1, other.1)))
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        registers!(F32(_mm256_min_ps(self.0, other.0), _mm256_min_ps(self.1, other.1)))
    }

    #[inline(always)]
    fn abs(self) -> Self {
        self.map(|x| registers!(_mm256_andnot_ps(_mm256_set1_ps(-0.0), x)))
    }

    #[inline(always)]
    fn round(self) -> Self {
        const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
        self.map(|x| registers!(_mm256_round_ps::<NEAREST>(x)))
    }

    #[inline(always)]
    fn exp2i(self) -> Self {
        self.map(|x| {
            registers!({
                let biased = _mm256_add_epi32(_mm256_cvttps_epi32(x), _mm256_set1_epi32(127));
                _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased))
            })
        })
    }

    #[inline(always)]
    fn frexp(self) -> (Self, Self) {
        let exponent = self.map(|x| {
            registers!({
                let biased = _mm256_srli_epi32::<23>(_mm256_castps_si256(x));
                _mm256_cvtepi32_ps(_mm256_sub_epi32(biased, _mm256_set1_epi32(126)))
            })
        });
        let mantissa = self.bits(|bits| {
            registers!({
                let fraction = _mm256_and_si256(bits, _mm256_set1_epi32(0x007f_ffff));
                _mm256_or_si256(fraction, _mm256_set1_epi32(0x3f00_0000))
            })
        });
        (mantissa, exponent)
    }

    #[inline(always)]
    fn rsqrt_guess(self, magic: i32) -> Self {
        self.bits(|bits| {
            registers!(_mm256_sub_epi32(_mm256_set1_epi32(magic), _mm256_srli_epi32::<1>(bits)))
        })
    }

    #[inline(always)]
    fn reciprocal_guess(self, magic: i32) -> Self {
        self.bits(|bits| registers!(_mm256_sub_epi32(_mm256_set1_epi32(magic), bits)))
    }

    #[inline(always)]
    fn select_lt(self, other: Self, yes: Self, no: Self) -> Self {
        registers!({
            let low = _mm256_cmp_ps::<_CMP_LT_OQ>(self.0, other.0);
            let high = _mm256_cmp_ps::<_CMP_LT_OQ>(self.1, other.1);
            F32(_mm256_blendv_ps(no.0, yes.0, low), _mm256_blendv_ps(no.1, yes.1, high))
        })
    }

    #[inline(always)]
    fn flush_tiny(self) -> Self {
        self.bits(|bits| {
            registers!({
                let upper = _mm256_and_si256(bits, _mm256_set1_epi32(0x7000_0000));
                _mm256_andnot_si256(_mm256_cmpeq_epi32(upper, _mm256_setzero_si256()), bits)
            })
        })
    }
}

impl Simd for Avx2 {
    type F32 = F32;

    const HAS_32_REGISTERS: bool = false;

    #[inline(always)]
    fn splat(self, x: f32) -> F32 {
        registers!(F32(_mm256_set1_ps(x), _mm256_set1_ps(x)))
    }

    #[inline(always)]
    unsafe fn load_ptr(self, from: *const f32) -> F32 {
        // SAFETY: the caller promises LANES readable numbers.
        unsafe { F32(_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(LANES / 2))) }
    }
}

impl F32x16 for F32 {
    type Simd = Avx2;

    #[inline(always)]
    fn simd(self) -> Avx2 {
        Avx2(())
    }

    #[inline(always)]
    unsafe fn store_ptr(self, to: *mut f32) {
        // SAFETY: the caller promises LANES writable numbers.
        unsafe {
            _mm256_storeu_ps(to, self.0);
            _mm256_storeu_ps(to.add(LANES / 2), self.1);
        }
    }

    #[inline(always)]
    fn select_prefix(self, n: usize, fill: f32) -> Self {
        registers!({
            let n = _mm256_set1_epi32(n.min(LANES) as i32);
            let low = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            let high = _mm256_add_epi32(low, _mm256_set1_epi32(8));
            let [low, high] = [_mm256_cmpgt_epi32(n, low), _mm256_cmpgt_epi32(n, high)];
            let fill = _mm256_set1_ps(fill);
            F32(
                _mm256_blendv_ps(fill, self.0, _mm256_castsi256_ps(low)),
                _mm256_blendv_ps(fill, self.1, _mm256_castsi256_ps(high)),
            )
        })
    }

    #[inline(always)]
    fn reduce_sum(self) -> f32 {
        registers!(tree::sum(_mm256_add_ps(self.0, self.1)))
    }

    #[inline(always)]
    fn reduce_max(self) -> f32 {
        registers!(tree::max(_mm256_max_ps(self.1, self.0)))
    }
}

/// What is left of `F32x16::reduce_sum` and [`F32x16::reduce_max`] once the two halves of a vector are one.
pub(super) mod tree {
    use std::arch::x86_64::*;

    /// Calls `$join` on the upper half and the lower, until one number is left.
    macro_rules! reduce {
        ($x:ident, $join:ident, $join_last:ident) => {{
            let x = $join(_mm256_extractf128_ps::<1>($x), _mm256_castps256_ps128($x));
            let x = $join(_mm_movehl_ps(x, x), x);
            _mm_cvtss_f32($join_last(_mm_shuffle_ps::<1>(x, x), x))
        }};
    }

    /// The sum of eight numbers: lane i with lane i + 4, then + 2, + 1.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(in super::super) fn sum(x: __m256) -> f32 {
        reduce!(x, _mm_add_ps, _mm_add_ss)
    }

    /// The greatest of eight numbers.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(in super::super) fn max(x: __m256) -> f32 {
        reduce!(x, _mm_max_ps, _mm_max_ss)
    }
}
