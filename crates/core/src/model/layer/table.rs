//! The choice between the layers of the table.

/// Defines `LayerSpec` and `LayerOp` with a variant for each row: a doc comment, the file, the variant and the
/// struct of the arguments.
macro_rules! layers {
    ($($(#[$meta:meta])* $file:ident: $name:ident($spec:ident),)*) => {
        $(pub use $file::$spec;)*

        use kernels::{Arch, Matrix, View, ViewMut};
        use crate::model::Activation;
        use crate::model::onnx_graph::OnnxGraph;
        use spec::{Op, Spec};

        /// One layer of the stack, by its Keras name.
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename = "Layer", tag = "type", rename_all = "snake_case")]
        pub enum LayerSpec {
            $($(#[$meta])* $name($spec),)*
        }

        /// A built layer with its parameters, without its name.
        #[derive(Clone, Debug, PartialEq)]
        #[expect(missing_docs, reason = "each is the layer of its name")]
        pub enum LayerOp {
            $($name(<$spec as Spec>::Op),)*
        }

        /// A built layer.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Layer {
            /// The kind, and the number of layers of the same kind below: `dense_0`.
            pub name: String,
            /// Number of units, which are the outputs of the layer.
            pub outputs: usize,
            /// The operation.
            pub op: LayerOp,
        }

        impl LayerSpec {
            /// The name of the kind, such as `dense`.
            pub fn kind(&self) -> &'static str {
                match self { $(LayerSpec::$name(_) => stringify!($file),)* }
            }

            /// Whether the layer is the identity outside training.
            pub fn is_training_only(&self) -> bool {
                match self { $(LayerSpec::$name(_) => <$spec as Spec>::TRAINING_ONLY,)* }
            }

            /// Number of outputs for a number of inputs.
            pub fn outputs(&self, inputs: usize) -> usize {
                match self { $(LayerSpec::$name(spec) => spec.outputs(inputs),)* }
            }

            /// The activation at the end of the layer.
            pub fn activation(&self) -> Activation {
                match self { $(LayerSpec::$name(spec) => Spec::activation(spec),)* }
            }

            /// Name and shape of each parameter on `inputs` inputs, in the order of [`LayerOp::weights`].
            pub fn param_shapes(&self, inputs: usize) -> Vec<(String, Vec<usize>)> {
                match self { $(LayerSpec::$name(spec) => spec.param_shapes(inputs),)* }
            }

            /// The layer on `inputs` inputs, above `index` others of its kind; random numbers
            /// derive from `seed`.
            pub fn build(&self, inputs: usize, index: usize, seed: u64) -> Layer {
                let op = match self {
                    $(LayerSpec::$name(spec) => LayerOp::$name(spec.build(inputs, index, seed)),)*
                };
                let name = format!("{}_{index}", self.kind());
                Layer { name, outputs: self.outputs(inputs), op }
            }

            /// Adds the operators of inference to `graph`; returns the name of the output.
            ///
            /// `layer` is the name of the layer, `x` of the input with `inputs` columns.
            ///
            /// # Errors
            ///
            /// A missing parameter.
            pub fn onnx(
                &self,
                graph: &mut dyn OnnxGraph,
                layer: &str,
                x: &str,
                inputs: usize,
            ) -> Result<String, String> {
                match self { $(LayerSpec::$name(spec) => spec.onnx(graph, layer, x, inputs),)* }
            }
        }

        impl LayerOp {
            /// The activation at the end of the layer.
            pub fn activation(&self) -> Activation {
                match self { $(LayerOp::$name(op) => Op::activation(op),)* }
            }

            /// Whether the outputs equal the inputs, in training or outside.
            pub fn is_identity(&self, training: bool) -> bool {
                match self { $(LayerOp::$name(op) => op.is_identity(training),)* }
            }

            /// The parameters in Keras's order.
            pub fn weights(&self) -> Vec<(ParamSpec<'_>, &Matrix)> {
                match self { $(LayerOp::$name(op) => op.weights(),)* }
            }

            /// The parameters in the same order, mutable.
            pub fn weights_mut(&mut self) -> Vec<(ParamSpec<'_>, &mut Matrix)> {
                match self { $(LayerOp::$name(op) => op.weights_mut(),)* }
            }

            /// Number of columns saved for the backward pass, besides the `outputs` outputs.
            pub fn saved_columns(&self, outputs: usize) -> usize {
                match self { $(LayerOp::$name(op) => op.saved_columns(outputs),)* }
            }

            /// y and the saved columns from x, for some rows.
            ///
            /// Batch normalization in training has another function, for all rows of a batch.
            pub fn forward(
                &self,
                arch: Arch,
                x: View<'_>,
                saved_and_y: [ViewMut<'_>; 2],
                context: PassContext,
            ) {
                match self { $(LayerOp::$name(op) => Op::forward(op, arch, x, saved_and_y, context),)* }
            }

            /// ∂L/∂x into `grad_input`, if a layer below has parameters. `delta` holds ∂L/∂y and
            /// becomes the δ of [`GradientKind`].
            ///
            /// `kernel` is the transposed kernel of a dense layer; with `logits`, `delta` is already
            /// ∂L/∂z of the last activation.
            pub fn backward(
                &self,
                arch: Arch,
                x_and_y: [View<'_>; 2],
                saved_and_delta: [ViewMut<'_>; 2],
                grad_input: Option<ViewMut<'_>>,
                kernel_and_logits: (&Matrix, bool),
            ) {
                match self {
                    $(LayerOp::$name(op) => Op::backward(
                        op, arch, x_and_y, saved_and_delta, grad_input, kernel_and_logits,
                    ),)*
                }
            }
        }
    };
}
pub(super) use layers;
