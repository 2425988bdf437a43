//! Initialisers: where weights start.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernels::Matrix;
use crate::random::Stream;

/// An initialiser by its Keras name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum Initializer {
    /// Uniform within ±√(6 / (inputs + units)) (Glorot and Bengio 2010).
    GlorotUniform {},
    /// Normal with σ² = 2 / (inputs + units), truncated at 2σ.
    GlorotNormal {},
    /// Uniform within ±√(6 / inputs) (He et al. 2015).
    HeUniform {},
    /// Normal with σ² = 2 / inputs, truncated at 2σ.
    HeNormal {},
    /// Uniform within ±√(3 / inputs) (LeCun 1998).
    LecunUniform {},
    /// Normal with σ² = 1 / inputs, truncated at 2σ.
    LecunNormal {},
    /// Normal.
    RandomNormal {
        /// Mean.
        #[serde(default)]
        mean: f64,
        /// Standard deviation.
        #[serde(default = "twentieth")]
        #[schemars(range(min = 0.0))]
        stddev: f64,
    },
    /// Normal, redrawn beyond two standard deviations.
    TruncatedNormal {
        /// Mean.
        #[serde(default)]
        mean: f64,
        /// Standard deviation before truncation.
        #[serde(default = "twentieth")]
        #[schemars(range(min = 0.0))]
        stddev: f64,
    },
    /// Uniform.
    RandomUniform {
        /// Least value.
        #[serde(default = "minus_twentieth")]
        minval: f64,
        /// Greatest value.
        #[serde(default = "twentieth")]
        maxval: f64,
    },
    /// All 0.
    Zeros {},
    /// All 1.
    Ones {},
    /// All the same.
    Constant {
        /// The value.
        #[serde(default)]
        value: f64,
    },
}

/// The deviation of a standard normal distribution that is cut off at ±2: variance scaling divides
/// by it, so that the cut does not narrow the weights.
const TRUNCATED_STDDEV: f64 = 0.879_625_661_034_239_8;

impl Initializer {
    /// Fills `weights` (inputs × units; a bias is 1 × units) from `stream`.
    ///
    /// `fan_in` and `fan_out` are the layer's inputs and units; Keras takes both as the length for
    /// a vector.
    pub fn fill(&self, weights: &mut Matrix, fan_in: usize, fan_out: usize, stream: &mut Stream) {
        let (fan_in, fan_out) = (fan_in.max(1) as f64, fan_out.max(1) as f64);
        let mean_fan = (fan_in + fan_out) / 2.0;
        let mut draw = move || match *self {
            Initializer::GlorotUniform {} => symmetric(stream, (3.0 / mean_fan).sqrt()),
            Initializer::HeUniform {} => symmetric(stream, (6.0 / fan_in).sqrt()),
            Initializer::LecunUniform {} => symmetric(stream, (3.0 / fan_in).sqrt()),
            Initializer::GlorotNormal {} => scaled(stream, 1.0 / mean_fan),
            Initializer::HeNormal {} => scaled(stream, 2.0 / fan_in),
            Initializer::LecunNormal {} => scaled(stream, 1.0 / fan_in),
            Initializer::RandomNormal { mean, stddev } => mean + stddev * stream.normal(),
            Initializer::TruncatedNormal { mean, stddev } => mean + stddev * truncated(stream),
            Initializer::RandomUniform { minval, maxval } => stream.uniform(minval, maxval),
            Initializer::Zeros {} => 0.0,
            Initializer::Ones {} => 1.0,
            Initializer::Constant { value } => value,
        };
        let cols = weights.cols();
        for r in 0..weights.rows() {
            weights.row_mut(r)[..cols].iter_mut().for_each(|w| *w = draw() as f32);
        }
    }
}

fn symmetric(stream: &mut Stream, limit: f64) -> f64 {
    stream.uniform(-limit, limit)
}

fn scaled(stream: &mut Stream, variance: f64) -> f64 {
    variance.sqrt() / TRUNCATED_STDDEV * truncated(stream)
}

/// A standard normal number, redrawn until it lies within ±2.
fn truncated(stream: &mut Stream) -> f64 {
    loop {
        let x = stream.normal();
        if x.abs() <= 2.0 {
            return x;
        }
    }
}

fn twentieth() -> f64 {
    0.05
}

fn minus_twentieth() -> f64 {
    -0.05
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    /// The mean, the deviation and the greatest magnitude of a filled 784 × 64 kernel.
    fn moments(initializer: &Initializer) -> (f64, f64, f64) {
        let mut w = Matrix::zeros(784, 64);
        initializer.fill(&mut w, 784, 64, &mut Stream::new(1, Purpose::Kernel, 0));
        let w: Vec<f64> = w.to_rows().into_iter().map(f64::from).collect();
        let mean = w.iter().sum::<f64>() / w.len() as f64;
        let variance = w.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / w.len() as f64;
        (mean, variance.sqrt(), w.iter().fold(0.0, |a, b| a.max(b.abs())))
    }

    #[test]
    fn weights_have_the_deviation_and_the_bounds_of_their_formula() {
        let (inputs, units) = (784f64, 64f64);
        let table = [
            (Initializer::GlorotUniform {}, (2.0 / (inputs + units)).sqrt(), 0.084_115_8),
            (Initializer::HeUniform {}, (2.0 / inputs).sqrt(), (6.0 / inputs).sqrt()),
            (Initializer::LecunUniform {}, (1.0 / inputs).sqrt(), (3.0 / inputs).sqrt()),
            (Initializer::GlorotNormal {}, (2.0 / (inputs + units)).sqrt(), 0.110_42),
            (Initializer::HeNormal {}, (2.0 / inputs).sqrt(), 0.114_84),
            (Initializer::LecunNormal {}, (1.0 / inputs).sqrt(), 0.081_21),
            (Initializer::RandomUniform { minval: -0.05, maxval: 0.05 }, 0.05 / 3f64.sqrt(), 0.05),
            (
                Initializer::TruncatedNormal { mean: 0.0, stddev: 0.05 },
                0.05 * TRUNCATED_STDDEV,
                0.1,
            ),
            (Initializer::RandomNormal { mean: 0.0, stddev: 0.05 }, 0.05, 0.3),
        ];
        for (initializer, deviation, bound) in table {
            let (mean, got, greatest) = moments(&initializer);
            assert!(mean.abs() < deviation / 50.0, "{initializer:?}: mean {mean}");
            assert!(
                (got / deviation - 1.0).abs() < 0.02,
                "{initializer:?}: deviation {got}, want {deviation}"
            );
            assert!(greatest <= bound * 1.0001, "{initializer:?}: {greatest} is beyond {bound}");
        }
        assert_eq!(moments(&Initializer::Constant { value: 2.0 }), (2.0, 0.0, 2.0));
    }
}
