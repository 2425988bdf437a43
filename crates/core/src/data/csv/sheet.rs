//! The fields of a whole CSV file, and the columns learned from them.

use std::path::Path;

use csv::StringRecord;

use super::cells::{ColumnValues, Misfit, Words};
use super::columns::{Column, Columns, CsvOptions, FeatureColumn, TargetColumns, Task};
use super::feature::Feature;
use super::lines::CsvLines;
use crate::data::error::ErrorLocation;
use crate::data::limits::check_memory;
use crate::data::{DataError, Table, Targets};
use base::quote::quote;

/// The largest number of different whole numbers to be classes by default.
pub const FEW_CLASSES: usize = 20;

/// A column with more different words than this is no category.
const MAX_CATEGORIES: usize = 1000;

/// Rows between checks of the memory.
const CHECKED_ROWS: usize = 4096;

/// The use of each column, and the kind of its fields, if known.
pub(super) struct Roles {
    features: Vec<Feature>,
    labels: Vec<(usize, ColumnValues)>,
}

impl Roles {
    /// For a file to learn from.
    pub(super) fn new(options: &CsvOptions, lines: &CsvLines) -> Result<Roles, DataError> {
        let all = |wanted: &[Column], key| -> Result<Vec<usize>, DataError> {
            wanted.iter().map(|column| find(column, lines, key)).collect()
        };
        let ignored = all(&options.ignore, "ignore")?;
        let labels = match &options.label {
            Some(label) => all(label, "label")?,
            None => {
                (0..lines.names.len()).rev().find(|at| !ignored.contains(at)).into_iter().collect()
            }
        };
        if let Some(&both) = labels.iter().find(|at| ignored.contains(at)) {
            return Err(
                lines.sheet(format!("{} is the label, and ignored", quote(&lines.names[both])))
            );
        }
        let numbers = options.task == Some(Task::Regression) || labels.len() != 1;
        if numbers && options.task == Some(Task::Classification) {
            return Err(lines.sheet("classes stand in one column: got several labels"));
        }
        let cells = || {
            if numbers {
                ColumnValues::Numbers(Vec::new())
            } else {
                ColumnValues::Words(Words::of_classes())
            }
        };
        let features: Vec<_> = (0..lines.names.len())
            .filter(|at| !labels.contains(at) && !ignored.contains(at))
            .map(Feature::open)
            .collect();
        if features.is_empty() || labels.is_empty() {
            let got = lines.names.len() - ignored.len();
            let columns = if got == 1 { "column" } else { "columns" };
            return Err(
                lines.sheet(format!("got {got} {columns} in use, want a label and an input"))
            );
        }
        Ok(Roles { features, labels: labels.into_iter().map(|at| (at, cells())).collect() })
    }

    /// For a file with known columns.
    pub(super) fn known(
        columns: &Columns,
        lines: &CsvLines,
        labelled: bool,
    ) -> Result<Roles, DataError> {
        let find = |name: &String| find(&Column::Name(name.clone()), lines, "dataset");
        let features = columns.features.iter().map(|feature| {
            let cells = match &feature.categories {
                None => ColumnValues::Numbers(Vec::new()),
                Some(words) => ColumnValues::Words(Words::default().closed(words)),
            };
            Ok(Feature::known(find(&feature.name)?, cells))
        });
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
        Ok(Roles {
            features: features.collect::<Result<_, DataError>>()?,
            labels: labels.collect::<Result<_, DataError>>()?,
        })
    }
}

/// The index of a column; `key` is the config key with its name.
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

/// The fields of a whole file.
pub(super) struct Sheet {
    pub(super) rows: usize,
    pub(super) features: Vec<(usize, ColumnValues)>,
    pub(super) labels: Vec<ColumnValues>,
}

impl Sheet {
    pub(super) fn read(lines: &mut CsvLines, mut roles: Roles) -> Result<Sheet, DataError> {
        let (mut record, mut rows) = (StringRecord::new(), 0);
        let fields = roles.features.len() + roles.labels.len();
        let spelling = lines.spelling.clone();
        while lines.next(&mut record)? {
            let begin = record.position().map_or(0, csv::Position::byte);
            for feature in &mut roles.features {
                let (at, field) = (feature.at, &record[feature.at]);
                let wrong = |want: String| lines.cell(begin, at, field, &want);
                let field = spelling.plain(field).map_err(wrong)?;
                feature.push(&field, begin).map_err(wrong)?;
                if MAX_CATEGORIES < feature.words() {
                    return Err(too_many_words(at, lines));
                }
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
        if rows == 0 {
            return Err(lines.sheet("it has no line below its header"));
        }
        let finish = |feature: Feature| {
            let at = feature.at;
            let cells = feature.finish().map_err(|misfit| lines.misfit(at, &misfit))?;
            Ok((at, cells))
        };
        let features = roles.features.into_iter().map(finish).collect::<Result<_, DataError>>()?;
        let labels = roles.labels.into_iter().map(|(_, cells)| cells).collect();
        Ok(Sheet { rows, features, labels })
    }

    /// Learns the columns.
    pub(super) fn learn(
        &mut self,
        options: &CsvOptions,
        lines: &CsvLines,
    ) -> Result<Columns, DataError> {
        let mut features = Vec::new();
        for (at, cells) in &mut self.features {
            let name = lines.names[*at].clone();
            let categories = match cells {
                ColumnValues::Numbers(_) => None,
                ColumnValues::Words(words) if MAX_CATEGORIES < words.words.len() => {
                    return Err(too_many_words(*at, lines));
                }
                ColumnValues::Words(words) => {
                    words.sort();
                    Some(words.words.clone())
                }
            };
            features.push(FeatureColumn { name, categories });
        }
        let target = self.learn_target(options, lines)?;
        Ok(Columns { header: lines.header, features, target })
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
        let few = words.at_most(FEW_CLASSES) && words.are_whole();
        if options.task.is_none() && words.are_numbers() && !few {
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
        Ok(Table { inputs, targets, shape: vec![columns.width()], columns: Some(columns) })
    }
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
