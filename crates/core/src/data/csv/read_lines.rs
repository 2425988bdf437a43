//! Reads the lines of CSV files into the columns of a sheet, one after the other.

use std::collections::HashSet;

use csv::StringRecord;

use super::cells::{ColumnValues, Misfit};
use super::columns::CsvOptions;
use super::feature::Feature;
use super::head::Head;
use super::lines::CsvLines;
use super::roles::{MAX_CATEGORIES, Roles, max_words};
use super::row_keys::RowKeys;
use super::sheet::Sheet;
use crate::data::DataError;
use crate::data::error::ErrorLocation;
use crate::data::limits::check_memory;

/// After as many rows it is looked whether their fields still fit into memory.
const CHECKED_ROWS: usize = 4096;

/// Reads all lines, one after the other.
pub(super) fn read_lines(
    lines: &mut CsvLines,
    mut roles: Roles,
    options: &CsvOptions,
) -> Result<Sheet, DataError> {
    let missing: HashSet<&str> = options.missing.iter().map(String::as_str).collect();
    let many: Vec<_> =
        roles.features.iter().map(|f| max_words(options, &lines.head, f.at)).collect();
    let (mut record, mut rows) = (StringRecord::new(), 0);
    let fields = roles.features.len() + roles.labels.len();
    let spelling = &options.spelling;
    let mut keys = RowKeys::new(&roles.keys);
    while lines.next(&mut record)? {
        let begin = lines.begin_of(&record);
        for (i, feature) in roles.features.iter_mut().enumerate() {
            let (at, field) = (feature.at, &record[feature.at]);
            let wrong = |want: String| lines.head.cell(lines.place(begin), at, field, &want);
            if missing.contains(field) {
                feature.push_missing();
                continue;
            }
            let field = spelling.plain(field).map_err(wrong)?;
            feature.push(&field, begin).map_err(wrong)?;
            if many[i] < feature.words() {
                return Err(too_many_words(at, &lines.head));
            }
        }
        for (at, key) in &roles.keys {
            let wrong =
                |want: String| lines.head.cell(lines.place(begin), *at, &record[*at], &want);
            keys.push(*key, &record[*at], spelling).map_err(wrong)?;
        }
        push_labels(&mut roles.labels, &record, lines, options)?;
        rows += 1;
        if rows % CHECKED_ROWS == 0 {
            check_memory(&ErrorLocation::file(&lines.head.path), (rows * fields * 4) as u64)?;
        }
    }
    if rows == 0 {
        return Err(lines.head.sheet("it has no line below its header"));
    }
    let finish = |feature: Feature| finish(feature, lines);
    let features = roles.features.into_iter().map(finish).collect::<Result<_, DataError>>()?;
    let labels = roles.labels.into_iter().map(|(_, cells)| cells).collect();
    Ok(Sheet { rows, features, labels, keys, ..Sheet::default() })
}

/// Adds the labels of a line.
fn push_labels(
    labels: &mut [(usize, ColumnValues)],
    record: &StringRecord,
    lines: &CsvLines,
    options: &CsvOptions,
) -> Result<(), DataError> {
    let begin = lines.begin_of(record);
    for (at, cells) in labels {
        let field = &record[*at];
        let wrong = |want: String| lines.head.label(lines.place(begin), *at, field, &want);
        let field = options.spelling.plain(field).map_err(wrong)?;
        cells.push(&field, begin).map_err(wrong)?;
    }
    Ok(())
}

/// The place and the fields of a column.
fn finish(feature: Feature, lines: &CsvLines) -> Result<(usize, ColumnValues), DataError> {
    let at = feature.at;
    let cells = feature.finish().map_err(|misfit| misfit_error(lines, at, &misfit))?;
    Ok((at, cells))
}

fn misfit_error(lines: &CsvLines, column: usize, (begin, field, want): &Misfit) -> DataError {
    lines.head.cell(lines.place(*begin), column, field, want)
}

/// The error of a column with more words than a category may have.
pub(super) fn too_many_words(column: usize, head: &Head) -> DataError {
    let name = &head.names[column];
    head.sheet(format!("column `{name}` has more than {MAX_CATEGORIES} different words"))
}
