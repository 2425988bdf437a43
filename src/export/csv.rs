//! CSV encoder ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)), with `\n` line ends as in
//! `history.csv`.

use super::table::{Cells, Table};

/// Encodes the table with a header. Nulls are empty; non-finite numbers are `nan`, `inf` and `-inf`.
pub(super) fn encode(table: &Table) -> Vec<u8> {
    let names = table.columns.iter().map(|column| quoted(&column.name));
    let mut text = names.collect::<Vec<_>>().join(",") + "\n";
    for row in 0..table.rows() {
        for (i, column) in table.columns.iter().enumerate() {
            if 0 < i {
                text.push(',');
            }
            text += &cell(&column.cells, row);
        }
        text.push('\n');
    }
    text.into_bytes()
}

fn cell(cells: &Cells, row: usize) -> String {
    match cells {
        Cells::Strings(words) => quoted(words.get(row).unwrap_or_default()),
        Cells::Int64(numbers) => numbers[row].to_string(),
        Cells::OptionalFloat32(numbers) => {
            numbers[row].map_or(String::new(), |n| number(n, n.abs().into()))
        }
        Cells::Float64(numbers) => number(numbers[row], numbers[row].abs()),
        Cells::OptionalInt64(numbers) => numbers[row].map_or(String::new(), |n| n.to_string()),
        Cells::OptionalFloat64(numbers) => {
            numbers[row].map_or(String::new(), |n| number(n, n.abs()))
        }
        Cells::OptionalBool(flags) => flags[row].map_or(String::new(), |flag| flag.to_string()),
    }
}

/// The shortest round-trip decimal; with an exponent below 1e-4 and from 1e16 on.
fn number(number: impl std::fmt::Display + std::fmt::LowerExp, magnitude: f64) -> String {
    if magnitude.is_nan() {
        return "nan".to_owned();
    }
    let is_far = magnitude != 0.0 && magnitude.is_finite() && !(1e-4..1e16).contains(&magnitude);
    if is_far { format!("{number:e}") } else { number.to_string() }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::{Column, Strings};

    #[test]
    fn special_characters_are_quoted() {
        let mut words = Strings::default();
        ["plain", "a,b", "say \"x\"", "plain"].iter().for_each(|text| words.push(text));
        let numbers = vec![Some(0.1), None, Some(f32::NAN), Some(1e-7)];
        let columns = vec![
            Column::new("run", Cells::Strings(words)),
            Column::new("a,b", Cells::OptionalFloat32(numbers)),
            Column::new("x", Cells::Float64(vec![0.1, f64::NEG_INFINITY, 1e300, 0.0])),
        ];
        let text = String::from_utf8(encode(&Table { columns })).unwrap();
        insta::assert_snapshot!(text, @r#"
        run,"a,b",x
        plain,0.1,0.1
        "a,b",,-inf
        "say ""x""",nan,1e300
        plain,1e-7,0
        "#);
    }
}
