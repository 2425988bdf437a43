//! Arrays of texts, NumPy's types `S` and `U`: each text has the same number of bytes, with zeros behind it.

use std::collections::HashMap;
use std::io::Read;

use crate::data::DataError;
use crate::data::array::{Element, ElementType, Header};
use base::memory::reserve;

impl Header {
    /// Reads an array of texts of effective rank 1: the place of each among the different ones, and these.
    pub(super) fn texts(&self, reader: impl Read) -> Result<(Vec<u32>, Vec<String>), DataError> {
        let (mut known, mut texts, mut ids) = (HashMap::new(), Vec::new(), Vec::new());
        let mut wrong = None;
        self.pieces(reader, |piece| {
            let elements = piece.chunks_exact(self.element.kind.size());
            reserve(&mut ids, elements.len())?;
            for element in elements {
                let id = known.get(element).copied().unwrap_or_else(|| {
                    let id = texts.len() as u32;
                    known.insert(element.to_vec(), id);
                    texts.push(self.element.text(element).unwrap_or_else(|| {
                        wrong.get_or_insert(ids.len());
                        String::new()
                    }));
                    id
                });
                ids.push(id);
            }
            Ok(())
        })?;
        match wrong {
            Some(row) => {
                let reason = format!("the text in row {row} is no Unicode");
                Err(DataError::Header { location: self.location.clone(), reason })
            }
            None => Ok((ids, texts)),
        }
    }
}

impl Element {
    /// A text without the zeros behind it; none if it is no Unicode.
    fn text(self, bytes: &[u8]) -> Option<String> {
        let ElementType::Text(_) = self.kind else {
            let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            return String::from_utf8(bytes[..end].to_vec()).ok();
        };
        let point = |bytes: &[u8; 4]| {
            if self.big_endian { u32::from_be_bytes(*bytes) } else { u32::from_le_bytes(*bytes) }
        };
        let text: Option<String> =
            bytes.as_chunks::<4>().0.iter().map(|bytes| char::from_u32(point(bytes))).collect();
        text.map(|text| text.trim_end_matches('\0').to_owned())
    }
}
