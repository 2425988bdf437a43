//! The fields of a whole CSV file, and the columns learned from them.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;

use csv::StringRecord;

use super::cells::{ColumnValues, Misfit, Words, bucket};
use super::column_options::{ColumnOptions, ColumnType, Fill, options_of};
use super::columns::{Columns, CsvOptions, FeatureColumn, TargetColumns};
use super::date::seconds;
use super::feature::Feature;
use super::lines::CsvLines;
use super::number::number;
use super::roles::{MAX_CATEGORIES, Roles, max_words};
use crate::data::error::ErrorLocation;
use crate::data::limits::check_memory;
use crate::data::row_split::SplitKeys;
use crate::data::{DataError, RowOrder, Table, Targets};
use base::quote::quote;

/// The largest number of different whole numbers to be classes by default.
pub const FEW_CLASSES: usize = 20;

/// The expected content of a field with the weight of a row.
pub(in crate::data) const WEIGHT: &str = "a weight: a number from 0 on";

/// After as many rows it is looked whether their fields still fit into memory.
const CHECKED_ROWS: usize = 4096;

/// The groups of rows, numbered as they come.
#[derive(Default)]
struct Groups {
    numbers: HashMap<String, u32>,
    of_rows: Vec<u32>,
}

impl Groups {
    fn push(&mut self, field: &str) {
        let next = self.numbers.len() as u32;
        let known = self.numbers.get(field).copied();
        let number = known.unwrap_or_else(|| *self.numbers.entry(field.to_owned()).or_insert(next));
        self.of_rows.push(number);
    }
}

/// The fields of a whole file.
pub(super) struct Sheet {
    pub(super) rows: usize,
    pub(super) features: Vec<(usize, ColumnValues)>,
    pub(super) labels: Vec<ColumnValues>,
    /// The values of the column of time.
    times: Vec<f64>,
    /// The weights of the rows; none without a column of them.
    pub(super) weights: Option<Vec<f32>>,
    /// The groups, by the fields of their column.
    groups: Groups,
    /// The order of the rows, if it is not that of the file.
    pub(super) order: Option<RowOrder>,
}

impl Sheet {
    /// Reads a whole file, and finds out what its columns are.
    pub(super) fn open(path: &Path, options: &CsvOptions) -> Result<(Sheet, Columns), DataError> {
        let mut lines = CsvLines::open(path, options)?;
        let roles = match &options.columns {
            Some(columns) => Roles::known(columns, &lines, true)?,
            None => Roles::new(options, &lines)?,
        };
        let mut sheet = Sheet::read(&mut lines, roles, options)?;
        let columns = match &options.columns {
            Some(columns) => columns.clone(),
            None => {
                sheet.arrange(options);
                sheet.learn(options, &lines)?
            }
        };
        Ok((sheet, columns))
    }

    pub(super) fn read(
        lines: &mut CsvLines,
        mut roles: Roles,
        options: &CsvOptions,
    ) -> Result<Sheet, DataError> {
        let missing: HashSet<&str> = options.missing.iter().map(String::as_str).collect();
        let many: Vec<_> = roles.features.iter().map(|f| max_words(options, lines, f.at)).collect();
        let (mut record, mut rows) = (StringRecord::new(), 0);
        let fields = roles.features.len() + roles.labels.len();
        let spelling = lines.spelling.clone();
        let (mut times, mut groups) = (Vec::new(), Groups::default());
        let mut weights = roles.weight.map(|_| Vec::new());
        while lines.next(&mut record)? {
            let begin = record.position().map_or(0, csv::Position::byte);
            for (i, feature) in roles.features.iter_mut().enumerate() {
                let (at, field) = (feature.at, &record[feature.at]);
                let wrong = |want: String| lines.cell(begin, at, field, &want);
                if missing.contains(field) {
                    feature.push_missing();
                    continue;
                }
                let field = spelling.plain(field).map_err(wrong)?;
                feature.push(&field, begin).map_err(wrong)?;
                if many[i] < feature.words() {
                    return Err(too_many_words(at, lines));
                }
            }
            if let Some(at) = roles.time {
                times.push(
                    time(&record[at]).map_err(|want| lines.cell(begin, at, &record[at], want))?,
                );
            }
            if let (Some(at), Some(weights)) = (roles.weight, &mut weights) {
                weights.push(weight(lines, begin, at, &record[at])?);
            }
            if let Some(at) = roles.group {
                groups.push(&record[at]);
            }
            for (at, cells) in &mut roles.labels {
                let field = &record[*at];
                let wrong = |want: String| lines.label(begin, *at, field, &want);
                let field = spelling.plain(field).map_err(wrong)?;
                cells.push(&field, begin).map_err(wrong)?;
            }
            rows += 1;
            if rows % CHECKED_ROWS == 0 {
                check_memory(&ErrorLocation::file(&lines.path), (rows * fields * 4) as u64)?;
            }
        }
        check_rows(lines, rows, weights.as_deref())?;
        let finish = |feature: Feature| finish(feature, lines);
        let features = roles.features.into_iter().map(finish).collect::<Result<_, DataError>>()?;
        let labels = roles.labels.into_iter().map(|(_, cells)| cells).collect();
        Ok(Sheet { rows, features, labels, times, groups, weights, order: None })
    }

