//! Gaussian noise: adds random numbers to the inputs; outside training it does nothing.
//!
//! ```text
//! y = x + σ n,  n ~ N(0, 1),  ∂L/∂x = ∂L/∂y
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spec::{Op, PassContext, Spec, copy};
use crate::model::onnx_graph::OnnxGraph;
use crate::random::{Noise, StreamPurpose};
use kernels::{Arch, Matrix, View, ViewMut};

/// The arguments of Keras's `GaussianNoise`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GaussianNoise {
    /// σ, the standard deviation of what is added.
    #[schemars(range(min = 0.0), extend("x-example" = 0.1))]
    pub stddev: f64,
}

/// Gaussian noise with its stream of random numbers: one for each row of each step.
#[derive(Clone, Debug, PartialEq)]
pub struct GaussianNoiseLayer {
    stddev: f64,
    noise: Noise,
}

impl Spec for GaussianNoise {
    type Op = GaussianNoiseLayer;

    const TRAINING_ONLY: bool = true;

    fn build(&self, _: usize, index: usize, seed: u64) -> GaussianNoiseLayer {
        let noise = Noise::new(seed, StreamPurpose::Layer("gaussian noise"), index as u64);
        GaussianNoiseLayer { stddev: self.stddev, noise }
    }

    fn onnx(&self, _: &mut dyn OnnxGraph, _: &str, x: &str, _: usize) -> Result<String, String> {
        Ok(x.to_owned())
    }
}

impl Op for GaussianNoiseLayer {
    fn is_identity(&self, training: bool) -> bool {
        !training || !self.is_random()
    }

    fn forward(&self, _: Arch, x: View<'_>, [_, y]: [ViewMut<'_>; 2], context: PassContext) {
        if context.training {
            self.add_noise(x, y, context);
        } else {
            copy(x, y);
        }
    }

    fn backward(
        &self,
        _: Arch,
        _: [View<'_>; 2],
        [_, delta]: [ViewMut<'_>; 2],
        grad_input: Option<ViewMut<'_>>,
        _: (&Matrix, bool),
    ) {
        if let Some(grad_input) = grad_input {
            copy(delta.as_view(), grad_input);
        }
    }
}

impl GaussianNoiseLayer {
    /// Whether it changes anything in training.
    fn is_random(&self) -> bool {
        0.0 < self.stddev
    }

    fn add_noise(&self, x: View<'_>, mut y: ViewMut<'_>, context: PassContext) {
        let n = x.cols();
        for r in 0..x.rows() {
            let mut stream = self.noise.stream(context.step, context.row + r);
            for (y, x) in y.row(r)[..n].iter_mut().zip(x.row(r)) {
                *y = x + (self.stddev * stream.normal()) as f32;
            }
        }
    }
}
