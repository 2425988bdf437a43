//! A column of inputs during the read: the first field decides between numbers and words. Fields of the other kind are
//! counted, and the rarer kind is refused.

use super::cells::{ColumnValues, Misfit, like};
use super::number::{is_missing, looks_like_number, number};

/// A column of inputs.
#[derive(Clone)]
pub(super) struct Feature {
    /// Its place among the columns.
    pub(super) at: usize,
    cells: Option<ColumnValues>,
    /// Whether the kind is learned from this file.
    open: bool,
    first: Option<(u64, String)>,
    strays: Option<Strays>,
    /// Missing values before the first that is there.
    missing: usize,
}

/// Fields of the other kind: the first, with the byte of its record, and how many.
#[derive(Clone)]
struct Strays {
    begin: u64,
    text: String,
    count: usize,
}

impl Feature {
    /// For a file to learn from.
    pub(super) fn open(at: usize) -> Feature {
        Feature { at, cells: None, open: true, first: None, strays: None, missing: 0 }
    }

    /// Of a file whose columns another one has taught.
    pub(super) fn known(at: usize, cells: ColumnValues) -> Feature {
        Feature { at, cells: Some(cells), open: false, first: None, strays: None, missing: 0 }
    }

    /// Takes in a missing value.
    pub(super) fn push_missing(&mut self) {
        match &mut self.cells {
            Some(cells) => cells.push_missing(),
            None => self.missing += 1,
        }
    }

    /// Adds the next field, of the record at byte `begin`; the error is the expected kind.
    pub(super) fn push(&mut self, field: &str, begin: u64) -> Result<(), String> {
        let missing = std::mem::take(&mut self.missing);
        let cells = self.cells.get_or_insert_with(|| like(field));
        (0..missing).for_each(|_| cells.push_missing());
        if self.open && self.first.is_none() {
            self.first = Some((begin, field.to_owned()));
        }
        let is_stray = |cells: &ColumnValues| match cells {
            ColumnValues::Numbers(_) => {
                number(field).is_none() && !is_missing(field) && !looks_like_number(field)
            }
            ColumnValues::Words(_) => number(field).is_some(),
            ColumnValues::Dates(_) => false,
        };
        match cells.push(field, begin) {
            Err(_) if self.open && is_stray(cells) => {
                let new = || Strays { begin, text: field.to_owned(), count: 0 };
                self.strays.get_or_insert_with(new).count += 1;
                Ok(())
            }
            pushed => pushed,
        }
    }

    /// Number of different words.
    pub(super) fn words(&self) -> usize {
        self.cells.as_ref().map_or(0, ColumnValues::words)
    }

    /// The cells, or new ones if the kind is open.
    pub(super) fn cells_or(&mut self, new: impl FnOnce() -> ColumnValues) -> &ColumnValues {
        self.cells.get_or_insert_with(new)
    }

    /// Whether no field has told the kind yet.
    pub(super) fn is_open(&self) -> bool {
        self.cells.is_none()
    }

    /// Takes the kind of a field.
    pub(super) fn settle(&mut self, field: &str) {
        self.cells.get_or_insert_with(|| like(field));
    }

    /// The cells, if the kind is known.
    pub(super) fn cells(&self) -> Option<&ColumnValues> {
        self.cells.as_ref()
    }

    /// The same, to be filled.
    pub(super) fn into_cells(self) -> Option<ColumnValues> {
        self.cells
    }

    /// The fields, all of one kind, or the first of the kind that is to be refused.
    pub(super) fn finish(self) -> Result<ColumnValues, Misfit> {
        let cells =
            self.cells.unwrap_or_else(|| ColumnValues::Numbers(vec![f32::NAN; self.missing]));
        let Some(Strays { begin, text, count }) = self.strays else { return Ok(cells) };
        let first = self.first.unwrap_or_default();
        let as_later = |kind: &str| format!("{kind}, as later lines have: `{text}`");
        Err(match &cells {
            ColumnValues::Words(words) if words.are_bad_numbers() || cells.len() <= count => {
                let (begin, word) = words.first().unwrap_or((first.0, &first.1));
                (begin, word.to_owned(), as_later("a number"))
            }
            ColumnValues::Numbers(_) if cells.len() < count => {
                (first.0, first.1, as_later("a word"))
            }
            ColumnValues::Words(_) => {
                (begin, text, format!("a word, such as `{}` before", first.1))
            }
            ColumnValues::Numbers(_) | ColumnValues::Dates(_) => {
                (begin, text, "a number".to_owned())
            }
        })
    }
}
