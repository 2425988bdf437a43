//! A dense layer: a product, a bias and an activation; nothing random but its first weights.
//!
//! ```text
//! z = x W + b,  a = f(z)
//! δ = ∂L/∂z = ∂L/∂a ⊙ f′(z),  ∂L/∂x = δ Wᵀ
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::activation;
use super::spec::{GradientKind, Op, ParamSpec, PassContext, Spec, copy, yes};
use crate::model::onnx_graph::OnnxGraph;
use crate::model::{Activation, Constraint, Initializer, Regularizer};
use crate::random::{RandomStream, StreamPurpose};
use crate::shorthand::{Shorthand, name_or_table, optional_name_or_table};
use kernels::{Arch, Lhs, Matrix, View, ViewMut, product};

/// The arguments of Keras's `Dense`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dense {
    /// Number of units, which are the outputs of the layer.
    #[schemars(range(min = 1, max = 1_048_576), extend("x-example" = 64))]
    pub units: usize,
    /// The activation of the outputs.
    #[serde(default)]
    pub activation: Activation,
    /// Add a bias to every unit.
    #[serde(default = "yes")]
    pub use_bias: bool,
    /// The first values of the kernel (inputs × units).
    #[serde(default = "glorot_uniform", deserialize_with = "name_or_table")]
    #[schemars(with = "Shorthand<Initializer>")]
    pub kernel_initializer: Initializer,
    /// The first values of the bias (units).
    #[serde(default = "zeros", deserialize_with = "name_or_table")]
    #[schemars(with = "Shorthand<Initializer>")]
    pub bias_initializer: Initializer,
    /// The penalty of the kernel, added to the loss.
    #[serde(default, deserialize_with = "optional_name_or_table")]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Shorthand<Regularizer>>")]
    #[schemars(extend("x-example" = { "name": "l2", "l2": 0.001 }))]
    pub kernel_regularizer: Option<Regularizer>,
    /// The penalty of the bias, added to the loss.
    #[serde(default, deserialize_with = "optional_name_or_table")]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Shorthand<Regularizer>>")]
    #[schemars(extend("x-example" = { "name": "l1", "l1": 0.001 }))]
    pub bias_regularizer: Option<Regularizer>,
    /// The constraint that the kernel meets after each update.
    #[serde(default, deserialize_with = "optional_name_or_table")]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Shorthand<Constraint>>")]
    #[schemars(extend("x-example" = { "name": "max_norm", "max_value": 2.0 }))]
    pub kernel_constraint: Option<Constraint>,
    /// The constraint that the bias meets after each update.
    #[serde(default, deserialize_with = "optional_name_or_table")]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Shorthand<Constraint>>")]
    #[schemars(extend("x-example" = "non_neg"))]
    pub bias_constraint: Option<Constraint>,
}

fn glorot_uniform() -> Initializer {
    Initializer::GlorotUniform {}
}

fn zeros() -> Initializer {
    Initializer::Zeros {}
}

/// A dense layer with its weights.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseLayer {
    /// W: inputs × units
    pub kernel: Matrix,
    /// b: 1 × units
    pub bias: Option<Matrix>,
    /// f
    pub activation: Activation,
    rules: Rules,
}

/// What the weights are held to.
#[derive(Clone, Debug, PartialEq)]
struct Rules {
    regularizers: [Option<Regularizer>; 2],
    constraints: [Option<Constraint>; 2],
}

impl Spec for Dense {
    type Op = DenseLayer;

    fn outputs(&self, _: usize) -> usize {
        self.units
    }

    fn activation(&self) -> Activation {
        self.activation
    }

    fn param_shapes(&self, inputs: usize) -> Vec<(String, Vec<usize>)> {
        let bias = self.use_bias.then(|| ("bias".to_owned(), vec![self.units]));
        [("kernel".to_owned(), vec![inputs, self.units])].into_iter().chain(bias).collect()
    }

    fn onnx(
        &self,
        graph: &mut dyn OnnxGraph,
        layer: &str,
        x: &str,
        _: usize,
    ) -> Result<String, String> {
        let mut operands = vec![x.to_owned(), graph.parameter(&format!("{layer}.kernel"))?];
        if self.use_bias {
            operands.push(graph.parameter(&format!("{layer}.bias"))?);
        }
        let operands: Vec<_> = operands.iter().map(String::as_str).collect();
        let z = graph.node("Gemm", &operands, layer, &[]);
        Ok(self.activation.onnx(graph, &z, &format!("{layer}.activation")))
    }

