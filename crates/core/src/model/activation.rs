//! Activations by the names of a config: the table of [`kernels::activations!`], and softmax.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::OnnxAttribute::Int;
use crate::model::OnnxGraph;
use kernels::{Arch, Unary, ViewMut, softmax};

/// Defines [`Activation`] with a variant for each row of the table.
macro_rules! define_activation {
    ($($(#[$doc:meta])* $name:ident [$($alias:literal)*] {
        value($($value_z:tt)*) $value:block
        derivative($($derivative_z:tt)*) $derivative:block
        onnx($graph:ident, $x:ident, $out:ident) $onnx:block
    })*) => {
        /// An activation by its Keras name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        #[schemars(inline)]
        pub enum Activation {
            $(
                $(#[$doc])*
                $(#[serde(alias = $alias)] #[schemars(extend("x-aliases" = [$alias]))])*
                $name,
            )*
            /// eˣ / Σ eˣ over the units of a row
            Softmax,
        }

        impl Activation {
            /// The elementwise function, or `None` for softmax, which reads a whole row.
            pub fn unary(self) -> Option<Unary> {
                match self {
                    $(Activation::$name => Some(Unary::$name),)*
                    Activation::Softmax => None,
                }
            }

            /// Adds the operators of the activation of `x` to `graph`; returns the name of the
            /// output, which is `x` or `out`.
            pub fn onnx(self, graph: &mut dyn OnnxGraph, x: &str, out: &str) -> String {
                match self {
                    $(Activation::$name => onnx::$name(graph, x, out),)*
                    Activation::Softmax => graph.node("Softmax", &[x], out, &[Int("axis", -1)]),
                }
            }
        }

        mod onnx {
            use crate::model::OnnxAttribute::Float;
            use crate::model::OnnxGraph;

            $(pub(super) fn $name($graph: &mut dyn OnnxGraph, $x: &str, $out: &str) -> String {
                $onnx
            })*
        }
    };
}

kernels::activations!(define_activation);

#[expect(clippy::derivable_impls, reason = "a row of the table carries no `#[default]`")]
impl Default for Activation {
    fn default() -> Activation {
        Activation::Linear
    }
}

impl Activation {
    /// a ← f(a) in every row of `a` [rows × units].
    pub fn apply(self, arch: Arch, a: ViewMut<'_>) {
        match self.unary() {
            Some(unary) => unary.forward(arch, a),
            None => softmax(arch, a),
        }
    }

    /// Whether Keras on TensorFlow keeps its logits with the outputs, for cross-entropies to take.
    pub fn caches_logits(self) -> bool {
        matches!(self, Activation::Softmax | Activation::Sigmoid)
    }
}
