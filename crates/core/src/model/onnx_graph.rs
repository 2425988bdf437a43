//! The operators of a network in ONNX, <https://onnx.ai/onnx/operators>; `export` writes the messages.

/// An ONNX graph under construction.
pub trait OnnxGraph {
    /// Adds an operator of opset 17; returns `out`, the name of its output.
    fn node(
        &mut self,
        operator: &str,
        inputs: &[&str],
        out: &str,
        attributes: &[OnnxAttribute],
    ) -> String;

    /// Adds the parameter `name` of the network; returns `name`.
    ///
    /// # Errors
    ///
    /// A message, if the network has no such parameter.
    fn parameter(&mut self, name: &str) -> Result<String, String>;

    /// Adds a list of integers; returns `name`.
    fn integers(&mut self, name: &str, values: &[i64]) -> String;

    /// Adds a constant of the shape `shape`; returns `name`.
    fn constant(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String;
}

/// A named argument of an operator.
#[derive(Clone, Copy, Debug)]
pub enum OnnxAttribute {
    /// A number.
    Float(&'static str, f32),
    /// An integer.
    Int(&'static str, i64),
}
