//! The elementwise activations and their slopes; softmax, which looks at a whole row, is elsewhere.

use crate::arch::{Arch, Kernel};
use crate::math::{erf, exp, ln, tanh};
use crate::{F32x16, Simd, SimdFloat, View, ViewMut};

/// An elementwise activation a = f(z).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each is the Keras activation of its name; `Unary::value` has the formula"
)]
pub enum Unary {
    Linear,
    Relu,
    LeakyRelu,
    Elu,
    Selu,
    Gelu,
    Silu,
    Softplus,
    Softsign,
    Tanh,
    Sigmoid,
    Exponential,
}

impl Unary {
    /// Whether the slope is a function of z, not of a alone: then z must be kept.
    pub fn needs_logits(self) -> bool {
        matches!(self, Unary::Gelu | Unary::Silu)
    }

    /// f(z).
    #[inline(always)]
    fn value<L: SimdFloat>(self, z: L) -> L {
        let (zero, one) = (z.splat(0.0), z.splat(1.0));
        match self {
            Unary::Linear => z,
            // No choice between two: the compiler would write only the chosen ones back, with an
            // instruction for it that takes ten times as long as all of this.
            Unary::Relu => zero.max(z),
            Unary::LeakyRelu => (z * z.splat(0.2)).max(z),
            Unary::Elu => z.select_lt(zero, expm1(z), z),
            Unary::Selu => z.splat(SELU) * z.select_lt(zero, z.splat(SELU_ALPHA) * expm1(z), z),
            Unary::Gelu => z * normal_share(z),
            Unary::Silu => z * sigmoid(z),
            Unary::Softplus => z.select_lt(zero, zero, z) + ln(one + exp(-z.abs())),
            Unary::Softsign => z / (one + z.abs()),
            Unary::Tanh => tanh(z),
            Unary::Sigmoid => sigmoid(z),
            Unary::Exponential => exp(z),
        }
    }

    /// f′(z), from z and a = f(z).
    #[inline(always)]
    fn slope<L: SimdFloat>(self, z: L, a: L) -> L {
        let (zero, one) = (z.splat(0.0), z.splat(1.0));
        match self {
            Unary::Linear => one,
            Unary::Relu => zero.select_lt(a, one, zero),
            Unary::LeakyRelu => zero.select_lt(a, one, z.splat(0.2)),
            Unary::Elu => a.select_lt(zero, a + one, one),
            Unary::Selu => a.select_lt(zero, a + z.splat(SELU * SELU_ALPHA), z.splat(SELU)),
            Unary::Gelu => z.mul_add(normal_density(z), normal_share(z)),
            // f′ = σ + z σ (1 − σ) = σ + a (1 − σ)
            Unary::Silu => {
                let s = sigmoid(z);
                (one - s).mul_add(a, s)
            }
            Unary::Softplus => one - exp(-a),
            // a = z / (1 + |z|), so 1 / (1 + |z|) = 1 − |a|
            Unary::Softsign => (one - a.abs()) * (one - a.abs()),
            Unary::Tanh => (-a).mul_add(a, one),
            Unary::Sigmoid => a * (one - a),
            Unary::Exponential => a,
        }
    }
}

const SELU: f32 = 1.050_701;
const SELU_ALPHA: f32 = 1.673_263_2;

/// a ← f(z) in every number of `z` (rows × units); padding is left with f(0).
pub fn activate(arch: Arch, curve: Unary, z: ViewMut<'_>) {
    if curve != Unary::Linear {
        arch.dispatch(Activate { curve, z });
    }
}

/// δ ← δ ⊙ f′(z), all of one shape (rows × units); `z` may be `a` where the slope does not need it.
pub fn differentiate(arch: Arch, curve: Unary, z: View<'_>, a: View<'_>, delta: ViewMut<'_>) {
    assert!((z.rows, z.cols) == (delta.rows, delta.cols) && (a.rows, a.cols) == (z.rows, z.cols));
    if curve != Unary::Linear {
        arch.dispatch(Differentiate { curve, z, a, delta });
    }
}

struct Activate<'a> {
    curve: Unary,
    z: ViewMut<'a>,
}

/// Calls `$body` with `$curve` as a constant, so that each curve gets a loop of its own.
macro_rules! for_each_curve {
    ($curve:expr, $constant:ident => $body:expr; $($name:ident)*) => {
        match $curve { $( Unary::$name => { const $constant: Unary = Unary::$name; $body } )* }
    };
}

impl Kernel for Activate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        for_each_curve!(self.curve, CURVE => for r in 0..self.z.rows {
            for z in self.z.vectors(r) {
                CURVE.value(simd.load(z)).store(z);
            }
        }; Linear Relu LeakyRelu Elu Selu Gelu Silu Softplus Softsign Tanh Sigmoid Exponential);
    }
}

struct Differentiate<'a> {
    curve: Unary,
    z: View<'a>,
    a: View<'a>,
    delta: ViewMut<'a>,
}

impl Kernel for Differentiate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        for_each_curve!(self.curve, CURVE => for r in 0..self.delta.rows {
            let (z, a) = (self.z.vectors(r), self.a.vectors(r));
            for ((delta, z), a) in self.delta.vectors(r).iter_mut().zip(z).zip(a) {
                (simd.load(delta) * CURVE.slope(simd.load(z), simd.load(a))).store(delta);
            }
        }; Linear Relu LeakyRelu Elu Selu Gelu Silu Softplus Softsign Tanh Sigmoid Exponential);
    }
}

