//! Batch normalisation (Ioffe and Szegedy 2015): by the batch in training, by what training has
//! seen after it; `kernels/normalize.rs` has the formulas.
//!
//! ```text
//! µ̄ ← m µ̄ + (1 − m) µ,  v̄ ← m v̄ + (1 − m) v           m: momentum
//! y = γ (x − µ̄) / √(v̄ + ε) + β                         after training
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::layer_normalization::{filled, gain, gain_shapes, gains, onnx_gains, thousandth};
use super::spec::{Op, ParamSpec, PassContext, Spec, yes};
use crate::model::onnx_graph::{OnnxAttribute, OnnxGraph};
use kernels::norm::{BatchNorm, BatchNormBackward, BatchStat, ScaleShift};
use kernels::{Arch, ByCols, LANES, Matrix, Team, View, ViewMut, padded};

/// The arguments of Keras's `BatchNormalization`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchNormalization {
    /// Share of the moving mean and variance that each batch leaves as it is.
    #[serde(default = "most")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub momentum: f64,
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

fn most() -> f64 {
    0.99
}

/// Batch normalisation with its weights, each 1 × units.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchNormalizationLayer {
    momentum: f32,
    epsilon: f32,
    gamma: Option<Matrix>,
    beta: Option<Matrix>,
    /// µ̄
    moving_mean: Matrix,
    /// v̄
    moving_variance: Matrix,
}

impl Spec for BatchNormalization {
    type Op = BatchNormalizationLayer;

    fn param_shapes(&self, inputs: usize) -> Vec<(String, Vec<usize>)> {
        let moving = MOVING.map(|name| (name.to_owned(), vec![inputs]));
        gain_shapes(self.scale, self.center, inputs).into_iter().chain(moving).collect()
    }

    fn onnx(
        &self,
        graph: &mut dyn OnnxGraph,
        layer: &str,
        x: &str,
        inputs: usize,
    ) -> Result<String, String> {
        let [gamma, beta] = onnx_gains(graph, layer, (self.scale, self.center), inputs)?;
        let mean = graph.parameter(&format!("{layer}.moving_mean"))?;
        let variance = graph.parameter(&format!("{layer}.moving_variance"))?;
        let epsilon = [OnnxAttribute::Float("epsilon", self.epsilon as f32)];
        let operands = [x, &gamma, &beta, &mean, &variance];
        Ok(graph.node("BatchNormalization", &operands, layer, &epsilon))
    }

    fn build(&self, inputs: usize, _: usize, _: u64) -> BatchNormalizationLayer {
        BatchNormalizationLayer {
            momentum: self.momentum as f32,
            epsilon: self.epsilon as f32,
            gamma: self.scale.then(|| filled(inputs, 1.0)),
            beta: self.center.then(|| filled(inputs, 0.0)),
            moving_mean: filled(inputs, 0.0),
            moving_variance: filled(inputs, 1.0),
        }
    }
}

impl Op for BatchNormalizationLayer {
    fn saved_columns(&self, outputs: usize) -> usize {
        outputs
    }

