//! Fits the filling and scaling of inputs on the rows that train: means, ranges and variances of all inputs in one pass
//! each, in the order of the rows; medians and quantiles from the values of one input at a time.

use crate::data::csv::{FeatureColumn, Fill, NumberOptions, Scaling, Statistic};
use crate::data::standardization::{LEAST, visit};
use crate::data::training_rows::TrainingRows;
use crate::data::{Columns, FittedScaling, NumberTransform, Values};

/// Pieces of a quantile curve.
const PIECES: usize = 100;

/// The transforms of the columns of a table by the rows that train.
pub(super) fn fit_numbers(
    columns: Option<&Columns>,
    rows: &dyn TrainingRows,
    scale: f64,
) -> Vec<NumberTransform> {
    let wanted = columns.map(inputs).unwrap_or_default();
    if wanted.is_empty() { Vec::new() } else { fit(rows, scale, &wanted) }
}

type Wanted = (usize, NumberOptions);

fn fit(rows: &dyn TrainingRows, scale: f64, wanted: &[Wanted]) -> Vec<NumberTransform> {
    let column = |input: usize| column(rows, input).into_iter().map(move |x| x / scale);
    let is_mean = |options: &NumberOptions| options.fill == Fill::Statistic(Statistic::Mean);
    let means = wanted.iter().any(|(_, options)| is_mean(options));
    let sums = if means { Sums::of(rows, |_, x| x / scale) } else { Sums::default() };
    let filled = |(input, options): &Wanted| {
        let fill = if is_mean(options) {
            sums.mean(*input)
        } else {
            fill(&options.fill, || column(*input).collect())
        };
        NumberTransform { input: *input, fill, log: options.log, scaling: None }
    };
    let all: Vec<NumberTransform> = wanted.iter().map(filled).collect();
    let by_input = crate::data::number_transform::by_input(&all, rows.features());
    let map =
        |input: usize, x: f64| by_input[input].map_or(x, |transform| transform.apply(x / scale));
    let asked = |scaling| wanted.iter().any(|(_, options)| options.scaling == Some(scaling));
    let sums = if asked(Scaling::Standardize) || asked(Scaling::MinMax) {
        Sums::of(rows, map)
    } else {
        Sums::default()
    };
    let squares = if asked(Scaling::Standardize) { sums.squares(rows, map) } else { Vec::new() };
    let scaled = |(transform, (input, options)): (&NumberTransform, &Wanted)| {
        let scaling = options.scaling.map(|scaling| match scaling {
            Scaling::Standardize => {
                let variance = squares[*input] / sums.rows.max(1) as f64;
                FittedScaling::Affine(sums.mean(*input), variance.sqrt().max(LEAST))
            }
            Scaling::MinMax => sums.range(*input),
            Scaling::Quantile => {
                let mut values: Vec<f64> = column(*input).map(|x| transform.apply(x)).collect();
                values.sort_by(f64::total_cmp);
                FittedScaling::Quantile(pieces(&values))
            }
        });
        NumberTransform { scaling, ..transform.clone() }
    };
    all.iter().zip(wanted).map(scaled).collect()
}

/// Sums and ranges of the values of each input; missing ones aside.
#[derive(Default)]
struct Sums {
    /// Number of rows.
    rows: usize,
    sums: Vec<f64>,
    counts: Vec<usize>,
    min: Vec<f64>,
    max: Vec<f64>,
}

impl Sums {
    fn of(rows: &dyn TrainingRows, map: impl Fn(usize, f64) -> f64) -> Sums {
        let n = rows.features();
        let mut all = Sums {
            rows: 0,
            sums: vec![0.0; n],
            counts: vec![0; n],
            min: vec![f64::INFINITY; n],
            max: vec![f64::NEG_INFINITY; n],
        };
        rows.visit(&mut |inputs, _, rows| {
            all.rows += rows;
            visit(inputs, rows, |input, x| {
                let x = map(input, x);
                if !x.is_nan() {
                    all.sums[input] += x;
                    all.counts[input] += 1;
                    all.min[input] = all.min[input].min(x);
                    all.max[input] = all.max[input].max(x);
                }
            });
        });
        all
    }

    /// The mean of an input; 0 if all values are missing.
    fn mean(&self, input: usize) -> f64 {
        match self.counts[input] {
            0 => 0.0,
            n => self.sums[input] / n as f64,
        }
    }

    /// Σ (x - mean)² of each input.
    fn squares(&self, rows: &dyn TrainingRows, map: impl Fn(usize, f64) -> f64) -> Vec<f64> {
        let means: Vec<f64> = (0..rows.features()).map(|input| self.mean(input)).collect();
        let mut squares = vec![0.0; means.len()];
        rows.visit(&mut |inputs, _, rows| {
            let see = |input: usize, x| squares[input] += (map(input, x) - means[input]).powi(2);
            visit(inputs, rows, see);
        });
        squares
    }

    fn range(&self, input: usize) -> FittedScaling {
        let (min, width) = range(self.min[input], self.max[input]);
        FittedScaling::Affine(min, width)
    }
}

/// The start and the width of a range; 1 in place of no width.
pub(super) fn range(min: f64, max: f64) -> (f64, f64) {
    if min < max { (min, max - min) } else { (if min.is_finite() { min } else { 0.0 }, 1.0) }
}

/// All values of an input.
fn column(rows: &dyn TrainingRows, input: usize) -> Vec<f64> {
    let mut all = Vec::new();
    rows.visit(&mut |inputs, _, rows| {
        let places = (0..rows).map(|row| row * inputs.features + input);
        all.extend(places.map(|at| match &inputs.values {
            Values::Bytes(bytes) => f64::from(bytes[at]),
            Values::Floats(floats) => f64::from(floats[at]),
        }));
    });
    all
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
fn fill(fill: &Fill, values: impl FnOnce() -> Vec<f64>) -> f64 {
    let statistic = match fill {
        Fill::Constant(constant) => return constant.0,
        // Of an ordinal column it has become a number.
        Fill::Word(_) => return 0.0,
        Fill::Statistic(statistic) => statistic,
    };
    let mut there: Vec<f64> = values().into_iter().filter(|x| !x.is_nan()).collect();
    if there.is_empty() {
        return 0.0;
    }
    let n = there.len();
    match statistic {
        // Means are sums over all columns at once.
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
    use crate::data::{DenseRows, Targets};

    const NAN: f64 = f64::NAN;

    /// Values of one input, in pieces of two rows of which all train.
    struct Pieces(Vec<f32>);

    impl TrainingRows for Pieces {
        fn features(&self) -> usize {
            1
        }

        fn visit(&self, see: &mut dyn FnMut(&DenseRows, &Targets, usize)) {
            for values in self.0.chunks(2) {
                let rows = DenseRows { features: 1, values: Values::Floats(values.to_vec()) };
                see(&rows, &Targets::Values { values: Vec::new(), width: 1 }, values.len());
            }
        }
    }

    fn fitted(fill: Fill, log: bool, scaling: Option<Scaling>, values: &[f64]) -> NumberTransform {
        let rows = Pieces(values.iter().map(|x| *x as f32).collect());
        let options = NumberOptions { fill, log, scaling };
        fit(&rows, 1.0, &[(0, options)]).remove(0)
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
