//! The division of a data set's rows into those that train, validate and are kept out.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::csv::Column;
use crate::random::{RandomStream, StreamPurpose};

/// How the rows of a data set are divided, from the first to the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Those to train on.
    pub training: Range<usize>,
    /// Those that validate.
    pub validation: Range<usize>,
    /// Those that are kept out.
    pub test: Range<usize>,
}

/// Which rows validate and which are kept out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum SplitMethod {
    /// The last rows, as in Keras.
    #[default]
    Tail,
    /// Rows drawn at random.
    Random {
        /// The seed of the draw; the seed of the run does not change it.
        #[serde(default)]
        seed: u64,
    },
    /// Rows drawn at random from each class, in proportion.
    Stratified {
        /// The seed of the draw; the seed of the run does not change it.
        #[serde(default)]
        seed: u64,
    },
    /// The latest rows by a column of numbers or dates.
    Time {
        /// The column, by name or by place from 0.
        column: Column,
    },
}

/// The shares of the parts, and the rows in each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RowSplit {
    /// Only so many rows are used, the first.
    limit: usize,
    /// The bits of the shares, so that splits can be compared.
    validation: u64,
    test: u64,
    pub(super) method: SplitMethod,
}

impl RowSplit {
    /// Shares of the rows that are kept out, and of the others that validate.
    pub fn new(limit: Option<usize>, validation: f64, test: f64, method: SplitMethod) -> RowSplit {
        let limit = limit.unwrap_or(usize::MAX);
        RowSplit { limit, validation: validation.to_bits(), test: test.to_bits(), method }
    }

    /// How `rows` rows are divided, in the order of [`RowSplit::order`].
    pub fn parts(&self, rows: usize) -> Parts {
        // Keras's own order of rounding: 100 rows and 0.29 leave 71, not 72.
        let without = |rows: usize, share: u64| {
            (rows as f64 * (1.0 - f64::from_bits(share))).floor() as usize
        };
        let rows = rows.min(self.limit);
        let kept = without(rows, self.test);
        let training = without(kept, self.validation);
        Parts { training: 0..training, validation: training..kept, test: kept..rows }
    }

    /// The rows of the parts one after the other, each part in the order of the file; none if they are
    /// in the order of the file already. `labels` are the classes, `times` the values of the column of
    /// time.
    pub(super) fn order(&self, rows: usize, labels: &[u32], times: &[f64]) -> Option<Vec<u32>> {
        let n = rows.min(self.limit);
        let mut order: Vec<u32> = (0..n as u32).collect();
        match &self.method {
            SplitMethod::Tail => return None,
            SplitMethod::Random { seed } => shuffle(*seed, 0, &mut order),
            SplitMethod::Stratified { seed } => order = stratified(*seed, labels.get(..n)?),
            SplitMethod::Time { .. } => {
                let times = times.get(..n)?;
                order.sort_by(|a, b| times[*a as usize].total_cmp(&times[*b as usize]));
            }
        }
        let Parts { training, validation, test } = self.parts(n);
        [training, validation, test].into_iter().for_each(|part| order[part].sort_unstable());
        order.extend(n as u32..rows as u32);
        Some(order)
    }
}

/// All rows train.
impl Default for RowSplit {
    fn default() -> RowSplit {
        RowSplit::new(None, 0.0, 0.0, SplitMethod::Tail)
    }
}

fn shuffle(seed: u64, index: u64, rows: &mut [u32]) {
    RandomStream::new(seed, StreamPurpose::Split, index).shuffle(rows);
}

/// Rows in such an order that every piece of it has the classes in proportion: the rows of each class
/// are shuffled, and stand at equal distances.
fn stratified(seed: u64, labels: &[u32]) -> Vec<u32> {
    let classes = labels.iter().max().map_or(0, |label| *label as usize + 1);
    let mut by_class = vec![Vec::new(); classes];
    labels.iter().zip(0..).for_each(|(label, row)| by_class[*label as usize].push(row));
    let mut places: Vec<(f64, u32)> = Vec::with_capacity(labels.len());
    for (rows, class) in by_class.iter_mut().zip(0..) {
        shuffle(seed, class, rows);
        let n = rows.len() as f64;
        let place = |(i, row): (usize, &u32)| ((i as f64 + 0.5) / n, *row);
        places.extend(rows.iter().enumerate().map(place));
    }
    places.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    places.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(method: SplitMethod) -> RowSplit {
        RowSplit::new(Some(100), 0.25, 0.2, method)
    }

    fn sorted(mut rows: Vec<u32>) -> Vec<u32> {
        rows.sort_unstable();
        rows
    }

    #[test]
    fn every_row_is_in_one_part() {
        let labels: Vec<u32> = (0..110).map(|row| u32::from(row >= 60)).collect();
        let times: Vec<f64> = (0..110).map(|row| f64::from(row * 37 % 110)).collect();
        for method in [
            SplitMethod::Random { seed: 1 },
            SplitMethod::Stratified { seed: 1 },
            SplitMethod::Time { column: Column::Index(0) },
        ] {
            let split = split(method);
            let order = split.order(110, &labels, &times).unwrap();
            assert_eq!(sorted(order.clone()), (0..110).collect::<Vec<_>>());
            assert_eq!(order[100..], (100..110).collect::<Vec<_>>()[..]);
            assert_eq!(order, split.order(110, &labels, &times).unwrap());
        }
        assert_eq!(split(SplitMethod::Tail).order(110, &labels, &times), None);
        let random = |seed| split(SplitMethod::Random { seed }).order(110, &[], &[]);
        assert_ne!(random(1), random(2));
    }

    #[test]
    fn stratified_parts_have_the_classes_in_proportion() {
        // Sorted by label: 60 rows of one class, then 40 of the other.
        let labels: Vec<u32> = (0..100).map(|row| u32::from(row >= 60)).collect();
        let split = split(SplitMethod::Stratified { seed: 3 });
        let order = split.order(100, &labels, &[]).unwrap();
        let parts = split.parts(100);
        for (part, want) in [(parts.training, 24), (parts.validation, 8), (parts.test, 8)] {
            let ones = order[part].iter().filter(|row| labels[**row as usize] == 1).count();
            assert_eq!(ones, want);
        }
    }

    #[test]
    fn the_latest_rows_are_kept_out() {
        let times = [5.0, 1.0, 4.0, 2.0, 3.0];
        let method = SplitMethod::Time { column: Column::Index(0) };
        let split = RowSplit::new(None, 0.25, 0.2, method);
        assert_eq!(split.order(5, &[], &times).unwrap(), [1, 3, 4, 2, 0]);
    }
}
