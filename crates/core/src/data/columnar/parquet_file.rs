//! Parquet files: flat columns of numbers, truths, decimals, dates and text, read in pieces of rows.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use parquet::basic::{Compression, ConvertedType, LogicalType, TimeUnit, Type};
use parquet::column::reader::get_column_reader;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::schema::types::ColumnDescriptor;
use rayon::prelude::*;

use super::cells::Cells;
use super::codec::Codec;
use super::column_info::{ColumnInfo, Wanted};
use super::parquet_column::ParquetColumn;
use super::parquet_pages::Pages;
use super::value_type::ValueType;
use crate::data::DataError;
use base::system;

/// Rows of a piece: a piece of 28 columns takes 7 MB.
const PIECE: usize = 1 << 16;

/// An open file.
pub(super) struct ParquetFile {
    path: PathBuf,
    file: Arc<Mutex<File>>,
    metadata: ParquetMetaData,
    pub(super) columns: Vec<ColumnInfo>,
    /// The row group that is being read, and its columns.
    group: usize,
    open: Vec<ParquetColumn>,
    /// Rows of the group that are left.
    left: usize,
}

impl ParquetFile {
    pub(super) fn open(path: &Path) -> Result<ParquetFile, DataError> {
        let io = |source| DataError::Io { path: path.to_owned(), source };
        let file = system::open(path).map_err(io)?;
        let metadata = guarded(|| {
            let found = ParquetMetaDataReader::new().parse_and_finish(&file);
            found.map_err(|error| error.to_string())
        });
        let metadata = metadata.map_err(|reason| damaged(path, reason))?;
        let schema = metadata.file_metadata().schema_descr();
        let columns = schema.columns().iter().map(|column| info(column)).collect();
        Ok(ParquetFile {
            path: path.to_owned(),
            file: Arc::new(Mutex::new(file)),
            metadata,
            columns,
            group: 0,
            open: Vec::new(),
            left: 0,
        })
    }

    /// Number of rows of each row group.
    pub(super) fn groups(&self) -> Vec<usize> {
        self.metadata.row_groups().iter().map(|group| rows_of(group.num_rows())).collect()
    }

    /// Makes the first rows of a row group the next ones.
    pub(super) fn seek(&mut self, group: usize) {
        (self.group, self.left) = (group, 0);
        self.open.clear();
    }

    /// The next rows of some columns; none at the end.
    pub(super) fn next(&mut self, wanted: &[Wanted]) -> Result<Option<Vec<Cells>>, DataError> {
        while self.left == 0 {
            let Some(group) = self.metadata.row_groups().get(self.group) else { return Ok(None) };
            self.left = rows_of(group.num_rows());
            self.open =
                wanted.iter().map(|wanted| self.column(wanted)).collect::<Result<_, _>>()?;
            self.group += 1;
        }
        let rows = self.left.min(PIECE);
        let read = |column: &mut ParquetColumn| guarded(|| column.read(rows));
        let found: Vec<_> = self.open.par_iter_mut().map(read).collect();
        self.left -= rows;
        let named = |(cells, wanted): (Result<Cells, String>, &Wanted)| {
            cells.map_err(|reason| self.column_error(wanted.0, self.group - 1, &reason))
        };
        found.into_iter().zip(wanted).map(named).collect::<Result<_, _>>().map(Some)
    }

    /// Opens a column of the current group.
    fn column(&self, (at, kind): &Wanted) -> Result<ParquetColumn, DataError> {
        let wrong = |reason: &str| self.column_error(*at, self.group, reason);
        let chunk = self.metadata.row_group(self.group).column(*at);
        let codec = codec(chunk.compression()).map_err(|reason| wrong(&reason))?;
        let start =
            chunk.dictionary_page_offset().unwrap_or(i64::MAX).min(chunk.data_page_offset());
        let size = u64::try_from(chunk.compressed_size());
        let place = u64::try_from(start).ok().zip(size.ok());
        let end = place.and_then(|(start, size)| Some((start, start.checked_add(size)?)));
        let values = u64::try_from(chunk.num_values()).ok();
        let (place, values) = end.zip(values).ok_or_else(|| wrong("its place is out of range"))?;
        let value_type = self.columns[*at].value_type.ok_or_else(|| wrong("it has no type"))?;
        let descriptor = chunk.column_descr_ptr();
        let (width, nullable) = (descriptor.type_length(), descriptor.max_def_level() != 0);
        let pages = Pages::new(Arc::clone(&self.file), codec, place, values);
        let reader = guarded(|| Ok(get_column_reader(descriptor, Box::new(pages))));
        let reader = reader.map_err(|reason| wrong(&reason))?;
        Ok(ParquetColumn::new(reader, value_type, *kind, nullable, width))
    }

