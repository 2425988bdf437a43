//! Reading data sets: dispatches each source to the reader of its format.

use std::path::Path;
use std::sync::Arc;

use crate::data::files::{self, ArrayFiles};
use crate::data::idx::{Idx, is_idx};
use crate::data::kept_table::{Before, SHARDED, TABLE};
use crate::data::npz::Npz;
use crate::data::{
    CsvOptions, DataError, DatasetInfo, Preprocessing, ShardedTable, Source, Split, Table,
    TableFiles, Targets, csv, mnist,
};

/// Reads headers and labels of the training set only; all of a CSV file, for want of a header that
/// tells.
///
/// # Errors
///
/// An error in headers or labels; [`load`] finds damage among the inputs.
pub fn describe(source: &Source) -> Result<DatasetInfo, DataError> {
    match source {
        Source::Mnist => Ok(mnist::describe()),
        Source::Path(path, task) => files::describe(&mut *open(path)?, *task),
        Source::Csv(files, options) => {
            if options.in_shards {
                return Ok(open_shards(files, options)?.describe());
            }
            let paths = files.paths()?;
            let before = Before::of(&paths);
            let (found, table) = csv::describe(&paths, options)?;
            if let (Some(table), Some(columns), None) = (table, &found.columns, &options.columns) {
                TABLE.keep(before, options, columns, table);
            }
            Ok(found)
        }
    }
}

/// Opens a table that stays in its files, unless [`describe`] has.
///
/// # Errors
///
/// As [`ShardedTable::open`].
pub fn open_shards(
    files: &TableFiles,
    options: &CsvOptions,
) -> Result<Arc<ShardedTable>, DataError> {
    let paths = files.paths()?;
    let kept = || SHARDED.take(&paths, options);
    let before = Before::of(&paths);
    let table = match kept() {
        Some(table) => table,
        None => Arc::new(ShardedTable::open(files, options)?),
    };
    if options.columns.is_none() {
        SHARDED.keep(before, options, table.columns(), Arc::clone(&table));
    }
    Ok(table)
}

/// [`describe`] after a read of all values of the training set, without keeping them.
///
/// # Errors
///
/// As [`load`].
pub fn describe_and_verify(source: &Source) -> Result<DatasetInfo, DataError> {
    let description = describe(source)?;
    if let Source::Path(path, _) = source {
        files::verify(&mut *open(path)?)?;
    }
    Ok(description)
}

/// Reads and checks one split of a data set.
///
/// ```
/// use runner_core::data::{Source, Split, load};
///
/// let table = load(&Source::Mnist, Split::Test).unwrap();
/// assert_eq!((table.rows(), &table.shape[..]), (10_000, &[28, 28][..]));
/// ```
///
/// A data set may lack test rows, unless `split` asks for them. Test rows must have the form of the training rows, and
/// labels among the training labels.
///
/// # Errors
///
/// Rows unfit for training, see [`DataError`].
pub fn load(source: &Source, split: Split) -> Result<Table, DataError> {
    match source {
        Source::Mnist => mnist::load(split),
        Source::Path(path, task) => files::load(&mut *open(path)?, split, *task),
        Source::Csv(files, options) => match split {
            Split::Train => {
                let paths = files.paths()?;
                TABLE.take(&paths, options).map_or_else(|| csv::read(&paths, options), Ok)
            }
            Split::Test => Err(DataError::NoTestRows { path: files.given()[0].clone() }),
        },
    }
}

/// Reads rows for prediction, by the preprocessing of the training data. Targets are not read; those of the table are
/// zeros.
///
/// # Errors
///
/// Rows unfit for the network, see [`DataError`].
pub fn load_inputs(source: &Source, preprocessing: &Preprocessing) -> Result<Table, DataError> {
    let mut table = match (source, &preprocessing.columns) {
        (Source::Csv(files, options), Some(columns)) => {
            csv::read_inputs(&files.paths()?, options, columns)?
        }
        (Source::Path(path, _), _) if is_npz(path) => Npz::open(path)?.inputs()?,
        _ => load(source, Split::Test)?,
    };
    let rows = table.rows();
    table.targets = match preprocessing.classes {
        Some(classes) => Targets::Classes { labels: vec![0; rows], classes },
        None => {
            let width = preprocessing.target_width;
            Targets::Values { values: vec![0.0; rows * width], width }
        }
    };
    table.class_names.clone_from(&preprocessing.class_names);
    preprocessing.check(&mut table, source)?;
    Ok(table)
}

fn is_npz(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("npz"))
}

/// A folder holds IDX files, and so does a file with their names, a file that ends in `.npz` is an archive; nothing else is guessed at.
fn open(path: &Path) -> Result<Box<dyn ArrayFiles>, DataError> {
    let meta = std::fs::metadata(path)
        .map_err(|source| DataError::Io { path: path.to_owned(), source })?;
    let got = match (meta.is_dir(), meta.is_file()) {
        (true, _) => return Ok(Box::new(Idx::open(path)?)),
        (_, true) if is_idx(path) => return Ok(Box::new(Idx::open(path)?)),
        (_, true) if is_npz(path) => return Ok(Box::new(Npz::open(path)?)),
        (_, true) => "a file with another ending",
        _ => "neither a file nor a folder",
    };
    Err(DataError::NotADataSet { path: path.to_owned(), got })
}
