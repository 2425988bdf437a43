//! A data set that stays in its files: the rows that train and those that validate, read in blocks.

use std::sync::Arc;

use crate::config::Data;
use crate::data::{
    CsvOptions, DenseRows, Inputs, Preprocessing, Source, Table, TableFiles, Targets, Values,
    open_shards,
};
use crate::experiment::pool::on;
use crate::experiment::sharded_rows::ShardedRows;
use crate::runs::sha256;
use crate::train::{Dataset, FitBlocks};

/// Rows in files.
#[derive(Debug)]
pub(super) struct Sharded {
    /// The rows that train.
    pub(super) training: ShardedRows,
    /// Those that validate, from the same files or from others.
    validation: Option<ShardedRows>,
    /// The other files.
    other: Option<Source>,
}

impl Sharded {
    /// Opens the files of a plan's data, and fits the preprocessing on the rows that train.
    pub(super) fn open(
        (files, options): (&TableFiles, &CsvOptions),
        data: &Data,
        scale: f64,
        threads: usize,
    ) -> anyhow::Result<Sharded> {
        let table = on(threads, || open_shards(files, options))?;
        let parts = data.parts(table.rows());
        let fits = (scale, data.standardize);
        let fit =
            || Preprocessing::of_shards(&table, parts.training.len(), fits, data.target_scaling);
        let preprocessing = on(threads, fit)?;
        let other = data.validation_source(Some(table.columns()));
        let validation = match &other {
            Some(Source::Csv(files, options)) => {
                let table = open_shards(files, options)?;
                Some((0..table.rows(), table))
            }
            _ => Some((parts.validation, Arc::clone(&table))).filter(|(rows, _)| !rows.is_empty()),
        };
        let buffer = data.buffer_rows(table.columns().width());
        let rows = |(rows, table)| {
            let preprocessing = preprocessing.clone();
            ShardedRows { table, rows, preprocessing, buffer, threads }
        };
        let validation = validation.map(&rows);
        Ok(Sharded { training: rows((parts.training, table)), validation, other })
    }

    /// The rows of a fit.
    pub(super) fn blocks(&self) -> FitBlocks<'_> {
        let validation = self.validation.as_ref().map(|rows| rows as _);
        FitBlocks { training: &self.training, validation }
    }

    /// The source and the number of validation rows from other files.
    pub(super) fn other_validation(&self) -> Option<(&Source, usize)> {
        self.other.as_ref().zip(self.validation.as_ref().map(|rows| rows.rows.len()))
    }

    /// The class of each row that trains, class by class.
    pub(super) fn classes(&self) -> impl Iterator<Item = usize> + '_ {
        let counts = self.training.table.class_counts().iter().enumerate();
        counts.flat_map(|(class, rows)| std::iter::repeat_n(class, *rows))
    }

    /// A row of the form of all others: with targets that are 0 or 1 if all are.
    pub(super) fn form(&self) -> Dataset {
        let ShardedRows { table, preprocessing, .. } = &self.training;
        let features = table.columns().width();
        let targets = match preprocessing.classes {
            Some(classes) => Targets::Classes { labels: vec![0], classes },
            None => {
                let width = preprocessing.target_width;
                let value = if table.is_binary() { 0.0 } else { 0.5 };
                Targets::Values { values: vec![value; width], width }
            }
        };
        let values = Values::Floats(vec![0.0; features]);
        let inputs = Inputs::Dense(DenseRows { features, values });
        let weights = table.columns().sample_weight.as_ref().map(|_| vec![1.0]);
        let row = Table { weights, ..Table::new(inputs, targets, vec![features]) };
        Dataset::new(row, 1.0).with_target_scaling(&preprocessing.targets)
    }

    /// The SHA-256 of all rows. Rows of other files are known by what they are called and how many they are.
    pub(super) fn fingerprint(&self) -> String {
        let own = self.training.table.fingerprint();
        match self.other_validation() {
            Some((source, rows)) => both(own, &format!("{source} {rows}")),
            None => own.to_owned(),
        }
    }
}

/// The combined fingerprint of two data sets.
pub(super) fn both(first: &str, second: &str) -> String {
    sha256(format!("{first}\n{second}\n"))
}
