//! Text of other encodings as UTF-8: UTF-16, Latin-1 and Windows-1252, decoded block by block.

use std::io::{BufRead, Error, ErrorKind, Read, Result};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The encoding of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Encoding {
    /// UTF-8.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16, of the byte order that its mark tells; little-endian without a mark.
    #[serde(rename = "utf-16")]
    Utf16,
    /// ISO 8859-1.
    #[serde(rename = "latin-1")]
    Latin1,
    /// Latin-1 with quotes, dashes and `€` in place of control characters, of Windows and Excel.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// The characters of the bytes 0x80 to 0x9f in Windows-1252.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of a stream as UTF-8. A byte order mark tells UTF-16 without an `encoding`.
pub(super) fn decoded(
    mut stream: Box<dyn BufRead>,
    encoding: Option<Encoding>,
) -> Result<Box<dyn Read>> {
    let start = stream.fill_buf()?;
    let mark = match start {
        [0xff, 0xfe, ..] => Some(false),
        [0xfe, 0xff, ..] => Some(true),
        _ => None,
    };
    let decode = match (encoding, mark) {
        (None | Some(Encoding::Utf16), Some(big_endian)) => {
            stream.consume(2);
            Decode::Utf16 { big_endian }
        }
        (Some(Encoding::Utf16), None) => Decode::Utf16 { big_endian: start.first() == Some(&0) },
        (Some(Encoding::Latin1), _) => Decode::Bytes(char::from),
        (Some(Encoding::Windows1252), _) => Decode::Bytes(windows),
        (None | Some(Encoding::Utf8), _) => return Ok(stream),
    };
    Ok(Box::new(Decoder { stream, decode, rest: Vec::new(), text: Vec::new(), read: 0 }))
}

/// The encoding of one byte a character that a text which is not UTF-8 probably has.
pub(super) fn guess(text: &[u8]) -> Encoding {
    if text.iter().any(|byte| (0x80..0xa0).contains(byte)) {
        Encoding::Windows1252
    } else {
        Encoding::Latin1
    }
}

impl Encoding {
    /// The word of the config.
    pub(super) fn word(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
            Encoding::Latin1 => "latin-1",
            Encoding::Windows1252 => "windows-1252",
        }
    }
}

fn windows(byte: u8) -> char {
    match byte {
        0x80..0xa0 => WINDOWS[usize::from(byte - 0x80)],
        byte => char::from(byte),
    }
}

enum Decode {
    Bytes(fn(u8) -> char),
    Utf16 { big_endian: bool },
}

struct Decoder {
    stream: Box<dyn BufRead>,
    decode: Decode,
    /// Bytes that end within a character.
    rest: Vec<u8>,
    /// Decoded text, of which `read` bytes have been handed out.
    text: Vec<u8>,
    read: usize,
}

impl Decoder {
    /// Decodes the next block; the text stays empty at the end.
    fn refill(&mut self) -> Result<()> {
        self.text.clear();
        self.read = 0;
        while self.text.is_empty() {
            let block = self.stream.fill_buf()?;
            let n = block.len();
            if n == 0 && self.rest.is_empty() {
                return Ok(());
            }
            if n == 0 {
                return Err(Error::new(
                    ErrorKind::InvalidData,
                    "it ends within a UTF-16 character",
                ));
            }
            self.rest.extend_from_slice(block);
            self.stream.consume(n);
            self.decode()?;
        }
        Ok(())
    }

    fn decode(&mut self) -> Result<()> {
        let mut push = |c: char| {
            let mut bytes = [0; 4];
            self.text.extend_from_slice(c.encode_utf8(&mut bytes).as_bytes());
        };
        let big_endian = match self.decode {
            Decode::Bytes(char) => {
                self.rest.drain(..).for_each(|byte| push(char(byte)));
                return Ok(());
            }
            Decode::Utf16 { big_endian } => big_endian,
        };
        let unit = |pair: &[u8; 2]| {
            if big_endian { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) }
        };
        let mut units: Vec<u16> = self.rest.as_chunks::<2>().0.iter().map(unit).collect();
        // The second half of a pair of surrogates may be in the next block.
        if units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
            units.pop();
        }
        for c in char::decode_utf16(units.iter().copied()) {
            let wrong = |_| Error::new(ErrorKind::InvalidData, "it has half a UTF-16 character");
            push(c.map_err(wrong)?);
        }
        self.rest.drain(..2 * units.len());
        Ok(())
    }
}

impl Read for Decoder {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        if self.read == self.text.len() {
            self.refill()?;
        }
        let n = to.len().min(self.text.len() - self.read);
        to[..n].copy_from_slice(&self.text[self.read..self.read + n]);
        self.read += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    /// In blocks of one byte, so that every character is cut.
    fn text(bytes: &'static [u8], encoding: Option<Encoding>) -> Result<String> {
        let mut text = String::new();
        let blocks = BufReader::with_capacity(3, bytes);
        decoded(Box::new(blocks), encoding)?.read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn encodings_are_decoded() {
        let little = b"\xff\xfea\0\x3d\xd8\x00\xde\xe9\0";
        assert_eq!(text(little, None).unwrap(), "a😀é");
        assert_eq!(text(b"\xfe\xff\0a\xd8\x3d\xde\x00\0\xe9", None).unwrap(), "a😀é");
        assert_eq!(text(b"a\0b\0", Some(Encoding::Utf16)).unwrap(), "ab");
        assert_eq!(text(b"\0a\0b", Some(Encoding::Utf16)).unwrap(), "ab");
        assert_eq!(text(b"caf\xe9 \x80", Some(Encoding::Windows1252)).unwrap(), "café €");
        assert_eq!(text(b"caf\xe9 \x80", Some(Encoding::Latin1)).unwrap(), "café \u{80}");
        assert_eq!(text("é".as_bytes(), Some(Encoding::Utf8)).unwrap(), "é");
    }

    #[test]
    fn damaged_utf16_is_an_error() {
        assert!(text(b"\xff\xfea\0b", None).is_err());
        assert!(text(b"\xff\xfe\x00\xdea\0", None).is_err());
        assert!(text(b"\xff\xfe\x3d\xd8", None).is_err());
    }
}