/// σ(z) = 1 / (1 + e⁻ᶻ)
#[inline(always)]
pub(super) fn sigmoid<L: SimdFloat>(z: L) -> L {
    z.splat(1.0) / (z.splat(1.0) + exp(-z))
}

/// eᶻ − 1, by tanh so that small z keep their digits: eᶻ − 1 = 2 t / (1 − t), t = tanh(z / 2).
#[inline(always)]
fn expm1<L: SimdFloat>(z: L) -> L {
    let t = tanh(z * z.splat(0.5));
    let near = (t + t) / (z.splat(1.0) - t);
    z.select_lt(z.splat(-1.0), exp(z) - z.splat(1.0), near)
}

/// Φ(z), the normal distribution below z.
#[inline(always)]
fn normal_share<L: SimdFloat>(z: L) -> L {
    erf(z * z.splat(std::f32::consts::FRAC_1_SQRT_2)).mul_add(z.splat(0.5), z.splat(0.5))
}

/// φ(z) = e^(−z²/2) / √(2π)
#[inline(always)]
fn normal_density<L: SimdFloat>(z: L) -> L {
    exp(z * z * z.splat(-0.5)) * z.splat(0.398_942_3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Matrix;

    const ALL: [Unary; 12] = [
        Unary::Linear,
        Unary::Relu,
        Unary::LeakyRelu,
        Unary::Elu,
        Unary::Selu,
        Unary::Gelu,
        Unary::Silu,
        Unary::Softplus,
        Unary::Softsign,
        Unary::Tanh,
        Unary::Sigmoid,
        Unary::Exponential,
    ];

    fn values(arch: Arch, curve: Unary, zs: &[f32]) -> Vec<f32> {
        let mut z = Matrix::from_rows(1, zs.len(), zs);
        activate(arch, curve, z.view_mut(1));
        z.to_rows()
    }

    /// Keras 3.15.1's activations at −2, −0.5, 0.25 and 3 (NumPy backend, float32).
    #[test]
    fn values_are_those_of_keras() {
        let at = [-2.0, -0.5, 0.25, 3.0];
        let want: [(Unary, [f32; 4]); 11] = [
            (Unary::Relu, [0.0, 0.0, 0.25, 3.0]),
            (Unary::LeakyRelu, [-0.4, -0.1, 0.25, 3.0]),
            (Unary::Elu, [-0.864_664_7, -0.393_469_34, 0.25, 3.0]),
            (Unary::Selu, [-1.520_166_6, -0.691_758_2, 0.262_675_25, 3.152_103]),
            (Unary::Gelu, [-0.045_500_264, -0.154_268_77, 0.149_676_58, 2.995_950_2]),
            (Unary::Silu, [-0.238_405_84, -0.188_770_34, 0.140_544_14, 2.857_722_3]),
            (Unary::Softplus, [0.126_928_02, 0.474_077, 0.825_939_4, 3.048_587_3]),
            (Unary::Softsign, [-0.666_666_7, -0.333_333_34, 0.2, 0.75]),
            (Unary::Tanh, [-0.964_027_6, -0.462_117_17, 0.244_918_66, 0.995_054_7]),
            (Unary::Sigmoid, [0.119_202_92, 0.377_540_68, 0.562_176_5, 0.952_574_1]),
            (Unary::Exponential, [0.135_335_28, 0.606_530_67, 1.284_025_4, 20.085_537]),
        ];
        for (curve, want) in want {
            for (got, want) in values(Arch::detect(), curve, &at).iter().zip(want) {
                assert!(
                    (got - want).abs() <= 5e-7 * want.abs().max(1.0),
                    "{curve:?}: {got}, want {want}"
                );
            }
        }
    }

    #[test]
    fn slopes_are_the_difference_quotients() {
        let zs: Vec<f32> = (-40..40).map(|i| i as f32 / 8.0 + 0.03).collect();
        let h = 1e-2;
        for curve in ALL {
            let shifted = |by: f32| {
                values(Arch::detect(), curve, &zs.iter().map(|z| z + by).collect::<Vec<_>>())
            };
            let (below, a, above) = (shifted(-h), shifted(0.0), shifted(h));
            let mut delta = Matrix::from_rows(1, zs.len(), &vec![1.0; zs.len()]);
            let z = Matrix::from_rows(1, zs.len(), &zs);
            let a = Matrix::from_rows(1, zs.len(), &a);
            differentiate(Arch::detect(), curve, z.view(1), a.view(1), delta.view_mut(1));
            for (i, slope) in delta.to_rows().iter().enumerate() {
                let quotient = (above[i] - below[i]) / (2.0 * h);
                let bound = 2e-3 * quotient.abs().max(1.0);
                assert!(
                    (slope - quotient).abs() < bound,
                    "{curve:?} at {}: {slope}, {quotient}",
                    zs[i]
                );
            }
        }
    }

    #[test]
    fn all_processors_agree_to_the_bit() {
        let zs: Vec<f32> = (-500..500).map(|i| i as f32 / 37.0).collect();
        for curve in ALL {
            for arch in Arch::available() {
                assert!(
                    values(arch, curve, &zs) == values(Arch::detect(), curve, &zs),
                    "{curve:?} on {}",
                    arch.name()
                );
            }
        }
    }
}
