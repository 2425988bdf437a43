//! A block of whole lines becomes cells, column by column, without a string for each field.

use std::collections::HashSet;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::fast_number::fast_number;
use super::number::number;
use super::padding::Unpadded;
use crate::data::columnar::{Cells, WordCells};

/// What becomes of the fields of a line.
pub(super) struct BlockLayout {
    pub(super) separator: u8,
    pub(super) comment: Option<u8>,
    /// The form of each column of the file, if it is wanted.
    pub(super) columns: Vec<Option<Form>>,
    /// The column of each cell of a row, in the order of the cells.
    pub(super) order: Vec<usize>,
    /// Texts that mark a missing number.
    pub(super) missing: HashSet<String>,
    /// Whether one of them is a number itself.
    pub(super) missing_numbers: bool,
}

/// The form of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Number,
    Word,
}

/// The cells of a block.
#[derive(Debug)]
pub(super) struct BlockCells {
    /// In the order of the layout.
    pub(super) cells: Vec<Cells>,
    /// The byte that each row begins at.
    pub(super) starts: Vec<u32>,
    /// Bytes of the block, without the blanks before quotes.
    pub(super) length: u64,
}

/// A block that the plain reader has to read: a field does not fit, or a line has another number of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unusual;

/// Reads the lines of a block; the first is passed over if it is a `header`.
pub(super) fn cells(
    block: &[u8],
    layout: &BlockLayout,
    header: bool,
) -> Result<BlockCells, Unusual> {
    let mut columns = Columns::new(layout);
    let simple = memchr::memchr(b'"', block).is_none() && has_plain_ends(block);
    let length = if simple {
        columns.lines(std::str::from_utf8(block).map_err(|_| Unusual)?, header)?;
        block.len()
    } else {
        columns.records(block, header)?
    };
    Ok(columns.finish(length as u64))
}

/// Whether every line ends in `\n` or `\r\n`.
fn has_plain_ends(block: &[u8]) -> bool {
    memchr::memchr_iter(b'\r', block).all(|at| block.get(at + 1) == Some(&b'\n'))
}

struct Columns<'a> {
    layout: &'a BlockLayout,
    /// Of each column of the file.
    cells: Vec<Option<Cells>>,
    starts: Vec<u32>,
}

impl<'a> Columns<'a> {
    fn new(layout: &'a BlockLayout) -> Columns<'a> {
        let new = |form: &Option<Form>| {
            form.map(|form| match form {
                Form::Number => Cells::Numbers(Vec::new()),
                Form::Word => Cells::Words(WordCells::default()),
            })
        };
        Columns { layout, cells: layout.columns.iter().map(new).collect(), starts: Vec::new() }
    }

    /// Lines without quotes.
    fn lines(&mut self, text: &str, mut header: bool) -> Result<(), Unusual> {
        let (bytes, mut start) = (text.as_bytes(), 0);
        while start < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |n| start + n);
            let line = text[start..end].strip_suffix('\r').unwrap_or(&text[start..end]);
            let comment =
                self.layout.comment.is_some_and(|mark| line.as_bytes().first() == Some(&mark));
            let blank = line.is_empty() || (self.cells.len() != 1 && line.trim().is_empty());
            // A line of separators that are blanks has empty fields, which the plain reader judges.
            if blank && line.as_bytes().contains(&self.layout.separator) {
                return Err(Unusual);
            }
            if !comment && !blank && !std::mem::take(&mut header) {
                self.starts.push(start as u32);
                self.line(line)?;
            }
            start = end + 1;
        }
        Ok(())
    }

    fn line(&mut self, line: &str) -> Result<(), Unusual> {
        let (bytes, separator) = (line.as_bytes(), self.layout.separator);
        let (mut at, last) = (0, self.cells.len() - 1);
        let strict = !self.layout.missing_numbers;
        for column in 0..=last {
            if let (Some(Cells::Numbers(numbers)), true) = (&mut self.cells[column], strict)
                && let Some((value, length)) = fast_number(&bytes[at..])
                && (bytes.get(at + length) == Some(&separator) || at + length == bytes.len())
            {
                push(numbers, value)?;
                at += length;
            } else {
                let rest = &bytes[at..];
                let length = memchr::memchr(separator, rest).unwrap_or(rest.len());
                self.field(column, line[at..at + length].trim())?;
                at += length;
            }
            if (column < last) != (at < bytes.len()) {
                // A line may end in a separator, behind which is no column.
                return if column == last && line[at + 1..].trim().is_empty() {
                    Ok(())
                } else {
                    Err(Unusual)
                };
            }
            at += 1;
        }
        Ok(())
    }

    fn field(&mut self, column: usize, field: &str) -> Result<(), Unusual> {
        match &mut self.cells[column] {
            None | Some(Cells::Dates(_)) => {}
            Some(Cells::Words(words)) => words.push(field),
            Some(Cells::Numbers(numbers)) => {
                if self.layout.missing.contains(field) {
                    numbers.push(f32::NAN);
                } else {
                    push(numbers, number(field).ok_or(Unusual)?)?;
                }
            }
        }
        Ok(())
    }

    /// Records with quotes, which may go over several lines; the length of the text without padding.
    fn records(&mut self, block: &[u8], mut header: bool) -> Result<usize, Unusual> {
        let mut text = Vec::with_capacity(block.len());
        let mut unpadded = Unpadded::new(block, self.layout.separator);
        std::io::Read::read_to_end(&mut unpadded, &mut text).map_err(|_| Unusual)?;
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(self.layout.separator).trim(Trim::All);
        let mut reader = builder.comment(self.layout.comment).from_reader(&*text);
        let (mut record, n) = (StringRecord::new(), self.cells.len());
        while reader.read_record(&mut record).map_err(|_| Unusual)? {
            if record.len() == 1 && record[0].is_empty() && n != 1 {
                continue;
            }
            if std::mem::take(&mut header) {
                continue;
            }
            let trailing = record.len() == n + 1 && record[n].is_empty();
            if record.len() != n && !trailing {
                return Err(Unusual);
            }
            self.starts.push(record.position().map_or(0, csv::Position::byte) as u32);
            for column in 0..n {
                self.field(column, &record[column])?;
            }
        }
        Ok(text.len())
    }

    fn finish(mut self, length: u64) -> BlockCells {
        let order = &self.layout.order;
        // A column may be wanted twice: as an input, and as the column of time.
        let cells = order.iter().enumerate().map(|(i, column)| {
            let again = order[i + 1..].contains(column);
            let cells = &mut self.cells[*column];
            let found = if again { cells.clone() } else { cells.take() };
            found.unwrap_or(Cells::Numbers(Vec::new()))
        });
        BlockCells { cells: cells.collect(), starts: self.starts, length }
    }
}

#[inline]
fn push(numbers: &mut Vec<f32>, value: f64) -> Result<(), Unusual> {
    let value = value as f32;
    if !value.is_finite() {
        return Err(Unusual);
    }
    numbers.push(value);
    Ok(())
}
