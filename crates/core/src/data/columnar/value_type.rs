//! The types of values in Parquet and Arrow files: what number, date or word stands for the stored bits.

use super::cells::{Cells, ColumnKind, WordCells};
use crate::data::date;

/// The type of the values of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ValueType {
    /// A truth.
    Bool,
    /// An integer with a sign or without.
    Integer {
        signed: bool,
    },
    /// A number with a fraction, in 32 bits or 64.
    Float32,
    Float64,
    /// The same in 16 bits.
    Float16,
    /// An integer times a power of ten.
    Decimal {
        scale: i32,
    },
    /// Units since 1970, `per_second` of them a second; days if none.
    Date {
        per_second: Option<i64>,
    },
    /// UTF-8 text.
    Text,
    /// Missing values only.
    Null,
}

/// A stored value; integers, dates and decimals by their number, floats by theirs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar {
    Integer(i128),
    Float(f64),
}

impl Scalar {
    /// Whether the bits are the same: -0 has another text than 0.
    fn is(self, other: Scalar) -> bool {
        match (self, other) {
            (Scalar::Integer(a), Scalar::Integer(b)) => a == b,
            (Scalar::Float(a), Scalar::Float(b)) => a.to_bits() == b.to_bits(),
            _ => false,
        }
    }
}

const DAY: i64 = 86_400;

impl ValueType {
    /// The form that suits the values.
    pub(super) fn kind(self) -> ColumnKind {
        match self {
            ValueType::Date { .. } => ColumnKind::Date,
            ValueType::Text => ColumnKind::Word,
            _ => ColumnKind::Number,
        }
    }

    /// The number of a value; of a date the seconds since 1970.
    fn number(self, value: Scalar) -> f64 {
        match (self, value) {
            (_, Scalar::Float(x)) => x,
            (ValueType::Decimal { scale }, Scalar::Integer(n)) => decimal(n, scale),
            (ValueType::Date { .. }, Scalar::Integer(n)) => self.seconds(n) as f64,
            (_, Scalar::Integer(n)) => n as f64,
        }
    }

    fn seconds(self, n: i128) -> i64 {
        let n = i64::try_from(n).unwrap_or_default();
        match self {
            ValueType::Date { per_second: Some(units) } => n.div_euclid(units.max(1)),
            _ => n.saturating_mul(DAY),
        }
    }

    /// The text of a value, as a CSV file has it.
    fn text(self, value: Scalar) -> String {
        match (self, value) {
            (ValueType::Bool, Scalar::Integer(n)) => (n != 0).to_string(),
            (ValueType::Decimal { scale }, Scalar::Integer(n)) => decimal_text(n, scale),
            (ValueType::Date { .. }, Scalar::Integer(n)) => date_text(self.seconds(n)),
            (ValueType::Float32, Scalar::Float(x)) => (x as f32).to_string(),
            (_, Scalar::Float(x)) => x.to_string(),
            (_, Scalar::Integer(n)) => n.to_string(),
        }
    }

    /// Values in a wanted form; dates are no numbers, and numbers no dates.
    pub(super) fn cells(
        self,
        kind: ColumnKind,
        values: impl Iterator<Item = Option<Scalar>>,
    ) -> Cells {
        match kind {
            ColumnKind::Word => {
                let mut words =
                    Words { of: self, cells: WordCells::default(), seen: Vec::new(), next: 0 };
                values.for_each(|value| words.push(value));
                Cells::Words(words.cells)
            }
            ColumnKind::Date => {
                Cells::Dates(values.map(|value| Some(self.number(value?) as i64)).collect())
            }
            ColumnKind::Number => {
                let number = |value: Option<Scalar>| value.map_or(f64::NAN, |x| self.number(x));
                Cells::Numbers(values.map(|value| number(value) as f32).collect())
            }
        }
    }
}

/// Words of values, of which there are often few.
struct Words {
    of: ValueType,
    cells: WordCells,
    /// Values and their words, which spares most values their text.
    seen: Vec<(Scalar, u32)>,
    /// The place of the next one.
    next: usize,
}

/// Values that are compared before a text is made.
const SEEN: usize = 16;

impl Words {
    fn push(&mut self, value: Option<Scalar>) {
        let Some(value) = value.filter(|value| !matches!(value, Scalar::Float(x) if x.is_nan()))
        else {
            return self.cells.push_missing();
        };
        if let Some((_, id)) = self.seen.iter().find(|(seen, _)| seen.is(value)) {
            return self.cells.ids.push(*id);
        }
        self.cells.push(&self.of.text(value));
        let Some(id) = self.cells.ids.last() else { return };
        match self.seen.get_mut(self.next) {
            Some(place) => *place = (value, *id),
            None => self.seen.push((value, *id)),
        }
        self.next = (self.next + 1) % SEEN;
    }
}

/// A decimal as the nearest float.
fn decimal(n: i128, scale: i32) -> f64 {
    // Integers below 2^53 and powers of ten to 22 are exact, so one division rounds once.
    let exact = n.unsigned_abs() < 1 << 53 && (0..=22).contains(&scale);
    if exact {
        n as f64 / 10_f64.powi(scale)
    } else {
        decimal_text(n, scale).parse().unwrap_or(f64::NAN)
    }
}

fn decimal_text(n: i128, scale: i32) -> String {
    match scale {
        ..=0 => format!("{n}{}", "0".repeat(scale.unsigned_abs().min(400) as usize)),
        _ => {
            let places = scale.min(400) as usize;
            let digits = format!("{:0>1$}", n.unsigned_abs(), places + 1);
            let (whole, fraction) = digits.split_at(digits.len() - places);
            let sign = if n < 0 { "-" } else { "" };
            format!("{sign}{whole}.{fraction}")
        }
    }
}

fn date_text(seconds: i64) -> String {
    let (day, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let date = date::date_text(day as f64);
    match second {
        0 => date,
        _ => format!("{date} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_numbers_and_texts() {
        let decimal = ValueType::Decimal { scale: 2 };
        let day = ValueType::Date { per_second: None };
        let millis = ValueType::Date { per_second: Some(1000) };
        let integer = ValueType::Integer { signed: true };
        for (of, n, number, text) in [
            (decimal, 12345, 123.45, "123.45"),
            (decimal, -5, -0.05, "-0.05"),
            (ValueType::Decimal { scale: -2 }, 7, 700.0, "700"),
            (
                ValueType::Decimal { scale: 30 },
                10_i128.pow(31),
                10.0,
                "10.000000000000000000000000000000",
            ),
            (day, 19782, 1_709_164_800.0, "2024-02-29"),
            (millis, -1, -1.0, "1969-12-31 23:59:59"),
            (integer, -7, -7.0, "-7"),
            (ValueType::Bool, 1, 1.0, "true"),
        ] {
            assert_eq!(of.number(Scalar::Integer(n)), number, "{of:?} {n}");
            assert_eq!(of.text(Scalar::Integer(n)), text);
        }
        let values = [Some(Scalar::Float(0.1)), None, Some(Scalar::Float(f64::NAN))];
        let Cells::Words(words) = ValueType::Float64.cells(ColumnKind::Word, values.into_iter())
        else {
            panic!("no words")
        };
        assert_eq!((words.words, words.ids), (vec!["0.1".to_owned()], vec![0, u32::MAX, u32::MAX]));
    }
}
