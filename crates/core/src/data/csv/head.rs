//! The names of a table's columns, with the errors of columns and fields.

use std::path::{Path, PathBuf};

use crate::data::{DataError, RowPlace};
use base::quote::quote;

/// What is known of a table before its rows are read.
pub(super) struct Head {
    /// The file, or the first of several.
    pub(super) path: PathBuf,
    /// What the columns are called.
    pub(super) names: Vec<String>,
    /// Whether the file says so.
    pub(super) header: bool,
    /// What parts the fields, if the whole first line is one field.
    pub(super) hint: Option<u8>,
}

/// The file and the place of a row.
pub(super) type Place = (PathBuf, RowPlace);

impl Head {
    /// Something wrong with the file as a whole.
    pub(super) fn sheet(&self, reason: impl Into<String>) -> DataError {
        let (path, help) = (self.path.clone(), self.separator_help());
        DataError::Sheet { path, reason: reason.into(), help }
    }

    /// What to write if another character parts the fields.
    pub(super) fn separator_help(&self) -> Option<String> {
        let hint = char::from(self.hint?);
        Some(format!(
            "its first line has {hint:?}: write `separator = \"{}\"`",
            hint.escape_debug()
        ))
    }

    /// A label that cannot be learned.
    pub(super) fn label(&self, place: Place, column: usize, field: &str, want: &str) -> DataError {
        let mut error = self.cell(place, column, field, want);
        if let DataError::Cell { label, .. } = &mut error {
            *label = true;
        }
        error
    }

    /// A field that does not fit its column.
    pub(super) fn cell(
        &self,
        (path, row): Place,
        column: usize,
        field: &str,
        want: &str,
    ) -> DataError {
        let got = if field.is_empty() { "nothing".to_owned() } else { quote(field) };
        let (column, want) = (self.names[column].clone(), want.to_owned());
        DataError::Cell { path, row, column, got, want, label: false }
    }

    /// Makes sure that another file has the same columns.
    pub(super) fn check_same(&self, path: &Path, names: &[String]) -> Result<(), DataError> {
        let differ = |at: &usize| self.names.get(*at) != names.get(*at);
        let all = 0..self.names.len().max(names.len());
        let Some(at) = all.into_iter().find(differ) else { return Ok(()) };
        let column = |names: &[String]| match names.get(at) {
            Some(name) => format!("{} as column {at}", quote(name)),
            None => format!("{} columns", names.len()),
        };
        let (got, want) = (column(names), column(&self.names));
        let (path, first) = (path.to_owned(), self.path.clone());
        Err(DataError::OtherColumns { path, first, got, want })
    }
}
