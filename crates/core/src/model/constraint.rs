//! Constraints: what a weight is brought back to after each update; they know no gradient.
//!
//! A norm is that of the weights into one unit: of a column of a kernel, of the whole of a bias
//! (Keras's `axis = 0`). ε = 10⁻⁷.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use kernels::Matrix;

/// A constraint by its Keras name.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum Constraint {
    /// w · min(‖w‖, c) / (ε + ‖w‖)
    MaxNorm {
        /// c, the greatest norm.
        #[serde(default = "two")]
        #[schemars(range(min = 0.0))]
        max_value: f64,
    },
    /// w · (ρ min(max(‖w‖, a), b) + (1 − ρ) ‖w‖) / (ε + ‖w‖)
    MinMaxNorm {
        /// a, the least norm.
        #[serde(default)]
        #[schemars(range(min = 0.0))]
        min_value: f64,
        /// b, the greatest norm.
        #[serde(default = "one")]
        #[schemars(range(min = 0.0))]
        max_value: f64,
        /// ρ, how much of the way there each update goes.
        #[serde(default = "one")]
        #[schemars(range(min = 0.0, max = 1.0))]
        rate: f64,
    },
    /// w / (ε + ‖w‖)
    UnitNorm {},
    /// max(w, 0)
    NonNeg {},
}

fn one() -> f64 {
    1.0
}

fn two() -> f64 {
    2.0
}

const EPSILON: f32 = 1e-7;

impl Constraint {
    /// Brings `weights` (inputs × units, or 1 × units of a vector) back.
    pub fn apply(self, weights: &mut Matrix, is_vector: bool) {
        let n = weights.cols();
        if self == (Constraint::NonNeg {}) {
            weights.as_mut_slice().iter_mut().for_each(|w| *w = if *w < 0.0 { 0.0 } else { *w });
            return;
        }
        let mut norms = vec![0.0f32; n];
        for r in 0..weights.rows() {
            norms.iter_mut().zip(weights.row(r)).for_each(|(norm, w)| *norm += w * w);
        }
        if is_vector {
            let whole = norms.iter().sum();
            norms.fill(whole);
        }
        norms.iter_mut().for_each(|norm| *norm = self.factor(norm.sqrt()));
        for r in 0..weights.rows() {
            weights.row_mut(r).iter_mut().zip(&norms).for_each(|(w, factor)| *w *= factor);
        }
    }

    /// What weights of this norm are multiplied with.
    fn factor(self, norm: f32) -> f32 {
        let wanted = match self {
            Constraint::MaxNorm { max_value } => norm.min(max_value as f32),
            Constraint::MinMaxNorm { min_value, max_value, rate } => {
                let rate = rate as f32;
                rate * norm.max(min_value as f32).min(max_value as f32) + (1.0 - rate) * norm
            }
            Constraint::UnitNorm {} => 1.0,
            Constraint::NonNeg {} => norm,
        };
        wanted / (EPSILON + norm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keras 3.15.1, to six digits; the vector is [0.5, −2, 3].
    #[test]
    fn weights_are_brought_back_as_in_keras() {
        let kernel = [0.5, -2.0, 3.0, 1.5, 0.25, -4.0];
        let bias = [0.5, -2.0, 3.0];
        let table: [(Constraint, [f32; 6], [f32; 3]); 4] = [
            (
                Constraint::MaxNorm { max_value: 2.0 },
                [0.5, -1.984_557, 1.2, 1.5, 0.248_069_6, -1.6],
                [0.274_721_1, -1.098_884_6, 1.648_327],
            ),
            (
                Constraint::MinMaxNorm { min_value: 0.0, max_value: 1.0, rate: 0.5 },
                [0.408_113_9, -1.496_139, 1.8, 1.224_341_6, 0.187_017_4, -2.4],
                [0.318_680_3, -1.274_721, 1.912_082],
            ),
            (
                Constraint::UnitNorm {},
                [0.316_227_7, -0.992_277_8, 0.6, 0.948_683_3, 0.124_034_7, -0.8],
                [0.137_360_6, -0.549_442_3, 0.824_163_4],
            ),
            (Constraint::NonNeg {}, [0.5, 0.0, 3.0, 1.5, 0.25, 0.0], [0.5, 0.0, 3.0]),
        ];
        for (constraint, want_kernel, want_bias) in table {
            let cases: [(&[f32], &[f32], bool); 2] =
                [(&kernel, &want_kernel, false), (&bias, &want_bias, true)];
            for (given, want, is_vector) in cases {
                let mut weights = Matrix::from_rows(given.len() / 3, 3, given);
                constraint.apply(&mut weights, is_vector);
                for (got, want) in weights.to_rows().iter().zip(want) {
                    assert!((got - want).abs() < 2e-6, "{constraint:?}: {got}, want {want}");
                }
            }
        }
    }
}
