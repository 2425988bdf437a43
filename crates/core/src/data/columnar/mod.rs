//! Files of typed columns: Parquet and Arrow IPC, read in pieces of rows.

mod cells;
mod codec;
mod column_info;
mod flat_table;
mod ipc_column;
mod ipc_file;
mod ipc_schema;
mod parquet_column;
mod parquet_file;
mod parquet_pages;
mod thrift;
mod value_type;

use std::io::Read;
use std::path::{Path, PathBuf};

pub(super) use cells::{Cells, ColumnKind, MISSING, WordCells};
pub(super) use column_info::{ColumnInfo, Wanted};
use ipc_file::IpcFile;
use parquet_file::ParquetFile;

use crate::data::DataError;
use base::system;

/// An open file of typed columns.
pub(super) struct ColumnarFile {
    path: PathBuf,
    format: Format,
}

enum Format {
    Parquet(Box<ParquetFile>),
    Ipc(Box<IpcFile>),
}

impl ColumnarFile {
    /// Opens a file and reads the types of its columns.
    pub(super) fn open(path: &Path) -> Result<ColumnarFile, DataError> {
        let mut start = [0; 6];
        let io = |source| DataError::Io { path: path.to_owned(), source };
        let file = system::open(path).map_err(io)?;
        let got = file.take(6).read(&mut start).map_err(io)?;
        let format = match &start[..got] {
            [b'P', b'A', b'R', b'1', ..] => Format::Parquet(Box::new(ParquetFile::open(path)?)),
            b"ARROW1" | [0xff, 0xff, 0xff, 0xff, ..] => Format::Ipc(Box::new(IpcFile::open(path)?)),
            other => {
                let (got, help) = foreign(other);
                let (path, want) = (path.to_owned(), "a Parquet or Arrow file");
                return Err(DataError::Format { path, got, want, help });
            }
        };
        Ok(ColumnarFile { path: path.to_owned(), format })
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Its columns.
    pub(super) fn columns(&self) -> &[ColumnInfo] {
        match &self.format {
            Format::Parquet(file) => &file.columns,
            Format::Ipc(file) => &file.columns,
        }
    }

    /// Number of rows of each row group; none of a file that has to be read from its beginning.
    pub(super) fn groups(&self) -> Option<Vec<usize>> {
        match &self.format {
            Format::Parquet(file) => Some(file.groups()),
            Format::Ipc(_) => None,
        }
    }

    /// Makes the first rows of a row group the next ones, where there are row groups.
    pub(super) fn seek(&mut self, group: usize) {
        if let Format::Parquet(file) = &mut self.format {
            file.seek(group);
        }
    }

    /// The next rows of the wanted columns, the same columns in a row group; none at the end.
    pub(super) fn next(&mut self, wanted: &[Wanted]) -> Result<Option<Vec<Cells>>, DataError> {
        match &mut self.format {
            Format::Parquet(file) => file.next(wanted),
            Format::Ipc(file) => file.next(wanted),
        }
    }
}

/// Whether a path has the ending of a Parquet or an Arrow file.
pub(super) fn is_columnar(path: &Path) -> bool {
    let ends = ["parquet", "pq", "arrow", "arrows", "feather", "ipc"];
    path.extension().is_some_and(|end| ends.iter().any(|known| end.eq_ignore_ascii_case(known)))
}

fn foreign(start: &[u8]) -> (&'static str, &'static str) {
    match start {
        [b'P', b'A', b'R', b'E', ..] => {
            ("an encrypted Parquet file", "write it without encryption")
        }
        [b'F', b'E', b'A', b'1', ..] => ("Feather of version 1", "write it with `version=2`"),
        [0x1f, 0x8b, ..] => ("gzip data", "unpack it: `gzip -d FILE`"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => ("zstd data", "unpack it: `zstd -d FILE`"),
        [] => ("an empty file", "write it again"),
        _ => ("other bytes", "name the file by its format, such as `.csv`"),
    }
}
