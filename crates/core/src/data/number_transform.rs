//! Filling and scaling of single inputs, fitted on the rows that train.
//!
//! ```text
//! x = fill                      where x is missing
//! x = sign(x) ln(1 + |x|)       with `log`
//! standardize:  y = (x - mean) / max(sqrt(variance), 1e-7)
//! min_max:      y = (x - min) / (max - min)
//! quantile:     y = Σ h clip((x - p) / w, 0, 1)   over pieces from p to p + w of height h
//! ```

use serde::{Deserialize, Serialize};

use crate::data::csv::{FeatureColumn, Fill, NumberOptions, Scaling, Statistic};
use crate::data::standardization::{LEAST, dense, visit};
use crate::data::{Columns, Inputs, Table, Values};

/// Pieces of a quantile curve.
const PIECES: usize = 100;

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
    /// Those of the columns of a table, of which the first `rows` rows train.
    pub fn all_of(table: &Table, rows: usize, scale: f64) -> Vec<NumberTransform> {
        let wanted = table.columns.as_ref().map(inputs).unwrap_or_default();
        if wanted.is_empty() {
            return Vec::new();
        }
        let inputs = dense(&table.inputs);
        let fit = |(input, options): (usize, NumberOptions)| {
            let mut values = Vec::with_capacity(rows);
            visit(&inputs, rows, scale, |feature, x| {
                if feature == input {
                    values.push(x);
                }
            });
            NumberTransform::fit(input, options, values)
        };
        wanted.into_iter().map(fit).collect()
    }

    fn fit(input: usize, options: NumberOptions, mut values: Vec<f64>) -> NumberTransform {
        let fill = fill(&options.fill, &values);
        let first = NumberTransform { input, fill, log: options.log, scaling: None };
        values.iter_mut().for_each(|x| *x = first.apply(*x));
        let scaling = options.scaling.map(|scaling| FittedScaling::of(scaling, values));
        NumberTransform { scaling, ..first }
    }

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
    pub fn apply_all(all: &[NumberTransform], mut table: Table, scale: f64) -> Table {
        let inputs = dense(&table.inputs);
        let mut by_input = vec![None; inputs.features];
        all.iter().for_each(|transform| by_input[transform.input] = Some(transform));
        let rows = table.rows();
        let mut values = Vec::with_capacity(rows * inputs.features);
        visit(&inputs, rows, scale, |feature, x| {
            values.push(by_input[feature].map_or(x, |transform| transform.apply(x)) as f32);
        });
        let features = inputs.features;
        table.inputs = Inputs::new(features, Values::Floats(values));
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
        match self.input < inputs && self.fill.is_finite() && finite {
            true => Ok(()),
            false => Err(format!("its scaling of input {} is damaged", self.input)),
        }
    }
}

/// The inputs of numbers that are to be filled or scaled.
fn inputs(columns: &Columns) -> Vec<(usize, NumberOptions)> {
    let mut first = 0;
    let mut all = Vec::new();
    for feature in &columns.features {
        if let Some(options) = &feature.number {
            all.extend((first..first + numbers(feature)).map(|input| (input, options.clone())));
        }
        first += feature.width();
    }
    all
}

/// Number of inputs of a column that are numbers.
fn numbers(feature: &FeatureColumn) -> usize {
    if feature.date { 3 } else { 1 }
}

/// What stands for the missing ones among some values; 0 if all are missing.
fn fill(fill: &Fill, values: &[f64]) -> f64 {
    let statistic = match fill {
        Fill::Constant(constant) => return constant.0,
        // Of an ordinal column it has become a number.
        Fill::Word(_) => return 0.0,
        Fill::Statistic(statistic) => statistic,
    };
    let mut there: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
    if there.is_empty() {
        return 0.0;
    }
    let n = there.len();
    match statistic {
        Statistic::Mean => there.iter().sum::<f64>() / n as f64,
        Statistic::Median => {
            there.sort_by(f64::total_cmp);
            if n % 2 == 1 { there[n / 2] } else { (there[n / 2 - 1] + there[n / 2]) / 2.0 }
        }
        Statistic::MostFrequent => {
            there.sort_by(f64::total_cmp);
            let equal = there.chunk_by(|a, b| a == b);
            // The first of the longest: `max_by_key` takes the last.
            let longest = equal.rev().max_by_key(|values| values.len());
            longest.map_or(0.0, |values| values[0])
        }
    }
}

