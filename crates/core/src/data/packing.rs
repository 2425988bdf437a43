//! Files packed by gzip or zstd, recognized by their first bytes and not by their name; no other packing is
//! undone.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

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
        let frames = Unpacked::new(ZstdFrames::new(file)?, packed);
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

/// The content of zstd frames, one after the other.
struct ZstdFrames<R: BufRead>(Option<Frame<R>>);

type Frame<R> = StreamingDecoder<R, ruzstd::decoding::FrameDecoder>;

impl<R: BufRead> ZstdFrames<R> {
    fn new(file: R) -> Result<ZstdFrames<R>> {
        Ok(ZstdFrames(Some(frame(file)?)))
    }
}

fn frame<R: BufRead>(file: R) -> Result<Frame<R>> {
    StreamingDecoder::new(file)
        .map_err(|error| Error::new(ErrorKind::InvalidData, error.to_string()))
}

impl<R: BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        while let Some(decoder) = &mut self.0 {
            let n = decoder.read(to)?;
            if n != 0 || to.is_empty() {
                return Ok(n);
            }
            let mut file = self.0.take().map(Frame::into_inner);
            if let Some(file) =
                file.take_if(|file| file.fill_buf().is_ok_and(|rest| !rest.is_empty()))
            {
                self.0 = Some(frame(file)?);
            }
        }
        Ok(0)
    }
}
