//! The places that errors of data sets name: files, arrays, rows; and lists of names and dimensions.

use std::fmt;
use std::path::{Path, PathBuf};

use base::quote::{clip, list};

/// The place of a row in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowPlace {
    /// The line of a text, from 1.
    Line(u64),
    /// The row of a file without lines, from 0.
    Row(u64),
}

impl fmt::Display for RowPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RowPlace::Line(line) => write!(f, "line {line}"),
            RowPlace::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// A file, or one array of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorLocation {
    /// The file.
    pub path: PathBuf,
    /// The array's name, if the file holds several.
    pub array: Option<String>,
}

impl ErrorLocation {
    pub(super) fn file(path: &Path) -> Self {
        ErrorLocation { path: path.to_owned(), array: None }
    }

    pub(super) fn array(path: &Path, array: &str) -> Self {
        ErrorLocation { path: path.to_owned(), array: Some(array.to_owned()) }
    }
}

impl fmt::Display for ErrorLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.array {
            Some(array) => write!(f, "`{array}` in `{}`", self.path.display()),
            None => write!(f, "`{}`", self.path.display()),
        }
    }
}

/// Names in backticks.
pub(super) struct Names<'a>(pub(super) &'a [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => write!(f, "no array at all"),
            names => f.write_str(&list(names)),
        }
    }
}

/// Dimensions as NumPy writes them.
pub(super) struct Dimensions<'a>(pub(super) &'a [usize]);

impl fmt::Display for Dimensions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [one] => write!(f, "({one},)"),
            many => {
                let dimensions: Vec<_> = many.iter().map(ToString::to_string).collect();
                f.write_str(&clip(format!("({})", dimensions.join(", "))))
            }
        }
    }
}
