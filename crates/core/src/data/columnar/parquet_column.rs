//! A column of a Parquet file's row group: decoded values and definition levels become cells.

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{DataType, Int96};
use parquet::errors::ParquetError;

use super::cells::{Cells, ColumnKind, WordCells};
use super::value_type::{Scalar, ValueType};
use crate::data::array::half;

/// The nanoseconds of a second, and the Julian day of 1970-01-01.
const NANOS: i64 = 1_000_000_000;
const JULIAN_1970: i64 = 2_440_588;

/// A column that is being read.
pub(super) struct ParquetColumn {
    reader: ColumnReader,
    of: ValueType,
    kind: ColumnKind,
    nullable: bool,
    /// Bytes of a value of fixed length.
    width: i32,
}

impl ParquetColumn {
    pub(super) fn new(
        reader: ColumnReader,
        of: ValueType,
        kind: ColumnKind,
        nullable: bool,
        width: i32,
    ) -> ParquetColumn {
        ParquetColumn { reader, of, kind, nullable, width }
    }

    /// Reads the values of the next rows.
    pub(super) fn read(&mut self, rows: usize) -> Result<Cells, String> {
        let (of, kind, nullable) = (self.of, self.kind, self.nullable);
        let signed = of != ValueType::Integer { signed: false };
        macro_rules! scalars {
            ($reader:expr, $scalar:expr) => {{
                let (values, levels) = values($reader, rows, nullable)?;
                Ok(of.cells(kind, with_nulls(values, levels).map(|value| value.map($scalar))))
            }};
        }
        match &mut self.reader {
            ColumnReader::BoolColumnReader(r) => scalars!(r, |x| Scalar::Integer(i128::from(x))),
            ColumnReader::Int32ColumnReader(r) if signed => {
                scalars!(r, |x| Scalar::Integer(i128::from(x)))
            }
            ColumnReader::Int32ColumnReader(r) => {
                scalars!(r, |x| Scalar::Integer(i128::from(x as u32)))
            }
            ColumnReader::Int64ColumnReader(r) if signed => {
                scalars!(r, |x| Scalar::Integer(i128::from(x)))
            }
            ColumnReader::Int64ColumnReader(r) => {
                scalars!(r, |x| Scalar::Integer(i128::from(x as u64)))
            }
            ColumnReader::Int96ColumnReader(r) => {
                scalars!(r, |x: Int96| Scalar::Integer(i128::from(seconds(&x))))
            }
            ColumnReader::FloatColumnReader(r) => match kind {
                ColumnKind::Number => floats(r, rows, nullable),
                _ => scalars!(r, |x| Scalar::Float(f64::from(x))),
            },
            ColumnReader::DoubleColumnReader(r) => scalars!(r, Scalar::Float),
            ColumnReader::ByteArrayColumnReader(r) => match of {
                ValueType::Decimal { .. } => scalars!(r, |x| Scalar::Integer(integer(x.data()))),
                _ => text(r, rows, nullable),
            },
            ColumnReader::FixedLenByteArrayColumnReader(r) => match (of, self.width) {
                (ValueType::Float16, 2) => scalars!(r, |x| Scalar::Float(float16(x.data()))),
                _ => scalars!(r, |x| Scalar::Integer(integer(x.data()))),
            },
        }
    }
}

/// The values that are there, and the definition level of each row, 0 where a value is missing.
type Decoded<T> = (Vec<T>, Vec<i16>);

fn values<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    nullable: bool,
) -> Result<Decoded<T::T>, String> {
    let (mut values, mut levels) = (Vec::with_capacity(rows), Vec::new());
    let wanted = nullable.then_some(&mut levels);
    let read = reader.read_records(rows, wanted, None, &mut values);
    let reason =
        |error: ParquetError| error.to_string().trim_start_matches("Parquet error: ").to_owned();
    match read.map_err(reason)? {
        (found, ..) if found != rows => Err(format!("it ends {} rows too early", rows - found)),
        _ => Ok((values, levels)),
    }
}

/// A value or none for each row.
fn with_nulls<T>(values: Vec<T>, levels: Vec<i16>) -> impl Iterator<Item = Option<T>> {
    let rows = if levels.is_empty() { values.len() } else { levels.len() };
    let mut values = values.into_iter();
    (0..rows).map(move |row| match levels.get(row) {
        Some(0) => None,
        _ => values.next(),
    })
}

/// Floats, most often without a missing one.
fn floats<T: DataType<T = f32>>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    nullable: bool,
) -> Result<Cells, String> {
    let (values, levels) = values(reader, rows, nullable)?;
    Ok(Cells::Numbers(if values.len() == rows {
        values
    } else {
        with_nulls(values, levels).map(|x| x.unwrap_or(f32::NAN)).collect()
    }))
}

fn text<T: DataType<T = parquet::data_type::ByteArray>>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    nullable: bool,
) -> Result<Cells, String> {
    let (values, levels) = values(reader, rows, nullable)?;
    let mut words = WordCells::default();
    for value in with_nulls(values, levels) {
        match &value {
            Some(value) => {
                let text = std::str::from_utf8(value.data());
                words.push(text.map_err(|_| "it has bytes that are no UTF-8 text".to_owned())?);
            }
            None => words.push_missing(),
        }
    }
    Ok(Cells::Words(words))
}

/// A signed big-endian integer.
fn integer(bytes: &[u8]) -> i128 {
    let start = if bytes.first().is_some_and(|byte| 0x80 <= *byte) { -1 } else { 0 };
    bytes.iter().fold(start, |n, byte| n << 8 | i128::from(*byte))
}

fn float16(bytes: &[u8]) -> f64 {
    match bytes {
        [low, high] => f64::from(half(u16::from_le_bytes([*low, *high]))),
        _ => f64::NAN,
    }
}

/// The seconds since 1970 of a day and its nanoseconds, as Impala and Spark wrote times.
fn seconds(value: &Int96) -> i64 {
    let [low, high, day] = [value.data()[0], value.data()[1], value.data()[2]];
    let nanos = i64::from(low) | i64::from(high) << 32;
    (i64::from(day) - JULIAN_1970) * 86_400 + nanos.div_euclid(NANOS)
}
