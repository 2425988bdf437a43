//! Layers: as a config describes them, and as built, with their weights; each computes its share of
//! a pass, there and back, and knows no other layer.

mod activation;
mod batch_normalization;
mod dense;
mod dropout;
mod gaussian_noise;
mod layer_normalization;

pub use activation::ActivationLayer;
pub use batch_normalization::{BatchNormalization, BatchNormalizationLayer};
pub use dense::{Dense, DenseLayer};
pub use dropout::{Dropout, DropoutLayer};
pub use gaussian_noise::{GaussianNoise, GaussianNoiseLayer};
pub use layer_normalization::{LayerNormalization, LayerNormalizationLayer};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernels::{Arch, Matrix, View, ViewMut};
use crate::model::{Activation, Constraint, Regularizer};

/// One layer of the stack, by its Keras name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Layer {
    /// Every unit sees every input: `activation(x · kernel + bias)`.
    Dense(Dense),
    /// An activation on its own.
    Activation(ActivationLayer),
    /// In training, sets inputs to 0 at random and scales up the others.
    Dropout(Dropout),
    /// In training, adds random numbers to the inputs.
    GaussianNoise(GaussianNoise),
    /// Brings each unit to mean 0 and deviation 1 over a batch; later, by what training has seen.
    BatchNormalization(BatchNormalization),
    /// Brings each row to mean 0 and deviation 1 over its units.
    LayerNormalization(LayerNormalization),
}

/// A layer as it is built.
#[derive(Clone, Debug, PartialEq)]
pub struct BuiltLayer {
    /// Its kind and how many of that kind are below it, such as `dense_0`.
    pub name: String,
    /// Number of outputs.
    pub outputs: usize,
    /// What it does.
    pub body: Body,
}

/// What a built layer does, with its weights.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is the layer of its name")]
pub enum Body {
    Dense(DenseLayer),
    Activation(Activation),
    Dropout(DropoutLayer),
    GaussianNoise(GaussianNoiseLayer),
    BatchNormalization(BatchNormalizationLayer),
    LayerNormalization(LayerNormalizationLayer),
}

/// What a weight is to its layer.
#[derive(Clone, Copy, Debug)]
pub struct Role<'a> {
    /// Such as `kernel`.
    pub name: &'static str,
    /// Whether it has one dimension, as a bias has.
    pub is_vector: bool,
    /// What training makes of it; `None` for numbers that follow the data without a gradient.
    pub gradient: Option<Gradient>,
    /// What is added to the loss because of it.
    pub regularizer: Option<&'a Regularizer>,
    /// What it is kept to after each update.
    pub constraint: Option<&'a Constraint>,
}

/// Where the gradient of a weight comes from, once its layer has passed back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gradient {
    /// xᵀ δ
    Product,
    /// The column sums of δ.
    Delta,
    /// The column sums of what the layer has kept beside its output.
    Extra,
}

/// The moment of a pass.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Whether it is a training step, in which layers may be random.
    pub training: bool,
    /// Number of the step in the whole training, from 0.
    pub step: u64,
    /// The row of the batch at which these rows begin.
    pub row: usize,
    /// Whether the objective takes the inputs of the last activation: then it is left out.
    pub logits: bool,
}

impl<'a> Role<'a> {
    /// A vector (1 × units) whose gradient is summed over the columns of `gradient`.
    fn vector(name: &'static str, gradient: Option<Gradient>) -> Role<'a> {
        Role { name, is_vector: true, gradient, regularizer: None, constraint: None }
    }
}

impl Layer {
    /// The name of the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Layer::Dense(_) => "dense",
            Layer::Activation(_) => "activation",
            Layer::Dropout(_) => "dropout",
            Layer::GaussianNoise(_) => "gaussian_noise",
            Layer::BatchNormalization(_) => "batch_normalization",
            Layer::LayerNormalization(_) => "layer_normalization",
        }
    }

    /// Number of outputs for a number of inputs.
    pub fn outputs(&self, inputs: usize) -> usize {
        match self {
            Layer::Dense(dense) => dense.units,
            _ => inputs,
        }
    }

    /// The activation that its outputs have gone through last.
    pub fn activation(&self) -> Activation {
        match self {
            Layer::Dense(dense) => dense.activation,
            Layer::Activation(layer) => layer.activation,
            _ => Activation::Linear,
        }
    }

    /// The layer on `inputs` inputs, above `index` others of its kind; what is random in it comes
    /// from `seed`.
    pub fn build(&self, inputs: usize, index: usize, seed: u64) -> BuiltLayer {
        let body = match self {
            Layer::Dense(dense) => Body::Dense(dense.build(inputs, index, seed)),
            Layer::Activation(layer) => Body::Activation(layer.activation),
            Layer::Dropout(dropout) => Body::Dropout(dropout.build(index, seed)),
            Layer::GaussianNoise(noise) => Body::GaussianNoise(noise.build(index, seed)),
            Layer::BatchNormalization(layer) => Body::BatchNormalization(layer.build(inputs)),
            Layer::LayerNormalization(layer) => Body::LayerNormalization(layer.build(inputs)),
        };
        let name = format!("{}_{index}", self.kind());
        BuiltLayer { name, outputs: self.outputs(inputs), body }
    }
}

