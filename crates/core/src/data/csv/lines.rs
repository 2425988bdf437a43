//! The lines of a CSV file, divided into fields.

use std::path::{Path, PathBuf};

use csv::{ErrorKind, ReaderBuilder, StringRecord, Trim};

use super::cells::Misfit;
use super::columns::CsvOptions;
use super::number::{is_missing, looks_like_number, number};
use super::spelling::Spelling;
use super::text::{Limited, Text};
use crate::data::DataError;
use crate::data::limits::MAX_COLUMNS;
use base::quote::quote;

/// Possible separators.
const SEPARATORS: [u8; 5] = *b";\t|, ";

/// The lines of an open file, from the first line of values.
pub(super) struct CsvLines {
    pub(super) path: PathBuf,
    /// What the columns are called.
    pub(super) names: Vec<String>,
    /// Whether the first line did so.
    pub(super) header: bool,
    /// The spelling of its numbers.
    pub(super) spelling: Spelling,
    text: Text,
    reader: csv::Reader<Limited>,
    /// What parts the fields, if the whole first line is one field.
    hint: Option<u8>,
    /// Whether lines end in a separator, behind which is no column.
    trailing: bool,
    /// CsvLines that have been looked at but not handed out, the next one last.
    ahead: Vec<StringRecord>,
}

impl CsvLines {
    pub(super) fn open(path: &Path, options: &CsvOptions) -> Result<CsvLines, DataError> {
        let (text, reader) = Text::open(path, options)?;
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(text.separator).trim(Trim::All);
        builder.comment(options.comment);
        let mut lines = CsvLines {
            path: path.to_owned(),
            names: Vec::new(),
            header: false,
            spelling: options.spelling.clone(),
            text,
            reader: builder.from_reader(reader),
            hint: None,
            trailing: false,
            ahead: Vec::new(),
        };
        lines.begin(options.header)?;
        Ok(lines)
    }

    /// Reads the header, if any, and names the columns.
    fn begin(&mut self, header: Option<bool>) -> Result<(), DataError> {
        let (mut first, mut second) = (StringRecord::new(), StringRecord::new());
        if !self.read(&mut first)? {
            return Err(self.sheet("it has no line"));
        }
        if first.len() == 1 {
            self.hint = SEPARATORS.into_iter().find(|other| first[0].as_bytes().contains(other));
        }
        if MAX_COLUMNS < first.len() {
            let got = format!("it has {} columns, want at most {MAX_COLUMNS}", first.len());
            return Err(self.sheet(got));
        }
        let there_is_more = self.read(&mut second)?;
        self.trailing = first.len() > 1
            && first[first.len() - 1].is_empty()
            && second.get(first.len() - 1).is_none_or(str::is_empty);
        if self.trailing {
            first.truncate(first.len() - 1);
        }
        self.header = header.unwrap_or_else(|| is_header(&first, there_is_more.then_some(&second)));
        self.names = if self.header {
            first.iter().map(str::to_owned).collect()
        } else {
            (0..first.len()).map(|index| index.to_string()).collect()
        };
        if there_is_more {
            self.fit(&mut second)?;
            self.ahead.push(second);
        }
        if !self.header {
            self.ahead.push(first);
        }
        match twin(&self.names) {
            Some(name) => Err(self.sheet(format!("it has two columns called {}", quote(name)))),
            None => Ok(()),
        }
    }

    /// The next line, or `false` at the end.
    pub(super) fn next(&mut self, into: &mut StringRecord) -> Result<bool, DataError> {
        match self.ahead.pop() {
            Some(line) => {
                *into = line;
                Ok(true)
            }
            None => Ok(self.read(into)? && self.fit(into).map(|()| true)?),
        }
    }

    /// Reads a line; those of blanks only count as little as empty ones.
    fn read(&mut self, into: &mut StringRecord) -> Result<bool, DataError> {
        loop {
            self.text.begin_line();
            let found = self.reader.read_record(into).map_err(|error| self.broken(error))?;
            let blank = into.len() == 1 && into[0].is_empty() && self.names.len() != 1;
            if !found || !blank {
                return Ok(found);
            }
        }
    }

