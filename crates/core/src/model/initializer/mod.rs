//! Initialisers: where weights start; they see a shape and a stream, and no data.

mod orthogonal;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::random::RandomStream;
use kernels::Matrix;

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
    #[serde(alias = "normal")]
    #[schemars(extend("x-aliases" = ["normal"]))]
    RandomNormal {
        /// The mean of the values.
        #[serde(default)]
        mean: f64,
        /// The standard deviation of the values.
        #[serde(default = "twentieth")]
        #[schemars(range(min = 0.0))]
        stddev: f64,
    },
    /// Normal, redrawn beyond two standard deviations.
    TruncatedNormal {
        /// The mean of the values.
        #[serde(default)]
        mean: f64,
        /// Standard deviation before truncation.
        #[serde(default = "twentieth")]
        #[schemars(range(min = 0.0))]
        stddev: f64,
    },
    /// Uniform.
    #[serde(alias = "uniform")]
    #[schemars(extend("x-aliases" = ["uniform"]))]
    RandomUniform {
        /// The least value.
        #[serde(default = "minus_twentieth")]
        minval: f64,
        /// The greatest value.
        #[serde(default = "twentieth")]
        maxval: f64,
    },
    /// As the ones above are made: σ² = scale / n, n being the inputs, the units or their mean.
    VarianceScaling {
        /// The factor of the variance.
        #[serde(default = "one")]
        #[schemars(extend("exclusiveMinimum" = 0.0))]
        scale: f64,
        /// What n is.
        #[serde(default)]
        mode: Mode,
        /// The shape of the distribution.
        #[serde(default)]
        distribution: ScalingDistribution,
    },
    /// Rows or columns at right angles and of equal length (Saxe et al. 2014).
    Orthogonal {
        /// The length.
        #[serde(default = "one")]
        gain: f64,
    },
    /// The identity matrix; for kernels only.
    Identity {
        /// The number on the diagonal.
        #[serde(default = "one")]
        gain: f64,
    },
    /// All 0.
    #[serde(alias = "zero")]
    #[schemars(extend("x-aliases" = ["zero"]))]
    Zeros {},
    /// All 1.
    #[serde(alias = "one")]
    #[schemars(extend("x-aliases" = ["one"]))]
    Ones {},
    /// All the same.
    Constant {
        /// The value.
        #[serde(default)]
        value: f64,
    },
}

/// What a variance is scaled by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Mode {
    /// The inputs.
    #[default]
    #[serde(rename = "fan_in")]
    In,
    /// The units.
    #[serde(rename = "fan_out")]
    Out,
    /// The mean of both.
    #[serde(rename = "fan_avg")]
    Average,
}

/// The shape of a distribution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ScalingDistribution {
    /// Normal, redrawn beyond two standard deviations, and as wide as if it were not.
    #[default]
    TruncatedNormal,
    /// Normal.
    UntruncatedNormal,
    /// Uniform.
    Uniform,
}

/// The deviation of a standard normal distribution that is cut off at ±2: variance scaling divides
/// by it, so that the cut does not narrow the weights.
const TRUNCATED_STDDEV: f64 = 0.879_625_661_034_239_8;

impl Initializer {
    /// Fills `weights` (inputs × units; a bias is 1 × units) from `stream`.
    ///
    /// `fan_in` and `fan_out` are the layer's inputs and units; Keras takes both as the length for
    /// a vector.
    pub fn fill(
        &self,
        weights: &mut Matrix,
        fan_in: usize,
        fan_out: usize,
        stream: &mut RandomStream,
    ) {
        if let Initializer::Orthogonal { gain } = *self {
            return orthogonal::fill(weights, gain, stream);
        }
        let fans = (fan_in.max(1) as f64, fan_out.max(1) as f64);
        let cols = weights.cols();
        for r in 0..weights.rows() {
            let row = weights.row_mut(r)[..cols].iter_mut().enumerate();
            row.for_each(|(c, w)| *w = self.draw(fans, r == c, stream) as f32);
        }
    }

