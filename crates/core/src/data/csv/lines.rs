//! The lines of a CSV file, divided into fields.

use std::path::{Path, PathBuf};

use csv::{ErrorKind, ReaderBuilder, StringRecord, Trim};

use super::columns::CsvOptions;
use super::head::{Head, Place};
use super::number::{is_missing, looks_like_number, number};
use super::text::{Limited, Text};
use crate::data::limits::MAX_COLUMNS;
use crate::data::{DataError, RowPlace};
use base::quote::quote;

/// Possible separators.
const SEPARATORS: [u8; 5] = *b";\t|, ";

/// The number of a file stands above the bytes of its records.
pub(super) const FILE_SHIFT: u32 = 44;

/// The lines of one file, or of several one after the other, from the first line of values.
pub(super) struct CsvLines {
    pub(super) head: Head,
    options: CsvOptions,
    files: Vec<PathBuf>,
    /// Those of the files that were opened.
    texts: Vec<Text>,
    reader: csv::Reader<Limited>,
    /// Whether lines end in a separator, behind which is no column.
    trailing: bool,
    /// Lines that have been looked at but not handed out, the next one last.
    ahead: Vec<StringRecord>,
}

impl CsvLines {
    /// Opens the first of some files.
    pub(super) fn open(files: &[PathBuf], options: &CsvOptions) -> Result<CsvLines, DataError> {
        let (first, _) = files.split_first().ok_or_else(|| no_file(files))?;
        CsvLines::open_one(first, options).map(|lines| CsvLines { files: files.to_vec(), ..lines })
    }

    fn open_one(path: &Path, options: &CsvOptions) -> Result<CsvLines, DataError> {
        let (text, reader) = Text::open(path, options)?;
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(text.separator).trim(Trim::All);
        builder.comment(options.comment);
        let (path, names) = (path.to_owned(), Vec::new());
        let mut lines = CsvLines {
            head: Head { path: path.clone(), names, header: false, hint: None },
            options: options.clone(),
            files: vec![path],
            texts: vec![text],
            reader: builder.from_reader(reader),
            trailing: false,
            ahead: Vec::new(),
        };
        lines.begin(options.header)?;
        Ok(lines)
    }

    /// Goes to the next file, if there is one.
    fn open_next(&mut self) -> Result<bool, DataError> {
        let Some(path) = self.files.get(self.texts.len()) else { return Ok(false) };
        self.options.header = Some(self.head.header);
        let next = CsvLines::open_one(path, &self.options)?;
        self.head.check_same(path, &next.head.names)?;
        self.texts.extend(next.texts);
        (self.reader, self.trailing, self.ahead) = (next.reader, next.trailing, next.ahead);
        Ok(true)
    }

    /// Reads the header, if any, and names the columns.
    fn begin(&mut self, header: Option<bool>) -> Result<(), DataError> {
        let (mut first, mut second) = (StringRecord::new(), StringRecord::new());
        if !self.read(&mut first)? {
            return Err(self.head.sheet("it has no line"));
        }
        if first.len() == 1 {
            self.head.hint =
                SEPARATORS.into_iter().find(|other| first[0].as_bytes().contains(other));
        }
        if MAX_COLUMNS < first.len() {
            let got = format!("it has {} columns, want at most {MAX_COLUMNS}", first.len());
            return Err(self.head.sheet(got));
        }
        let there_is_more = self.read(&mut second)?;
        self.trailing = first.len() > 1
            && first[first.len() - 1].is_empty()
            && second.get(first.len() - 1).is_none_or(str::is_empty);
        if self.trailing {
            first.truncate(first.len() - 1);
        }
        self.head.header =
            header.unwrap_or_else(|| is_header(&first, there_is_more.then_some(&second)));
        self.head.names = if self.head.header {
            first.iter().map(str::to_owned).collect()
        } else {
            (0..first.len()).map(|index| index.to_string()).collect()
        };
        if there_is_more {
            self.fit(&mut second)?;
            self.ahead.push(second);
        }
        if !self.head.header {
            self.ahead.push(first);
        }
        match twin(&self.head.names) {
            Some(name) => {
                Err(self.head.sheet(format!("it has two columns called {}", quote(name))))
            }
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
            None if self.read(into)? => self.fit(into).map(|()| true),
            None => Ok(self.open_next()? && self.next(into)?),
        }
    }

    /// Reads a line; those of blanks only count as little as empty ones.
    fn read(&mut self, into: &mut StringRecord) -> Result<bool, DataError> {
        loop {
            self.text().begin_line();
            let found = self.reader.read_record(into).map_err(|error| self.broken(error))?;
            let blank = into.len() == 1 && into[0].is_empty() && self.head.names.len() != 1;
            if !found || !blank {
                return Ok(found);
            }
        }
    }

    /// Cuts off the empty field behind a trailing separator, and makes sure that a line has as many
    /// fields as there are columns.
    fn fit(&self, record: &mut StringRecord) -> Result<(), DataError> {
        let want = self.head.names.len();
        if record.len() == want + 1 && record[want].is_empty() {
            record.truncate(want);
        }
        if record.len() == want {
            return Ok(());
        }
        let line = self.text().line(record.position().map_or(0, csv::Position::byte));
        let fields = |n| if n == 1 { "1 field".to_owned() } else { format!("{n} fields") };
        let (got, want, help) = if self.trailing && record.len() == want + 1 {
            (
                format!("{} in the last field", quote(&record[want])),
                "nothing there: the column has no name, and no value in the lines before"
                    .to_owned(),
                "name the column in the first line, or take the field out".to_owned(),
            )
        } else {
            (
                fields(record.len()),
                format!("{}, as in the lines before", fields(want)),
                self.head.separator_help().unwrap_or_else(|| {
                    "mend the line; `separator` tells what parts the fields".to_owned()
                }),
            )
        };
        Err(DataError::Line { path: self.path(), line, got, want, help })
    }

    fn broken(&self, error: csv::Error) -> DataError {
        let path = self.path();
        let byte = error.position().map_or(0, csv::Position::byte);
        match error.into_kind() {
            ErrorKind::Io(source) => DataError::Io { path, source },
            ErrorKind::Utf8 { .. } => self.text().not_utf8(byte),
            other => DataError::Sheet { path, reason: format!("{other:?}"), help: None },
        }
    }

    /// The files.
    pub(super) fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The place of a record among all files.
    pub(super) fn begin_of(&self, record: &StringRecord) -> u64 {
        let file = self.texts.len() as u64 - 1;
        file << FILE_SHIFT | record.position().map_or(0, csv::Position::byte)
    }

    /// The line of a record.
    pub(super) fn place(&self, begin: u64) -> Place {
        let file = (begin >> FILE_SHIFT) as usize;
        let (path, text) = (self.files[file].clone(), &self.texts[file]);
        (path, RowPlace::Line(text.line(begin & ((1 << FILE_SHIFT) - 1))))
    }

    /// The text that is being read.
    fn text(&self) -> &Text {
        &self.texts[self.texts.len() - 1]
    }

    fn path(&self) -> PathBuf {
        self.files[self.texts.len() - 1].clone()
    }
}

fn no_file(files: &[PathBuf]) -> DataError {
    DataError::NoFile { path: files.first().cloned().unwrap_or_default() }
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
