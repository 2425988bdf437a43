//! Layer normalisation (Ba et al. 2016): each row on its own, so it is the same in training and
//! after; `kernels/normalize.rs` has the formulas.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Gradient, Role, yes};
use crate::kernels::{Affine, Arch, LayerNorm, LayerNormBackward, Matrix, View, ViewMut, padded};

/// The arguments of Keras's `LayerNormalization`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LayerNormalization {
    /// Added to the variance.
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

impl LayerNormalization {
    /// The layer on `inputs` inputs.
    pub fn build(&self, inputs: usize) -> LayerNormalizationLayer {
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

pub(super) const GAMMA: (&str, Gradient) = ("gamma", Gradient::Extra);
pub(super) const BETA: (&str, Gradient) = ("beta", Gradient::Delta);

/// γ and β with their roles, as far as they are there.
pub(super) fn gains<M>(
    gamma: Option<M>,
    beta: Option<M>,
) -> impl Iterator<Item = (Role<'static>, M)> {
    let role = |(name, gradient)| Role::vector(name, Some(gradient));
    let gamma = gamma.map(|gamma| (role(GAMMA), gamma));
    gamma.into_iter().chain(beta.map(|beta| (role(BETA), beta)))
}

impl LayerNormalizationLayer {
    /// x̂ of each unit, and s.
    pub(super) fn extra(outputs: usize) -> usize {
        padded(outputs) + 1
    }

    pub(super) fn weights(&self) -> Vec<(Role<'_>, &Matrix)> {
        gains(self.gamma.as_ref(), self.beta.as_ref()).collect()
    }

    pub(super) fn weights_mut(&mut self) -> Vec<(Role<'_>, &mut Matrix)> {
        gains(self.gamma.as_mut(), self.beta.as_mut()).collect()
    }

    pub(super) fn forward(&self, arch: Arch, x: View<'_>, [mut extra, y]: [ViewMut<'_>; 2]) {
        let n = x.cols();
        let [x_hat, inverse] = extra.disjoint([0..n, padded(n)..padded(n) + 1]);
        let affine = gain(&self.gamma, &self.beta);
        arch.dispatch(LayerNorm { x, epsilon: self.epsilon, affine, x_hat, inverse, y });
    }

    pub(super) fn backward(
        &self,
        arch: Arch,
        mut extra: ViewMut<'_>,
        delta: View<'_>,
        below: Option<ViewMut<'_>>,
    ) {
        let n = delta.cols();
        let [x_hat, inverse] = extra.disjoint([0..n, padded(n)..padded(n) + 1]);
        let inverse = inverse.as_view();
        let gamma = self.gamma.as_ref().map(|gamma| gamma.row(0));
        arch.dispatch(LayerNormBackward { inverse, delta, gamma, x_hat, dx: below });
    }
}
