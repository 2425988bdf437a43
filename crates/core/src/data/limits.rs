//! The limits of the readers of data, so that a small file takes little memory;
//! `docs/limits.md` describes them to users.

use std::io::{Error, Read, Result};

use crate::data::DataError;
use crate::data::error::ErrorLocation;
use base::memory::{self, Bytes};

/// A compressed file may always unpack to as many bytes.
pub(super) const ALWAYS_UNPACKED: u64 = 256 << 20;

/// Beyond [`ALWAYS_UNPACKED`] it may unpack to as many times its own size: images, tables and one-hot
/// arrays stay far below it, and deflate ends at 1032.
pub(super) const MAX_EXPANSION: u64 = 200;

/// Columns of a CSV file: each takes some 400 bytes beside its fields.
pub(super) const MAX_COLUMNS: usize = 1 << 18;

/// Bytes of a line of a CSV file; a whole line is in memory.
pub(super) const MAX_LINE: u64 = 16 << 20;

/// Pixels of a PNG picture: 8192 × 8192.
pub(super) const MAX_PIXELS: u64 = 1 << 26;

/// Bytes of the text around the pixels of a PNG picture.
pub(super) const MAX_PNG_TEXT: usize = 16 << 20;

/// A compressed stream, read as far as its size allows.
pub(super) struct Unpacked<R> {
    stream: R,
    /// Bytes before unpacking.
    packed: u64,
    done: u64,
}

impl<R: Read> Unpacked<R> {
    /// What `stream` makes of `packed` bytes.
    pub(super) fn new(stream: R, packed: u64) -> Unpacked<R> {
        Unpacked { stream, packed, done: 0 }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        let n = self.stream.read(to)?;
        self.done += n as u64;
        check_expansion(self.packed, self.done).map(|()| n)
    }
}

/// Checks that `packed` bytes do not unpack to too many.
pub(super) fn check_expansion(packed: u64, unpacked: u64) -> Result<()> {
    if unpacked <= packed.saturating_mul(MAX_EXPANSION).max(ALWAYS_UNPACKED) {
        return Ok(());
    }
    Err(Error::other(format!(
        "{} unpack to more than {MAX_EXPANSION} times as many; if the data are meant so, store them \
         uncompressed",
        Bytes(packed)
    )))
}

/// Checks that the values of an array fit into memory.
pub(super) fn check_memory(
    location: &ErrorLocation,
    bytes: u64,
) -> std::result::Result<(), DataError> {
    memory::check(Bytes(bytes)).map_err(|found| DataError::TooLarge {
        location: location.clone(),
        got: found.needs,
        want: found.has,
    })
}

#[cfg(test)]
mod tests {
    use std::io::{copy, repeat, sink};

    use super::*;

    #[test]
    fn a_stream_ends_where_its_size_says() {
        let unpack = |packed: u64, bytes: u64| {
            copy(&mut Unpacked::new(repeat(0).take(bytes), packed), &mut sink())
        };
        assert_eq!(unpack(10, 1 << 20).unwrap(), 1 << 20);
        assert_eq!(unpack(10, ALWAYS_UNPACKED).unwrap(), ALWAYS_UNPACKED);
        let packed = ALWAYS_UNPACKED / MAX_EXPANSION + 1;
        assert!(unpack(packed, packed * MAX_EXPANSION).is_ok());
        for (packed, bytes) in [(10, ALWAYS_UNPACKED + 1), (packed, packed * MAX_EXPANSION + 1)] {
            let error = unpack(packed, bytes).unwrap_err().to_string();
            assert!(error.contains("unpack to more than 200 times as many"), "{error}");
        }
    }
}