    /// Puts the rows in the order of the split.
    fn arrange(&mut self, options: &CsvOptions) {
        let labels = match self.labels.first() {
            Some(ColumnValues::Words(words)) if are_classes(words, options) => &words.ids[..],
            _ => &[],
        };
        let keys = SplitKeys { labels, times: &self.times, groups: &self.groups.of_rows };
        self.order = options.rows.order(self.rows, keys);
        let Some(RowOrder { rows: order, .. }) = &self.order else { return };
        let features = self.features.iter_mut().map(|(_, cells)| cells);
        features.chain(&mut self.labels).for_each(|cells| cells.arrange(order));
        if let Some(weights) = &mut self.weights {
            *weights = order.iter().map(|row| weights[*row as usize]).collect();
        }
    }

    fn learn(&mut self, options: &CsvOptions, lines: &CsvLines) -> Result<Columns, DataError> {
        let parts = self.order.as_ref().map(|order| order.parts.clone());
        let training = parts.unwrap_or_else(|| options.rows.parts(self.rows)).training;
        let mut features = Vec::new();
        for (at, cells) in &mut self.features {
            let name = &lines.names[*at];
            let default = ColumnOptions::default();
            let column = options_of(&options.column_options, name).unwrap_or(&default);
            let words = matches!(cells, ColumnValues::Words(_));
            if let Some(what) = column.misfit(words) {
                return Err(lines.sheet(format!("column {} has {what}", quote(name))));
            }
            let feature =
                learn_feature(name, cells, column, &training, !options.missing.is_empty());
            if feature.categories.as_ref().is_some_and(|words| MAX_CATEGORIES < words.len()) {
                return Err(too_many_words(*at, lines));
            }
            features.push(feature);
        }
        let target = self.learn_target(options, lines)?;
        let weight = Roles::new(options, lines)?.weight;
        let sample_weight = weight.map(|at| lines.names[at].clone());
        Ok(Columns { header: lines.header, features, target, sample_weight })
    }

    fn learn_target(
        &mut self,
        options: &CsvOptions,
        lines: &CsvLines,
    ) -> Result<TargetColumns, DataError> {
        let places: Vec<_> = Roles::new(options, lines)?.labels.iter().map(|(at, _)| *at).collect();
        let columns: Vec<_> = places.iter().map(|at| lines.names[*at].clone()).collect();
        let Some(ColumnValues::Words(words)) = self.labels.first_mut() else {
            return Ok(TargetColumns::Values { columns });
        };
        let misfit = |(begin, field, want): Misfit| lines.label(begin, places[0], &field, &want);
        if let Some(missing) = words.missing() {
            return Err(misfit(missing));
        }
        if !are_classes(words, options) {
            self.labels[0] = ColumnValues::Numbers(words.values().map_err(misfit)?);
            return Ok(TargetColumns::Values { columns });
        }
        words.sort();
        if (1 << 16) <= words.words.len() {
            return Err(
                lines.sheet(format!("got {} classes, want fewer than 65536", words.words.len()))
            );
        }
        let (column, names) = (columns.into_iter().next().unwrap_or_default(), words.words.clone());
        Ok(TargetColumns::Classes { column, names })
    }

    /// The rows, as the columns say.
    pub(super) fn table(self, path: &Path, columns: Columns) -> Result<Table, DataError> {
        let location = ErrorLocation::file(path);
        check_memory(&location, self.memory(&columns))?;
        let inputs = self.inputs(&columns);
        let inputs = inputs.map_err(|source| DataError::Memory { location, source })?;
        let targets = targets(&self.labels, self.rows, &columns);
        let (order, weights) = (self.order, self.weights);
        let shape = vec![columns.width()];
        Ok(Table { inputs, targets, shape, columns: Some(columns), order, weights })
    }
}

