//! A table of typed columns.

use std::collections::HashMap;

/// Columns of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Columns from left to right.
    pub columns: Vec<Column>,
}

/// A named column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Name of the column.
    pub name: String,
    /// Cells from the first row on.
    pub cells: Cells,
}

/// The cells of a column; `Optional` types and strings may have nulls.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Nullable strings.
    Strings(Strings),
    /// 64-bit integers.
    Int64(Vec<i64>),
    /// Nullable 32-bit floats.
    OptionalFloat32(Vec<Option<f32>>),
    /// 64-bit floats.
    Float64(Vec<f64>),
    /// Nullable 64-bit integers.
    OptionalInt64(Vec<Option<i64>>),
    /// Nullable 64-bit floats.
    OptionalFloat64(Vec<Option<f64>>),
    /// Nullable booleans.
    OptionalBool(Vec<Option<bool>>),
}

/// A dictionary-encoded string column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strings {
    known: HashMap<String, u32>,
    texts: Vec<String>,
    places: Vec<Option<u32>>,
}

impl Table {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.cells.len())
    }
}

impl Column {
    /// Creates a column.
    pub fn new(name: &str, cells: Cells) -> Column {
        Column { name: name.to_owned(), cells }
    }
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Cells::Strings(words) => words.places.len(),
            Cells::Int64(numbers) => numbers.len(),
            Cells::OptionalFloat32(numbers) => numbers.len(),
            Cells::Float64(numbers) => numbers.len(),
            Cells::OptionalInt64(numbers) => numbers.len(),
            Cells::OptionalFloat64(numbers) => numbers.len(),
            Cells::OptionalBool(flags) => flags.len(),
        }
    }
}

impl Strings {
    /// Appends a string.
    pub fn push(&mut self, text: &str) {
        let place = self.known.get(text).copied().unwrap_or_else(|| {
            let place = self.texts.len() as u32;
            self.texts.push(text.to_owned());
            self.known.insert(text.to_owned(), place);
            place
        });
        self.places.push(Some(place));
    }

    /// Appends a null.
    pub fn push_null(&mut self) {
        self.places.push(None);
    }

    /// The string in `row` (from 0), or `None` for a null.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.places[row].map(|place| &*self.texts[place as usize])
    }

    /// Whether the column has no nulls.
    pub fn has_no_null(&self) -> bool {
        self.places.iter().all(Option::is_some)
    }
}
