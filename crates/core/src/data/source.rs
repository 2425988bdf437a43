//! Where a data set comes from, and what it is; it learns nothing from it.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::data::files::{self, Files};
use crate::data::idx::Idx;
use crate::data::npz::Npz;
use crate::data::{
    Columns, DataError, Labels, Preparation, Reading, Table, Targets, Task, csv, mnist,
};

/// The name or place of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// MNIST, built into the program.
    Mnist,
    /// A `.npz` file with Keras's keys, or a folder of IDX files; and what its targets are: integers
    /// are classes, floats values, unless the task is given.
    Path(PathBuf, Option<Task>),
    /// A CSV file, and how to read it.
    Csv(PathBuf, Reading),
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Description {
    /// Number of training rows.
    pub rows: usize,
    /// Bytes of memory that the inputs take while they are read.
    pub bytes: u64,
    /// The shape of one input, such as `[28, 28]`.
    pub shape: Vec<usize>,
    /// Number of classes, or `None` when the targets are real values.
    pub classes: Option<usize>,
    /// Number of target values per row: 1 for classes.
    pub target_width: usize,
    /// What inputs are divided by unless the config says otherwise: 255 for bytes, 1 for floats.
    pub default_scale: f64,
    /// Whether there are test rows beside the training rows.
    pub has_test: bool,
    /// What the columns of a CSV file are.
    pub columns: Option<Columns>,
    /// The classes that the targets tell apart, if they do.
    pub labels: Option<Labels>,
    /// Whether all targets are 0 or 1: labels of two classes, one-hot rows, or several of both.
    pub binary: bool,
}

impl Source {
    /// `mnist`, or a path; one that is relative starts at `base`.
    pub fn parse(text: &str, base: &Path) -> Self {
        match text {
            "mnist" => Source::Mnist,
            path => {
                let path = base.join(path);
                match csv::is_csv(&path) {
                    true => Source::Csv(path, Reading::default()),
                    false => Source::Path(path, None),
                }
            }
        }
    }

    /// The same source, read as the CSV file that has these columns was; of other sources no columns
    /// are known.
    pub fn like(self, columns: Option<&Columns>) -> Source {
        match (self, columns) {
            (Source::Csv(path, reading), Some(columns)) => {
                Source::Csv(path, Reading { columns: Some(columns.clone()), ..reading })
            }
            (source, _) => source,
        }
    }

    /// [`Table::fingerprint`] of a table that [`load`] has read from this source, without the work
    /// where the answer is known beforehand.
    pub fn fingerprint(&self, part: Part, table: &Table) -> String {
        match self {
            Source::Mnist => mnist::fingerprint(part).to_owned(),
            Source::Path(..) | Source::Csv(..) => table.fingerprint(),
        }
    }
}

/// As [`Source::parse`] reads it.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Mnist => write!(f, "mnist"),
            Source::Path(path, _) | Source::Csv(path, _) => write!(f, "{}", path.display()),
        }
    }
}

/// Reads headers and labels only, of the training set; of a CSV file all, for want of a header that
/// tells.
///
/// # Errors
///
/// Whatever those tell of the data; damage among the inputs is found by [`load`].
pub fn describe(source: &Source) -> Result<Description, DataError> {
    match source {
        Source::Mnist => Ok(mnist::describe()),
        Source::Path(path, task) => files::describe(&mut *open(path)?, *task),
        Source::Csv(path, reading) => csv::describe(path, reading),
    }
}

/// The same after reading all values of the training set, of which none is kept in memory.
///
/// # Errors
///
/// Whatever [`load`] would find among them.
pub fn describe_and_verify(source: &Source) -> Result<Description, DataError> {
    let description = describe(source)?;
    if let Source::Path(path, _) = source {
        files::verify(&mut *open(path)?)?;
    }
    Ok(description)
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
        Source::Path(path, task) => files::load(&mut *open(path)?, part, *task),
        Source::Csv(path, reading) => match part {
            Part::Train => csv::read(path, reading),
            Part::Test => Err(DataError::NoTestRows { path: path.clone() }),
        },
    }
}

/// Reads rows to be answered, as the data that `preparation` is of were read; their targets, if they
/// have any, are left alone, and those of the table are all zeros.
///
/// # Errors
///
/// Everything that keeps the rows from being put to the network, see [`DataError`].
pub fn load_inputs(source: &Source, preparation: &Preparation) -> Result<Table, DataError> {
    let mut table = match (source, &preparation.columns) {
        (Source::Csv(path, reading), Some(columns)) => csv::read_inputs(path, reading, columns)?,
        (Source::Path(path, _), _) if is_npz(path) => Npz::open(path)?.inputs()?,
        _ => load(source, Part::Test)?,
    };
    let rows = table.rows();
    table.targets = match preparation.classes {
        Some(classes) => Targets::Classes { labels: vec![0; rows], classes },
        None => {
            let width = preparation.target_width;
            Targets::Values { values: vec![0.0; rows * width], width }
        }
    };
    preparation.check(&mut table, source)?;
    Ok(table)
}

fn is_npz(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("npz"))
}

/// A folder holds IDX files, a file that ends in `.npz` is an archive; nothing else is guessed at.
fn open(path: &Path) -> Result<Box<dyn Files>, DataError> {
    let meta = std::fs::metadata(path)
        .map_err(|source| DataError::Io { path: path.to_owned(), source })?;
    let got = match (meta.is_dir(), meta.is_file()) {
        (true, _) => return Ok(Box::new(Idx::new(path))),
        (_, true) if is_npz(path) => return Ok(Box::new(Npz::open(path)?)),
        (_, true) => "a file with another ending",
        _ => "neither a file nor a folder",
    };
    Err(DataError::NotADataSet { path: path.to_owned(), got })
}
