//! Layer normalisation (Ba et al. 2016): each row on its own, so it is the same in training and
//! after; `kernels/normalize.rs` has the formulas.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spec::{GradientKind, Op, ParamSpec, PassContext, Spec, yes};
use crate::model::onnx_graph::{OnnxAttribute, OnnxGraph};
use kernels::norm::{Affine, LayerNorm, LayerNormBackward};
use kernels::{Arch, Matrix, View, ViewMut, padded};

/// The arguments of Keras's `LayerNormalization`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LayerNormalization {
    /// A small number added to the variance, against a division by 0.
    #[serde(default = "thousandth")]
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub epsilon: f64,
    /// Add a learned number, beta, to each unit.
    #[serde(default = "yes")]
    pub center: bool,
    /// Multiply each unit by a learned number, gamma.
    #[serde(default = "yes")]
    pub scale: bool,
}

pub(super) fn thousandth() -> f64 {
    1e-3
}

/// Layer normalisation with its weights, each 1 × units.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerNormalizationLayer {
    epsilon: f32,
    gamma: Option<Matrix>,
    beta: Option<Matrix>,
}

impl Spec for LayerNormalization {
    type Op = LayerNormalizationLayer;

    fn param_shapes(&self, inputs: usize) -> Vec<(String, Vec<usize>)> {
        gain_shapes(self.scale, self.center, inputs)
    }

    fn onnx(
        &self,
        graph: &mut dyn OnnxGraph,
        layer: &str,
        x: &str,
        inputs: usize,
    ) -> Result<String, String> {
        let [gamma, beta] = onnx_gains(graph, layer, (self.scale, self.center), inputs)?;
        let epsilon = [OnnxAttribute::Float("epsilon", self.epsilon as f32)];
        Ok(graph.node("LayerNormalization", &[x, &gamma, &beta], layer, &epsilon))
    }

    fn build(&self, inputs: usize, _: usize, _: u64) -> LayerNormalizationLayer {
        LayerNormalizationLayer {
            epsilon: self.epsilon as f32,
            gamma: self.scale.then(|| filled(inputs, 1.0)),
            beta: self.center.then(|| filled(inputs, 0.0)),
        }
    }
}

/// A vector (1 × `n`) of equal numbers.
pub(super) fn filled(n: usize, value: f32) -> Matrix {
    Matrix::from_rows(1, n, &vec![value; n])
}

/// γ and β as the kernels take them.
pub(super) fn gain<'a>(gamma: &'a Option<Matrix>, beta: &'a Option<Matrix>) -> Affine<'a> {
    Affine { gamma: gamma.as_ref().map(|g| g.row(0)), beta: beta.as_ref().map(|b| b.row(0)) }
}

/// The shapes of γ and β, unless the layer lacks them.
pub(super) fn gain_shapes(scale: bool, center: bool, inputs: usize) -> Vec<(String, Vec<usize>)> {
    let all = [(scale, "gamma"), (center, "beta")];
    all.into_iter()
        .filter(|(used, _)| *used)
        .map(|(_, name)| (name.to_owned(), vec![inputs]))
        .collect()
}

/// γ and β as the operands of an ONNX operator, which needs both: 1 and 0 where the layer has none.
pub(super) fn onnx_gains(
    graph: &mut dyn OnnxGraph,
    layer: &str,
    (scale, center): (bool, bool),
    inputs: usize,
) -> Result<[String; 2], String> {
    let mut operand = |part: &str, learned: bool, number: f32| {
        let name = format!("{layer}.{part}");
        if learned {
            graph.parameter(&name)
        } else {
            Ok(graph.constant(&name, &[inputs], &vec![number; inputs]))
        }
    };
    Ok([operand("gamma", scale, 1.0)?, operand("beta", center, 0.0)?])
}

pub(super) const GAMMA: (&str, GradientKind) = ("gamma", GradientKind::Saved);
pub(super) const BETA: (&str, GradientKind) = ("beta", GradientKind::Delta);

/// γ and β with their roles, as far as they are there.
pub(super) fn gains<M>(
    gamma: Option<M>,
    beta: Option<M>,
) -> impl Iterator<Item = (ParamSpec<'static>, M)> {
    let param = |(name, gradient)| ParamSpec::vector(name, Some(gradient));
    let gamma = gamma.map(|gamma| (param(GAMMA), gamma));
    gamma.into_iter().chain(beta.map(|beta| (param(BETA), beta)))
}

impl Op for LayerNormalizationLayer {
    /// x̂ of each unit, and s.
    fn saved_columns(&self, outputs: usize) -> usize {
        padded(outputs) + 1
    }

    fn weights(&self) -> Vec<(ParamSpec<'_>, &Matrix)> {
        gains(self.gamma.as_ref(), self.beta.as_ref()).collect()
    }

    fn weights_mut(&mut self) -> Vec<(ParamSpec<'_>, &mut Matrix)> {
        gains(self.gamma.as_mut(), self.beta.as_mut()).collect()
    }

    fn forward(&self, arch: Arch, x: View<'_>, [mut saved, y]: [ViewMut<'_>; 2], _: PassContext) {
        let n = x.cols();
        let [x_hat, inverse] = saved.disjoint([0..n, padded(n)..padded(n) + 1]);
        let affine = gain(&self.gamma, &self.beta);
        arch.dispatch(LayerNorm { x, epsilon: self.epsilon, affine, x_hat, inverse, y });
    }

    fn backward(
        &self,
        arch: Arch,
        _: [View<'_>; 2],
        [mut saved, delta]: [ViewMut<'_>; 2],
        grad_input: Option<ViewMut<'_>>,
        _: (&Matrix, bool),
    ) {
        let delta = delta.as_view();
        let n = delta.cols();
        let [x_hat, inverse] = saved.disjoint([0..n, padded(n)..padded(n) + 1]);
        let inverse = inverse.as_view();
        let gamma = self.gamma.as_ref().map(|gamma| gamma.row(0));
        arch.dispatch(LayerNormBackward { inverse, delta, gamma, x_hat, dx: grad_input });
    }
}