    /// One number of a kernel, which may be on its diagonal.
    fn draw(
        &self,
        (fan_in, fan_out): (f64, f64),
        diagonal: bool,
        stream: &mut RandomStream,
    ) -> f64 {
        let mean_fan = (fan_in + fan_out) / 2.0;
        match *self {
            Initializer::GlorotUniform {} => symmetric(stream, 1.0, mean_fan),
            Initializer::HeUniform {} => symmetric(stream, 2.0, fan_in),
            Initializer::LecunUniform {} => symmetric(stream, 1.0, fan_in),
            Initializer::GlorotNormal {} => scaled(stream, 1.0 / mean_fan),
            Initializer::HeNormal {} => scaled(stream, 2.0 / fan_in),
            Initializer::LecunNormal {} => scaled(stream, 1.0 / fan_in),
            Initializer::VarianceScaling { scale, mode, distribution } => {
                let n = match mode {
                    Mode::In => fan_in,
                    Mode::Out => fan_out,
                    Mode::Average => mean_fan,
                };
                match distribution {
                    ScalingDistribution::TruncatedNormal => scaled(stream, scale / n),
                    ScalingDistribution::UntruncatedNormal => (scale / n).sqrt() * stream.normal(),
                    ScalingDistribution::Uniform => symmetric(stream, scale, n),
                }
            }
            Initializer::RandomNormal { mean, stddev } => mean + stddev * stream.normal(),
            Initializer::TruncatedNormal { mean, stddev } => mean + stddev * truncated(stream),
            Initializer::RandomUniform { minval, maxval } => stream.uniform(minval, maxval),
            // Orthogonal is no matter of single numbers.
            Initializer::Identity { gain } | Initializer::Orthogonal { gain } => {
                if diagonal {
                    gain
                } else {
                    0.0
                }
            }
            Initializer::Zeros {} => 0.0,
            Initializer::Ones {} => 1.0,
            Initializer::Constant { value } => value,
        }
    }
}

/// Uniform around 0 with the variance `scale` / `n`.
fn symmetric(stream: &mut RandomStream, scale: f64, n: f64) -> f64 {
    let limit = (3.0 * scale / n).sqrt();
    stream.uniform(-limit, limit)
}

fn scaled(stream: &mut RandomStream, variance: f64) -> f64 {
    variance.sqrt() / TRUNCATED_STDDEV * truncated(stream)
}

/// A standard normal number, redrawn until it lies within ±2.
fn truncated(stream: &mut RandomStream) -> f64 {
    loop {
        let x = stream.normal();
        if x.abs() <= 2.0 {
            return x;
        }
    }
}

fn one() -> f64 {
    1.0
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
    use crate::random::StreamPurpose;

    fn scaling(scale: f64, mode: Mode, distribution: ScalingDistribution) -> Initializer {
        Initializer::VarianceScaling { scale, mode, distribution }
    }

    /// The mean, the deviation and the greatest magnitude of a filled 784 × 64 kernel.
    fn moments(initializer: &Initializer) -> (f64, f64, f64) {
        let mut w = Matrix::zeros(784, 64);
        initializer.fill(&mut w, 784, 64, &mut RandomStream::new(1, StreamPurpose::Kernel, 0));
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
            (
                scaling(2.0, Mode::Out, ScalingDistribution::Uniform),
                (2.0 / units).sqrt(),
                (6.0 / units).sqrt(),
            ),
            (
                scaling(1.0, Mode::In, ScalingDistribution::TruncatedNormal),
                (1.0 / inputs).sqrt(),
                0.081_21,
            ),
            (
                scaling(1.0, Mode::Average, ScalingDistribution::UntruncatedNormal),
                (2.0 / (inputs + units)).sqrt(),
                0.3,
            ),
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