    fn build(&self, inputs: usize, index: usize, seed: u64) -> DenseLayer {
        let mut kernel = Matrix::zeros(inputs, self.units);
        let mut stream = RandomStream::new(seed, StreamPurpose::Kernel, index as u64);
        self.kernel_initializer.fill(&mut kernel, inputs, self.units, &mut stream);
        let bias = self.use_bias.then(|| {
            let mut bias = Matrix::zeros(1, self.units);
            let mut stream = RandomStream::new(seed, StreamPurpose::Bias, index as u64);
            self.bias_initializer.fill(&mut bias, self.units, self.units, &mut stream);
            bias
        });
        let rules = Rules {
            regularizers: [self.kernel_regularizer, self.bias_regularizer],
            constraints: [self.kernel_constraint, self.bias_constraint],
        };
        DenseLayer { kernel, bias, activation: self.activation, rules }
    }
}

impl Op for DenseLayer {
    fn activation(&self) -> Activation {
        self.activation
    }

    fn saved_columns(&self, outputs: usize) -> usize {
        if self.keeps_logits() { outputs } else { 0 }
    }

    fn weights(&self) -> Vec<(ParamSpec<'_>, &Matrix)> {
        let bias = self.bias.as_ref().map(|bias| (self.rules.param(1), bias));
        std::iter::once((self.rules.param(0), &self.kernel)).chain(bias).collect()
    }

    fn weights_mut(&mut self) -> Vec<(ParamSpec<'_>, &mut Matrix)> {
        let DenseLayer { kernel, bias, rules, .. } = self;
        let rules = &*rules;
        let bias = bias.as_mut().map(|bias| (rules.param(1), bias));
        std::iter::once((rules.param(0), kernel)).chain(bias).collect()
    }

    fn forward(
        &self,
        arch: Arch,
        x: View<'_>,
        [mut saved, mut a]: [ViewMut<'_>; 2],
        context: PassContext,
    ) {
        let z = if self.keeps_logits() { &mut saved } else { &mut a };
        self.affine(arch, x, z.reborrow());
        self.activate(arch, [saved, a], context.logits);
    }

    fn backward(
        &self,
        arch: Arch,
        [_, a]: [View<'_>; 2],
        [saved, mut delta]: [ViewMut<'_>; 2],
        grad_input: Option<ViewMut<'_>>,
        (transposed, logits): (&Matrix, bool),
    ) {
        if !logits {
            let z = if self.keeps_logits() { saved.as_view() } else { a };
            activation::differentiate(arch, self.activation, [z, a], delta.reborrow());
        }
        if let Some(grad_input) = grad_input {
            let transposed = transposed.view(transposed.rows());
            product(arch, Lhs::new(delta.as_view()), transposed, None, grad_input);
        }
    }
}

impl DenseLayer {
    /// Whether z is kept beside a: where f′ is a function of z, not of a alone.
    pub fn keeps_logits(&self) -> bool {
        self.activation.unary().is_some_and(|unary| unary.needs_logits())
    }

    /// z = x W + b.
    pub fn affine(&self, arch: Arch, x: View<'_>, z: ViewMut<'_>) {
        let bias = self.bias.as_ref().map(|b| b.row(0));
        product(arch, Lhs::new(x), self.kernel.view(self.kernel.rows()), bias, z);
    }

    /// a from z, which stands in `saved` where it is kept, else in the place of a.
    pub fn activate(&self, arch: Arch, [saved, mut a]: [ViewMut<'_>; 2], logits: bool) {
        if self.keeps_logits() {
            copy(saved.as_view(), a.reborrow());
        }
        if !logits {
            self.activation.apply(arch, a);
        }
    }
}

impl Rules {
    /// The role of the kernel (0) or the bias (1).
    fn param(&self, which: usize) -> ParamSpec<'_> {
        let is_vector = which == 1;
        ParamSpec {
            name: if is_vector { "bias" } else { "kernel" },
            is_vector,
            gradient: Some(if is_vector { GradientKind::Delta } else { GradientKind::Product }),
            regularizer: self.regularizers[which].as_ref(),
            constraint: self.constraints[which].as_ref(),
        }
    }
}
