//! The elementwise activations a = f(z) with their derivatives, as a table. Softmax reads a whole
//! row and is elsewhere.
//!
//! # How to add an activation
//!
//! 1. Add a row to [`activations!`](crate::activations). The name of the row in snake case is the
//!    name in a config, its doc comment the description in the reference. Both enums
//!    ([`Unary`] and `model::Activation`), the kernels, the ONNX export and the tests of derivatives
//!    follow.
//! 2. Add Keras's values to the test below, and renew the schema:
//!    `UPDATE=1 INSTA_UPDATE=always cargo test config`.
//!
//! ```text
//! forward:   a ← f(z)            [rows × units]
//! backward:  δ ← δ ⊙ f′(z)       [rows × units]
//! ```
//!
//! Departures from the formulas: f′ is computed from a = f(z) where that is cheaper, so that z need
//! not be kept; padding is computed as well; δ below 2⁻⁹⁵ become 0, see [`SimdFloat::flush_tiny`].

use crate::linalg::{View, ViewMut};
use crate::simd::{Arch, Kernel};
use crate::simd::{F32x16, Simd, SimdFloat};
use crate::simd::{erf, exp, ln, tanh};

/// The table: calls the macro `$consumer` with one row for each activation.
///
/// A row has a doc comment, the name, other names in a config, f of z, and f′ of z and a = f(z);
/// `_` for z says that f′ needs no z. Code of a row sees [`SimdFloat`] and the functions of `math`.
///
/// `onnx` adds the operators to the graph `g` (`model::OnnxGraph`) and returns the name of the output;
/// `x` is the name of the input, `out` a free name.
#[macro_export]
macro_rules! activations {
    ($consumer:ident) => {
        $consumer! {
            /// x
            Linear [] {
                value(z) { z }
                derivative(_, a) { a.splat(1.0) }
                onnx(_g, x, _out) { x.to_owned() }
            }
            /// max(x, 0)
            Relu [] {
                // A maximum, not a selection: the compiler would turn the selection into a masked
                // store, which takes ten times as long.
                value(z) { z.splat(0.0).max(z) }
                derivative(_, a) { a.splat(0.0).select_lt(a, a.splat(1.0), a.splat(0.0)) }
                onnx(g, x, out) { g.node("Relu", &[x], out, &[]) }
            }
            /// x for x > 0, else 0.2 x
            LeakyRelu [] {
                value(z) { (z * z.splat(0.2)).max(z) }
                derivative(_, a) { a.splat(0.0).select_lt(a, a.splat(1.0), a.splat(0.2)) }
                onnx(g, x, out) { g.node("LeakyRelu", &[x], out, &[Float("alpha", 0.2)]) }
            }
            /// x for x > 0, else eˣ − 1
            Elu [] {
                value(z) { z.select_lt(z.splat(0.0), expm1(z), z) }
                derivative(_, a) { a.select_lt(a.splat(0.0), a + a.splat(1.0), a.splat(1.0)) }
                onnx(g, x, out) { g.node("Elu", &[x], out, &[Float("alpha", 1.0)]) }
            }
            /// 1.0507 x for x > 0, else 1.0507 · 1.6733 (eˣ − 1)
            Selu [] {
                value(z) {
                    let below = z.splat(SELU_ALPHA) * expm1(z);
                    z.splat(SELU) * z.select_lt(z.splat(0.0), below, z)
                }
                derivative(_, a) {
                    a.select_lt(a.splat(0.0), a + a.splat(SELU * SELU_ALPHA), a.splat(SELU))
                }
                onnx(g, x, out) {
                    let constants = [Float("alpha", 1.673_263_2), Float("gamma", 1.050_701)];
                    g.node("Selu", &[x], out, &constants)
                }
            }
            /// x Φ(x), by the error function
            Gelu [] {
                value(z) { z * normal_cdf(z) }
                derivative(z, _) { z.mul_add(normal_pdf(z), normal_cdf(z)) }
                onnx(g, x, out) {
                    // x/2 (1 + erf(x/√2)): opset 17 has no operator for gelu.
                    let [root, one, half] = [("root", 0.5_f32.sqrt()), ("one", 1.0), ("half", 0.5)]
                        .map(|(name, number)| g.constant(&format!("{out}.{name}"), &[], &[number]));
                    let scaled = g.node("Mul", &[x, &root], &format!("{out}.scaled"), &[]);
                    let erf = g.node("Erf", &[&scaled], &format!("{out}.erf"), &[]);
                    let raised = g.node("Add", &[&erf, &one], &format!("{out}.raised"), &[]);
                    let twice = g.node("Mul", &[x, &raised], &format!("{out}.twice"), &[]);
                    g.node("Mul", &[&twice, &half], out, &[])
                }
            }
            /// x σ(x)
            Silu ["swish"] {
                value(z) { z * sigmoid(z) }
                // σ + z σ (1 − σ) = σ + a (1 − σ)
                derivative(z, a) {
                    let s = sigmoid(z);
                    (z.splat(1.0) - s).mul_add(a, s)
                }
                onnx(g, x, out) {
                    let gate = g.node("Sigmoid", &[x], &format!("{out}.gate"), &[]);
                    g.node("Mul", &[x, &gate], out, &[])
                }
            }
            /// x tanh(ln(1 + eˣ))
            Mish [] {
                value(z) { z * tanh(softplus(z)) }
                // t + z (1 − t²) σ(z), t = tanh(ln(1 + eᶻ))
                derivative(z, _) {
                    let t = tanh(softplus(z));
                    ((-t).mul_add(t, z.splat(1.0)) * sigmoid(z)).mul_add(z, t)
                }
                onnx(g, x, out) {
                    let softplus = g.node("Softplus", &[x], &format!("{out}.softplus"), &[]);
                    let gate = g.node("Tanh", &[&softplus], &format!("{out}.gate"), &[]);
                    g.node("Mul", &[x, &gate], out, &[])
                }
            }
            /// ln(1 + eˣ)
            Softplus [] {
                value(z) { softplus(z) }
                derivative(_, a) { a.splat(1.0) - exp(-a) }
                onnx(g, x, out) { g.node("Softplus", &[x], out, &[]) }
            }
            /// x / (1 + |x|)
            Softsign [] {
                value(z) { z / (z.splat(1.0) + z.abs()) }
                // 1 / (1 + |z|) = 1 − |a|
                derivative(_, a) { (a.splat(1.0) - a.abs()) * (a.splat(1.0) - a.abs()) }
                onnx(g, x, out) { g.node("Softsign", &[x], out, &[]) }
            }
            /// tanh x
            Tanh [] {
                value(z) { tanh(z) }
                derivative(_, a) { (-a).mul_add(a, a.splat(1.0)) }
                onnx(g, x, out) { g.node("Tanh", &[x], out, &[]) }
            }
            /// 1 / (1 + e⁻ˣ)
            Sigmoid [] {
                value(z) { sigmoid(z) }
                derivative(_, a) { a * (a.splat(1.0) - a) }
                onnx(g, x, out) { g.node("Sigmoid", &[x], out, &[]) }
            }
            /// eˣ
            Exponential [] {
                value(z) { exp(z) }
                derivative(_, a) { a }
                onnx(g, x, out) { g.node("Exp", &[x], out, &[]) }
            }
        }
    };
}

