//! The name or the place of a data set; reads nothing.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::data::{Columns, CsvOptions, Split, Table, TableFiles, Task, columnar, csv, mnist};

/// The name or place of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::large_enum_variant,
    reason = "a process has a few sources, most of them CSV files"
)]
pub enum Source {
    /// MNIST, built into the program.
    Mnist,
    /// A `.npz` file with Keras's keys, or a folder of IDX files; and what its targets are: integers
    /// are classes, floats values, unless the task is given.
    Path(PathBuf, Option<Task>),
    /// Files of a table, CSV, Parquet or Arrow, and how to read them.
    Csv(TableFiles, CsvOptions),
}

impl Source {
    /// `mnist`, or a path; one that is relative starts at `base`.
    pub fn parse(text: &str, base: &Path) -> Self {
        match text {
            "mnist" => Source::Mnist,
            path => {
                let path = base.join(path);
                if TableKind::of(&path).is_some() {
                    Source::Csv(path.into(), CsvOptions::default())
                } else {
                    Source::Path(path, None)
                }
            }
        }
    }

    /// The same source, read as the CSV file that has these columns was; of other sources no columns
    /// are known.
    pub fn like(self, columns: Option<&Columns>) -> Source {
        match (self, columns) {
            (Source::Csv(path, options), Some(columns)) => {
                Source::Csv(path, CsvOptions { columns: Some(columns.clone()), ..options })
            }
            (source, _) => source,
        }
    }

    /// [`Table::fingerprint`] of a table that [`load`] has read from this source, without the work
    /// where the answer is known beforehand.
    pub fn fingerprint(&self, split: Split, table: &Table) -> String {
        match self {
            Source::Mnist => mnist::fingerprint(split).to_owned(),
            Source::Path(..) | Source::Csv(..) => table.fingerprint(),
        }
    }
}

/// The kinds of files that a table can be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// CSV files, whose fields are text.
    Text,
    /// Parquet and Arrow files, whose columns have types.
    Typed,
}

impl TableKind {
    /// The kind by the ending of a path.
    pub fn of(path: &Path) -> Option<TableKind> {
        match (csv::is_csv(path), columnar::is_columnar(path)) {
            (true, _) => Some(TableKind::Text),
            (_, true) => Some(TableKind::Typed),
            _ => None,
        }
    }
}

/// As [`Source::parse`] reads it.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Mnist => write!(f, "mnist"),
            Source::Path(path, _) => write!(f, "{}", path.display()),
            Source::Csv(files, _) => write!(f, "{files}"),
        }
    }
}
