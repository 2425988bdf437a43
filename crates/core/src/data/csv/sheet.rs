//! The fields of a whole table, which become inputs and targets as its columns say.

use std::borrow::Cow;
use std::path::Path;

use super::cells::{ColumnValues, Words};
use super::columns::{Columns, CsvOptions};
use super::dense_columns::DenseColumns;
use super::row_keys::RowKeys;
use crate::data::error::ErrorLocation;
use crate::data::limits::check_memory;
use crate::data::row_split::SplitKeys;
use crate::data::{DataError, RowOrder, Table, Targets};

/// The largest number of different whole numbers to be classes by default.
pub const FEW_CLASSES: usize = 20;

/// The fields of a whole table.
#[derive(Default)]
pub(super) struct Sheet {
    pub(super) rows: usize,
    pub(super) features: Vec<(usize, ColumnValues)>,
    pub(super) labels: Vec<ColumnValues>,
    /// What the rows are divided by, and what they weigh.
    pub(super) keys: RowKeys,
    /// The order of the rows, if it is not that of the file.
    pub(super) order: Option<RowOrder>,
    /// The inputs, where all are numbers; the features have no values then.
    pub(super) dense: Option<DenseColumns>,
}

impl Sheet {
    /// Puts the rows in the order of the split.
    pub(super) fn arrange(&mut self, options: &CsvOptions) {
        let labels = match self.labels.first() {
            Some(ColumnValues::Words(words)) if are_classes(words, options) => &words.ids[..],
            _ => &[],
        };
        let RowKeys { times, groups, .. } = &self.keys;
        let keys = SplitKeys { labels, times, groups: &groups.of_rows };
        self.order = options.rows.order(self.rows, keys);
        let Some(RowOrder { rows: order, .. }) = &self.order else { return };
        self.keys.arrange_weights(order);
        if let Some(dense) = &mut self.dense {
            dense.arrange(order);
            self.labels.iter_mut().for_each(|cells| cells.arrange(order));
            return;
        }
        let features = self.features.iter_mut().map(|(_, cells)| cells);
        features.chain(&mut self.labels).for_each(|cells| cells.arrange(order));
    }

    /// The first row without a value in the feature with an index.
    pub(super) fn first_missing(&self, index: usize) -> Option<usize> {
        match &self.dense {
            Some(dense) => dense.gaps[index].then(|| dense.first_gap(index)).flatten(),
            None => {
                let cells = &self.features[index].1;
                (0..self.rows).find(|row| cells.is_missing(*row))
            }
        }
    }

    /// The values of the feature with an index.
    pub(super) fn values(&self, index: usize) -> Cow<'_, ColumnValues> {
        match &self.dense {
            Some(dense) => Cow::Owned(ColumnValues::Numbers(dense.column(index))),
            None => Cow::Borrowed(&self.features[index].1),
        }
    }

    /// The rows, as the columns say.
    pub(super) fn table(mut self, path: &Path, columns: Columns) -> Result<Table, DataError> {
        let location = ErrorLocation::file(path);
        check_memory(&location, self.memory(&columns))?;
        let inputs = self.inputs(&columns);
        let inputs = inputs.map_err(|source| DataError::Memory { location, source })?;
        let targets = targets(&self.labels, self.rows, &columns);
        let (order, weights) = (self.order, self.keys.weights);
        let shape = vec![columns.width()];
        let table = Table::new(inputs, targets, shape);
        Ok(Table { columns: Some(columns), order, weights, ..table })
    }
}

/// Whether words are classes, not values.
pub(super) fn are_classes(words: &Words, options: &CsvOptions) -> bool {
    let few = words.at_most(FEW_CLASSES) && words.are_whole();
    options.task.is_some() || !words.are_numbers() || few
}

pub(super) fn targets(labels: &[ColumnValues], rows: usize, columns: &Columns) -> Targets {
    match (labels, columns.class_names()) {
        ([ColumnValues::Words(words)], Some(names)) => {
            Targets::Classes { labels: words.ids.clone(), classes: names.len() }
        }
        _ => {
            let width = labels.len();
            let mut values = vec![0.0; rows * width];
            for (at, cells) in labels.iter().enumerate() {
                let ColumnValues::Numbers(numbers) = cells else { continue };
                let places = values.iter_mut().skip(at).step_by(width);
                places.zip(numbers).for_each(|(location, number)| *location = *number);
            }
            Targets::Values { values, width }
        }
    }
}
