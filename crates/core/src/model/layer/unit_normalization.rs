//! Unit normalization, as Keras has it: each row is divided by its L2 norm.
//!
//! ```text
//! s = min(1 / ‖x‖, 10¹²),  y = s x
//! ∂L/∂x = s (δ − y ⟨y, δ⟩),  s δ where s is 10¹²,  δ = ∂L/∂y
//! ```
//!
//! Departure from the formulas: ∂L/∂x of a row of zeros is 0, where Keras's is not a number.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spec::{Op, PassContext, Spec};
use crate::model::onnx_graph::{OnnxAttribute, OnnxGraph};
use kernels::{Arch, Matrix, View, ViewMut, row_square_sums};

/// The arguments of Keras's `UnitNormalization`, which has none for rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitNormalization {}

/// Unit normalization; it has no parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitNormalizationLayer;

/// The largest factor of a row.
const MAX_SCALE: f64 = 1e12;

impl Spec for UnitNormalization {
    type Op = UnitNormalizationLayer;

    fn build(&self, _: usize, _: usize, _: u64) -> UnitNormalizationLayer {
        UnitNormalizationLayer
    }

    fn onnx(
        &self,
        graph: &mut dyn OnnxGraph,
        layer: &str,
        x: &str,
        _: usize,
    ) -> Result<String, String> {
        let l2 = [OnnxAttribute::Int("axis", -1), OnnxAttribute::Int("p", 2)];
        Ok(graph.node("LpNormalization", &[x], layer, &l2))
    }
}

impl Op for UnitNormalizationLayer {
    /// s of the row.
    fn saved_columns(&self, _: usize) -> usize {
        1
    }

    fn forward(
        &self,
        arch: Arch,
        x: View<'_>,
        [mut saved, mut y]: [ViewMut<'_>; 2],
        _: PassContext,
    ) {
        for r in 0..x.rows() {
            let mut sum = [0.0];
            row_square_sums(arch, x.row_range(r, r + 1), &mut sum);
            let s = sum[0].sqrt().recip().min(MAX_SCALE) as f32;
            saved.row(r)[0] = s;
            y.row(r).iter_mut().zip(x.row(r)).for_each(|(y, x)| *y = s * x);
        }
    }

    fn backward(
        &self,
        _: Arch,
        [x, y]: [View<'_>; 2],
        [saved, delta]: [ViewMut<'_>; 2],
        grad_input: Option<ViewMut<'_>>,
        _: (&Matrix, bool),
    ) {
        let Some(mut grad_input) = grad_input else { return };
        let (saved, delta, n) = (saved.as_view(), delta.as_view(), x.cols());
        for r in 0..x.rows() {
            let (y, delta, grad_input) =
                (&y.row(r)[..n], &delta.row(r)[..n], &mut grad_input.row(r)[..n]);
            let s = if x.row(r)[..n].iter().any(|x| *x != 0.0) { saved.row(r)[0] } else { 0.0 };
            let is_clipped = f64::from(s) >= MAX_SCALE;
            let along = y.iter().zip(delta).map(|(y, d)| f64::from(y * d)).sum::<f64>() as f32;
            let along = if is_clipped { 0.0 } else { along };
            for ((grad_input, y), d) in grad_input.iter_mut().zip(y).zip(delta) {
                *grad_input = s * (d - y * along);
            }
        }
    }
}
