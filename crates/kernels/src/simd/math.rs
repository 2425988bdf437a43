//! Elementary functions on vectors, from additions, multiplications and bit patterns alone. All
//! processors give the same bits; errors are a few units in the last place.

use super::portable::Portable;
use super::vector::{F32x16, Simd, SimdFloat};

/// 1 / √x for positive normal x, within 2 units in the last place; 0 gives a large finite number,
/// so that `x · rsqrt(x)` is √x there too.
///
/// A first guess from the bits ([Lomont 2003](http://www.lomont.org/papers/2003/InvSqrt.pdf)) that is off by 3.5 % at most, then three of Newton's
/// steps y ← y (3/2 − x/2 · y²), each of which squares the error: 2·10⁻³, 5·10⁻⁶, rounding.
#[inline(always)]
pub fn rsqrt<L: SimdFloat>(x: L) -> L {
    let half = x * x.splat(0.5);
    let mut y = x.rsqrt_guess(0x5f37_5a86);
    for _ in 0..3 {
        y = y * (-(half * y)).mul_add(y, x.splat(1.5));
    }
    y
}

/// 1 / x for positive normal x below 2¹²⁶, within 10⁻⁶ of the result, which is enough for the scale of
/// a step.
///
/// A first guess from the bits, off by 5 % at most; then two steps y ← y (c − x y), of which Newton's
/// have c = 2, each with the c that leaves the least error on either side: 1.3·10⁻³, then 0.9·10⁻⁶.
#[inline(always)]
pub fn reciprocal<L: SimdFloat>(x: L) -> L {
    let y = x.reciprocal_guess(0x7ef3_27f0);
    let y = y * (-x).mul_add(y, x.splat(2.001_29));
    y.mul_add((-x).mul_add(y, x.splat(1.000_000_8)), y)
}

/// eˣ within 2 units in the last place; 0 below −87.3, infinity above 88.7.
///
/// x = n ln 2 + r with |r| ≤ ½ ln 2, where ln 2 is subtracted in two parts (Cody and Waite 1980)
/// and eʳ is a polynomial with the coefficients of [Cephes](https://www.netlib.org/cephes/).
#[inline(always)]
pub fn exp<L: SimdFloat>(x: L) -> L {
    let n = (x * x.splat(std::f32::consts::LOG2_E)).round();
    let n = x.splat(-126.0).max(x.splat(127.0).min(n));
    let r = n.mul_add(x.splat(-0.693_359_4), x);
    let r = n.mul_add(x.splat(2.121_944_4e-4), r);
    let mut p = x.splat(1.987_569_1e-4);
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = p.mul_add(r, x.splat(c));
    }
    let e = (r * r).mul_add(p, r) + x.splat(1.0);
    let e = e * n.exp2i();
    let e = x.select_lt(x.splat(-87.336_54), x.splat(0.0), e);
    x.splat(88.722_83).select_lt(x, x.splat(f32::INFINITY), e)
}

/// ln x within 2 units in the last place; −∞ at 0, NaN below.
///
/// x = m · 2ᵉ with m in [√½, √2); ln m is Cephes's polynomial of m − 1.
#[inline(always)]
pub fn ln<L: SimdFloat>(x: L) -> L {
    let (one, zero) = (x.splat(1.0), x.splat(0.0));
    let (m, e) = x.frexp();
    let small = x.splat(std::f32::consts::FRAC_1_SQRT_2);
    let e = m.select_lt(small, e - one, e);
    let m = m.select_lt(small, m + m, m) - one;
    let mut p = x.splat(7.037_683_6e-2);
    for c in [
        -1.151_461e-1,
        1.167_699_9e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_8e-1,
        2.000_071_5e-1,
        -2.499_999_4e-1,
        3.333_333e-1,
    ] {
        p = p.mul_add(m, x.splat(c));
    }
    let square = m * m;
    let tail = e.mul_add(x.splat(-2.121_944_4e-4), m * square * p);
    let tail = square.mul_add(x.splat(-0.5), tail);
    let y = e.mul_add(x.splat(0.693_359_4), m + tail);
    let y = zero.select_lt(x, y, x.splat(f32::NAN));
    let y = x.select_lt(x.splat(f32::INFINITY), y, x);
    let y = x.select_lt(x.splat(f32::MIN_POSITIVE), x.splat(f32::NEG_INFINITY), y);
    x.select_lt(zero, x.splat(f32::NAN), y)
}

/// [`exp`] of one number.
pub(crate) fn exp_f32(x: f32) -> f32 {
    exp(Portable::<true>.splat(x)).to_array()[0]
}

/// [`ln`] of one number.
pub(crate) fn ln_f32(x: f32) -> f32 {
    ln(Portable::<true>.splat(x)).to_array()[0]
}

/// tanh x within 4 units in the last place: a ratio of polynomials on [−7.9, 7.9] (the coefficients
/// of Eigen), its last value up to 8, ±1 beyond: a saturated unit has the slope 1 − 1² = 0.
#[inline(always)]
pub(crate) fn tanh<L: SimdFloat>(x: L) -> L {
    let (one, bound) = (x.splat(1.0), x.splat(7.998_811_7));
    let y = tanh_ratio(x.splat(-7.905_311).max(x.splat(7.905_311).min(x)));
    bound.select_lt(x, one, x.select_lt(-bound, -one, y))
}

#[inline(always)]
fn tanh_ratio<L: SimdFloat>(x: L) -> L {
    let s = x * x;
    let p = polynomial(
        s,
        [
            -2.760_768_5e-16,
            2.000_188e-13,
            -8.604_672e-11,
            5.122_297e-8,
            1.485_722_4e-5,
            6.372_619_3e-4,
            4.893_525e-3,
        ],
    );
    let q = polynomial(s, [1.198_258_4e-6, 1.185_347e-4, 2.268_434_6e-3, 4.893_525e-3]);
    x * p / q
}

