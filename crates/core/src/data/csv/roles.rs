//! The columns of a CSV file before its rows are read: inputs and labels, with what is wanted of their
//! fields.

use super::cells::{ColumnValues, Dates, OTHER, Words};
use super::column::Column;
use super::column_options::{ColumnOptions, ColumnType, fits, options_of};
use super::columns::{Columns, CsvOptions, FeatureColumn, Task};
use super::feature::Feature;
use super::lines::CsvLines;
use super::number::is_number;
use crate::data::{DataError, SplitMethod};
use base::quote::quote;

/// A column with more different words than this is no category.
pub(super) const MAX_CATEGORIES: usize = 1000;

/// What each column is for, with what is wanted of its fields once that is known.
pub(super) struct Roles {
    pub(super) features: Vec<Feature>,
    pub(super) labels: Vec<(usize, ColumnValues)>,
    /// The column of time that divides the rows.
    pub(super) time: Option<usize>,
    /// The column of the weights of rows.
    pub(super) weight: Option<usize>,
    /// The column of groups that divides the rows.
    pub(super) group: Option<usize>,
}

impl Roles {
    /// Of a file that is to be learned from.
    pub(super) fn new(options: &CsvOptions, lines: &CsvLines) -> Result<Roles, DataError> {
        let ignored = ignored(options, lines)?;
        let weight = weight(options, lines, &ignored)?;
        let labels = labels(options, lines, &ignored, weight)?;
        let numbers = options.task == Some(Task::Regression) || labels.len() != 1;
        if numbers && options.task == Some(Task::Classification) {
            return Err(lines.sheet("classes stand in one column: got several labels"));
        }
        let cells = || match numbers {
            true => ColumnValues::Numbers(Vec::new()),
            false => ColumnValues::Words(Words::of_classes()),
        };
        let options_of = |at: usize| options_of(&options.column_options, &lines.names[at]);
        let features = (0..lines.names.len())
            .filter(|at| !labels.contains(at) && !ignored.contains(at) && Some(*at) != weight)
            .map(|at| open(at, options_of(at), lines))
            .collect::<Result<Vec<_>, DataError>>()?;
        if features.is_empty() || labels.is_empty() {
            let got = labels.len() + features.len();
            let columns = if got == 1 { "column" } else { "columns" };
            return Err(
                lines.sheet(format!("got {got} {columns} in use, want a label and an input"))
            );
        }
        let of_split = |column: &Column| find(column, lines, "split.column").map(Some);
        let (time, group) = match &options.rows.method {
            SplitMethod::Time { column } => (of_split(column)?, None),
            SplitMethod::Group { column, .. } => (None, of_split(column)?),
            _ => (None, None),
        };
        let labels = labels.into_iter().map(|at| (at, cells())).collect();
        Ok(Roles { features, labels, time, group, weight })
    }

    /// Of a file whose columns another one has taught.
    pub(super) fn known(
        columns: &Columns,
        lines: &CsvLines,
        labelled: bool,
    ) -> Result<Roles, DataError> {
        let find = |name: &String| find(&Column::Name(name.clone()), lines, "dataset");
        let features = columns
            .features
            .iter()
            .map(|feature| Ok(Feature::known(find(&feature.name)?, known(feature))));
        let labels = columns.labels().iter().filter(|_| labelled).map(|name| {
            let cells = match columns.class_names() {
                None => ColumnValues::Numbers(Vec::new()),
                Some(classes) => {
                    let words = Words::of_classes().closed(classes);
                    ColumnValues::Words(words)
                }
            };
            Ok((find(name)?, cells))
        });
        let weight = columns.sample_weight.as_ref().filter(|_| labelled);
        Ok(Roles {
            features: features.collect::<Result<_, DataError>>()?,
            labels: labels.collect::<Result<_, DataError>>()?,
            time: None,
            weight: weight.map(find).transpose()?,
            group: None,
        })
    }
}

/// Where the ignored columns stand.
fn ignored(options: &CsvOptions, lines: &CsvLines) -> Result<Vec<usize>, DataError> {
    let mut ignored = all(&options.ignore, lines, "ignore")?;
    for (pattern, _) in &options.column_options {
        if !lines.names.iter().any(|name| fits(pattern, name)) {
            find(&Column::Name(pattern.clone()), lines, "columns")?;
        }
    }
    let kind = |at: usize| options_of(&options.column_options, &lines.names[at])?.kind;
    ignored.extend((0..lines.names.len()).filter(|at| kind(*at) == Some(ColumnType::Ignore)));
    Ok(ignored)
}

