//! A table of typed columns.

use std::collections::HashMap;

/// Columns of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// From left to right.
    pub columns: Vec<Column>,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its title.
    pub name: String,
    /// What is in it, from the first row.
    pub cells: Cells,
}

/// The cells of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Texts, where there are any.
    Strings(Strings),
    /// Whole numbers.
    Int64(Vec<i64>),
    /// Numbers of 32 bits, where there are any.
    OptionalFloat32(Vec<Option<f32>>),
    /// Numbers of 64 bits.
    Float64(Vec<f64>),
    /// Whole numbers, where there are any.
    OptionalInt64(Vec<Option<i64>>),
    /// Numbers of 64 bits, where there are any.
    OptionalFloat64(Vec<Option<f64>>),
    /// Truth values, where there are any.
    OptionalBool(Vec<Option<bool>>),
}

/// Texts of which many are the same.
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
    /// A column of this name.
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
    /// Adds a text at the end.
    pub fn push(&mut self, text: &str) {
        let place = self.known.get(text).copied().unwrap_or_else(|| {
            let place = self.texts.len() as u32;
            self.texts.push(text.to_owned());
            self.known.insert(text.to_owned(), place);
            place
        });
        self.places.push(Some(place));
    }

    /// Adds a row without a text.
    pub fn push_null(&mut self) {
        self.places.push(None);
    }

    /// The text in this row, from 0, if there is one.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.places[row].map(|place| &*self.texts[place as usize])
    }

    /// Whether every row has a text.
    pub fn has_no_null(&self) -> bool {
        self.places.iter().all(Option::is_some)
    }
}
