//! Many short JSON texts in little memory: appended one by one, deflated in blocks, read in any order.

use std::fmt;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Error, Serialize, SerializeSeq, Serializer};
use serde_json::value::RawValue;

/// Lines of a block: more compress better, fewer are read faster.
const BLOCK_LINES: usize = 64;

/// Ends a line. JSON has no such byte.
const END: char = '\0';

/// A list of JSON texts. A line of a sweep's plan, 200 bytes, takes about 20.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PackedLines {
    /// The full blocks, deflated.
    blocks: Vec<Box<[u8]>>,
    /// The lines of the last block, each with its [`END`].
    tail: String,
    len: usize,
}

/// The inflated block of the last line that was read; it belongs to one list.
#[derive(Debug, Default)]
pub struct LineCache {
    block: Option<usize>,
    text: String,
    /// The start of each line in `text`.
    starts: Vec<u32>,
}

impl PackedLines {
    /// Appends a JSON text.
    pub fn push(&mut self, line: &str) {
        self.tail.push_str(line);
        self.tail.push(END);
        self.len += 1;
        if self.len.is_multiple_of(BLOCK_LINES) {
            self.blocks.push(deflate(self.tail.as_bytes()));
            self.tail.clear();
        }
    }

    /// Number of lines.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The line at `index`, empty if there is none; `cache` spares lines of one block the inflation.
    pub fn get<'a>(&'a self, index: usize, cache: &'a mut LineCache) -> &'a str {
        let block = index / BLOCK_LINES;
        let line = index % BLOCK_LINES;
        let Some(deflated) = self.blocks.get(block) else {
            return self.tail.split(END).nth(line).unwrap_or_default();
        };
        if cache.block != Some(block) {
            cache.block = Some(block);
            cache.text.clear();
            // The block was deflated from text by `push`.
            let _ = DeflateDecoder::new(&**deflated).read_to_string(&mut cache.text);
            cache.starts = vec![0];
            cache.starts.extend(cache.text.match_indices(END).map(|(at, _)| at as u32 + 1));
        }
        let LineCache { text, starts, .. } = cache;
        let end = starts.get(line + 1).map_or(text.len(), |next| *next as usize - 1);
        text.get(starts.get(line).map_or(end, |start| *start as usize)..end).unwrap_or_default()
    }
}

fn deflate(bytes: &[u8]) -> Box<[u8]> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    // Writing to a vector cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default().into()
}

impl Serialize for PackedLines {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.len))?;
        let mut cache = LineCache::default();
        for index in 0..self.len {
            let line = self.get(index, &mut cache);
            let line: &RawValue = serde_json::from_str(line).map_err(S::Error::custom)?;
            list.serialize_element(line)?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for PackedLines {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<PackedLines, D::Error> {
        input.deserialize_seq(Lines)
    }
}

struct Lines;

impl<'de> Visitor<'de> for Lines {
    type Value = PackedLines;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<PackedLines, A::Error> {
        let mut lines = PackedLines::default();
        while let Some(line) = list.next_element::<Box<RawValue>>()? {
            lines.push(line.get());
        }
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(index: usize) -> String {
        let rate = 1.0 / (index + 1) as f64;
        format!(
            "{{\"label\":\"{index:05}-learning_rate={rate}\",\"values\":[{rate}],\"differs\":\
             {{\"set\":{{\"/optimizer/learning_rate\":{rate}}}}}}}"
        )
    }

    #[test]
    fn lines_are_read_back_in_any_order() {
        let mut lines = PackedLines::default();
        (0..1000).for_each(|index| lines.push(&line(index)));
        let mut cache = LineCache::default();
        for index in (0..1000).chain((0..1000).rev()).chain([0, 999, 63, 64, 960]) {
            assert_eq!(lines.get(index, &mut cache), line(index));
        }
        assert_eq!((lines.get(1000, &mut cache), lines.len()), ("", 1000));
        let text = serde_json::to_string(&lines).unwrap();
        assert_eq!(text, format!("[{}]", (0..1000).map(line).collect::<Vec<_>>().join(",")));
        assert_eq!(serde_json::from_str::<PackedLines>(&text).unwrap(), lines);
    }

    #[test]
    fn memory_of_a_line_is_a_fraction_of_its_text() {
        let mut lines = PackedLines::default();
        (0..64 * 100).for_each(|index| lines.push(&line(index)));
        let text: usize = (0..6400).map(|index| line(index).len()).sum();
        let packed: usize = lines.blocks.iter().map(|block| block.len()).sum();
        assert!(lines.tail.is_empty() && packed * 3 < text, "{packed} of {text} bytes");
    }
}
