//! The values of one column in a piece of rows, as a network can use them.

use std::collections::HashMap;

/// In place of a word's number where a value is missing.
pub(in crate::data) const MISSING: u32 = u32::MAX;

/// Values of a column.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::data) enum Cells {
    /// Numbers; a missing one is NaN.
    Numbers(Vec<f32>),
    /// Words.
    Words(WordCells),
    /// Seconds since 1970.
    Dates(Vec<Option<i64>>),
}

/// Words, each kept once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::data) struct WordCells {
    /// The word of each row, as an index of `words`, or [`MISSING`].
    pub(in crate::data) ids: Vec<u32>,
    /// The different words, in the order of the first rows with them.
    pub(in crate::data) words: Vec<String>,
    index: HashMap<String, u32>,
}

impl Cells {
    /// Number of rows.
    pub(in crate::data) fn len(&self) -> usize {
        match self {
            Cells::Numbers(numbers) => numbers.len(),
            Cells::Words(words) => words.ids.len(),
            Cells::Dates(dates) => dates.len(),
        }
    }

    /// The first row without a value.
    pub(in crate::data) fn first_missing(&self) -> Option<usize> {
        match self {
            Cells::Numbers(numbers) => numbers.iter().position(|x| x.is_nan()),
            Cells::Words(words) => words.ids.iter().position(|id| *id == MISSING),
            Cells::Dates(dates) => dates.iter().position(Option::is_none),
        }
    }

    /// The text of a row, empty where the value is missing.
    pub(in crate::data) fn text(&self, row: usize) -> String {
        match self {
            Cells::Numbers(numbers) => numbers.get(row).map(f32::to_string),
            Cells::Words(words) => {
                words.ids.get(row).and_then(|id| words.words.get(*id as usize)).cloned()
            }
            Cells::Dates(dates) => dates.get(row).copied().flatten().map(|s| s.to_string()),
        }
        .unwrap_or_default()
    }
}

impl WordCells {
    /// Adds the word of the next row.
    pub(in crate::data) fn push(&mut self, word: &str) {
        let id = match self.index.get(word) {
            Some(id) => *id,
            None => {
                let id = self.words.len() as u32;
                self.words.push(word.to_owned());
                self.index.insert(word.to_owned(), id);
                id
            }
        };
        self.ids.push(id);
    }

    /// Adds a row without a value.
    pub(in crate::data) fn push_missing(&mut self) {
        self.ids.push(MISSING);
    }

    /// The first row with each word.
    pub(in crate::data) fn first_rows(&self) -> Vec<usize> {
        let mut first = vec![usize::MAX; self.words.len()];
        for (row, id) in self.ids.iter().enumerate() {
            if let Some(first) = first.get_mut(*id as usize)
                && *first == usize::MAX
            {
                *first = row;
            }
        }
        first
    }
}

/// The forms that a column of a typed file can be read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::data) enum ColumnKind {
    /// Numbers, and truths as 0 and 1.
    Number,
    /// Text.
    Word,
    /// Dates and times.
    Date,
}