/// The formulas of an activation.
trait UnaryFormula {
    /// Whether the derivative is a function of z: then z must be kept.
    const NEEDS_LOGITS: bool;

    /// f(z). `#[inline(always)]`, as everything in a kernel.
    fn value<V: SimdFloat>(z: V) -> V;

    /// f′(z), from z and a = f(z). `#[inline(always)]`.
    fn derivative<V: SimdFloat>(z: V, a: V) -> V;
}

/// Defines [`Unary`], a type with [`UnaryFormula`] for each row, and the choice between them.
macro_rules! define_unary {
    ($($(#[$doc:meta])* $name:ident [$($alias:literal)*] {
        value($value_z:ident) $value:block
        derivative($z:tt, $a:tt) $derivative:block
        onnx($graph:ident, $x:ident, $out:ident) $onnx:block
    })*) => {
        /// An elementwise activation a = f(z), by the name that Keras has for it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Unary { $($(#[$doc])* $name),* }

        impl Unary {
            /// Every activation.
            pub const ALL: &[Unary] = &[$(Unary::$name),*];

            /// Whether [`Unary::backward`] reads z: else `a` may stand for it.
            pub fn needs_logits(self) -> bool {
                match self { $(Unary::$name => formulas::$name::NEEDS_LOGITS),* }
            }
        }

        mod formulas {
            $(pub(crate) struct $name;)*
        }

        $(impl UnaryFormula for formulas::$name {
            const NEEDS_LOGITS: bool = is_used!($z);

            #[inline(always)]
            fn value<V: SimdFloat>($value_z: V) -> V $value

            #[inline(always)]
            fn derivative<V: SimdFloat>($z: V, $a: V) -> V $derivative
        })*

        impl Kernel for Forward<'_> {
            type Output = ();

            #[inline(always)]
            fn run<S: Simd>(self, simd: S) {
                match self.unary { $(Unary::$name => self.map::<S, formulas::$name>(simd)),* }
            }
        }

        impl Kernel for Backward<'_> {
            type Output = ();

            #[inline(always)]
            fn run<S: Simd>(self, simd: S) {
                match self.unary { $(Unary::$name => self.map::<S, formulas::$name>(simd)),* }
            }
        }
    };
}