    fn column_error(&self, at: usize, group: usize, reason: &str) -> DataError {
        DataError::Chunk {
            path: self.path.clone(),
            column: self.columns[at].name.clone(),
            group: format!("row group {group}"),
            reason: reason.to_owned(),
        }
    }
}

fn rows_of(rows: i64) -> usize {
    usize::try_from(rows).unwrap_or(0)
}

/// Runs the crate's decoders: on damaged bytes some of them panic.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    caught.unwrap_or_else(|_| Err("its bytes are damaged".to_owned()))
}

fn damaged(path: &Path, reason: String) -> DataError {
    let help = Some("write the file again".to_owned());
    DataError::Sheet {
        path: path.to_owned(),
        reason: format!("it is no Parquet file: {reason}"),
        help,
    }
}

fn codec(compression: Compression) -> Result<Codec, String> {
    Ok(match compression {
        Compression::UNCOMPRESSED => Codec::Plain,
        Compression::SNAPPY => Codec::Snappy,
        Compression::GZIP(_) => Codec::Gzip,
        Compression::ZSTD(_) => Codec::Zstd,
        Compression::LZ4_RAW => Codec::Lz4Block,
        other => {
            return Err(format!(
                "it is compressed by {other}, want snappy, zstd, gzip, lz4_raw or none"
            ));
        }
    })
}

/// The name and the type of a column; nested ones and raw bytes have none.
fn info(column: &ColumnDescriptor) -> ColumnInfo {
    let flat = column.max_rep_level() == 0 && column.max_def_level() <= 1;
    let value_type = flat.then(|| value_type(column)).flatten();
    let stored = format!("{:?}", column.physical_type()).to_lowercase();
    let found = match (flat, column.logical_type_ref()) {
        (false, _) => "a list or a structure".to_owned(),
        (true, Some(logical)) => format!("{logical:?}").to_lowercase(),
        (true, None) => stored,
    };
    ColumnInfo { name: column.path().string(), value_type, found }
}

fn value_type(column: &ColumnDescriptor) -> Option<ValueType> {
    let units = |unit: &TimeUnit| match unit {
        TimeUnit::MILLIS => 1000,
        TimeUnit::MICROS => 1_000_000,
        TimeUnit::NANOS => 1_000_000_000,
    };
    match column.logical_type_ref() {
        Some(LogicalType::Decimal(of)) => return Some(ValueType::Decimal { scale: of.scale }),
        Some(LogicalType::Date) => return Some(ValueType::Date { per_second: None }),
        Some(LogicalType::Timestamp(of)) => {
            return Some(ValueType::Date { per_second: Some(units(&of.unit)) });
        }
        Some(LogicalType::Integer(of)) => {
            return Some(ValueType::Integer { signed: of.is_signed });
        }
        Some(LogicalType::String | LogicalType::Enum | LogicalType::Json) => {
            return Some(ValueType::Text);
        }
        Some(LogicalType::Float16) => return Some(ValueType::Float16),
        Some(LogicalType::Unknown) => return Some(ValueType::Null),
        Some(_) => return None,
        None => {}
    }
    Some(match (column.converted_type(), column.physical_type()) {
        (ConvertedType::DECIMAL, _) => ValueType::Decimal { scale: column.type_scale() },
        (ConvertedType::DATE, _) => ValueType::Date { per_second: None },
        (ConvertedType::TIMESTAMP_MILLIS, _) => ValueType::Date { per_second: Some(1000) },
        (ConvertedType::TIMESTAMP_MICROS, _) => ValueType::Date { per_second: Some(1_000_000) },
        (_, Type::INT96) => ValueType::Date { per_second: Some(1) },
        (_, Type::BOOLEAN) => ValueType::Bool,
        (
            ConvertedType::UINT_8
            | ConvertedType::UINT_16
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64,
            _,
        ) => ValueType::Integer { signed: false },
        (_, Type::INT32 | Type::INT64) => ValueType::Integer { signed: true },
        (_, Type::FLOAT) => ValueType::Float32,
        (_, Type::DOUBLE) => ValueType::Float64,
        (_, Type::BYTE_ARRAY) => ValueType::Text,
        (_, Type::FIXED_LEN_BYTE_ARRAY) => return None,
    })
}
