//! Gaussian noise: adds random numbers to the inputs; outside training it does nothing.
//!
//! ```text
//! y = x + σ n,  n ~ N(0, 1),  ∂L/∂x = ∂L/∂y
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::kernels::{View, ViewMut};
use crate::random::{Noise, Purpose};

/// The arguments of Keras's `GaussianNoise`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GaussianNoise {
    /// σ, the standard deviation of what is added.
    #[schemars(range(min = 0.0))]
    pub stddev: f64,
}

/// Gaussian noise with its stream of random numbers: one for each row of each step.
#[derive(Clone, Debug, PartialEq)]
pub struct GaussianNoiseLayer {
    stddev: f64,
    noise: Noise,
}

impl GaussianNoise {
    /// The layer above `index` others of its kind.
    pub fn build(&self, index: usize, seed: u64) -> GaussianNoiseLayer {
        let noise = Noise::new(seed, Purpose::GaussianNoise, index as u64);
        GaussianNoiseLayer { stddev: self.stddev, noise }
    }
}

impl GaussianNoiseLayer {
    /// Whether it changes anything in training.
    pub(super) fn is_random(&self) -> bool {
        0.0 < self.stddev
    }

    pub(super) fn forward(&self, x: View<'_>, mut y: ViewMut<'_>, moment: Moment) {
        let n = x.cols();
        for r in 0..x.rows() {
            let mut stream = self.noise.at(moment.step, moment.row + r);
            for (y, x) in y.row(r)[..n].iter_mut().zip(x.row(r)) {
                *y = x + (self.stddev * stream.normal()) as f32;
            }
        }
    }
}