/// Whether a parameter has a name.
macro_rules! is_used {
    (_) => {
        false
    };
    ($name:ident) => {
        true
    };
}

activations!(define_unary);

impl Unary {
    /// z ← f(z) in every number of `z` [rows × units]; padding becomes f(0).
    pub fn forward(self, arch: Arch, z: ViewMut<'_>) {
        if self != Unary::Linear {
            arch.dispatch(Forward { unary: self, z });
        }
    }

    /// δ ← δ ⊙ f′(z) with a = f(z), all of one shape [rows × units].
    pub fn backward(self, arch: Arch, z: View<'_>, a: View<'_>, delta: ViewMut<'_>) {
        let shape = (delta.rows, delta.cols);
        assert!((z.rows, z.cols) == shape && (a.rows, a.cols) == shape);
        if self != Unary::Linear {
            arch.dispatch(Backward { unary: self, z, a, delta });
        }
    }
}

struct Forward<'a> {
    unary: Unary,
    z: ViewMut<'a>,
}

impl Forward<'_> {
    #[inline(always)]
    fn map<S: Simd, F: UnaryFormula>(mut self, simd: S) {
        for r in 0..self.z.rows {
            for z in self.z.vectors(r) {
                F::value(simd.load(z)).store(z);
            }
        }
    }
}

struct Backward<'a> {
    unary: Unary,
    z: View<'a>,
    a: View<'a>,
    delta: ViewMut<'a>,
}

impl Backward<'_> {
    #[inline(always)]
    fn map<S: Simd, F: UnaryFormula>(mut self, simd: S) {
        for r in 0..self.delta.rows {
            let (z, a) = (self.z.vectors(r), self.a.vectors(r));
            for ((delta, z), a) in self.delta.vectors(r).iter_mut().zip(z).zip(a) {
                let slope = F::derivative(simd.load(z), simd.load(a));
                (simd.load(delta) * slope).flush_tiny().store(delta);
            }
        }
    }
}

const SELU: f32 = 1.050_701;
const SELU_ALPHA: f32 = 1.673_263_2;

/// σ(z) = 1 / (1 + e⁻ᶻ)
#[inline(always)]
pub(crate) fn sigmoid<L: SimdFloat>(z: L) -> L {
    z.splat(1.0) / (z.splat(1.0) + exp(-z))
}

/// ln(1 + eᶻ) = max(z, 0) + ln(1 + e^−|z|)
#[inline(always)]
fn softplus<L: SimdFloat>(z: L) -> L {
    let (zero, one) = (z.splat(0.0), z.splat(1.0));
    z.select_lt(zero, zero, z) + ln(one + exp(-z.abs()))
}

/// eᶻ − 1, by tanh so that small z keep their digits: eᶻ − 1 = 2 t / (1 − t), t = tanh(z / 2).
#[inline(always)]
fn expm1<L: SimdFloat>(z: L) -> L {
    let t = tanh(z * z.splat(0.5));
    let near = (t + t) / (z.splat(1.0) - t);
    z.select_lt(z.splat(-1.0), exp(z) - z.splat(1.0), near)
}

/// Φ(z), the cumulative distribution function of the normal distribution.
#[inline(always)]
fn normal_cdf<L: SimdFloat>(z: L) -> L {
    erf(z * z.splat(std::f32::consts::FRAC_1_SQRT_2)).mul_add(z.splat(0.5), z.splat(0.5))
}

