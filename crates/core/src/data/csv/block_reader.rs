//! Cuts the text of a CSV file into blocks of whole records.

use std::io::BufRead;

use super::block::Unusual;
use crate::data::limits::MAX_LINE;

/// Bytes of a block, about.
pub(super) const BLOCK: usize = 1 << 20;

/// A text in blocks.
pub(super) struct BlockReader<R> {
    stream: R,
    separator: u8,
    comment: Option<u8>,
    /// The start of the next block.
    rest: Vec<u8>,
    ended: bool,
    size: usize,
}

impl<R: BufRead> BlockReader<R> {
    pub(super) fn new(
        stream: R,
        separator: u8,
        comment: Option<u8>,
        size: usize,
    ) -> BlockReader<R> {
        BlockReader { stream, separator, comment, rest: Vec::new(), ended: false, size }
    }

    /// The next block; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, Unusual> {
        let mut block = std::mem::take(&mut self.rest);
        loop {
            self.fill(&mut block)?;
            if block.is_empty() {
                return Ok(None);
            }
            if self.ended {
                return Ok(Some(block));
            }
            if let Some(end) = self.last_end(&block) {
                self.rest = block.split_off(end);
                return Ok(Some(block));
            }
            if MAX_LINE < block.len() as u64 {
                return Err(Unusual);
            }
        }
    }

    /// Reads some more bytes, at least one unless the text has ended.
    fn fill(&mut self, block: &mut Vec<u8>) -> Result<(), Unusual> {
        let start = block.len();
        block.resize(start.max(self.size) + self.size, 0);
        let mut end = start;
        while end < block.len() {
            match self.stream.read(&mut block[end..]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(n) => end += n,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Unusual),
            }
        }
        block.truncate(end);
        Ok(())
    }

    /// The end of the last whole record.
    fn last_end(&self, block: &[u8]) -> Option<usize> {
        match memchr::memchr(b'"', block) {
            None => memchr::memrchr2(b'\n', b'\r', block).map(|at| at + 1),
            Some(_) => self.last_end_between_quotes(block),
        }
    }

    /// The same where records may have quotes with ends of lines.
    fn last_end_between_quotes(&self, block: &[u8]) -> Option<usize> {
        #[derive(PartialEq)]
        enum State {
            Line,
            Field,
            Bare,
            Quoted,
            Closed,
            Comment,
        }
        let (mut state, mut end) = (State::Line, None);
        for (at, byte) in block.iter().enumerate() {
            let blank = matches!(byte, b' ' | b'\t') && *byte != self.separator;
            state = match (state, byte) {
                (State::Quoted, b'"') => State::Closed,
                (State::Quoted, _) => State::Quoted,
                (_, b'\n' | b'\r') => {
                    end = Some(at + 1);
                    State::Line
                }
                (State::Comment, _) => State::Comment,
                (State::Line, byte) if self.comment == Some(*byte) => State::Comment,
                (State::Line | State::Field | State::Closed, b'"') => State::Quoted,
                (State::Line, _) if blank => State::Field,
                (State::Field, _) if blank => State::Field,
                (_, byte) if *byte == self.separator => State::Field,
                _ => State::Bare,
            };
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_end_with_records() {
        for text in [
            "a,b\n1,2\n\n3,4",
            "\"a\nb\",c\n\"d\"\"\n\",e\nf,g\n",
            "1, \"x\ny\"\r\n2,z\r\n",
            "5\" pipe,1\n6\" pipe,2\n",
        ] {
            for size in 1..12 {
                let mut reader = BlockReader::new(text.as_bytes(), b',', None, size);
                let mut all = Vec::new();
                while let Some(block) = reader.next().unwrap() {
                    let quotes = block.iter().filter(|byte| **byte == b'"').count();
                    let ends = block.ends_with(b"\n") || block.ends_with(b"\r");
                    let last = all.len() + block.len() == text.len();
                    assert!(ends || last, "{text:?} {size}");
                    assert!(quotes % 2 == 0 || text.starts_with('5'), "{text:?} {size}");
                    all.extend(block);
                }
                assert_eq!(all, text.as_bytes(), "{size}");
            }
        }
    }
}
