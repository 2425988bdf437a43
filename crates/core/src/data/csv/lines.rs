//! The lines of a CSV file, divided into fields.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use csv::{ErrorKind, ReaderBuilder, StringRecord, Trim};

use super::cells::Misfit;
use super::columns::CsvOptions;
use super::number::{is_missing, looks_like_number, number};
use crate::data::DataError;
use crate::data::limits::{MAX_COLUMNS, MAX_LINE};
use crate::data::packing::{foreign, unpacked};
use base::memory::Bytes;
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
    reader: csv::Reader<Limited>,
    /// The remaining bytes allowed for the current line.
    left: Rc<Cell<u64>>,
    /// Bytes before the first byte of the reader.
    skipped: u64,
    /// The likely separator, if the whole first line is a single field.
    hint: Option<u8>,
    /// Lines read ahead, the next line last.
    ahead: Vec<StringRecord>,
}

impl CsvLines {
    pub(super) fn open(path: &Path, options: &CsvOptions) -> Result<CsvLines, DataError> {
        let io = |source| DataError::Io { path: path.to_owned(), source };
        let mut file = unpacked(path).map_err(io)?;
        if let Some((got, help)) = foreign(file.fill_buf().map_err(io)?) {
            let (path, want) = (path.to_owned(), "UTF-8 text");
            return Err(DataError::Format { path, got, want, help });
        }
        let (skipped, said) = excel_line(&mut file).map_err(io)?;
        let separator = options.separator.or(said).unwrap_or_else(|| usual_separator(path));
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).delimiter(separator).trim(Trim::All);
        let left = Rc::new(Cell::new(MAX_LINE));
        let file = Limited { file, left: Rc::clone(&left) };
        let mut lines = CsvLines {
            path: path.to_owned(),
            names: Vec::new(),
            header: false,
            reader: builder.from_reader(file),
            left,
            skipped,
            hint: None,
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
        self.header = header.unwrap_or_else(|| is_header(&first, there_is_more.then_some(&second)));
        if there_is_more {
            self.ahead.push(second);
        }
        self.names = if self.header {
            first.iter().map(str::to_owned).collect()
        } else {
            (0..first.len()).map(|index| index.to_string()).collect()
        };
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
            None => self.read(into),
        }
    }

    fn read(&mut self, into: &mut StringRecord) -> Result<bool, DataError> {
        self.left.set(MAX_LINE);
        self.reader.read_record(into).map_err(|error| self.broken(error))
    }

    fn broken(&self, error: csv::Error) -> DataError {
        let path = self.path.clone();
        let line = error.position().map_or(0, |at| self.line(at.byte()));
        match error.into_kind() {
            ErrorKind::Io(source) => DataError::Io { path, source },
            ErrorKind::UnequalLengths { expected_len, len, .. } => {
                let fields = |n| if n == 1 { "1 field".to_owned() } else { format!("{n} fields") };
                let want = format!("{}, as in the lines before", fields(expected_len));
                let help = self.separator_help().unwrap_or_else(|| {
                    "mend the line; `separator` tells what parts the fields".to_owned()
                });
                DataError::Line { path, line, got: fields(len), want, help }
            }
            ErrorKind::Utf8 { .. } => {
                let (got, want) = ("other bytes".to_owned(), "UTF-8 text".to_owned());
                let help = "save the file as UTF-8 text".to_owned();
                DataError::Line { path, line, got, want, help }
            }
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

    /// The number of the line that the record at a byte begins in: blank lines before it, which belong
    /// to no record, are passed over.
    fn line(&self, byte: u64) -> u64 {
        let Ok(file) = unpacked(&self.path) else { return 0 };
        let mut bytes = BufReader::new(file).bytes().map_while(Result::ok);
        let before = bytes.by_ref().take((self.skipped + byte) as usize);
        let before = before.filter(|byte| *byte == b'\n').count();
        let blank = bytes.take_while(|byte| b"\r\n".contains(byte)).filter(|byte| *byte == b'\n');
        (1 + before + blank.count()) as u64
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
        let line = self.line(at);
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

/// A file of which no line takes more than [`MAX_LINE`] bytes, about: the reader takes whole blocks.
struct Limited {
    file: Box<dyn BufRead>,
    left: Rc<Cell<u64>>,
}

impl Read for Limited {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let n = self.file.read(to)?;
        match self.left.get().checked_sub(n as u64) {
            Some(left) => self.left.set(left),
            None => {
                let got = format!("a line has more than {}", Bytes(MAX_LINE));
                return Err(std::io::Error::other(got));
            }
        }
        Ok(n)
    }
}

/// Reads the line `sep=;` that Excel writes before all others, if it is there: its length in bytes,
/// and the character.
fn excel_line(file: &mut Box<dyn BufRead>) -> std::io::Result<(u64, Option<u8>)> {
    let start = file.fill_buf()?;
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let mark = start.len() - text.len();
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    let line = text[..end].trim_ascii_end();
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let separator = match line {
        [name @ .., b'=', separator] if name.eq_ignore_ascii_case(b"sep") => *separator,
        // A tab is trimmed away with the end of the line.
        [name @ .., b'='] if name.eq_ignore_ascii_case(b"sep") => b'\t',
        _ => return Ok((0, None)),
    };
    let length = mark + text.len().min(end + 1);
    file.consume(length);
    Ok((length as u64, Some(separator)))
}

/// Whether the path's last part ends so, in letters of any case.
fn ends_with(path: &Path, end: &str) -> bool {
    path.to_string_lossy().to_lowercase().ends_with(end)
}

/// Whether a path has the ending of a CSV file.
pub(in crate::data) fn is_csv(path: &Path) -> bool {
    [".csv", ".tsv", ".csv.gz", ".tsv.gz"].iter().any(|end| ends_with(path, end))
}

fn usual_separator(path: &Path) -> u8 {
    if ends_with(path, ".tsv") || ends_with(path, ".tsv.gz") { b'\t' } else { b',' }
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
