//! Where a data set comes from.
use std::fmt;
use std::path::{Path, PathBuf};

use crate::data::files::{self, Files};
use crate::data::idx::Idx;
use crate::data::npz::Npz;
use crate::data::{DataError, Table, mnist};

/// The name or place of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// MNIST, built into the program.
    Mnist,
    /// A `.npz` file with Keras's keys, or a folder of IDX files.
    Path(PathBuf),
}

/// Which rows of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The training rows (validation rows are their tail).
    Train,
    /// The test rows.
    Test,
}

/// What a config can be checked against without reading all of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Number of training rows.
    pub rows: usize,
    /// The shape of one input, such as `[28, 28]`.
    pub shape: Vec<usize>,
    /// Number of classes, or `None` when the targets are real values.
    pub classes: Option<usize>,
    /// Number of target values per row: 1 for classes.
    pub target_width: usize,
    /// What inputs are divided by unless the config says otherwise: 255 for bytes, 1 for floats.
    pub default_scale: f64,
}

impl Source {
    /// `mnist`, or a path; one that is relative starts at `base`.
    pub fn parse(text: &str, base: &Path) -> Self {
        match text {
            "mnist" => Source::Mnist,
            path => Source::Path(base.join(path)),
        }
    }

    /// [`Table::fingerprint`] of a table that [`load`] has read from this source, without the work
    /// where the answer is known beforehand.
    pub fn fingerprint(&self, part: Part, table: &Table) -> String {
        match self {
            Source::Mnist => mnist::fingerprint(part).to_owned(),
            Source::Path(_) => table.fingerprint(),
        }
    }
}

/// As [`Source::parse`] reads it.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Mnist => write!(f, "mnist"),
            Source::Path(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Reads headers and labels only, of the training set.
///
/// # Errors
///
/// Whatever those tell of the data; damage among the inputs is found by [`load`].
pub fn describe(source: &Source) -> Result<Description, DataError> {
    match source {
        Source::Mnist => Ok(mnist::describe()),
        Source::Path(path) => files::describe(&mut *open(path)?),
    }
}

/// Reads and checks one part of a data set.
///
/// A data set needs no test rows unless they are asked for; then they must be of the training rows'
/// form, and their labels must be among the training labels.
///
/// # Errors
///
/// Everything that keeps the rows from being trained on, see [`DataError`].
pub fn load(source: &Source, part: Part) -> Result<Table, DataError> {
    match source {
        Source::Mnist => mnist::load(part),
        Source::Path(path) => files::load(&mut *open(path)?, part),
    }
}

/// A folder holds IDX files, a file that ends in `.npz` is an archive; nothing else is guessed at.
fn open(path: &Path) -> Result<Box<dyn Files>, DataError> {
    let meta = std::fs::metadata(path)
        .map_err(|source| DataError::Io { path: path.to_owned(), source })?;
    let is_npz = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("npz"));
    let got = match (meta.is_dir(), meta.is_file()) {
        (true, _) => return Ok(Box::new(Idx::new(path))),
        (_, true) if is_npz => return Ok(Box::new(Npz::open(path)?)),
        (_, true) => "a file with another ending",
        _ => "neither a file nor a folder",
    };
    Err(DataError::NotADataSet { path: path.to_owned(), got })
}
