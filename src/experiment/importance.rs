//! Permutation importance of columns: the loss of a metric when a column's values are shuffled among the
//! rows ([Breiman 2001](https://doi.org/10.1023/A:1010933404324)).

use std::ops::Range;

use anyhow::Result;

use crate::data::{Preprocessing, Table};
use crate::experiment::trained_model::{RowsToJudge, Split, TrainedModel};
use crate::random::{RandomStream, StreamPurpose};
use crate::train::{Direction, Logs};

/// How columns are shuffled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permutations {
    /// The number of shuffles of each column.
    pub repeats: usize,
    /// The seed of the shuffles.
    pub seed: u64,
}

/// The importance of the columns for a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Importance {
    /// The metric: the first of the run, or else the loss.
    pub metric: String,
    /// The metric of the rows as they are, for each network.
    pub base: Vec<f64>,
    /// The columns in the order of the table.
    pub columns: Vec<ColumnImportance>,
}

/// The importance of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnImportance {
    /// The name, or else the number of the input.
    pub name: String,
    /// How much worse the metric is after each shuffle.
    pub drops: Vec<f64>,
}

impl TrainedModel {
    /// The importance of the columns, by rows of the run's own data or of the data at `path`.
    ///
    /// # Errors
    ///
    /// As [`TrainedModel::evaluate`].
    pub fn importance(
        &self,
        path: Option<&str>,
        rows: Split,
        permutations: Permutations,
        threads: usize,
    ) -> Result<Importance> {
        let RowsToJudge { table, range, .. } = self.rows(path, rows)?;
        let (table, scale) = self.preprocessing.apply(table);
        let table = table.slice(range);
        let logs = |table: Table| {
            let dataset = self.preprocessed(table, scale);
            self.logs(&dataset, 0..dataset.rows(), threads)
        };
        let (metric, base) = judge(&logs(table.clone()));
        let upward = Direction::Auto.of(&metric) == Direction::Max;
        let value = |logs: Logs| logs.get(&metric).unwrap_or(f64::NAN);
        let mut columns = Vec::new();
        for (at, (name, inputs)) in columns_of(&self.preprocessing).into_iter().enumerate() {
            let drop = |repeat: usize| {
                let mut order: Vec<u32> = (0..table.rows() as u32).collect();
                let index = (at * permutations.repeats + repeat) as u64;
                RandomStream::new(permutations.seed, StreamPurpose::Permutation, index)
                    .shuffle(&mut order);
                let now = value(logs(table.permuted(inputs.clone(), &order)));
                if upward { base - now } else { now - base }
            };
            let drops = (0..permutations.repeats).map(drop).collect();
            columns.push(ColumnImportance { name, drops });
        }
        Ok(Importance { metric, base: vec![base], columns })
    }
}

impl Importance {
    /// The importance for several networks of the same columns.
    pub(super) fn joined(all: Vec<Importance>) -> Option<Importance> {
        let mut all = all.into_iter();
        let mut joined = all.next()?;
        for other in all {
            joined.base.extend(other.base);
            for (column, other) in joined.columns.iter_mut().zip(other.columns) {
                column.drops.extend(other.drops);
            }
        }
        Some(joined)
    }
}

/// The number that tells how good a network is: the first metric, or else the loss.
fn judge(logs: &Logs) -> (String, f64) {
    let found = logs.0.iter().find(|(name, _)| name != "loss").or(logs.0.first());
    found.map_or_else(|| ("loss".to_owned(), f64::NAN), |(name, value)| (name.clone(), *value))
}

/// The name and the inputs of each column.
fn columns_of(preprocessing: &Preprocessing) -> Vec<(String, Range<usize>)> {
    let Some(columns) = &preprocessing.columns else {
        let inputs = preprocessing.shape.iter().product();
        return (0..inputs).map(|input| (input.to_string(), input..input + 1)).collect();
    };
    let mut from = 0;
    let mut inputs = |width: usize| {
        from += width;
        from - width..from
    };
    let features = columns.features.iter();
    features.map(|feature| (feature.name.clone(), inputs(feature.width()))).collect()
}
