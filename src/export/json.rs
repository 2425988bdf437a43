//! JSON encoder: an array with an object for each row, a line each.

use serde_json::{Map, Number, Value};

use super::table::{Cells, Table};

/// Encodes the table. Missing values and non-finite numbers are null.
pub(super) fn encode(table: &Table) -> Vec<u8> {
    let row = |row: usize| {
        let cells = table.columns.iter().map(|c| (c.name.clone(), cell(&c.cells, row)));
        Value::Object(cells.collect::<Map<_, _>>()).to_string()
    };
    let rows: Vec<_> = (0..table.rows()).map(row).collect();
    match &rows[..] {
        [] => "[]\n".to_owned(),
        rows => format!("[\n{}\n]\n", rows.join(",\n")),
    }
    .into_bytes()
}

fn cell(cells: &Cells, row: usize) -> Value {
    let number = |number: f64| Number::from_f64(number).map_or(Value::Null, Value::Number);
    match cells {
        Cells::Strings(words) => words.get(row).into(),
        Cells::Int64(numbers) => numbers[row].into(),
        // The shortest decimal of the `f32`: conversion to `f64` would add digits.
        Cells::OptionalFloat32(numbers) => {
            let short = numbers[row].and_then(|number| number.to_string().parse().ok());
            short.map_or(Value::Null, number)
        }
        Cells::Float64(numbers) => number(numbers[row]),
        Cells::OptionalInt64(numbers) => numbers[row].into(),
        Cells::OptionalFloat64(numbers) => numbers[row].map_or(Value::Null, number),
        Cells::OptionalBool(flags) => flags[row].into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::{Column, Strings};

    #[test]
    fn numbers_are_short_and_missing_values_null() {
        let mut words = Strings::default();
        ["a", "b"].iter().for_each(|text| words.push(text));
        let columns = vec![
            Column::new("run", Cells::Strings(words)),
            Column::new("epoch", Cells::Int64(vec![0, -1])),
            Column::new("loss", Cells::OptionalFloat32(vec![Some(0.3353), Some(f32::NAN)])),
            Column::new("value", Cells::Float64(vec![f64::INFINITY, 0.25])),
        ];
        let text = String::from_utf8(encode(&Table { columns })).unwrap();
        insta::assert_snapshot!(text, @r#"
        [
        {"run":"a","epoch":0,"loss":0.3353,"value":null},
        {"run":"b","epoch":-1,"loss":null,"value":0.25}
        ]
        "#);
        assert_eq!(encode(&Table::default()), b"[]\n");
    }
}
