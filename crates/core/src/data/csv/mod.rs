//! CSV files: a line for each row, with some columns as the target. The columns are learned from the training file;
//! other files are read by these columns. Missing values are errors.

mod cells;
mod column;
mod column_options;
mod columns;
mod date;
mod encoding;
mod feature;
mod lines;
mod number;
mod padding;
mod profile;
mod roles;
mod rows;
mod separator;
mod sheet;
mod spelling;
mod text;

use std::path::Path;

use crate::data::{DataError, DatasetInfo, Labels, Table, Targets};
use cells::ColumnValues;
pub use column::Column;
pub use column_options::{
    ColumnOptions, ColumnType, Constant, Fill, NumberOptions, Scaling, Statistic,
};
pub use columns::{Columns, CsvOptions, FeatureColumn, TargetColumns, Task};
pub use date::{date_text, looks_like_date};
pub use encoding::Encoding;
use lines::CsvLines;
pub(super) use number::same_number;
pub use number::{is_missing, is_number, looks_like_number};
pub use profile::{ColumnProfile, profile};
use roles::Roles;
pub use sheet::FEW_CLASSES;
pub(super) use sheet::WEIGHT;
use sheet::{Sheet, targets};
pub use spelling::{Spelling, reading_keys};
pub(super) use text::is_csv;

/// Reads a whole file.
pub(super) fn read(path: &Path, options: &CsvOptions) -> Result<Table, DataError> {
    let (sheet, columns) = Sheet::open(path, options)?;
    sheet.table(path, columns)
}

/// Describes a file without its inputs.
pub(super) fn describe(path: &Path, options: &CsvOptions) -> Result<DatasetInfo, DataError> {
    let (sheet, columns) = Sheet::open(path, options)?;
    let targets = targets(&sheet.labels, sheet.rows, &columns);
    let (classes, target_width) = match &targets {
        Targets::Classes { classes, .. } => (Some(*classes), 1),
        Targets::Values { width, .. } => (None, *width),
    };
    Ok(DatasetInfo {
        labels: Labels::of(&targets, Some(&columns)),
        binary: targets.is_binary(),
        class_rows: targets.into_classes(),
        rows: sheet.rows,
        bytes: sheet.memory(&columns),
        classes,
        target_width,
        default_scale: 1.0,
        has_test: false,
        parts: sheet.order.as_ref().map(|order| order.parts.clone()),
        shape: vec![columns.width()],
        columns: Some(columns),
    })
}

/// Reads the inputs of a file by known columns, with or without a target; the table's target is a zero per row.
pub(super) fn read_inputs(
    path: &Path,
    options: &CsvOptions,
    columns: &Columns,
) -> Result<Table, DataError> {
    let mut lines = CsvLines::open(path, options)?;
    let roles = Roles::known(columns, &lines, false)?;
    let mut sheet = Sheet::read(&mut lines, roles, options)?;
    sheet.labels = vec![ColumnValues::Numbers(vec![0.0; sheet.rows])];
    sheet.table(path, columns.clone())
}

/// The names of a file's columns, and the fields of each of its rows as they are written.
///
/// # Errors
///
/// A file that cannot be taken apart into lines of equally many fields, see [`DataError`].
pub fn fields(
    path: &Path,
    options: &CsvOptions,
) -> Result<(Vec<String>, Vec<Vec<String>>), DataError> {
    let mut lines = CsvLines::open(path, options)?;
    let (mut record, mut rows) = (csv::StringRecord::new(), Vec::new());
    while lines.next(&mut record)? {
        rows.push(record.iter().map(str::to_owned).collect());
    }
    Ok((lines.names, rows))
}
