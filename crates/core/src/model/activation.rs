//! Activations: the elementwise functions between layers, and softmax.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernels::{Arch, Unary, ViewMut, activate, softmax};

/// An activation by its Keras name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Activation {
    /// x
    #[default]
    Linear,
    /// max(x, 0)
    Relu,
    /// x for x > 0, else 0.2 x
    LeakyRelu,
    /// x for x > 0, else eˣ − 1
    Elu,
    /// 1.0507 x for x > 0, else 1.0507 · 1.6733 (eˣ − 1)
    Selu,
    /// x Φ(x), by the error function
    Gelu,
    /// x σ(x)
    #[serde(alias = "swish")]
    #[schemars(extend("x-aliases" = ["swish"]))]
    Silu,
    /// ln(1 + eˣ)
    Softplus,
    /// x / (1 + |x|)
    Softsign,
    /// tanh x
    Tanh,
    /// 1 / (1 + e⁻ˣ)
    Sigmoid,
    /// eˣ
    Exponential,
    /// eˣ / Σ eˣ over the units of a row
    Softmax,
}

impl Activation {
    /// a ← f(a) in every row of `a` (rows × units).
    pub fn apply(self, arch: Arch, a: ViewMut<'_>) {
        match self.curve() {
            Some(curve) => activate(arch, curve, a),
            None => softmax(arch, a),
        }
    }

    /// Whether Keras on TensorFlow keeps its logits with the outputs, for cross-entropies to take.
    pub fn caches_logits(self) -> bool {
        matches!(self, Activation::Softmax | Activation::Sigmoid)
    }

    /// The elementwise function, or `None` for softmax, which looks at a whole row.
    pub fn curve(self) -> Option<Unary> {
        Some(match self {
            Activation::Linear => Unary::Linear,
            Activation::Relu => Unary::Relu,
            Activation::LeakyRelu => Unary::LeakyRelu,
            Activation::Elu => Unary::Elu,
            Activation::Selu => Unary::Selu,
            Activation::Gelu => Unary::Gelu,
            Activation::Silu => Unary::Silu,
            Activation::Softplus => Unary::Softplus,
            Activation::Softsign => Unary::Softsign,
            Activation::Tanh => Unary::Tanh,
            Activation::Sigmoid => Unary::Sigmoid,
            Activation::Exponential => Unary::Exponential,
            Activation::Softmax => return None,
        })
    }
}
