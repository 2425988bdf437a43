//! The errors of data sets, with the place, the found and the expected.

use std::error::Error;
use std::path::PathBuf;

use super::error_place::{Dimensions, Names};
pub use super::error_place::{ErrorLocation, RowPlace};
use base::memory::{Bytes, OutOfMemory};
use base::quote::{clip, quote};

/// An unusable data set.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The file cannot be read; another path may work.
    #[error("cannot read `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system, or the decompressor, said.
        source: std::io::Error,
    },

    /// The path leads to something else; name another.
    #[error("`{}` is no data set: got {got}, want a `.npz`, `.csv`, `.parquet` or `.arrow` file or a folder of IDX files", path.display())]
    NotADataSet {
        /// The file or folder.
        path: PathBuf,
        /// A description of the content.
        got: &'static str,
    },

    /// The `.npz` file is no zip archive, or damaged; write it again.
    #[error("cannot read `{}` as a `.npz` archive: {}", path.display(), clip(source))]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What the archive reader said.
        source: Box<dyn Error + Send + Sync>,
    },

    /// The archive lacks an array; save it under Keras's names.
    #[error("`{}` lacks the array `{want}`: got {}", path.display(), Names(got))]
    MissingArray {
        /// The archive.
        path: PathBuf,
        /// The names in the archive.
        got: Vec<String>,
        /// The missing name.
        want: String,
    },

    /// The folder lacks a file; add the file, plain or as `.gz`.
    #[error("`{}` lacks the file `{want}`, plain or `.gz`", path.display())]
    MissingFile {
        /// The folder.
        path: PathBuf,
        /// The file's usual name.
        want: String,
    },

    /// A folder has several sets of IDX files; name a file of one.
    #[error("`{}` has several sets of IDX files: {}", path.display(), Names(got))]
    SeveralSets {
        /// The folder.
        path: PathBuf,
        /// What the names of each set begin with.
        got: Vec<String>,
        /// A file of the first set.
        file: String,
    },

    /// An array does not begin as a `.npy` file does; write it again.
    #[error("{location} has a damaged header: {}", clip(reason))]
    Header {
        /// The array.
        location: ErrorLocation,
        /// The fault.
        reason: String,
    },

    /// An IDX file has another magic number; the file may be of another kind.
    #[error("{location} has the wrong magic number: got {got:#010x}, want {want:#010x}")]
    Magic {
        /// The file.
        location: ErrorLocation,
        /// The magic number found.
        got: u32,
        /// The magic number of such a file.
        want: u32,
    },

    /// The elements are of no use here; convert the array.
    #[error(
        "{location} has the wrong element type: got {}, want booleans, integers, float16, float32 or float64",
        clip(got)
    )]
    Element {
        /// The array.
        location: ErrorLocation,
        /// NumPy's name of the type.
        got: String,
    },

    /// The array has the wrong dimensions; reshape it.
    #[error("{location} has the wrong shape: got {}, want {}", Dimensions(got), clip(want))]
    Shape {
        /// The array.
        location: ErrorLocation,
        /// Its dimensions.
        got: Vec<usize>,
        /// The expected dimensions.
        want: String,
    },

    /// There is nothing to learn from.
    #[error(
        "{location} is empty: got the shape {}, want at least one row and one feature",
        Dimensions(got)
    )]
    Empty {
        /// The array.
        location: ErrorLocation,
        /// Its dimensions.
        got: Vec<usize>,
    },

    /// The data are shorter than the header says; fetch the file again.
    #[error("{location} ends too early: got {got} bytes of data, want {want}")]
    Truncated {
        /// The array.
        location: ErrorLocation,
        /// Bytes in the file.
        got: u64,
        /// Bytes by the header.
        want: u64,
    },

    /// The data are longer than the header says; fetch the file again.
    #[error("{location} is too long: got more than {want} bytes of data, want {want}")]
    TooLong {
        /// The array.
        location: ErrorLocation,
        /// Bytes by the header.
        want: u64,
    },

    /// The data do not fit into memory; take fewer rows or a greater machine.
    #[error("{location} needs {got} of memory, this machine has {want}")]
    TooLarge {
        /// The array or the file.
        location: ErrorLocation,
        /// The bytes of the values.
        got: Bytes,
        /// The available bytes.
        want: Bytes,
    },

    /// The system gives no memory for the data, though the machine has as much.
    #[error("cannot read {location}: {source}")]
    Memory {
        /// The array or the file.
        location: ErrorLocation,
        /// What was asked for.
        source: OutOfMemory,
    },

    /// Inputs and targets are not of the same rows.
    #[error("{location} does not match its inputs: got {got} rows, want {want}")]
    Rows {
        /// The targets.
        location: ErrorLocation,
        /// Their number of rows.
        got: usize,
        /// That of the inputs.
        want: usize,
    },

    /// A label names no class; count classes from 0.
    #[error("{location} has a label out of range in row {row}: got {got}, want 0 to {}", classes - 1)]
    Label {
        /// The targets.
        location: ErrorLocation,
        /// The row, from 0.
        row: usize,
        /// The label.
        got: String,
        /// Labels must be below this.
        classes: usize,
    },

    /// A value is infinite or none at all; clean the data.
    #[error(
        "{location} has a value that is not finite in row {row}: got {got}, want a finite float32"
    )]
    NotFinite {
        /// The array.
        location: ErrorLocation,
        /// The row, from 0.
        row: usize,
        /// The value, as a float32.
        got: f32,
    },

    /// A line of a CSV file differs from the others; mend it.
    #[error("`{}`, line {line}: got {}, want {}", path.display(), clip(got), clip(want))]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The line found.
        got: String,
        /// The expected line.
        want: String,
        /// What to do.
        help: String,
    },

    /// A field of a table does not fit its column.
    #[error(
        "`{}`, {row}, column {}: got {}, want {}",
        path.display(),
        quote(column),
        clip(got),
        clip(want)
    )]
    Cell {
        /// The file.
        path: PathBuf,
        /// The place of the row.
        row: RowPlace,
        /// The name of the column.
        column: String,
        /// The field.
        got: String,
        /// What would do.
        want: String,
        /// Whether the column is to be learned.
        label: bool,
    },

    /// A piece of a column of a Parquet or Arrow file cannot be read; write the file again.
    #[error("`{}`, column {}, {group}: {}", path.display(), quote(column), clip(reason))]
    Chunk {
        /// The file.
        path: PathBuf,
        /// The name of the column.
        column: String,
        /// The row group or the batch, from 0.
        group: String,
        /// The fault.
        reason: String,
    },

    /// A file of several has other columns than the first.
    #[error("`{}` has other columns than `{}`: got {got}, want {want}", path.display(), first.display())]
    OtherColumns {
        /// The file.
        path: PathBuf,
        /// The first file.
        first: PathBuf,
        /// The column that differs.
        got: String,
        /// The column of the first file.
        want: String,
    },

    /// A pattern fits no file; write another.
    #[error("no file fits `{}`", path.display())]
    NoFile {
        /// The pattern.
        path: PathBuf,
    },

    /// A CSV file lacks a column.
    #[error("`{}` has no column {}: got {}", path.display(), quote(want), Names(got))]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// The column, by its name or its place.
        want: String,
        /// The columns of the file.
        got: Vec<String>,
        /// The key of `[data]` with the name.
        key: &'static str,
        /// What to do if the file's columns were not told apart.
        help: Option<String>,
    },

    /// The first bytes of the file contradict its name.
    #[error("`{}` has the wrong format: got {got}, want {want}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The kind by the first bytes.
        got: &'static str,
        /// The kind by the name.
        want: &'static str,
        /// What to do.
        help: &'static str,
    },

    /// A CSV file as a whole cannot be used.
    #[error("cannot use `{}`: {}", path.display(), clip(reason))]
    Sheet {
        /// The file.
        path: PathBuf,
        /// The fault.
        reason: String,
        /// A way out, if known.
        help: Option<String>,
    },

    /// A CSV file has a single split; keep some of its rows for a test, or name another file.
    #[error("`{}` has no test rows of its own", path.display())]
    NoTestRows {
        /// The file.
        path: PathBuf,
    },

    /// Rows for validation or a test are not of the training rows' form.
    #[error(
        "the rows of `{source_name}` are not like the training rows: got {}, want {}",
        clip(got),
        clip(want)
    )]
    Unlike {
        /// Where the rows come from.
        source_name: String,
        /// The found.
        got: String,
        /// The expected.
        want: String,
    },

    /// The data set built into the program was damaged when the program was built; build it again
    /// from a clean checkout.
    #[error("the built-in MNIST is damaged in its {what}: got {got}, want {want}")]
    Packed {
        /// The part of the format.
        what: &'static str,
        /// The fault.
        got: String,
        /// What should be.
        want: String,
    },
}
