//! Tables as Apache Parquet, a typed column for each column.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int64Type,
};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::table::{Cells, Column, Table};

/// Rows of a row group.
const ROW_GROUP: usize = 1 << 20;

/// Encodes the table.
pub(super) fn encode(table: &Table) -> Vec<u8> {
    write(table).expect("a table of columns of equal length, in memory, can be written")
}

fn write(table: &Table) -> Result<Vec<u8>> {
    let fields = table.columns.iter().map(|column| field(column).map(Arc::new));
    let schema = Type::group_type_builder("table").with_fields(fields.collect::<Result<_>>()?);
    let properties = WriterProperties::builder()
        .set_created_by(concat!("runner ", env!("CARGO_PKG_VERSION")).to_owned());
    let (schema, properties) = (Arc::new(schema.build()?), Arc::new(properties.build()));
    let mut file = SerializedFileWriter::new(Vec::new(), schema, properties)?;
    for start in (0..table.rows()).step_by(ROW_GROUP) {
        let rows = start..table.rows().min(start + ROW_GROUP);
        let mut group = file.next_row_group()?;
        let mut columns = table.columns.iter();
        while let Some((mut writer, column)) = group.next_column()?.zip(columns.next()) {
            write_column(&mut writer, &column.cells, rows.clone())?;
            writer.close()?;
        }
        group.close()?;
    }
    file.into_inner()
}

fn field(column: &Column) -> Result<Type> {
    let (physical, has_no_null) = match &column.cells {
        Cells::Strings(words) => (Physical::BYTE_ARRAY, words.has_no_null()),
        Cells::Int64(_) => (Physical::INT64, true),
        Cells::OptionalFloat32(_) => (Physical::FLOAT, false),
        Cells::Float64(_) => (Physical::DOUBLE, true),
        Cells::OptionalInt64(_) => (Physical::INT64, false),
        Cells::OptionalFloat64(_) => (Physical::DOUBLE, false),
        Cells::OptionalBool(_) => (Physical::BOOLEAN, false),
    };
    let logical = matches!(column.cells, Cells::Strings(_)).then_some(LogicalType::String);
    Type::primitive_type_builder(&column.name, physical)
        .with_repetition(if has_no_null { Repetition::REQUIRED } else { Repetition::OPTIONAL })
        .with_logical_type(logical)
        .build()
}

fn write_column(
    writer: &mut SerializedColumnWriter<'_>,
    cells: &Cells,
    rows: std::ops::Range<usize>,
) -> Result<usize> {
    match cells {
        Cells::Strings(words) => {
            let texts: Vec<_> = rows.map(|row| words.get(row).map(ByteArray::from)).collect();
            write_optional::<ByteArrayType>(writer, &texts, words.has_no_null())
        }
        Cells::Int64(numbers) => {
            writer.typed::<Int64Type>().write_batch(&numbers[rows], None, None)
        }
        Cells::Float64(numbers) => {
            writer.typed::<DoubleType>().write_batch(&numbers[rows], None, None)
        }
        Cells::OptionalFloat32(numbers) => {
            write_optional::<FloatType>(writer, &numbers[rows], false)
        }
        Cells::OptionalInt64(numbers) => write_optional::<Int64Type>(writer, &numbers[rows], false),
        Cells::OptionalFloat64(numbers) => {
            write_optional::<DoubleType>(writer, &numbers[rows], false)
        }
        Cells::OptionalBool(flags) => write_optional::<BoolType>(writer, &flags[rows], false),
    }
}

/// Writes definition levels, except for a column without nulls, and the non-null values.
fn write_optional<T: DataType>(
    writer: &mut SerializedColumnWriter<'_>,
    values: &[Option<T::T>],
    has_no_null: bool,
) -> Result<usize> {
    let there: Vec<i16> = values.iter().map(|value| value.is_some().into()).collect();
    let values: Vec<T::T> = values.iter().flatten().cloned().collect();
    writer.typed::<T>().write_batch(&values, (!has_no_null).then_some(&*there), None)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use parquet::file::reader::{FileReader, SerializedFileReader};

    use super::*;
    use crate::export::Strings;

    #[test]
    fn table_round_trips() {
        let mut words = Strings::default();
        ["a", "größe", "a"].iter().for_each(|text| words.push(text));
        let mut some = Strings::default();
        some.push_null();
        some.push("mse");
        some.push_null();
        let columns = vec![
            Column::new("run", Cells::Strings(words)),
            Column::new("epoch", Cells::Int64(vec![0, -1, i64::MAX])),
            Column::new("loss", Cells::OptionalFloat32(vec![Some(0.5), None, Some(f32::NAN)])),
            Column::new("value", Cells::Float64(vec![0.1, f64::INFINITY, -0.0])),
            Column::new("units", Cells::OptionalInt64(vec![None, Some(64), None])),
            Column::new("rate", Cells::OptionalFloat64(vec![Some(0.1), None, Some(1.0)])),
            Column::new("shuffle", Cells::OptionalBool(vec![Some(true), None, Some(false)])),
            Column::new("loss.name", Cells::Strings(some)),
        ];
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&encode(&Table { columns })).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let rows = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string());
        insta::assert_snapshot!(rows.collect::<Vec<_>>().join("\n"), @r#"
        {run: "a", epoch: 0, loss: 0.5, value: 0.1, units: null, rate: 0.1, shuffle: true, loss.name: null}
        {run: "größe", epoch: -1, loss: null, value: inf, units: 64, rate: null, shuffle: null, loss.name: "mse"}
        {run: "a", epoch: 9223372036854775807, loss: NaN, value: -0E0, units: null, rate: 1.0, shuffle: false, loss.name: null}
        "#);
        let none = Table { columns: vec![Column::new("x", Cells::Int64(vec![]))] };
        assert!(encode(&none).starts_with(b"PAR1"));
    }
}
