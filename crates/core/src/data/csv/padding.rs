//! Drops the blanks before a quoted field: a quote begins a field only right after a separator.
//!
//! ```text
//! 1, "a,1"   becomes   1,"a,1"
//! ```

use std::io::{BufRead, Read, Result};

/// A text without the blanks before its quoted fields.
pub(super) struct Unpadded<R = Box<dyn BufRead>> {
    stream: R,
    separator: u8,
    /// Text that is ready, of which `read` bytes have been handed out.
    text: Vec<u8>,
    read: usize,
    /// Blanks at the start of a field, whose next character is in the next block.
    blanks: Vec<u8>,
    /// Whether the next character is the first of a field, blanks aside.
    at_start: bool,
    in_quotes: bool,
    /// Whether the last character closed quotes; another quote opens them again.
    just_closed: bool,
}

impl<R: BufRead> Unpadded<R> {
    pub(super) fn new(stream: R, separator: u8) -> Unpadded<R> {
        let (text, blanks) = (Vec::new(), Vec::new());
        Unpadded {
            stream,
            separator,
            text,
            read: 0,
            blanks,
            at_start: true,
            in_quotes: false,
            just_closed: false,
        }
    }

    fn refill(&mut self) -> Result<()> {
        self.text.clear();
        self.read = 0;
        while self.text.is_empty() {
            let block = self.stream.fill_buf()?;
            let n = block.len();
            if n == 0 {
                self.text.append(&mut self.blanks);
                return Ok(());
            }
            // Most blocks have no quote, and stay as they are.
            if !self.in_quotes && self.blanks.is_empty() && memchr::memchr(b'"', block).is_none() {
                let last = block[n - 1];
                if last != b' ' && last != b'\t' {
                    self.text.extend_from_slice(block);
                    self.at_start = last == self.separator || last == b'\n';
                    self.just_closed = false;
                    self.stream.consume(n);
                    return Ok(());
                }
            }
            let block = block.to_vec();
            self.stream.consume(n);
            block.into_iter().for_each(|byte| self.push(byte));
        }
        Ok(())
    }

    fn push(&mut self, byte: u8) {
        let was_quoted = self.in_quotes;
        let blank = matches!(byte, b' ' | b'\t') && byte != self.separator;
        match byte {
            b'"' if self.in_quotes => self.in_quotes = false,
            // Within a bare field a quote is a character.
            b'"' if self.at_start || self.just_closed => {
                self.blanks.clear();
                self.in_quotes = true;
            }
            _ if blank && self.at_start && !self.in_quotes => return self.blanks.push(byte),
            _ => self.text.append(&mut self.blanks),
        }
        self.text.push(byte);
        self.just_closed = byte == b'"' && was_quoted && !self.in_quotes;
        self.at_start = !self.in_quotes && (byte == self.separator || byte == b'\n');
    }
}

impl<R: BufRead> Read for Unpadded<R> {
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

    fn unpadded(text: &'static str, block: usize) -> String {
        let mut found = String::new();
        let stream = BufReader::with_capacity(block, text.as_bytes());
        Unpadded::new(stream, b',').read_to_string(&mut found).unwrap();
        found
    }

    #[test]
    fn only_blanks_before_a_quote_are_dropped() {
        for (text, want) in [
            ("1, \"a,1\"\n2,\t \"b\"\n", "1,\"a,1\"\n2,\"b\"\n"),
            ("  \"a\", b c , d\n", "\"a\", b c , d\n"),
            ("\"x, \"\"y\"\" , \"\"z\", 1\n", "\"x, \"\"y\"\" , \"\"z\", 1\n"),
            ("5 \" pipe, 6\" pipe\n  \n", "5 \" pipe, 6\" pipe\n  \n"),
            ("\"a\" , \"b\n c\"", "\"a\" ,\"b\n c\""),
            ("a,   ", "a,   "),
            ("a\"\" , \"b\"", "a\"\" ,\"b\""),
        ] {
            for block in 1..12 {
                assert_eq!(unpadded(text, block), want, "{text:?} in blocks of {block}");
            }
        }
    }
}
