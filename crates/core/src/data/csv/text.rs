//! The text of a CSV file: unpacked, decoded to UTF-8, without Excel's line of the separator and
//! without blanks before quotes. A byte of it is found again as a line of the file.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Read, Result};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::columns::CsvOptions;
use super::encoding::{Encoding, decoded, guess};
use super::padding::Unpadded;
use super::separator;
use crate::data::DataError;
use crate::data::limits::MAX_LINE;
use crate::data::packing::{foreign, unpacked};
use base::memory::Bytes;

/// Bytes of text in which the separator is looked for.
const START: usize = 1 << 16;

/// How an open file is read.
pub(super) struct Text {
    path: PathBuf,
    /// What parts the fields.
    pub(super) separator: u8,
    encoding: Option<Encoding>,
    comment: Option<u8>,
    /// Bytes before the first that the reader has seen.
    skipped: u64,
    /// Whether they are Excel's line of the separator.
    excel: bool,
    /// Bytes that the line that is being read may still have.
    left: Rc<Cell<u64>>,
}

impl Text {
    /// Opens a text of which no line is too long, without blanks before quotes.
    pub(super) fn open(
        path: &Path,
        options: &CsvOptions,
    ) -> std::result::Result<(Text, Limited), DataError> {
        let (text, stream) = Text::open_stream(path, options)?;
        let unpadded = Unpadded::new(Box::new(stream) as Box<dyn BufRead>, text.separator);
        let left = Rc::clone(&text.left);
        Ok((text, Limited { text: unpadded, left }))
    }

    /// Opens a text as it is, from the first line on.
    pub(super) fn open_stream(
        path: &Path,
        options: &CsvOptions,
    ) -> std::result::Result<(Text, BufReader<Box<dyn Read>>), DataError> {
        let io = |source| DataError::Io { path: path.to_owned(), source };
        let mut file = unpacked(path).map_err(io)?;
        let foreign = match file.fill_buf().map_err(io)? {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => None,
            start if options.encoding.is_none() && start.iter().take(64).any(|byte| *byte == 0) => {
                Some(("bytes of 0, as in UTF-16", "write `encoding = \"utf-16\"`, if it is that"))
            }
            start => foreign(start),
        };
        if let Some((got, help)) = foreign {
            let (path, want) = (path.to_owned(), "UTF-8 text");
            return Err(DataError::Format { path, got, want, help });
        }
        let mut stream = start(file, options.encoding).map_err(io)?;
        let (skipped, said) = excel_line(&mut stream).map_err(io)?;
        let usual = if is_tsv(path) { b'\t' } else { b',' };
        let separator = match options.separator.or(said) {
            Some(separator) => separator,
            None => {
                let start = stream.fill_buf().map_err(io)?;
                separator::seen(start, options.comment, usual).unwrap_or(usual)
            }
        };
        let sample = stream.fill_buf().map_err(io)?;
        if options.comment.is_some() && has_bare_returns(sample) {
            return Err(bare_returns(path));
        }
        let left = Rc::new(Cell::new(MAX_LINE));
        let (path, encoding, excel) = (path.to_owned(), options.encoding, said.is_some());
        let comment = options.comment;
        Ok((Text { path, separator, encoding, comment, skipped, excel, left }, stream))
    }

    /// Gives the next line its full length.
    pub(super) fn begin_line(&self) {
        self.left.set(MAX_LINE);
    }

    /// The number of the line that the record at a byte begins in: blank lines and comments before it, which
    /// belong to no record, are passed over.
    pub(super) fn line(&self, byte: u64) -> u64 {
        let Ok(mut text) = self.again() else { return 0 };
        let before = text.by_ref().bytes().map_while(Result::ok).take(byte as usize);
        let before = before.filter(|byte| *byte == b'\n').count();
        let (mut blank, mut in_comment) = (0, false);
        for byte in text.bytes().map_while(Result::ok) {
            match byte {
                b'\n' => (blank, in_comment) = (blank + 1, false),
                b'\r' => {}
                _ if in_comment => {}
                byte if self.comment == Some(byte) => in_comment = true,
                _ => break,
            }
        }
        1 + u64::from(self.excel) + (before + blank) as u64
    }

    /// The text once more, from the first byte that the reader has seen.
    fn again(&self) -> Result<BufReader<Unpadded>> {
        let mut stream = start(unpacked(&self.path)?, self.encoding)?;
        std::io::copy(&mut stream.by_ref().take(self.skipped), &mut std::io::sink())?;
        Ok(BufReader::new(Unpadded::new(Box::new(stream), self.separator)))
    }

    /// The error of a record that is not UTF-8, with the encoding that it may have.
    pub(super) fn not_utf8(&self, byte: u64) -> DataError {
        let mut record = Vec::new();
        if let Ok(mut text) = self.again() {
            let _ = std::io::copy(&mut text.by_ref().take(byte), &mut std::io::sink());
            let _ = text.take(MAX_LINE).read_to_end(&mut record); // what is there is enough
        }
        let encoding = guess(&record).word();
        let (got, want) = ("other bytes".to_owned(), "UTF-8 text".to_owned());
        let help = format!(
            "write `encoding = \"{encoding}\"` if it is that, as its bytes suggest, or save the file \
             as UTF-8 text"
        );
        DataError::Line { path: self.path.clone(), line: self.line(byte), got, want, help }
    }
}

/// The decoded text of a file.
fn start(file: Box<dyn BufRead>, encoding: Option<Encoding>) -> Result<BufReader<Box<dyn Read>>> {
    Ok(BufReader::with_capacity(START, decoded(file, encoding)?))
}

/// A text of which no line takes more than [`MAX_LINE`] bytes, about: the reader takes whole blocks.
pub(super) struct Limited {
    text: Unpadded,
    left: Rc<Cell<u64>>,
}

impl Read for Limited {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        let n = self.text.read(to)?;
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

/// Reads the byte order mark and the line `sep=;` that Excel writes before all others, if they are
/// there: their length in bytes, and the character.
fn excel_line(file: &mut impl BufRead) -> Result<(u64, Option<u8>)> {
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
        _ => {
            file.consume(mark);
            return Ok((mark as u64, None));
        }
    };
    let length = mark + text.len().min(end + 1);
    file.consume(length);
    Ok((length as u64, Some(separator)))
}

/// Whether the path's last part ends so, in letters of any case.
fn ends_with(path: &Path, ends: &[&str]) -> bool {
    let name = path.to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(&name);
    ends.iter().any(|end| name.ends_with(end))
}

/// Whether a path has the ending of a CSV file.
pub(in crate::data) fn is_csv(path: &Path) -> bool {
    ends_with(path, &[".csv", ".tsv"])
}

fn is_tsv(path: &Path) -> bool {
    ends_with(path, &[".tsv"])
}
/// Whether a carriage return stands without a line feed, as in files of old Macs.
fn has_bare_returns(sample: &[u8]) -> bool {
    memchr::memchr_iter(b'\r', sample)
        .any(|at| sample.get(at + 1).is_some_and(|next| *next != b'\n'))
}

/// The refusal of a file in which a comment would have no end: it ends with a line feed alone.
fn bare_returns(path: &Path) -> DataError {
    let got = "lines that end with a carriage return alone";
    let help = "save the file with line feeds, or take `comment` out";
    DataError::Format { path: path.to_owned(), got, want: "line feeds, for comments to end", help }
}