/// φ(z) = e^(−z²/2) / √(2π), the density of the normal distribution.
#[inline(always)]
fn normal_pdf<L: SimdFloat>(z: L) -> L {
    exp(z * z * z.splat(-0.5)) * z.splat(0.398_942_3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::Matrix;

    fn values(arch: Arch, unary: Unary, zs: &[f32]) -> Vec<f32> {
        let mut z = Matrix::from_rows(1, zs.len(), zs);
        unary.forward(arch, z.view_mut(1));
        z.to_rows()
    }

    /// Keras 3.15.1's activations at −2, −0.5, 0.25 and 3 (NumPy backend, float32).
    #[test]
    fn values_are_those_of_keras() {
        let at = [-2.0, -0.5, 0.25, 3.0];
        let want: &[(Unary, [f32; 4])] = &[
            (Unary::Relu, [0.0, 0.0, 0.25, 3.0]),
            (Unary::LeakyRelu, [-0.4, -0.1, 0.25, 3.0]),
            (Unary::Elu, [-0.864_664_7, -0.393_469_34, 0.25, 3.0]),
            (Unary::Selu, [-1.520_166_6, -0.691_758_2, 0.262_675_25, 3.152_103]),
            (Unary::Gelu, [-0.045_500_264, -0.154_268_77, 0.149_676_58, 2.995_950_2]),
            (Unary::Silu, [-0.238_405_84, -0.188_770_34, 0.140_544_14, 2.857_722_3]),
            (Unary::Mish, [-0.252_501_46, -0.220_743_78, 0.169_572_41, 2.986_535]),
            (Unary::Softplus, [0.126_928_02, 0.474_077, 0.825_939_4, 3.048_587_3]),
            (Unary::Softsign, [-0.666_666_7, -0.333_333_34, 0.2, 0.75]),
            (Unary::Tanh, [-0.964_027_6, -0.462_117_17, 0.244_918_66, 0.995_054_7]),
            (Unary::Sigmoid, [0.119_202_92, 0.377_540_68, 0.562_176_5, 0.952_574_1]),
            (Unary::Exponential, [0.135_335_28, 0.606_530_67, 1.284_025_4, 20.085_537]),
        ];
        for &(unary, want) in want {
            for (got, want) in values(Arch::detect(), unary, &at).iter().zip(want) {
                assert!(
                    (got - want).abs() <= 5e-7 * want.abs().max(1.0),
                    "{unary:?}: {got}, want {want}"
                );
            }
        }
    }

    #[test]
    fn slopes_are_the_difference_quotients() {
        let zs: Vec<f32> = (-40..40).map(|i| i as f32 / 8.0 + 0.03).collect();
        let h = 1e-2;
        for unary in Unary::ALL {
            let shifted = |by: f32| {
                values(Arch::detect(), *unary, &zs.iter().map(|z| z + by).collect::<Vec<_>>())
            };
            let (below, a, above) = (shifted(-h), shifted(0.0), shifted(h));
            let mut delta = Matrix::from_rows(1, zs.len(), &vec![1.0; zs.len()]);
            let z = Matrix::from_rows(1, zs.len(), &zs);
            let a = Matrix::from_rows(1, zs.len(), &a);
            unary.backward(Arch::detect(), z.view(1), a.view(1), delta.view_mut(1));
            for (i, slope) in delta.to_rows().iter().enumerate() {
                let quotient = (above[i] - below[i]) / (2.0 * h);
                let bound = 2e-3 * quotient.abs().max(1.0);
                assert!(
                    (slope - quotient).abs() < bound,
                    "{unary:?} at {}: {slope}, {quotient}",
                    zs[i]
                );
            }
        }
    }

    #[test]
    fn tiny_gradients_become_zero() {
        let one = Matrix::from_rows(1, 3, &[1.0; 3]);
        for arch in Arch::available() {
            let mut delta = Matrix::from_rows(1, 3, &[1e-29, -1e-28, 1e-36]);
            Unary::Relu.backward(arch, one.view(1), one.view(1), delta.view_mut(1));
            assert_eq!(delta.to_rows(), [0.0, -1e-28, 0.0], "{}", arch.name());
        }
    }

    #[test]
    fn all_processors_agree_to_the_bit() {
        let zs: Vec<f32> = (-500..500).map(|i| i as f32 / 37.0).collect();
        for unary in Unary::ALL {
            for arch in Arch::available() {
                assert!(
                    values(arch, *unary, &zs) == values(Arch::detect(), *unary, &zs),
                    "{unary:?} on {}",
                    arch.name()
                );
            }
        }
    }
}
