//! The traits of a layer: [`Spec`] for the arguments in a config, [`Op`] for the built layer; and the types in the
//! signatures.

use crate::model::onnx_graph::OnnxGraph;
use crate::model::{Activation, Constraint, Regularizer};
use kernels::{Arch, Matrix, View, ViewMut};

/// The arguments of a layer.
pub trait Spec {
    /// The built layer.
    type Op: Op;

    /// Whether the layer is the identity outside training.
    const TRAINING_ONLY: bool = false;

    /// Number of outputs for a number of inputs.
    fn outputs(&self, inputs: usize) -> usize {
        inputs
    }

    /// The activation at the end of the layer.
    fn activation(&self) -> Activation {
        Activation::Linear
    }

    /// Name and shape of each parameter on `inputs` inputs, in the order of [`Op::weights`].
    fn param_shapes(&self, _inputs: usize) -> Vec<(String, Vec<usize>)> {
        Vec::new()
    }

    /// The layer on `inputs` inputs, above `index` others of its kind; random numbers derive from `seed`.
    fn build(&self, inputs: usize, index: usize, seed: u64) -> Self::Op;

    /// Adds the operators of inference to `graph`; returns the name of the output.
    ///
    /// `layer` is the name of the layer, `x` of the input with `inputs` columns.
    ///
    /// # Errors
    ///
    /// A missing parameter.
    fn onnx(
        &self,
        graph: &mut dyn OnnxGraph,
        layer: &str,
        x: &str,
        inputs: usize,
    ) -> Result<String, String>;
}

/// A built layer y = f(x). Rows are independent, except in batch normalization.
pub trait Op {
    /// The activation at the end of the layer.
    fn activation(&self) -> Activation {
        Activation::Linear
    }

    /// Whether y = x, in training or outside.
    fn is_identity(&self, _training: bool) -> bool {
        false
    }

    /// The parameters in Keras's order.
    fn weights(&self) -> Vec<(ParamSpec<'_>, &Matrix)> {
        Vec::new()
    }

    /// The parameters in the same order, mutable.
    fn weights_mut(&mut self) -> Vec<(ParamSpec<'_>, &mut Matrix)> {
        Vec::new()
    }

    /// Number of columns saved for the backward pass, besides the `outputs` outputs.
    fn saved_columns(&self, _outputs: usize) -> usize {
        0
    }

    /// y and the saved columns from x.
    fn forward(&self, arch: Arch, x: View<'_>, saved_and_y: [ViewMut<'_>; 2], context: PassContext);

    /// ∂L/∂x into `grad_input`, if a layer below has parameters. `delta` holds ∂L/∂y and becomes the δ of
    /// [`GradientKind`].
    ///
    /// `kernel` is the transposed kernel of a dense layer; with `logits`, `delta` is already ∂L/∂z of the
    /// last activation.
    fn backward(
        &self,
        arch: Arch,
        x_and_y: [View<'_>; 2],
        saved_and_delta: [ViewMut<'_>; 2],
        grad_input: Option<ViewMut<'_>>,
        kernel_and_logits: (&Matrix, bool),
    );
}

/// The specification of a parameter.
#[derive(Clone, Copy, Debug)]
pub struct ParamSpec<'a> {
    /// Such as `kernel`.
    pub name: &'a str,
    /// Whether the parameter has a single dimension, as a bias.
    pub is_vector: bool,
    /// The kind of gradient; `None` for running statistics.
    pub gradient: Option<GradientKind>,
    /// The penalty in the loss.
    pub regularizer: Option<&'a Regularizer>,
    /// The constraint after each update.
    pub constraint: Option<&'a Constraint>,
}

/// The formula of a gradient, after the backward pass of the layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradientKind {
    /// xᵀ δ
    Product,
    /// The column sums of δ.
    Delta,
    /// The column sums of the saved columns.
    Saved,
    /// xᵀ δ of parts of the saved columns, each from a whole vector on.
    SavedProduct {
        /// The first column of x.
        input: usize,
        /// Columns of x: rows of the parameter.
        inputs: usize,
        /// The first column of δ.
        delta: usize,
        /// Columns of δ and of the parameter.
        units: usize,
    },
}

/// The circumstances of a pass.
#[derive(Clone, Copy, Debug)]
pub struct PassContext {
    /// A training step, with random layers active.
    pub training: bool,
    /// Number of the step in the whole training, from 0.
    pub step: u64,
    /// The first of these rows in the batch.
    pub row: usize,
    /// The loss or a metric needs the logits: the layer does not apply its activation.
    pub logits: bool,
}

impl<'a> ParamSpec<'a> {
    /// A vector [1 × units] with a gradient of column sums.
    pub(super) fn vector(name: &'static str, gradient: Option<GradientKind>) -> ParamSpec<'a> {
        ParamSpec { name, is_vector: true, gradient, regularizer: None, constraint: None }
    }
}

/// y ← x.
pub(super) fn copy(x: View<'_>, mut y: ViewMut<'_>) {
    (0..x.rows()).for_each(|r| y.row(r).copy_from_slice(x.row(r)));
}

/// The default of a boolean argument.
pub(super) fn yes() -> bool {
    true
}