impl Body {
    /// The activation that its outputs have gone through last.
    pub fn activation(&self) -> Activation {
        match self {
            Body::Dense(dense) => dense.activation,
            Body::Activation(activation) => *activation,
            _ => Activation::Linear,
        }
    }

    /// Whether its outputs are its inputs, in training or else outside.
    pub fn is_identity(&self, training: bool) -> bool {
        match self {
            Body::Activation(activation) => *activation == Activation::Linear,
            Body::Dropout(dropout) => !training || !dropout.is_random(),
            Body::GaussianNoise(noise) => !training || !noise.is_random(),
            Body::Dense(_) | Body::BatchNormalization(_) | Body::LayerNormalization(_) => false,
        }
    }

    /// Its weights in Keras's order.
    pub fn weights(&self) -> Vec<(Role<'_>, &Matrix)> {
        match self {
            Body::Dense(dense) => dense.weights(),
            Body::BatchNormalization(layer) => layer.weights(),
            Body::LayerNormalization(layer) => layer.weights(),
            Body::Activation(_) | Body::Dropout(_) | Body::GaussianNoise(_) => Vec::new(),
        }
    }

    /// The same in the same order, to be written.
    pub fn weights_mut(&mut self) -> Vec<(Role<'_>, &mut Matrix)> {
        match self {
            Body::Dense(dense) => dense.weights_mut(),
            Body::BatchNormalization(layer) => layer.weights_mut(),
            Body::LayerNormalization(layer) => layer.weights_mut(),
            Body::Activation(_) | Body::Dropout(_) | Body::GaussianNoise(_) => Vec::new(),
        }
    }

    /// Numbers of a row that it keeps beside its `outputs` outputs for the way back.
    pub fn extra(&self, outputs: usize) -> usize {
        match self {
            Body::Dense(dense) if dense.keeps_logits() => outputs,
            Body::Dense(_) | Body::Activation(_) | Body::GaussianNoise(_) => 0,
            Body::Dropout(_) | Body::BatchNormalization(_) => outputs,
            Body::LayerNormalization(_) => LayerNormalizationLayer::extra(outputs),
        }
    }

    /// y from x, for some rows; what the way back needs goes to `extra`.
    ///
    /// A batch is normalised elsewhere in training: its rows must be seen together.
    pub fn forward(&self, arch: Arch, x: View<'_>, [extra, y]: [ViewMut<'_>; 2], moment: Moment) {
        match self {
            Body::Dense(dense) => dense.forward(arch, x, [extra, y], moment.logits),
            Body::Activation(f) => activation::forward(arch, *f, x, y, moment.logits),
            Body::Dropout(dropout) if moment.training => dropout.forward(x, [extra, y], moment),
            Body::GaussianNoise(noise) if moment.training => noise.forward(x, y, moment),
            Body::Dropout(_) | Body::GaussianNoise(_) => copy(x, y),
            Body::BatchNormalization(layer) => layer.infer(arch, x, y),
            Body::LayerNormalization(layer) => layer.forward(arch, x, [extra, y]),
        }
    }

    /// ∂L/∂x into `below`, where it is wanted, from ∂L/∂y in `delta`, which becomes the δ that the
    /// weights' gradients are made of.
    ///
    /// `kernel` is the transposed kernel of a dense layer.
    pub fn backward(
        &self,
        arch: Arch,
        [x, y]: [View<'_>; 2],
        [extra, delta]: [ViewMut<'_>; 2],
        below: Option<ViewMut<'_>>,
        (kernel, logits): (&Matrix, bool),
    ) {
        if let Body::Dense(dense) = self {
            return dense.backward(
                arch,
                [extra.as_view(), y],
                delta,
                below.map(|b| (kernel, b)),
                logits,
            );
        }
        let delta = delta.as_view();
        if let Body::LayerNormalization(layer) = self {
            return layer.backward(arch, extra, delta, below);
        }
        let Some(below) = below else { return };
        match self {
            Body::Dense(_) | Body::BatchNormalization(_) | Body::LayerNormalization(_) => {}
            Body::Activation(f) => activation::backward(arch, *f, [x, y], delta, below, logits),
            Body::Dropout(_) => DropoutLayer::backward(extra.as_view(), delta, below),
            Body::GaussianNoise(_) => copy(delta, below),
        }
    }
}

/// y ← x.
fn copy(x: View<'_>, mut y: ViewMut<'_>) {
    (0..x.rows()).for_each(|r| y.row(r).copy_from_slice(x.row(r)));
}

fn yes() -> bool {
    true
}
