//! A shard of a table: rows that lie together in a file and can be read without those before.

/// A row group of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// The place of its file among the files.
    pub(super) file: usize,
    /// Its place in the file.
    pub(super) group: usize,
    /// Its first row, counted over all files.
    pub first: usize,
    /// Number of rows, at least one.
    pub rows: usize,
}
