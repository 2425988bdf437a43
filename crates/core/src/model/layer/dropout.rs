//! Dropout (Srivastava et al. 2014), inverted as Keras has it; outside training it does nothing.
//!
//! ```text
//! m = 0 with probability r, else 1 / (1 − r)      r: rate
//! y = x ⊙ m,  ∂L/∂x = ∂L/∂y ⊙ m
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spec::{Op, PassContext, Spec, copy};
use crate::model::onnx_graph::OnnxGraph;
use crate::random::{Noise, StreamPurpose};
use kernels::{Arch, Matrix, View, ViewMut};

/// The arguments of Keras's `Dropout`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dropout {
    /// Share of the inputs that are set to 0.
    #[schemars(range(min = 0.0, max = 1.0), extend("x-example" = 0.2))]
    pub rate: f64,
}

/// Dropout with its stream of random numbers: one for each row of each step.
#[derive(Clone, Debug, PartialEq)]
pub struct DropoutLayer {
    rate: f64,
    noise: Noise,
}

impl Spec for Dropout {
    type Op = DropoutLayer;

    const TRAINING_ONLY: bool = true;

    fn build(&self, _: usize, index: usize, seed: u64) -> DropoutLayer {
        DropoutLayer {
            rate: self.rate,
            noise: Noise::new(seed, StreamPurpose::Layer("dropout"), index as u64),
        }
    }

    fn onnx(&self, _: &mut dyn OnnxGraph, _: &str, x: &str, _: usize) -> Result<String, String> {
        Ok(x.to_owned())
    }
}

impl Op for DropoutLayer {
    fn is_identity(&self, training: bool) -> bool {
        !training || !self.is_random()
    }

    fn saved_columns(&self, outputs: usize) -> usize {
        outputs
    }

    fn forward(&self, _: Arch, x: View<'_>, [saved, y]: [ViewMut<'_>; 2], context: PassContext) {
        if context.training {
            self.drop(x, [saved, y], context);
        } else {
            copy(x, y);
        }
    }

    fn backward(
        &self,
        _: Arch,
        _: [View<'_>; 2],
        [saved, delta]: [ViewMut<'_>; 2],
        grad_input: Option<ViewMut<'_>>,
        _: (&Matrix, bool),
    ) {
        if let Some(grad_input) = grad_input {
            DropoutLayer::scale(saved.as_view(), delta.as_view(), grad_input);
        }
    }
}

impl DropoutLayer {
    /// Whether it changes anything in training.
    fn is_random(&self) -> bool {
        0.0 < self.rate
    }

    fn drop(&self, x: View<'_>, [mut mask, mut y]: [ViewMut<'_>; 2], context: PassContext) {
        let (n, threshold) = (x.cols(), (self.rate * 2f64.powi(32)) as u64);
        let scale = if self.rate < 1.0 { (1.0 / (1.0 - self.rate)) as f32 } else { 0.0 };
        for r in 0..x.rows() {
            let mut stream = self.noise.stream(context.step, context.row + r);
            let mask = &mut mask.row(r)[..n];
            for m in mask.iter_mut() {
                *m = if u64::from(stream.word()) < threshold { 0.0 } else { scale };
            }
            let y = y.row(r)[..n].iter_mut().zip(x.row(r));
            y.zip(mask).for_each(|((y, x), m)| *y = if *m == 0.0 { 0.0 } else { x * *m });
        }
    }

    fn scale(mask: View<'_>, delta: View<'_>, mut grad_input: ViewMut<'_>) {
        for r in 0..delta.rows() {
            let factors = delta.row(r).iter().zip(mask.row(r));
            let grad_input = grad_input.row(r).iter_mut().zip(factors);
            grad_input.for_each(|(grad_input, (delta, m))| *grad_input = delta * m);
        }
    }
}
