//! Files without gzip's packing, recognized by their first bytes and not by their name; no
//! other packing is undone.

use std::io::{BufRead, BufReader, Result};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

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
    let named = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz"));
    let start = file.fill_buf()?;
    Ok(if is_gzip(start) || (named && !start.is_empty()) {
        (Box::new(BufReader::new(Unpacked::new(MultiGzDecoder::new(file), packed))), None)
    } else {
        (Box::new(file), size)
    })
}
