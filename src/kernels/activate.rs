//! The elementwise activations and their slopes; softmax, which looks at a whole row, is elsewhere.

use crate::kernels::cpu::{Cpu, Job};
use crate::kernels::math::{erf, exp, ln, tanh};
use crate::kernels::{LANES, Lanes, Vector, View, ViewMut};

/// An elementwise activation a = f(z).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each is the Keras activation of its name; `Curve::value` has the formula"
)]
pub enum Curve {
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

impl Curve {
    /// Whether the slope is a function of z, not of a alone: then z must be kept.
    pub fn needs_logits(self) -> bool {
        matches!(self, Curve::Gelu | Curve::Silu)
    }

    /// f(z).
    #[inline(always)]
    fn value<L: Lanes>(self, z: L) -> L {
        let (zero, one) = (L::splat(0.0), L::splat(1.0));
        match self {
            Curve::Linear => z,
            // No choice between two: the compiler would write only the chosen ones back, with an
            // instruction for it that takes ten times as long as all of this.
            Curve::Relu => zero.max(z),
            Curve::LeakyRelu => (z * L::splat(0.2)).max(z),
            Curve::Elu => z.if_less(zero, expm1(z), z),
            Curve::Selu => L::splat(SELU) * z.if_less(zero, L::splat(SELU_ALPHA) * expm1(z), z),
            Curve::Gelu => z * normal_share(z),
            Curve::Silu => z * sigmoid(z),
            Curve::Softplus => z.if_less(zero, zero, z) + ln(one + exp(-z.abs())),
            Curve::Softsign => z / (one + z.abs()),
            Curve::Tanh => tanh(z),
            Curve::Sigmoid => sigmoid(z),
            Curve::Exponential => exp(z),
        }
    }

    /// f′(z), from z and a = f(z).
    #[inline(always)]
    fn slope<L: Lanes>(self, z: L, a: L) -> L {
        let (zero, one) = (L::splat(0.0), L::splat(1.0));
        match self {
            Curve::Linear => one,
            Curve::Relu => zero.if_less(a, one, zero),
            Curve::LeakyRelu => zero.if_less(a, one, L::splat(0.2)),
            Curve::Elu => a.if_less(zero, a + one, one),
            Curve::Selu => a.if_less(zero, a + L::splat(SELU * SELU_ALPHA), L::splat(SELU)),
            Curve::Gelu => z.mul_add(normal_density(z), normal_share(z)),
            // f′ = σ + z σ (1 − σ) = σ + a (1 − σ)
            Curve::Silu => {
                let s = sigmoid(z);
                (one - s).mul_add(a, s)
            }
            Curve::Softplus => one - exp(-a),
            // a = z / (1 + |z|), so 1 / (1 + |z|) = 1 − |a|
            Curve::Softsign => (one - a.abs()) * (one - a.abs()),
            Curve::Tanh => (-a).mul_add(a, one),
            Curve::Sigmoid => a * (one - a),
            Curve::Exponential => a,
        }
    }
}

const SELU: f32 = 1.050_701;
const SELU_ALPHA: f32 = 1.673_263_2;

/// a ← f(z) in every number of `z` (rows × units); padding is left with f(0).
pub fn activate(cpu: Cpu, curve: Curve, z: ViewMut<'_>) {
    if curve != Curve::Linear {
        cpu.run(Activate { curve, z });
    }
}

/// δ ← δ ⊙ f′(z), all of one shape (rows × units); `z` may be `a` where the slope does not need it.
pub fn differentiate(cpu: Cpu, curve: Curve, z: View<'_>, a: View<'_>, delta: ViewMut<'_>) {
    assert!((z.rows, z.cols) == (delta.rows, delta.cols) && (a.rows, a.cols) == (z.rows, z.cols));
    if curve != Curve::Linear {
        cpu.run(Differentiate { curve, z, a, delta });
    }
}

struct Activate<'a> {
    curve: Curve,
    z: ViewMut<'a>,
}

/// Calls `$body` with `$curve` as a constant, so that each curve gets a loop of its own.
macro_rules! for_each_curve {
    ($curve:expr, $constant:ident => $body:expr; $($name:ident)*) => {
        match $curve { $( Curve::$name => { const $constant: Curve = Curve::$name; $body } )* }
    };
}

impl Job for Activate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Vector>(mut self) {
        for_each_curve!(self.curve, CURVE => for r in 0..self.z.rows {
            for lanes in self.z.row(r).chunks_exact_mut(LANES) {
                // SAFETY: the chunk holds LANES numbers.
                unsafe { CURVE.value(L::load(lanes.as_ptr())).store(lanes.as_mut_ptr()) };
            }
        }; Linear Relu LeakyRelu Elu Selu Gelu Silu Softplus Softsign Tanh Sigmoid Exponential);
    }
}

struct Differentiate<'a> {
    curve: Curve,
    z: View<'a>,
    a: View<'a>,
    delta: ViewMut<'a>,
}