/// Where the columns of the target stand.
fn labels(
    options: &CsvOptions,
    lines: &CsvLines,
    ignored: &[usize],
    weight: Option<usize>,
) -> Result<Vec<usize>, DataError> {
    let used = |at: &usize| ignored.contains(at) || Some(*at) == weight;
    let last = || (0..lines.names.len()).rev().find(|at| !used(at));
    let labels = match &options.label {
        Some(label) => all(label, lines, "label")?,
        None => last().into_iter().collect(),
    };
    match labels.iter().find(|at| used(at)) {
        Some(&both) => {
            let other = if Some(both) == weight { "the weight of rows" } else { "ignored" };
            let name = quote(&lines.names[both]);
            Err(lines.sheet(format!("{name} is the label, and {other}")))
        }
        None => Ok(labels),
    }
}

/// Where the column of the weights of rows stands.
fn weight(
    options: &CsvOptions,
    lines: &CsvLines,
    ignored: &[usize],
) -> Result<Option<usize>, DataError> {
    let Some(column) = &options.sample_weight else { return Ok(None) };
    let at = find(column, lines, "sample_weight")?;
    match ignored.contains(&at) {
        true => {
            let name = quote(&lines.names[at]);
            Err(lines.sheet(format!("{name} is the weight of rows, and ignored")))
        }
        false => Ok(Some(at)),
    }
}

fn all(wanted: &[Column], lines: &CsvLines, key: &'static str) -> Result<Vec<usize>, DataError> {
    wanted.iter().map(|column| find(column, lines, key)).collect()
}

/// A column that is to be learned from, with its options.
fn open(
    at: usize,
    options: Option<&ColumnOptions>,
    lines: &CsvLines,
) -> Result<Feature, DataError> {
    let Some(options) = options else { return Ok(Feature::open(at)) };
    Ok(match options.kind {
        Some(ColumnType::Number) => Feature::known(at, ColumnValues::Numbers(Vec::new())),
        Some(ColumnType::Category) => Feature::known(at, ColumnValues::Words(Words::of_classes())),
        Some(ColumnType::Ordinal) if options.order.is_empty() => {
            let name = quote(&lines.names[at]);
            return Err(lines.sheet(format!("column {name} is ordinal, and `order` names no word")));
        }
        Some(ColumnType::Ordinal) => {
            Feature::known(at, ColumnValues::Words(Words::default().closed(&options.order)))
        }
        Some(ColumnType::Date) => {
            let format = options.format.clone();
            Feature::known(at, ColumnValues::Dates(Dates { format, ..Dates::default() }))
        }
        Some(ColumnType::Ignore) | None if options.hash.is_some() => {
            Feature::known(at, ColumnValues::Words(Words::of_classes()))
        }
        Some(ColumnType::Ignore) | None => Feature::open(at),
    })
}

/// The cells of a column that another file has taught: words that it has not are no error.
fn known(feature: &FeatureColumn) -> ColumnValues {
    match &feature.categories {
        _ if feature.date => {
            ColumnValues::Dates(Dates { format: feature.format.clone(), ..Dates::default() })
        }
        _ if feature.buckets.is_some() => ColumnValues::Words(Words::of_classes()),
        None => ColumnValues::Numbers(Vec::new()),
        Some(words) => {
            let numbers = !words.is_empty() && words.iter().all(|word| is_number(word));
            let open = if numbers { Words::of_classes() } else { Words::default() };
            ColumnValues::Words(open.lenient(words, OTHER))
        }
    }
}

/// Where a column stands; `key` is what asks for it.
fn find(column: &Column, lines: &CsvLines, key: &'static str) -> Result<usize, DataError> {
    let found = match column {
        Column::Index(index) => Some(*index).filter(|index| *index < lines.names.len()),
        Column::Name(name) => lines.names.iter().position(|known| known == name),
    };
    found.ok_or_else(|| DataError::NoColumn {
        path: lines.path.clone(),
        want: match column {
            Column::Index(index) => index.to_string(),
            Column::Name(name) => name.clone(),
        },
        got: lines.names.clone(),
        key,
        help: lines.separator_help(),
    })
}

/// The most words that a column may have while it is read.
pub(super) fn max_words(options: &CsvOptions, lines: &CsvLines, at: usize) -> usize {
    let column = options_of(&options.column_options, &lines.names[at]);
    let hashed = options.columns.as_ref().is_some_and(|columns| {
        columns
            .features
            .iter()
            .any(|feature| feature.buckets.is_some() && feature.name == lines.names[at])
    });
    match hashed || column.is_some_and(|column| column.hash.or(column.min_count).is_some()) {
        true => usize::MAX,
        false => MAX_CATEGORIES,
    }
}
