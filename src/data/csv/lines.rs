//! The lines of a CSV file, taken apart into fields; what the fields mean is for others to say.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use csv::{ErrorKind, ReaderBuilder, StringRecord, Trim};
use flate2::bufread::MultiGzDecoder;

use super::columns::Reading;
use crate::data::DataError;

/// The lines of an open file, from the first that holds values.
pub(super) struct Lines {
    pub(super) path: PathBuf,
    /// What the columns are called.
    pub(super) names: Vec<String>,
    /// Whether the first line did so.
    pub(super) header: bool,
    reader: csv::Reader<Box<dyn Read>>,
    /// Lines that have been looked at but not handed out, the next one last.
    ahead: Vec<StringRecord>,
}

impl Lines {
    pub(super) fn open(path: &Path, reading: &Reading) -> Result<Lines, DataError> {
        let io = |source| DataError::Io { path: path.to_owned(), source };
        let file = text(path).map_err(io)?;
        let separator = reading.separator.unwrap_or_else(|| usual_separator(path));
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).delimiter(separator).trim(Trim::All);
        let mut lines = Lines {
            path: path.to_owned(),
            names: Vec::new(),
            header: false,
            reader: builder.from_reader(file),
            ahead: Vec::new(),
        };
        lines.begin(reading.header)?;
        Ok(lines)
    }

    /// Reads the header, if there is one, and names the columns.
    fn begin(&mut self, header: Option<bool>) -> Result<(), DataError> {
        let (mut first, mut second) = (StringRecord::new(), StringRecord::new());
        if !self.read(&mut first)? {
            return Err(self.sheet("it has no line"));
        }
        let there_is_more = self.read(&mut second)?;
        self.header = header.unwrap_or_else(|| is_header(&first, there_is_more.then_some(&second)));
        if there_is_more {
            self.ahead.push(second);
        }
        self.names = match self.header {
            true => first.iter().map(str::to_owned).collect(),
            false => (0..first.len()).map(|index| index.to_string()).collect(),
        };
        if !self.header {
            self.ahead.push(first);
        }
        match twin(&self.names) {
            Some(name) => Err(self.sheet(format!("it has two columns called `{name}`"))),
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
                DataError::Line { path, line, got: fields(len), want }
            }
            ErrorKind::Utf8 { .. } => {
                let (got, want) = ("other bytes".to_owned(), "UTF-8 text".to_owned());
                DataError::Line { path, line, got, want }
            }
            other => DataError::Sheet { path, reason: format!("{other:?}") },
        }
    }

    /// Something wrong with the file as a whole.
    pub(super) fn sheet(&self, reason: impl Into<String>) -> DataError {
        DataError::Sheet { path: self.path.clone(), reason: reason.into() }
    }

    /// The number of the line that the record at a byte begins in: blank lines before it, which belong
    /// to no record, are passed over.
    fn line(&self, byte: u64) -> u64 {
        let Ok(file) = text(&self.path) else { return 0 };
        let mut bytes = BufReader::new(file).bytes().map_while(Result::ok);
        let before = bytes.by_ref().take(byte as usize).filter(|byte| *byte == b'\n').count();
        let blank = bytes.take_while(|byte| b"\r\n".contains(byte)).filter(|byte| *byte == b'\n');
        (1 + before + blank.count()) as u64
    }

    /// Something wrong with a field of the record that begins at byte `at`.
    pub(super) fn cell(&self, at: u64, column: usize, field: &str, want: &str) -> DataError {
        let line = self.line(at);
        let short: String = field.chars().take(40).collect();
        let got = match field {
            "" => "nothing".to_owned(),
            _ if short.len() < field.len() => format!("`{short}...`"),
            _ => format!("`{short}`"),
        };
        DataError::Cell {
            path: self.path.clone(),
            line,
            column: self.names[column].clone(),
            got,
            want: want.to_owned(),
        }
    }
}

/// The text of the file, as it was before it was packed.
fn text(path: &Path) -> std::io::Result<Box<dyn Read>> {
    let file = BufReader::new(File::open(path)?);
    Ok(match ends_with(path, ".gz") {
        true => Box::new(BufReader::new(MultiGzDecoder::new(file))),
        false => Box::new(file),
    })
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
/// words only.
fn is_header(first: &StringRecord, second: Option<&StringRecord>) -> bool {
    let words_only = first.iter().all(|field| number(field).is_none());
    let above_numbers = second.is_some_and(|second| {
        let mut pairs = first.iter().zip(second);
        pairs.any(|(first, second)| number(first).is_none() && number(second).is_some())
    });
    words_only || above_numbers
}

/// The number that a field is, perhaps too great for one; `nan` and `inf` are words.
pub(super) fn number(field: &str) -> Option<f64> {
    let starts = field.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    let digit = field.contains(|c: char| c.is_ascii_digit());
    (starts && digit).then(|| field.parse().ok()).flatten()
}

/// A name that occurs twice.
fn twin(names: &[String]) -> Option<&str> {
    let mut sorted: Vec<&str> = names.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}
