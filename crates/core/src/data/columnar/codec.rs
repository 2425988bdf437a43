//! Compressed pages and buffers: snappy, LZ4, zstd and gzip, unpacked in Rust alone.

use std::io::Read;

use crate::data::limits::check_expansion;

/// A compression of blocks whose unpacked size is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Plain,
    Snappy,
    /// A bare LZ4 block.
    Lz4Block,
    /// The frame format of LZ4.
    Lz4Frame,
    Zstd,
    Gzip,
}

/// Unpacks a block of `size` bytes.
pub(super) fn unpack(codec: Codec, packed: &[u8], size: usize) -> Result<Vec<u8>, String> {
    check_expansion(packed.len() as u64, size as u64).map_err(|error| error.to_string())?;
    let unpacked = match codec {
        Codec::Plain => packed.to_vec(),
        Codec::Snappy => {
            let mut unpacked = vec![0; size];
            let n = snap::raw::Decoder::new().decompress(packed, &mut unpacked);
            unpacked.truncate(n.map_err(|error| error.to_string())?);
            unpacked
        }
        Codec::Lz4Block => {
            lz4_flex::block::decompress(packed, size).map_err(|error| error.to_string())?
        }
        Codec::Lz4Frame => all(lz4_flex::frame::FrameDecoder::new(packed), size)?,
        Codec::Gzip => all(flate2::read::MultiGzDecoder::new(packed), size)?,
        Codec::Zstd => {
            let stream = ruzstd::decoding::StreamingDecoder::new(packed);
            all(stream.map_err(|error| error.to_string())?, size)?
        }
    };
    if unpacked.len() == size {
        Ok(unpacked)
    } else {
        Err(format!("it unpacks to another number of bytes, want {size}"))
    }
}

/// Reads a stream, no further than one byte behind `size`.
fn all(stream: impl Read, size: usize) -> Result<Vec<u8>, String> {
    let mut unpacked = Vec::with_capacity(size.saturating_add(1));
    let end = (size as u64).saturating_add(1);
    stream.take(end).read_to_end(&mut unpacked).map_err(|error| error.to_string())?;
    Ok(unpacked)
}
