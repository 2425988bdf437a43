//! The columns of a CSV file before its rows are read: inputs and labels, with what is wanted of their
//! fields.

use super::cells::{ColumnValues, Dates, OTHER, Words};
use super::column::Column;
use super::column_options::{ColumnOptions, ColumnType, options_of};
use super::columns::{Columns, CsvOptions, FeatureColumn, Task};
use super::feature::Feature;
use super::head::Head;
use super::number::is_number;
use super::row_keys::Key;
use crate::data::table_files::fits;
use crate::data::{DataError, SplitMethod};
use base::quote::quote;

/// A column with more different words than this is no category.
pub(super) const MAX_CATEGORIES: usize = 1000;

/// What each column is for, with what is wanted of its fields once that is known.
#[derive(Clone)]
pub(super) struct Roles {
    pub(super) features: Vec<Feature>,
    pub(super) labels: Vec<(usize, ColumnValues)>,
    /// The columns that divide the rows and weigh them.
    pub(super) keys: Vec<(usize, Key)>,
}

impl Roles {
    /// Of a file that is to be learned from.
    pub(super) fn new(options: &CsvOptions, head: &Head) -> Result<Roles, DataError> {
        let ignored = ignored(options, head)?;
        let weight = weight(options, head, &ignored)?;
        let labels = labels(options, head, &ignored, weight)?;
        let numbers = options.task == Some(Task::Regression) || labels.len() != 1;
        if numbers && options.task == Some(Task::Classification) {
            return Err(head.sheet("classes stand in one column: got several labels"));
        }
        let cells = || {
            if numbers {
                ColumnValues::Numbers(Vec::new())
            } else {
                ColumnValues::Words(Words::of_classes())
            }
        };
        let options_of = |at: usize| options_of(&options.column_options, &head.names[at]);
        let features = (0..head.names.len())
            .filter(|at| !labels.contains(at) && !ignored.contains(at) && Some(*at) != weight)
            .map(|at| open(at, options_of(at), head))
            .collect::<Result<Vec<_>, DataError>>()?;
        if features.is_empty() || labels.is_empty() {
            let got = labels.len() + features.len();
            let columns = if got == 1 { "column" } else { "columns" };
            return Err(
                head.sheet(format!("got {got} {columns} in use, want a label and an input"))
            );
        }
        let of_split = |column: &Column| find(column, head, "split.column");
        let divides = match &options.rows.method {
            SplitMethod::Time { column } => Some((of_split(column)?, Key::Time)),
            SplitMethod::Group { column, .. } => Some((of_split(column)?, Key::Group)),
            _ => None,
        };
        let keys = divides.into_iter().chain(weight.map(|at| (at, Key::Weight))).collect();
        let labels = labels.into_iter().map(|at| (at, cells())).collect();
        Ok(Roles { features, labels, keys })
    }

    /// Of a file whose columns another one has taught.
    pub(super) fn known(
        columns: &Columns,
        head: &Head,
        labelled: bool,
    ) -> Result<Roles, DataError> {
        let find = |name: &String| find(&Column::Name(name.clone()), head, "dataset");
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
        let weight = columns.sample_weight.as_ref().filter(|_| labelled).map(find).transpose()?;
        Ok(Roles {
            features: features.collect::<Result<_, DataError>>()?,
            labels: labels.collect::<Result<_, DataError>>()?,
            keys: weight.into_iter().map(|at| (at, Key::Weight)).collect(),
        })
    }

    /// The column of the weights of rows.
    pub(super) fn weight(&self) -> Option<usize> {
        self.keys.iter().find(|(_, key)| *key == Key::Weight).map(|(at, _)| *at)
    }
}

/// Where the ignored columns stand.
fn ignored(options: &CsvOptions, head: &Head) -> Result<Vec<usize>, DataError> {
    let mut ignored = all(&options.ignore, head, "ignore")?;
    for (pattern, _) in &options.column_options {
        if !head.names.iter().any(|name| fits(pattern, name)) {
            find(&Column::Name(pattern.clone()), head, "columns")?;
        }
    }
    let kind = |at: usize| options_of(&options.column_options, &head.names[at])?.kind;
    ignored.extend((0..head.names.len()).filter(|at| kind(*at) == Some(ColumnType::Ignore)));
    Ok(ignored)
}

/// Where the columns of the target stand.
fn labels(
    options: &CsvOptions,
    head: &Head,
    ignored: &[usize],
    weight: Option<usize>,
) -> Result<Vec<usize>, DataError> {
    let used = |at: &usize| ignored.contains(at) || Some(*at) == weight;
    let last = || (0..head.names.len()).rev().find(|at| !used(at));
    let labels = match &options.label {
        Some(label) => all(label, head, "label")?,
        None => last().into_iter().collect(),
    };
    match labels.iter().find(|at| used(at)) {
        Some(&both) => {
            let other = if Some(both) == weight { "the weight of rows" } else { "ignored" };
            let name = quote(&head.names[both]);
            Err(head.sheet(format!("{name} is the label, and {other}")))
        }
        None => Ok(labels),
    }
}

/// Where the column of the weights of rows stands.
fn weight(
    options: &CsvOptions,
    head: &Head,
    ignored: &[usize],
) -> Result<Option<usize>, DataError> {
    let Some(column) = &options.sample_weight else { return Ok(None) };
    let at = find(column, head, "sample_weight")?;
    if ignored.contains(&at) {
        let name = quote(&head.names[at]);
        Err(head.sheet(format!("{name} is the weight of rows, and ignored")))
    } else {
        Ok(Some(at))
    }
}

fn all(wanted: &[Column], head: &Head, key: &'static str) -> Result<Vec<usize>, DataError> {
    wanted.iter().map(|column| find(column, head, key)).collect()
}

/// A column that is to be learned from, with its options.
fn open(at: usize, options: Option<&ColumnOptions>, head: &Head) -> Result<Feature, DataError> {
    let Some(options) = options else { return Ok(Feature::open(at)) };
    Ok(match options.kind {
        Some(ColumnType::Number) => Feature::known(at, ColumnValues::Numbers(Vec::new())),
        Some(ColumnType::Category) => Feature::known(at, ColumnValues::Words(Words::of_classes())),
        Some(ColumnType::Ordinal) if options.order.is_empty() => {
            let name = quote(&head.names[at]);
            return Err(head.sheet(format!("column {name} is ordinal, and `order` names no word")));
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
fn find(column: &Column, head: &Head, key: &'static str) -> Result<usize, DataError> {
    let found = match column {
        Column::Index(index) => Some(*index).filter(|index| *index < head.names.len()),
        Column::Name(name) => head.names.iter().position(|known| known == name),
    };
    found.ok_or_else(|| DataError::NoColumn {
        path: head.path.clone(),
        want: match column {
            Column::Index(index) => index.to_string(),
            Column::Name(name) => name.clone(),
        },
        got: head.names.clone(),
        key,
        help: head.separator_help(),
    })
}

/// The most words that a column may have while it is read.
pub(super) fn max_words(options: &CsvOptions, head: &Head, at: usize) -> usize {
    let column = options_of(&options.column_options, &head.names[at]);
    let hashed = options.columns.as_ref().is_some_and(|columns| {
        columns
            .features
            .iter()
            .any(|feature| feature.buckets.is_some() && feature.name == head.names[at])
    });
    if hashed || column.is_some_and(|column| column.hash.or(column.min_count).is_some()) {
        usize::MAX
    } else {
        MAX_CATEGORIES
    }
}
