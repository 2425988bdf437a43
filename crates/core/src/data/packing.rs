//! Files packed by gzip or zstd, recognized by their first bytes and not by their name; no other packing is
//! undone.

use std::io::{BufRead, BufReader, Result};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use zstd::stream::read::Decoder as ZstdDecoder;

use crate::data::limits::Unpacked;
use base::system;

/// The kind of a file by its first bytes, with a way out, for kinds without a reader.
pub(super) fn foreign(start: &[u8]) -> Option<(&'static str, &'static str)> {
    match start {
        [b'P', b'K', 3, 4, ..] => Some((
            "a zip archive, or a workbook of a spreadsheet",
            "unpack it, or save the sheet as CSV",
        )),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some(("UTF-16 text", "save the file as UTF-8 text")),
        _ => None,
    }
}

/// The first bytes of a zstd frame.
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";

/// Whether the first bytes of a file are those of gzip data.
pub(super) fn is_gzip(start: &[u8]) -> bool {
    start.starts_with(b"\x1f\x8b")
}

/// The bytes of a file, unpacked if its name ends in `.gz` or its first bytes say so.
pub(super) fn unpacked(path: &Path) -> Result<Box<dyn BufRead>> {
    Ok(unpacked_and_size(path)?.0)
}

/// The same with the number of bytes, if known.
pub(super) fn unpacked_and_size(path: &Path) -> Result<(Box<dyn BufRead>, Option<u64>)> {
    let file = system::open(path)?;
    let meta = file.metadata()?;
    let packed = meta.len();
    let size = meta.is_file().then_some(packed);
    let mut file = BufReader::new(file);
    let named = is_named(path, "gz");
    let start = file.fill_buf()?;
    if start.starts_with(ZSTD) || (is_named(path, "zst") && !start.is_empty()) {
        let frames = Unpacked::new(ZstdDecoder::with_buffer(file)?, packed);
        return Ok((Box::new(BufReader::new(frames)), None));
    }
    Ok(if is_gzip(start) || (named && !start.is_empty()) {
        (Box::new(BufReader::new(Unpacked::new(MultiGzDecoder::new(file), packed))), None)
    } else {
        (Box::new(file), size)
    })
}

fn is_named(path: &Path, end: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The content of a file of some bytes.
    fn content(bytes: &[u8]) -> Result<Vec<u8>> {
        let dir = tempfile::TempDir::new()?;
        let path = dir.path().join("rows.csv");
        std::fs::write(&path, bytes)?;
        let mut content = Vec::new();
        unpacked(&path)?.read_to_end(&mut content).map(|_| content)
    }

    #[test]
    fn zstd_streams_are_unpacked() {
        let text = b"x,y\n1,2\n".repeat(5000);
        let frame = zstd::bulk::compress(&text, 3).unwrap();
        assert!(content(&frame).unwrap() == text);
        assert!(content(&frame.repeat(2)).unwrap() == text.repeat(2));
        for end in 4..frame.len() {
            assert!(content(&frame[..end]).is_err(), "{end}");
        }
        let longer = [&frame[..], b"rows"].concat();
        assert!(content(&longer).is_err());
        // A window of 2^31 bytes, more than is reserved for a file.
        let wide = [ZSTD, &[0, 21 << 3, 1, 0, 0]].concat();
        assert!(content(&wide).is_err());
        let empty = [ZSTD, &[0, 0, 1, 0, 0]].concat();
        assert_eq!(content(&empty).unwrap(), b"");
    }
}