/// Whether words are classes, not values.
fn are_classes(words: &Words, options: &CsvOptions) -> bool {
    let few = words.at_most(FEW_CLASSES) && words.are_whole();
    options.task.is_some() || !words.are_numbers() || few
}

/// The place and the fields of a column.
fn finish(feature: Feature, lines: &CsvLines) -> Result<(usize, ColumnValues), DataError> {
    let at = feature.at;
    let cells = feature.finish().map_err(|misfit| lines.misfit(at, &misfit))?;
    Ok((at, cells))
}

/// Refuses a file without a row, or without a row that counts.
fn check_rows(lines: &CsvLines, rows: usize, weights: Option<&[f32]>) -> Result<(), DataError> {
    match weights {
        _ if rows == 0 => Err(lines.sheet("it has no line below its header")),
        Some(weights) if weights.iter().all(|weight| *weight == 0.0) => {
            Err(lines.sheet("the weights of all its rows are 0"))
        }
        _ => Ok(()),
    }
}

/// The weight of a row in a field of the record at byte `begin`.
fn weight(lines: &CsvLines, begin: u64, at: usize, field: &str) -> Result<f32, DataError> {
    let wrong = |want: String| lines.cell(begin, at, field, &want);
    let plain = lines.spelling.plain(field).map_err(wrong)?;
    let weight = number(&plain).map(|weight| weight as f32);
    let fits = |weight: &f32| weight.is_finite() && 0.0 <= *weight;
    weight.filter(fits).ok_or_else(|| wrong(WEIGHT.to_owned()))
}

/// The number that rows are divided by.
fn time(field: &str) -> Result<f64, &'static str> {
    let date = || seconds(field, None).map(|seconds| seconds as f64);
    let want = "a number, or a date like 2024-01-31, to divide the rows by";
    number(field).or_else(date).ok_or(want)
}

/// Finds out what the inputs of a column are, and puts its words in order.
fn learn_feature(
    name: &str,
    cells: &mut ColumnValues,
    options: &ColumnOptions,
    training: &Range<usize>,
    missing: bool,
) -> FeatureColumn {
    let is_missing = |cells: &ColumnValues| training.clone().any(|row| cells.is_missing(row));
    let mut feature = FeatureColumn {
        name: name.to_owned(),
        indicator: options.indicator,
        number: options.number(missing),
        ..FeatureColumn::default()
    };
    let has_missing = is_missing(cells);
    match cells {
        ColumnValues::Numbers(_) => {}
        ColumnValues::Dates(dates) => {
            feature.date = true;
            feature.format = dates.format.clone();
        }
        ColumnValues::Words(words) if options.kind == Some(ColumnType::Ordinal) => {
            feature.ordinal = true;
            feature.categories = Some(words.words.clone());
        }
        ColumnValues::Words(words) => {
            feature.number = None;
            learn_words(&mut feature, words, options, training, has_missing);
        }
    }
    feature
}

/// Finds out what the inputs of a column of categories are, and puts its words in order.
fn learn_words(
    feature: &mut FeatureColumn,
    words: &mut Words,
    options: &ColumnOptions,
    training: &Range<usize>,
    has_missing: bool,
) {
    feature.embedding = options.embedding;
    feature.buckets = options.hash;
    if let Some(buckets) = options.hash {
        match &options.fill {
            Some(Fill::Word(word)) => feature.fill = Some(bucket(word, buckets) as u32),
            _ => feature.indicator |= has_missing,
        }
        return;
    }
    let missing = match &options.fill {
        Some(Fill::Word(word)) => words.fill(word),
        _ => Vec::new(),
    };
    words.keep(training.clone(), options.min_count.unwrap_or(1));
    words.sort();
    words.unfill(&missing);
    feature.other = options.min_count.is_some();
    let counts = words.counts(training.clone());
    let most = (0..counts.len()).rev().max_by_key(|at| counts[*at]);
    match &options.fill {
        Some(Fill::Word(word)) => {
            let place = words.words.iter().position(|known| known == word);
            feature.fill = place.map(|at| at as u32);
        }
        Some(_) => feature.fill = most.map(|at| at as u32),
        None => feature.indicator |= has_missing,
    }
    feature.categories = Some(words.words.clone());
}

fn too_many_words(column: usize, lines: &CsvLines) -> DataError {
    let name = &lines.names[column];
    lines.sheet(format!("column `{name}` has more than {MAX_CATEGORIES} different words"))
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
