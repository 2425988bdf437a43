//! Filling and scaling of single inputs.
//!
//! ```text
//! x = fill                      where x is missing
//! x = sign(x) ln(1 + |x|)       with `log`
//! standardize:  y = (x - mean) / max(sqrt(variance), 1e-7)
//! min_max:      y = (x - min) / (max - min)
//! quantile:     y = Σ h clip((x - p) / w, 0, 1)   over pieces from p to p + w of height h
//! ```

use serde::{Deserialize, Serialize};

use crate::data::standardization::mapped;
use crate::data::{DenseRows, Inputs, Table};

/// How one input is filled and scaled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumberTransform {
    /// The place of the input in a row.
    pub input: usize,
    /// What stands for a missing value.
    pub fill: f64,
    /// Whether the logarithm is taken.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub log: bool,
    /// How the number is scaled.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scaling: Option<FittedScaling>,
}

/// A scaling with the numbers that the rows that train have given it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FittedScaling {
    /// Subtract the first, divide by the second.
    Affine(f64, f64),
    /// Pieces of start, width and height.
    Quantile(Vec<[f64; 3]>),
}

impl NumberTransform {
    /// The input of a network for the value of a row.
    pub fn apply(&self, x: f64) -> f64 {
        let x = if x.is_nan() { self.fill } else { x };
        let x = if self.log { x.signum() * x.abs().ln_1p() } else { x };
        match &self.scaling {
            None => x,
            Some(FittedScaling::Affine(shift, divisor)) => (x - shift) / divisor,
            Some(FittedScaling::Quantile(pieces)) => pieces
                .iter()
                .map(|[start, width, height]| height * ((x - start) / width).clamp(0.0, 1.0))
                .sum(),
        }
    }

    /// The rows of a table, divided by `scale`, with all transforms applied.
    pub fn apply_all(all: &[NumberTransform], table: Table, scale: f64) -> Table {
        let by_input = by_input(all, table.features());
        let map = |feature: usize, x: f64| {
            by_input[feature].map_or(x / scale, |transform| transform.apply(x / scale))
        };
        let mut table = mapped(table, map);
        if let Inputs::Dense(DenseRows { features, values }) = table.inputs {
            table.inputs = Inputs::new(features, values);
        }
        table
    }

    /// Makes sure that a transform that was read from a file can be applied to rows of `inputs` inputs.
    pub fn validate(&self, inputs: usize) -> Result<(), String> {
        let finite = match &self.scaling {
            None => true,
            Some(FittedScaling::Affine(shift, divisor)) => {
                shift.is_finite() && divisor.is_finite() && *divisor != 0.0
            }
            Some(FittedScaling::Quantile(pieces)) => pieces.iter().all(|[start, width, height]| {
                start.is_finite() && height.is_finite() && 0.0 < *width && width.is_finite()
            }),
        };
        if self.input < inputs && self.fill.is_finite() && finite {
            Ok(())
        } else {
            Err(format!("its scaling of input {} is damaged", self.input))
        }
    }
}

/// The transform of each input.
pub(super) fn by_input(all: &[NumberTransform], features: usize) -> Vec<Option<&NumberTransform>> {
    let mut by_input = vec![None; features];
    all.iter().for_each(|transform| by_input[transform.input] = Some(transform));
    by_input
}