impl Job for Differentiate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Vector>(mut self) {
        for_each_curve!(self.curve, CURVE => for r in 0..self.delta.rows {
            let (z, a) = (self.z.row(r), self.a.row(r));
            for (i, lanes) in self.delta.row(r).chunks_exact_mut(LANES).enumerate() {
                // SAFETY: all three rows are equally long and padded to whole vectors.
                unsafe {
                    let (z, a) = (L::load(z.as_ptr().add(i * LANES)), L::load(a.as_ptr().add(i * LANES)));
                    (L::load(lanes.as_ptr()) * CURVE.slope(z, a)).store(lanes.as_mut_ptr());
                }
            }
        }; Linear Relu LeakyRelu Elu Selu Gelu Silu Softplus Softsign Tanh Sigmoid Exponential);
    }
}

/// σ(z) = 1 / (1 + e⁻ᶻ)
#[inline(always)]
pub(super) fn sigmoid<L: Lanes>(z: L) -> L {
    L::splat(1.0) / (L::splat(1.0) + exp(-z))
}

/// eᶻ − 1, by tanh so that small z keep their digits: eᶻ − 1 = 2 t / (1 − t), t = tanh(z / 2).
#[inline(always)]
fn expm1<L: Lanes>(z: L) -> L {
    let t = tanh(z * L::splat(0.5));
    let near = (t + t) / (L::splat(1.0) - t);
    z.if_less(L::splat(-1.0), exp(z) - L::splat(1.0), near)
}

/// Φ(z), the normal distribution below z.
#[inline(always)]
fn normal_share<L: Lanes>(z: L) -> L {
    erf(z * L::splat(std::f32::consts::FRAC_1_SQRT_2)).mul_add(L::splat(0.5), L::splat(0.5))
}

/// φ(z) = e^(−z²/2) / √(2π)
#[inline(always)]
fn normal_density<L: Lanes>(z: L) -> L {
    exp(z * z * L::splat(-0.5)) * L::splat(0.398_942_3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Matrix;

    const ALL: [Curve; 12] = [
        Curve::Linear,
        Curve::Relu,
        Curve::LeakyRelu,
        Curve::Elu,
        Curve::Selu,
        Curve::Gelu,
        Curve::Silu,
        Curve::Softplus,
        Curve::Softsign,
        Curve::Tanh,
        Curve::Sigmoid,
        Curve::Exponential,
    ];

    fn values(cpu: Cpu, curve: Curve, zs: &[f32]) -> Vec<f32> {
        let mut z = Matrix::from_rows(1, zs.len(), zs);
        activate(cpu, curve, z.view_mut(1));
        z.to_rows()
    }

    /// Keras 3.15.1's activations at −2, −0.5, 0.25 and 3 (NumPy backend, float32).
    #[test]
    fn values_are_those_of_keras() {
        let at = [-2.0, -0.5, 0.25, 3.0];
        let want: [(Curve, [f32; 4]); 11] = [
            (Curve::Relu, [0.0, 0.0, 0.25, 3.0]),
            (Curve::LeakyRelu, [-0.4, -0.1, 0.25, 3.0]),
            (Curve::Elu, [-0.864_664_7, -0.393_469_34, 0.25, 3.0]),
            (Curve::Selu, [-1.520_166_6, -0.691_758_2, 0.262_675_25, 3.152_103]),
            (Curve::Gelu, [-0.045_500_264, -0.154_268_77, 0.149_676_58, 2.995_950_2]),
            (Curve::Silu, [-0.238_405_84, -0.188_770_34, 0.140_544_14, 2.857_722_3]),
            (Curve::Softplus, [0.126_928_02, 0.474_077, 0.825_939_4, 3.048_587_3]),
            (Curve::Softsign, [-0.666_666_7, -0.333_333_34, 0.2, 0.75]),
            (Curve::Tanh, [-0.964_027_6, -0.462_117_17, 0.244_918_66, 0.995_054_7]),
            (Curve::Sigmoid, [0.119_202_92, 0.377_540_68, 0.562_176_5, 0.952_574_1]),
            (Curve::Exponential, [0.135_335_28, 0.606_530_67, 1.284_025_4, 20.085_537]),
        ];
        for (curve, want) in want {
            for (got, want) in values(Cpu::detect(), curve, &at).iter().zip(want) {
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
                values(Cpu::detect(), curve, &zs.iter().map(|z| z + by).collect::<Vec<_>>())
            };
            let (below, a, above) = (shifted(-h), shifted(0.0), shifted(h));
            let mut delta = Matrix::from_rows(1, zs.len(), &vec![1.0; zs.len()]);
            let z = Matrix::from_rows(1, zs.len(), &zs);
            let a = Matrix::from_rows(1, zs.len(), &a);
            differentiate(Cpu::detect(), curve, z.view(1), a.view(1), delta.view_mut(1));
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
            for cpu in Cpu::available() {
                assert!(
                    values(cpu, curve, &zs) == values(Cpu::detect(), curve, &zs),
                    "{curve:?} on {}",
                    cpu.name()
                );
            }
        }
    }
}
