//! Learns from the fields of a table what its columns are.

use std::ops::Range;
use std::path::PathBuf;

use super::cells::{ColumnValues, Misfit, Words, bucket};
use super::column_options::{ColumnOptions, ColumnType, Fill, options_of};
use super::columns::{Columns, CsvOptions, FeatureColumn, TargetColumns};
use super::head::{Head, Place};
use super::read_lines::too_many_words;
use super::roles::{MAX_CATEGORIES, Roles};
use super::sheet::{Sheet, are_classes};
use super::table_rows::TableRows;
use crate::data::DataError;
use base::quote::quote;

/// Reads whole files, and finds out what their columns are.
pub(super) fn open(files: &[PathBuf], options: &CsvOptions) -> Result<(Sheet, Columns), DataError> {
    let mut source = TableRows::open(files, options)?;
    let roles = match &options.columns {
        Some(columns) => Roles::known(columns, source.head(), true)?,
        None => Roles::new(options, source.head())?,
    };
    let mut sheet = source.read(roles, options)?;
    check_weights(&sheet, source.head())?;
    let columns = match &options.columns {
        Some(columns) => {
            let place = |row: usize| source.place(row as u64);
            check_missing(&sheet, columns, source.head(), &place)?;
            columns.clone()
        }
        None => {
            sheet.arrange(options);
            learn(&mut sheet, options, &source)?
        }
    };
    Ok((sheet, columns))
}

fn learn(
    sheet: &mut Sheet,
    options: &CsvOptions,
    source: &TableRows,
) -> Result<Columns, DataError> {
    let head = source.head();
    let parts = sheet.order.as_ref().map(|order| order.parts.clone());
    let training = parts.unwrap_or_else(|| options.rows.parts(sheet.rows)).training;
    // Files with types say by themselves where a number is missing.
    let gaps = (0..sheet.features.len()).map(|i| sheet.first_missing(i).is_some()).collect();
    let all = (&mut sheet.features[..], &mut sheet.labels[..]);
    learn_columns(all, gaps, &|_| training.clone(), options, (head, &|begin| source.place(begin)))
}

/// The names of the columns, and the place of a row by the name that cells have for it.
pub(super) type Places<'a> = (&'a Head, &'a dyn Fn(u64) -> Place);

/// Learns inputs and labels from their values, of which the rows `training` train; `gaps` says which inputs lack a
/// value somewhere.
pub(super) fn learn_columns(
    (inputs, labels): (&mut [(usize, ColumnValues)], &mut [ColumnValues]),
    gaps: Vec<bool>,
    training: &dyn Fn(&ColumnValues) -> Range<usize>,
    options: &CsvOptions,
    places: Places<'_>,
) -> Result<Columns, DataError> {
    let head = places.0;
    let mut features = Vec::new();
    for ((at, cells), gap) in inputs.iter_mut().zip(gaps) {
        let name = &head.names[*at];
        let default = ColumnOptions::default();
        let column = options_of(&options.column_options, name).unwrap_or(&default);
        let words = matches!(cells, ColumnValues::Words(_));
        if let Some(what) = column.misfit(words) {
            return Err(head.sheet(format!("column {} has {what}", quote(name))));
        }
        let feature = {
            let missing = gap || !options.missing.is_empty();
            let training = training(cells);
            learn_feature(name, cells, column, &training, missing)
        };
        if feature.categories.as_ref().is_some_and(|words| MAX_CATEGORIES < words.len()) {
            return Err(too_many_words(*at, head));
        }
        features.push(feature);
    }
    let target = learn_target(labels, options, places)?;
    let weight = Roles::new(options, head)?.weight();
    let sample_weight = weight.map(|at| head.names[at].clone());
    Ok(Columns { header: head.header, features, target, sample_weight })
}

fn learn_target(
    labels: &mut [ColumnValues],
    options: &CsvOptions,
    (head, place): Places<'_>,
) -> Result<TargetColumns, DataError> {
    let places: Vec<_> = Roles::new(options, head)?.labels.iter().map(|(at, _)| *at).collect();
    let columns: Vec<_> = places.iter().map(|at| head.names[*at].clone()).collect();
    let Some(ColumnValues::Words(words)) = labels.first_mut() else {
        return Ok(TargetColumns::Values { columns });
    };
    let misfit = |(begin, field, want): Misfit| head.label(place(begin), places[0], &field, &want);
    if let Some(missing) = words.missing() {
        return Err(misfit(missing));
    }
    if !are_classes(words, options) {
        labels[0] = ColumnValues::Numbers(words.values().map_err(misfit)?);
        return Ok(TargetColumns::Values { columns });
    }
    words.sort();
    check_classes(words, head)?;
    let (column, names) = (columns.into_iter().next().unwrap_or_default(), words.words.clone());
    Ok(TargetColumns::Classes { column, names })
}

/// Refuses too many classes.
pub(super) fn check_classes(words: &Words, head: &Head) -> Result<(), DataError> {
    match words.words.len() {
        n if 1 << 16 <= n => Err(head.sheet(format!("got {n} classes, want fewer than 65536"))),
        _ => Ok(()),
    }
}

/// Refuses a table without a row that counts.
fn check_weights(sheet: &Sheet, head: &Head) -> Result<(), DataError> {
    match &sheet.keys.weights {
        Some(weights) if weights.iter().all(|weight| *weight == 0.0) => Err(no_weight(head)),
        _ => Ok(()),
    }
}

/// The error of a table in which no row counts.
pub(super) fn no_weight(head: &Head) -> DataError {
    head.sheet("the weights of all its rows are 0")
}

/// Refuses missing numbers of columns that had none when they were learned.
pub(super) fn check_missing(
    sheet: &Sheet,
    columns: &Columns,
    head: &Head,
    place: &dyn Fn(usize) -> Place,
) -> Result<(), DataError> {
    for (i, ((at, cells), feature)) in sheet.features.iter().zip(&columns.features).enumerate() {
        if let (ColumnValues::Numbers(_) | ColumnValues::Dates(_), None) = (cells, &feature.number)
            && let Some(row) = sheet.first_missing(i)
        {
            let want = "a value, as all rows that trained have";
            return Err(head.cell(place(row), *at, "", want));
        }
    }
    Ok(())
}

/// Finds out what the inputs of a column are, and puts its words in order.
fn learn_feature(
    name: &str,
    cells: &mut ColumnValues,
    options: &ColumnOptions,
    training: &Range<usize>,
    missing: bool,
) -> FeatureColumn {
    let has_missing = matches!(cells, ColumnValues::Words(_))
        && training.clone().any(|row| cells.is_missing(row));
    let mut feature = FeatureColumn {
        name: name.to_owned(),
        indicator: options.indicator,
        number: options.number(missing),
        ..FeatureColumn::default()
    };
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