    /// Cuts off the empty field behind a trailing separator, and makes sure that a line has as many
    /// fields as there are columns.
    fn fit(&self, record: &mut StringRecord) -> Result<(), DataError> {
        let want = self.names.len();
        if record.len() == want + 1 && record[want].is_empty() {
            record.truncate(want);
        }
        if record.len() == want {
            return Ok(());
        }
        let line = self.text.line(record.position().map_or(0, csv::Position::byte));
        let fields = |n| if n == 1 { "1 field".to_owned() } else { format!("{n} fields") };
        let (got, want, help) = match self.trailing && record.len() == want + 1 {
            true => (
                format!("{} in the last field", quote(&record[want])),
                "nothing there: the column has no name, and no value in the lines before"
                    .to_owned(),
                "name the column in the first line, or take the field out".to_owned(),
            ),
            false => (
                fields(record.len()),
                format!("{}, as in the lines before", fields(want)),
                self.separator_help().unwrap_or_else(|| {
                    "mend the line; `separator` tells what parts the fields".to_owned()
                }),
            ),
        };
        Err(DataError::Line { path: self.path.clone(), line, got, want, help })
    }

    fn broken(&self, error: csv::Error) -> DataError {
        let path = self.path.clone();
        let byte = error.position().map_or(0, csv::Position::byte);
        match error.into_kind() {
            ErrorKind::Io(source) => DataError::Io { path, source },
            ErrorKind::Utf8 { .. } => self.text.not_utf8(byte),
            other => DataError::Sheet { path, reason: format!("{other:?}"), help: None },
        }
    }

    /// Something wrong with the file as a whole.
    pub(super) fn sheet(&self, reason: impl Into<String>) -> DataError {
        let (path, help) = (self.path.clone(), self.separator_help());
        DataError::Sheet { path, reason: reason.into(), help }
    }

    /// What to write if another character parts the fields.
    pub(super) fn separator_help(&self) -> Option<String> {
        let hint = char::from(self.hint?);
        Some(format!(
            "its first line has {hint:?}: write `separator = \"{}\"`",
            hint.escape_debug()
        ))
    }

    /// The same of a label.
    pub(super) fn label(&self, at: u64, column: usize, field: &str, want: &str) -> DataError {
        let mut error = self.cell(at, column, field, want);
        if let DataError::Cell { label, .. } = &mut error {
            *label = true;
        }
        error
    }

    /// A field that does not fit its column.
    pub(super) fn misfit(&self, column: usize, (begin, field, want): &Misfit) -> DataError {
        self.cell(*begin, column, field, want)
    }

    /// Something wrong with a field of the record that begins at byte `at`.
    pub(super) fn cell(&self, at: u64, column: usize, field: &str, want: &str) -> DataError {
        let line = self.text.line(at);
        let got = if field.is_empty() { "nothing".to_owned() } else { quote(field) };
        DataError::Cell {
            path: self.path.clone(),
            line,
            column: self.names[column].clone(),
            got,
            want: want.to_owned(),
            label: false,
        }
    }
}

/// A header has a word where the line below it has a number; and where no line tells more, it has
/// words only. A field that is a missing or a misspelled number is no name above numbers.
fn is_header(first: &StringRecord, second: Option<&StringRecord>) -> bool {
    let bad = |field: &str| looks_like_number(field) || is_missing(field) && !field.is_empty();
    let words_only = first.iter().all(|f| number(f).is_none() && !looks_like_number(f));
    let above_numbers = second.is_some_and(|second| {
        let mut pairs = first.iter().zip(second);
        pairs.any(|(first, second)| {
            number(first).is_none() && !bad(first) && number(second).is_some()
        })
    });
    words_only || above_numbers
}

/// A name that occurs twice.
fn twin(names: &[String]) -> Option<&str> {
    let mut sorted: Vec<&str> = names.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}
