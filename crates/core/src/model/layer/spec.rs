//! The traits that a layer implements: [`Spec`] for its arguments in a config, [`Op`] for the built
//! layer; and the types in their signatures.

use crate::kernels::{Arch, Matrix, View, ViewMut};
use crate::model::onnx::OnnxGraph;
use crate::model::{Activation, Constraint, Regularizer};

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
    fn param_shapes(&self, _inputs: usize) -> Vec<(&'static str, Vec<usize>)> {
        Vec::new()
    }

    /// The layer on `inputs` inputs, above `index` others of its kind; its random numbers derive from
    /// `seed`.
    fn build(&self, inputs: usize, index: usize, seed: u64) -> Self::Op;

    /// Adds the operators of inference to `graph`; returns the name of the output.
    ///
    /// `layer` is the name of the layer, `x` of the input, which has `inputs` columns.
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

/// A built layer y = f(x), whose rows are independent outside batch normalization.
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

    /// Columns that a row saves for the backward pass, besides its `outputs` outputs.
    fn saved_columns(&self, _outputs: usize) -> usize {
        0
    }

    /// y and the saved columns from x.
    fn forward(&self, arch: Arch, x: View<'_>, saved_and_y: [ViewMut<'_>; 2], context: PassContext);

    /// ∂L/∂x into `grad_input`, unless no layer below has parameters, from ∂L/∂y in `delta`, which becomes
    /// the δ of [`GradientKind`].
    ///
    /// `kernel` is the transposed kernel of a dense layer; `logits` says that `delta` is ∂L/∂z of the
    /// last activation already.
    fn backward(
        &self,
        arch: Arch,
        x_and_y: [View<'_>; 2],
        saved_and_delta: [ViewMut<'_>; 2],
        grad_input: Option<ViewMut<'_>>,
        kernel_and_logits: (&Matrix, bool),
    );
}

/// What a weight is to its layer.
#[derive(Clone, Copy, Debug)]
pub struct ParamSpec<'a> {
    /// Such as `kernel`.
    pub name: &'static str,
    /// Whether it has one dimension, as a bias has.
    pub is_vector: bool,
    /// What training makes of it; `None` for numbers that follow the data without a gradient.
    pub gradient: Option<GradientKind>,
    /// What is added to the loss because of it.
    pub regularizer: Option<&'a Regularizer>,
    /// What it is kept to after each update.
    pub constraint: Option<&'a Constraint>,
}

/// Where the gradient of a weight comes from, once its layer has passed back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradientKind {
    /// xᵀ δ
    Product,
    /// The column sums of δ.
    Delta,
    /// The column sums of what the layer has kept beside its output.
    Saved,
}

/// The moment of a pass.
#[derive(Clone, Copy, Debug)]
pub struct PassContext {
    /// Whether it is a training step, in which layers may be random.
    pub training: bool,
    /// Number of the step in the whole training, from 0.
    pub step: u64,
    /// The row of the batch at which these rows begin.
    pub row: usize,
    /// Whether the objective takes the inputs of the last activation: then it is left out.
    pub logits: bool,
}

impl<'a> ParamSpec<'a> {
    /// A vector (1 × units) whose gradient is summed over the columns of `gradient`.
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
