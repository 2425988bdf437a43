//! Learns the columns of a table in shards in one pass over the rows: of words and classes only the counts are kept, of
//! numbers whether one is missing.

use std::ops::Range;

use super::cells::{ColumnValues, MISSING, Words};
use super::column_options::{Fill, Scaling, Statistic, options_of};
use super::columns::{Columns, CsvOptions, FeatureColumn, Task};
use super::feature::Feature;
use super::head::Head;
use super::learn::{check_classes, learn_columns, no_weight};
use super::roles::Roles;
use super::shard::Shard;
use super::sheet::{Sheet, are_classes};
use super::typed::TypedRows;
use crate::data::DataError;
use crate::data::fingerprint::RowsHash;
use base::quote::quote;

/// The findings of a pass.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) columns: Columns,
    /// Number of rows of each class that train.
    pub(super) class_counts: Vec<usize>,
    /// Whether all targets are 0 or 1.
    pub(super) binary: bool,
    /// The SHA-256 of the rows.
    pub(super) fingerprint: String,
}

impl Scan {
    /// Of a table whose columns another one has taught.
    pub(super) fn of(columns: &Columns) -> Scan {
        let (class_counts, fingerprint) = (Vec::new(), String::new());
        Scan { columns: columns.clone(), class_counts, binary: false, fingerprint }
    }
}

/// Learns from the rows of all shards.
pub(super) fn scan(
    source: &mut TypedRows,
    shards: &[Shard],
    options: &CsvOptions,
) -> Result<Scan, DataError> {
    if let Some(scan) = pass(source, shards, options)? {
        return Ok(scan);
    }
    // Too many different numbers to be classes.
    let numbers = CsvOptions { task: Some(Task::Regression), ..options.clone() };
    let scan = pass(source, shards, &numbers)?;
    scan.ok_or_else(|| source.head.sheet("its labels are neither classes nor numbers"))
}

/// The counts of the values of a column.
#[derive(Clone, Default)]
struct Tally {
    /// The rows of each word that train.
    counts: Vec<usize>,
    /// Rows without a value that train.
    missing: usize,
    /// Whether any row has no value.
    gap: bool,
}

impl Tally {
    fn add(&mut self, values: &ColumnValues, training: Range<usize>) {
        self.gap = self.gap || (0..values.len()).any(|row| values.is_missing(row));
        let ColumnValues::Words(words) = values else { return };
        self.counts.resize(words.words.len(), 0);
        for id in &words.ids[training] {
            match self.counts.get_mut(*id as usize) {
                Some(count) => *count += 1,
                None => self.missing += 1,
            }
        }
    }

    /// Gives words the rows that were counted: one for each word, and one for missing values.
    fn restore(&self, words: &mut Words) {
        words.ids = (0..words.words.len() as u32).collect();
        words.times.clone_from(&self.counts);
        if self.missing != 0 {
            words.ids.push(MISSING);
            words.times.push(self.missing);
        }
    }
}

/// A pass under way.
struct ScanState {
    roles: Roles,
    inputs: Vec<Tally>,
    labels: Vec<Tally>,
    binary: bool,
    /// Whether any row has a weight that is not 0; also without weights.
    weighs: bool,
    hash: RowsHash,
}

/// The findings, or none if the labels turn out to be numbers to be estimated.
fn pass(
    source: &mut TypedRows,
    shards: &[Shard],
    options: &CsvOptions,
) -> Result<Option<Scan>, DataError> {
    let mut roles = Roles::new(options, &source.head)?;
    let wanted = source.wanted(&mut roles)?;
    let n_rows = shards.iter().map(|shard| shard.rows).sum();
    let training = options.rows.parts(n_rows).training;
    let mut state = ScanState {
        inputs: vec![Tally::default(); roles.features.len()],
        labels: vec![Tally::default(); roles.labels.len()],
        binary: true,
        weighs: roles.weight().is_none(),
        roles,
        hash: RowsHash::new(),
    };
    for shard in shards {
        source.seek(shard)?;
        let (mut at, end) = (shard.first, shard.first + shard.rows);
        state.hash.begin(shard.rows);
        while at < end {
            let sheet = source.piece(state.roles.clone(), &wanted, options)?;
            let rows = sheet.rows;
            let cut = |row: usize| row.saturating_sub(at).min(rows);
            let training = cut(training.start)..cut(training.end);
            if !state.add(sheet, training, options, &source.head)? {
                return Ok(None);
            }
            at += rows;
        }
    }
    state.finish(source, options).map(Some)
}