/// The error function, to 2·10⁻⁷: a ratio of polynomials on [−4, 4] (the coefficients of Eigen),
/// ±1 beyond.
#[inline(always)]
pub(crate) fn erf<L: SimdFloat>(x: L) -> L {
    let (one, bound) = (x.splat(1.0), x.splat(4.0));
    let y = erf_ratio((-bound).max(bound.min(x)));
    bound.select_lt(x, one, x.select_lt(-bound, -one, y))
}

#[inline(always)]
fn erf_ratio<L: SimdFloat>(x: L) -> L {
    let s = x * x;
    let p = polynomial(
        s,
        [
            -2.726_142_3e-10,
            2.770_681_4e-8,
            -2.101_024e-6,
            -5.692_506_4e-5,
            -7.349_906e-4,
            -2.954_6e-3,
            -1.609_603_4e-2,
        ],
    );
    let q = polynomial(
        s,
        [-1.456_607_2e-5, -2.133_740_6e-4, -1.682_827e-3, -7.373_329e-3, -1.426_474e-2],
    );
    x * p / q
}

/// Horner's scheme, the highest power's coefficient first.
#[inline(always)]
fn polynomial<L: SimdFloat, const N: usize>(x: L, coefficients: [f32; N]) -> L {
    let mut y = x.splat(coefficients[0]);
    for c in &coefficients[1..] {
        y = y.mul_add(x, x.splat(*c));
    }
    y
}

#[cfg(test)]
mod tests {
    use super::{F32x16, Simd};
    use crate::simd::{Arch, Kernel};

    struct ApplyFunction<'a>(&'a [f32], u8);

    impl Kernel for ApplyFunction<'_> {
        type Output = Vec<f32>;
        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Vec<f32> {
            let apply = |x: S::F32| match self.1 {
                0 => super::exp(x),
                1 => super::ln(x),
                2 => super::tanh(x),
                3 => super::erf(x),
                4 => super::rsqrt(x),
                _ => super::reciprocal(x),
            };
            self.0.iter().flat_map(|&x| apply(simd.splat(x)).to_array()[..1].to_vec()).collect()
        }
    }

    /// The greatest error over `xs`, relative to the result or to `floor`, whichever is more.
    fn worst(function: u8, xs: &[f32], floor: f64, truth: impl Fn(f64) -> f64) -> f64 {
        let ys = Arch::detect().dispatch(ApplyFunction(xs, function));
        let error = |(x, y): (&f32, &f32)| {
            let want = truth(f64::from(*x));
            (f64::from(*y) - want).abs() / want.abs().max(floor)
        };
        xs.iter().zip(&ys).map(error).fold(0.0, f64::max)
    }

    fn between(low: f32, high: f32) -> Vec<f32> {
        (0..20_001).map(|i| low + (high - low) * i as f32 / 20_000.0).collect()
    }

    #[test]
    fn functions_are_as_close_as_they_say() {
        const ULP: f64 = 1.2e-7;
        assert!(worst(0, &between(-87.0, 88.5), 0.0, f64::exp) < 2.0 * ULP);
        assert!(worst(1, &between(1e-6, 1e4), 1.0, f64::ln) < 2.0 * ULP);
        assert!(worst(2, &between(-12.0, 12.0), 1e-30, f64::tanh) < 4.0 * ULP);
        assert!(worst(4, &between(1e-12, 1e6), 0.0, |x| 1.0 / x.sqrt()) < 2.0 * ULP);
        for xs in [between(1e-12, 1e-6), between(1e-3, 1.0), between(1.0, 4.0), between(1.0, 1e6)] {
            assert!(worst(5, &xs, 0.0, |x| 1.0 / x) < 1e-6);
        }
        // Abramowitz and Stegun, table 7.1.
        for (x, want) in
            [(0.1, 0.112_462_916), (0.5, 0.520_499_878), (1.0, 0.842_700_793), (2.0, 0.995_322_265)]
        {
            assert!(worst(3, &[x], 1.0, |_| want) < 2e-7, "erf({x})");
        }
    }

    #[test]
    fn edges_are_as_mathematics_has_them() {
        let inf = f32::INFINITY;
        let exp =
            Arch::detect().dispatch(ApplyFunction(&[-inf, -200.0, 0.0, 200.0, inf, f32::NAN], 0));
        assert_eq!(exp[..5], [0.0, 0.0, 1.0, inf, inf]);
        assert!(exp[5].is_nan());
        let ln = Arch::detect().dispatch(ApplyFunction(&[0.0, 1.0, inf, -1.0, f32::NAN], 1));
        assert_eq!(ln[..3], [-inf, 0.0, inf]);
        assert!(ln[3].is_nan() && ln[4].is_nan());
        let tanh = Arch::detect().dispatch(ApplyFunction(&[-inf, 0.0, inf, f32::NAN], 2));
        assert!((tanh[0] + 1.0).abs() < 1e-6 && tanh[1] == 0.0 && tanh[3].is_nan());
        assert!((Arch::detect().dispatch(ApplyFunction(&[0.0], 4))[0] * 0.0).is_finite());
    }

    #[test]
    fn all_processors_agree_to_the_bit() {
        let xs = between(-100.0, 100.0);
        let bits = |arch: Arch, f| {
            arch.dispatch(ApplyFunction(&xs, f)).iter().map(|y| y.to_bits()).collect::<Vec<_>>()
        };
        for f in 0..6 {
            for arch in Arch::available() {
                assert!(
                    bits(arch, f) == bits(Arch::available()[0], f),
                    "{} on function {f}",
                    arch.name()
                );
            }
        }
    }
}
