//! CSV files: a line for each row, with some columns as the target. The columns are learned from the training file;
//! other files are read by these columns. Missing values are errors.

mod append;
mod block;
mod block_reader;
mod builder;
mod cells;
mod column;
mod column_options;
mod columns;
mod dense_columns;
mod encoding;
mod fast_number;
mod feature;
mod head;
mod learn;
mod lines;
mod number;
mod padding;
mod profile;
mod read_blocks;
mod read_lines;
mod roles;
mod row_keys;
mod rows;
mod scan;
mod separator;
mod shard;
mod sharded_table;
mod sheet;
mod spelling;
mod table_rows;
mod text;
mod typed;

use std::path::PathBuf;

use crate::data::table_files::TableFiles;
use crate::data::{DataError, DatasetInfo, Labels, Table, Targets};
use cells::ColumnValues;
pub use column::Column;
pub use column_options::{
    ColumnOptions, ColumnType, Constant, Fill, NumberOptions, Scaling, Statistic,
};
pub use columns::{Columns, CsvOptions, FeatureColumn, TargetColumns, Task};
pub use encoding::Encoding;
use learn::{check_missing, open};
pub(super) use number::same_number;
pub use number::{is_missing, is_number, looks_like_number};
pub use profile::{ColumnProfile, profile};
use roles::Roles;
pub(super) use row_keys::WEIGHT;
pub use shard::Shard;
pub use sharded_table::{ShardReader, ShardedTable};
pub use sheet::FEW_CLASSES;
use sheet::targets;
pub use spelling::{Spelling, reading_keys};
use table_rows::TableRows;
pub(super) use text::is_csv;

/// Reads whole files.
pub(super) fn read(files: &[PathBuf], options: &CsvOptions) -> Result<Table, DataError> {
    let (sheet, columns) = open(files, options)?;
    sheet.table(&files[0], columns)
}

/// Describes files without their inputs; with the table, if that takes no more work.
pub(super) fn describe(
    files: &[PathBuf],
    options: &CsvOptions,
) -> Result<(DatasetInfo, Option<Table>), DataError> {
    let (sheet, columns) = open(files, options)?;
    let targets = targets(&sheet.labels, sheet.rows, &columns);
    let (classes, target_width) = match &targets {
        Targets::Classes { classes, .. } => (Some(*classes), 1),
        Targets::Values { width, .. } => (None, *width),
    };
    let info = DatasetInfo {
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
        columns: Some(columns.clone()),
    };
    let dense = sheet.dense.is_some();
    let table = dense.then(|| sheet.table(&files[0], columns)).transpose()?;
    Ok((info, table))
}

/// Reads the inputs of files by known columns, with or without a target; the table's target is a zero per row.
pub(super) fn read_inputs(
    files: &[PathBuf],
    options: &CsvOptions,
    columns: &Columns,
) -> Result<Table, DataError> {
    let mut source = TableRows::open(files, options)?;
    let roles = Roles::known(columns, source.head(), false)?;
    let mut sheet = source.read(roles, options)?;
    let place = |row: usize| source.place(row as u64);
    check_missing(&sheet, columns, source.head(), &place)?;
    sheet.labels = vec![ColumnValues::Numbers(vec![0.0; sheet.rows])];
    sheet.table(&files[0], columns.clone())
}

/// The names of a table's columns, and the fields of each of its rows as they are written.
///
/// # Errors
///
/// A file that cannot be taken apart into lines of equally many fields, see [`DataError`].
pub fn fields(
    files: &TableFiles,
    options: &CsvOptions,
) -> Result<(Vec<String>, Vec<Vec<String>>), DataError> {
    let mut source = TableRows::open(&files.paths()?, options)?;
    let rows = match &mut source {
        TableRows::Typed(rows) => rows.fields()?,
        TableRows::Lines(lines) => {
            let (mut record, mut rows) = (csv::StringRecord::new(), Vec::new());
            while lines.next(&mut record)? {
                rows.push(record.iter().map(str::to_owned).collect());
            }
            rows
        }
    };
    Ok((source.head().names.clone(), rows))
}
