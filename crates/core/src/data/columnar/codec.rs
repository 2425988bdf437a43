//! Compressed pages and buffers: snappy, LZ4, zstd and gzip.

use std::cell::RefCell;
use std::io::Read;

use zstd::bulk::Decompressor;

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

thread_local! {
    /// Its tables are kept from page to page.
    static ZSTD: RefCell<Decompressor<'static>> = RefCell::default();
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
            let mut unpacked = Vec::with_capacity(size);
            let n = ZSTD.with_borrow_mut(|zstd| zstd.decompress_to_buffer(packed, &mut unpacked));
            n.map_err(|error| error.to_string())?;
            unpacked
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zstd_frames_are_unpacked() {
        let bytes: Vec<u8> = (0..5000_u32).flat_map(|i| (i % 251).to_le_bytes()).collect();
        let (first, second) = bytes.split_at(7000);
        let pack = |bytes: &[u8]| zstd::bulk::compress(bytes, 3).unwrap();
        let packed = pack(&bytes);
        assert!(unpack(Codec::Zstd, &packed, bytes.len()) == Ok(bytes.clone()));
        let two = [pack(first), pack(second)].concat();
        assert!(unpack(Codec::Zstd, &two, bytes.len()) == Ok(bytes.clone()));
        for size in [0, 1, bytes.len() - 1, bytes.len() + 1, 2 * bytes.len()] {
            assert!(unpack(Codec::Zstd, &packed, size).is_err(), "{size}");
        }
        for end in 0..packed.len() {
            assert!(unpack(Codec::Zstd, &packed[..end], bytes.len()).is_err(), "{end}");
        }
        let longer = [&packed[..], b"x"].concat();
        assert!(unpack(Codec::Zstd, &longer, bytes.len()).is_err());
        for at in 0..4 {
            let mut damaged = packed.clone();
            damaged[at] ^= 1;
            assert!(unpack(Codec::Zstd, &damaged, bytes.len()).is_err(), "{at}");
        }
    }

    #[test]
    fn a_size_beyond_the_limit_is_not_allocated() {
        let packed = zstd::bulk::compress(&[0; 1 << 16], 3).unwrap();
        for codec in [Codec::Zstd, Codec::Snappy, Codec::Lz4Block, Codec::Gzip] {
            let error = unpack(codec, &packed, usize::MAX).unwrap_err();
            assert!(error.contains("unpack to more than 200 times as many"), "{error}");
        }
    }
}