    fn forward(&self, arch: Arch, x: View<'_>, [_, y]: [ViewMut<'_>; 2], _: PassContext) {
        self.infer(arch, x, y);
    }

    /// Nothing: [`BatchNormalizationLayer::backward`] reads all rows of a batch.
    fn backward(
        &self,
        _: Arch,
        _: [View<'_>; 2],
        _: [ViewMut<'_>; 2],
        _: Option<ViewMut<'_>>,
        _: (&Matrix, bool),
    ) {
    }

    fn weights(&self) -> Vec<(ParamSpec<'_>, &Matrix)> {
        let moving = [&self.moving_mean, &self.moving_variance];
        gains(self.gamma.as_ref(), self.beta.as_ref()).chain(moved(moving)).collect()
    }

    fn weights_mut(&mut self) -> Vec<(ParamSpec<'_>, &mut Matrix)> {
        let moving = [&mut self.moving_mean, &mut self.moving_variance];
        gains(self.gamma.as_mut(), self.beta.as_mut()).chain(moved(moving)).collect()
    }
}

impl BatchNormalizationLayer {
    /// y of a whole batch in training, divided among `team` by units; x̂ goes to `saved`, what the
    /// batch was like to `stats` (3 × units).
    pub fn forward(
        &self,
        (arch, team): (Arch, &mut Team),
        x: View<'_>,
        [saved, y]: [ViewMut<'_>; 2],
        stats: ViewMut<'_>,
    ) {
        let gain = gain(&self.gamma, &self.beta);
        team.parallel_for((ByCols(saved), (ByCols(y), ByCols(stats))), |part, from| {
            let (saved, (y, stats)) = (part.0.0, (part.1.0.0, part.1.1.0));
            let from = from * LANES;
            let mut gain = gain;
            gain.gamma = gain.gamma.map(|gamma| &gamma[from..]);
            gain.beta = gain.beta.map(|beta| &beta[from..]);
            let x = x.columns(from, from + y.cols());
            let epsilon = self.epsilon;
            arch.dispatch(BatchNorm { x, epsilon, affine: gain, x_hat: saved, y, stats });
        });
    }

    /// ∂L/∂x of a whole batch, where it is wanted, from δ = ∂L/∂y, divided among `team` by units; x̂
    /// becomes δ ⊙ x̂.
    pub fn backward(
        &self,
        (arch, team): (Arch, &mut Team),
        [stats, delta]: [View<'_>; 2],
        saved: ViewMut<'_>,
        grad_input: Option<ViewMut<'_>>,
    ) {
        let gamma = self.gamma.as_ref().map(|gamma| gamma.row(0));
        let part = |saved: ViewMut<'_>, grad_input: Option<ViewMut<'_>>, from: usize| {
            let (from, to) = (from * LANES, from * LANES + saved.cols());
            let (stats, delta) = (stats.columns(from, to), delta.columns(from, to));
            let gamma = gamma.map(|gamma| &gamma[from..]);
            arch.dispatch(BatchNormBackward { stats, delta, gamma, x_hat: saved, dx: grad_input });
        };
        match grad_input {
            None => team.parallel_for(ByCols(saved), |saved, from| part(saved.0, None, from)),
            Some(grad_input) => {
                team.parallel_for((ByCols(saved), ByCols(grad_input)), |both, from| {
                    part(both.0.0, Some(both.1.0), from);
                });
            }
        }
    }

    /// Takes in what a batch was like (3 × units).
    pub fn update_running_stats(&mut self, stats: &Matrix) {
        let m = self.momentum;
        let take = |moving: &mut Matrix, stat: BatchStat| {
            let moving = moving.as_mut_slice().iter_mut();
            moving
                .zip(stats.row(stat as usize))
                .for_each(|(old, new)| *old = *old * m + new * (1.0 - m));
        };
        take(&mut self.moving_mean, BatchStat::Mean);
        take(&mut self.moving_variance, BatchStat::Variance);
    }

    /// y by what training has seen.
    fn infer(&self, arch: Arch, x: View<'_>, y: ViewMut<'_>) {
        let n = padded(x.cols());
        let (mut scale, mut shift) = (vec![0.0; n], vec![0.0; n]);
        let gain = gain(&self.gamma, &self.beta);
        for i in 0..x.cols() {
            let inverse = 1.0 / (self.moving_variance.row(0)[i] + self.epsilon).sqrt();
            scale[i] = inverse * gain.gamma.map_or(1.0, |gamma| gamma[i]);
            shift[i] =
                gain.beta.map_or(0.0, |beta| beta[i]) - self.moving_mean.row(0)[i] * scale[i];
        }
        arch.dispatch(ScaleShift { x, scale: &scale, shift: &shift, y });
    }
}

/// The names of the moving mean and variance.
const MOVING: [&str; 2] = ["moving_mean", "moving_variance"];

/// The moving mean and variance with their roles: no gradient leads to them.
fn moved<M>(moving: [M; 2]) -> impl Iterator<Item = (ParamSpec<'static>, M)> {
    MOVING.into_iter().zip(moving).map(|(name, moving)| (ParamSpec::vector(name, None), moving))
}