impl ScanState {
    /// Adds a piece of rows, of which the rows `training` train; false if the labels are no classes.
    fn add(
        &mut self,
        mut sheet: Sheet,
        training: Range<usize>,
        options: &CsvOptions,
        head: &Head,
    ) -> Result<bool, DataError> {
        self.hash_piece(&sheet);
        for (i, ((_, values), tally)) in sheet.features.iter().zip(&mut self.inputs).enumerate() {
            match &sheet.dense {
                Some(dense) => tally.gap = tally.gap || dense.gaps[i],
                None => tally.add(values, training.clone()),
            }
        }
        for (values, tally) in sheet.labels.iter().zip(&mut self.labels) {
            tally.add(values, training.clone());
            self.binary = self.binary && values.numbers().iter().all(|t| *t == 0.0 || *t == 1.0);
            if let ColumnValues::Words(words) = values {
                if !are_classes(words, options) {
                    return Ok(false);
                }
                check_classes(words, head)?;
            }
        }
        let weights = sheet.keys.weights.iter().flatten();
        self.weighs = self.weighs || weights.into_iter().any(|weight| *weight != 0.0);
        self.keep(&mut sheet, options, head);
        Ok(true)
    }

    /// Keeps the words of a piece for the next one.
    fn keep(&mut self, sheet: &mut Sheet, options: &CsvOptions, head: &Head) {
        let is_hashed = |at: usize| {
            options_of(&options.column_options, &head.names[at])
                .is_some_and(|column| column.hash.is_some())
        };
        let features = std::mem::take(&mut sheet.features).into_iter();
        self.roles.features = features
            .map(|(at, mut values)| {
                values.clear();
                if let (ColumnValues::Words(words), true) = (&mut values, is_hashed(at)) {
                    *words = Words::of_classes();
                }
                Feature::known(at, values)
            })
            .collect();
        for ((_, kept), mut values) in self.roles.labels.iter_mut().zip(sheet.labels.drain(..)) {
            values.clear();
            *kept = values;
        }
    }

    fn hash_piece(&mut self, sheet: &Sheet) {
        if let Some(dense) = &sheet.dense {
            self.hash.numbers(&dense.values);
        }
        let inputs = sheet.features.iter().map(|(_, values)| values);
        for values in inputs.chain(&sheet.labels) {
            match values {
                ColumnValues::Numbers(numbers) => self.hash.numbers(numbers),
                ColumnValues::Words(words) => {
                    self.hash.places(&words.ids);
                    self.hash.texts(&words.words);
                }
                ColumnValues::Dates(dates) => self.hash.dates(&dates.seconds),
            }
        }
        sheet.keys.weights.iter().for_each(|weights| self.hash.numbers(weights));
    }

    fn finish(self, source: &TypedRows, options: &CsvOptions) -> Result<Scan, DataError> {
        let head = &source.head;
        if !self.weighs {
            return Err(no_weight(head));
        }
        let restored = |mut values: ColumnValues, tally: &Tally| {
            if let ColumnValues::Words(words) = &mut values {
                tally.restore(words);
            }
            values
        };
        let places = self.roles.features.iter().map(|feature| feature.at).collect::<Vec<_>>();
        let values = self.roles.features.into_iter().filter_map(Feature::into_cells);
        let values = values.zip(&self.inputs).map(|(values, tally)| restored(values, tally));
        let mut inputs: Vec<_> = places.into_iter().zip(values).collect();
        let labels = self.roles.labels.into_iter().map(|(_, values)| values);
        let labels = labels.zip(&self.labels).map(|(values, tally)| restored(values, tally));
        let mut labels: Vec<_> = labels.collect();
        let gaps = self.inputs.iter().map(|tally| tally.gap).collect();
        let all = (&mut inputs[..], &mut labels[..]);
        let place = |begin| source.place(begin);
        let columns = learn_columns(all, gaps, &|values| 0..values.len(), options, (head, &place))?;
        columns.features.iter().try_for_each(|feature| check_fits(feature, head))?;
        let class_counts = match labels.first() {
            Some(ColumnValues::Words(words)) => words.counts(0..words.ids.len()),
            _ => Vec::new(),
        };
        let binary = match columns.class_names() {
            Some(names) => names.len() <= 2,
            None => self.binary,
        };
        Ok(Scan { columns, class_counts, binary, fingerprint: self.hash.finish() })
    }
}

/// Refuses fits that need all values of a column at once.
fn check_fits(feature: &FeatureColumn, head: &Head) -> Result<(), DataError> {
    let Some(number) = &feature.number else { return Ok(()) };
    let (key, instead) = match (&number.fill, number.scaling) {
        (Fill::Statistic(Statistic::Median), _) => ("fill = \"median\"", "`fill = \"mean\"`"),
        (Fill::Statistic(Statistic::MostFrequent), _) => {
            ("fill = \"most_frequent\"", "`fill = \"mean\"`")
        }
        (_, Some(Scaling::Quantile)) => ("scaling = \"quantile\"", "`scaling = \"standardize\"`"),
        _ => return Ok(()),
    };
    let name = quote(&feature.name);
    Err(DataError::Sheet {
        path: head.path.clone(),
        reason: format!("`{key}` of column {name} needs all its values in memory"),
        help: Some(format!("write {instead}, or take `in_memory = false` out")),
    })
}