impl FittedScaling {
    /// The scaling of some values.
    pub(super) fn of(scaling: Scaling, mut values: Vec<f64>) -> FittedScaling {
        let n = values.len().max(1) as f64;
        match scaling {
            Scaling::Standardize => {
                let mean = values.iter().sum::<f64>() / n;
                let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
                FittedScaling::Affine(mean, variance.sqrt().max(LEAST))
            }
            Scaling::MinMax => {
                let min = values.iter().copied().fold(f64::INFINITY, f64::min);
                let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                match min < max {
                    true => FittedScaling::Affine(min, max - min),
                    false => FittedScaling::Affine(if min.is_finite() { min } else { 0.0 }, 1.0),
                }
            }
            Scaling::Quantile => {
                values.sort_by(f64::total_cmp);
                FittedScaling::Quantile(pieces(&values))
            }
        }
    }
}

/// The curve through quantiles of sorted values at equal distances.
fn pieces(values: &[f64]) -> Vec<[f64; 3]> {
    let Some(last) = values.len().checked_sub(1) else { return Vec::new() };
    let n = PIECES.min(last).max(1);
    let quantile = |i: usize| values[(i * last + n / 2) / n];
    let mut pieces: Vec<[f64; 3]> = Vec::new();
    let mut height = 0.0;
    for i in 0..n {
        let (start, end) = (quantile(i), quantile(i + 1));
        height += 1.0 / n as f64;
        if start < end {
            pieces.push([start, end - start, height]);
            height = 0.0;
        }
    }
    // Equal values at the top belong to the last piece.
    if let Some(last) = pieces.last_mut() {
        last[2] += height;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: f64 = f64::NAN;

    fn fitted(fill: Fill, log: bool, scaling: Option<Scaling>, values: &[f64]) -> NumberTransform {
        NumberTransform::fit(0, NumberOptions { fill, log, scaling }, values.to_vec())
    }

    /// As scikit-learn's `SimpleImputer` fills.
    #[test]
    fn missing_values_are_filled() {
        let values = [3.0, NAN, 1.0, 3.0, 1.0, 8.0];
        for (statistic, want) in
            [(Statistic::Mean, 3.2), (Statistic::Median, 3.0), (Statistic::MostFrequent, 1.0)]
        {
            let found = fitted(Fill::Statistic(statistic), false, None, &values);
            assert_eq!((found.fill, found.apply(NAN), found.apply(2.0)), (want, want, 2.0));
        }
        let constant = Fill::Constant(crate::data::Constant(-1.0));
        assert_eq!(fitted(constant, false, None, &values).apply(NAN), -1.0);
        assert_eq!(fitted(Fill::Statistic(Statistic::Mean), false, None, &[NAN]).fill, 0.0);
    }

    /// As `StandardScaler` and `MinMaxScaler` behind `SimpleImputer` scale.
    #[test]
    fn numbers_are_scaled() {
        let mean = || Fill::Statistic(Statistic::Mean);
        let scaled = |scaling, values: &[f64]| {
            let found = fitted(mean(), false, Some(scaling), values);
            values.iter().map(|x| (found.apply(*x) * 1e6).round() / 1e6).collect::<Vec<_>>()
        };
        let values = [1.0, NAN, 4.0];
        assert_eq!(scaled(Scaling::Standardize, &values), [-1.224745, 0.0, 1.224745]);
        assert_eq!(scaled(Scaling::MinMax, &values), [0.0, 0.5, 1.0]);
        assert_eq!(scaled(Scaling::MinMax, &[2.0, 2.0]), [0.0, 0.0]);
        let ranks = scaled(Scaling::Quantile, &[10.0, 1000.0, 11.0, 12.0, 1e9]);
        assert_eq!(ranks, [0.0, 0.75, 0.25, 0.5, 1.0]);
        let quantile = fitted(mean(), false, Some(Scaling::Quantile), &[1.0, 1.0, 1.0, 2.0, 2.0]);
        assert_eq!([0.0, 1.0, 1.5, 2.0, 3.0].map(|x| quantile.apply(x)), [0.0, 0.0, 0.5, 1.0, 1.0]);
        let log = fitted(mean(), true, None, &[0.0]);
        assert_eq!(
            [log.apply(0.0), log.apply(1.0), log.apply(-1.0)],
            [0.0, 2_f64.ln(), -2_f64.ln()]
        );
    }

    #[test]
    fn constant_columns_stay_finite() {
        let mean = || Fill::Statistic(Statistic::Mean);
        for scaling in [Scaling::Standardize, Scaling::MinMax, Scaling::Quantile] {
            for values in [&[][..], &[5.0], &[5.0, 5.0], &[NAN, NAN]] {
                let found = fitted(mean(), false, Some(scaling), values);
                assert!(found.apply(5.0).is_finite() && found.validate(1).is_ok(), "{found:?}");
            }
        }
    }
}
