//! Standardization: mean 0 and variance 1 of every feature over the training rows, by the formula of Keras's
//! `Normalization`.
//!
//! ```text
//! mean     = sum(x) / n
//! variance = sum((x - mean)^2) / n
//! y        = (x - mean) / max(sqrt(variance), 1e-7)
//! ```

use serde::{Deserialize, Serialize};

use rayon::prelude::*;

use crate::data::training_rows::TrainingRows;
use crate::data::{DenseRows, Inputs, Table, Values};

/// A feature that varies less is divided by this, Keras's `epsilon`.
pub(super) const LEAST: f64 = 1e-7;

/// Rows that a thread maps at a time.
const PIECE: usize = 1 << 12;

/// The mean and the variance of each feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standardization {
    /// Σ x / n.
    pub mean: Vec<f64>,
    /// Σ (x - mean)² / n.
    pub variance: Vec<f64>,
}

impl Standardization {
    /// The standardization of rows after `map` of feature and value: two passes in the order of the rows, with the same
    /// bits on any number of threads.
    pub(super) fn of(rows: &dyn TrainingRows, map: impl Fn(usize, f64) -> f64) -> Standardization {
        let mut n = 0_usize;
        let mut mean = vec![0.0; rows.features()];
        rows.visit(&mut |inputs, _, rows| {
            n += rows;
            visit(inputs, rows, |feature, x| mean[feature] += map(feature, x));
        });
        let n = n.max(1) as f64;
        mean.iter_mut().for_each(|mean| *mean /= n);
        let mut variance = vec![0.0; mean.len()];
        rows.visit(&mut |inputs, _, rows| {
            visit(inputs, rows, |feature, x| {
                variance[feature] += (map(feature, x) - mean[feature]).powi(2);
            });
        });
        variance.iter_mut().for_each(|variance| *variance /= n);
        Standardization { mean, variance }
    }

    /// The divisor of each feature: its standard deviation, but never less than Keras's `epsilon`.
    pub fn divisors(&self) -> Vec<f64> {
        self.variance.iter().map(|v| v.sqrt().max(LEAST)).collect()
    }

    /// The table with inputs divided by `scale` and standardized: dense.
    pub fn apply(&self, table: Table, scale: f64) -> Table {
        let divisors = self.divisors();
        mapped(table, |feature, x| (x / scale - self.mean[feature]) / divisors[feature])
    }
}

/// The table with every input replaced by `map` of its feature and itself: dense, and in place if it was dense before.
pub(super) fn mapped(mut table: Table, map: impl Fn(usize, f64) -> f64 + Sync) -> Table {
    let rows = match table.inputs {
        Inputs::Dense(rows) => rows,
        Inputs::Sparse(rows) => rows.to_dense(),
    };
    let features = rows.features;
    let mut values = match rows.values {
        Values::Floats(floats) => floats,
        Values::Bytes(bytes) => bytes.iter().map(|byte| f32::from(*byte)).collect(),
    };
    values.par_chunks_mut(PIECE * features.max(1)).for_each(|rows| {
        for row in rows.chunks_mut(features.max(1)) {
            row.iter_mut()
                .enumerate()
                .for_each(|(feature, x)| *x = map(feature, f64::from(*x)) as f32);
        }
    });
    table.inputs = Inputs::Dense(DenseRows { features, values: Values::Floats(values) });
    table
}

/// Shows every value of the first `rows` rows, with its feature.
pub(super) fn visit(inputs: &DenseRows, rows: usize, mut see: impl FnMut(usize, f64)) {
    let n = rows * inputs.features;
    let mut all = |values: &mut dyn Iterator<Item = f64>| {
        let mut feature = 0;
        for value in values {
            see(feature, value);
            feature = if feature + 1 == inputs.features { 0 } else { feature + 1 };
        }
    };
    match &inputs.values {
        Values::Bytes(bytes) => all(&mut bytes[..n].iter().map(|&byte| f64::from(byte))),
        Values::Floats(floats) => all(&mut floats[..n].iter().map(|&x| f64::from(x))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Targets;
    use crate::data::training_rows::FirstRows;

    fn table(values: Values) -> Table {
        let targets = Targets::Classes { labels: vec![0, 1, 0, 1], classes: 2 };
        Table::new(Inputs::new(3, values), targets, vec![3])
    }

    /// The numbers are those of NumPy: with `x` the first three rows as float64, `x.mean(0)`,
    /// `x.var(0)` and `((all - x.mean(0)) / numpy.maximum(numpy.sqrt(x.var(0)), 1e-7))`.
    #[test]
    fn is_what_numpy_computes() {
        let values = [1.0, 10.0, 5.0, 2.0, 20.0, 5.0, 4.0, 60.0, 5.0, 8.0, 0.0, 5.0];
        let table = table(Values::Floats(values.to_vec()));
        let found = Standardization::of(&FirstRows::new(&table, 3), |_, x| x);
        assert_eq!(found.mean, [2.3333333333333335, 30.0, 5.0]);
        assert_eq!(found.variance, [1.5555555555555554, 466.6666666666667, 0.0]);
        let Inputs::Dense(rows) = found.apply(table, 1.0).inputs else { panic!("sparse") };
        let wanted = [
            -1.069045,
            -0.9258201,
            0.0,
            -0.26726124,
            -0.46291006,
            0.0,
            1.3363062,
            1.3887302,
            0.0,
            4.5434413,
            -1.3887302,
            0.0,
        ];
        assert_eq!(rows.values, Values::Floats(wanted.to_vec()));
    }

    #[test]
    fn bytes_and_floats_sparse_and_dense_are_the_same() {
        let bytes = vec![0, 0, 0, 0, 9, 0, 0, 0, 0, 3, 0, 0];
        let floats = bytes.iter().map(|&byte| f32::from(byte)).collect();
        let (bytes, floats) = (table(Values::Bytes(bytes.into())), table(Values::Floats(floats)));
        assert!(matches!(bytes.inputs, Inputs::Sparse(_)));
        let of = |table: &Table| Standardization::of(&FirstRows::new(table, 4), |_, x| x / 3.0);
        let found = of(&bytes);
        assert_eq!(found, of(&floats));
        assert_eq!(found.mean, [0.25, 0.75, 0.0]);
        assert_eq!(found.apply(bytes, 3.0), found.apply(floats, 3.0));
    }
}
