//! TFRecord framing of encoded events.
//!
//! ```text
//! u64  length n of the data, little endian
//! u32  masked CRC-32C of the length
//! n    data
//! u32  masked CRC-32C of the data
//! ```
//!
//! The mask is `((crc >> 15) | (crc << 17)) + 0xa282ead8`, modulo 2³².
//!
//! Specifications: [TFRecord](https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details),
//! CRC-32C ([RFC 3720, appendix B.4](https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4)).

use tensorboard_rs::masked_crc32c::masked_crc32c;
use tensorboard_rs::record_writer::RecordWriter;

/// Length of the header in bytes.
const HEADER: usize = 8 + 4;
/// Length of the footer in bytes.
const FOOTER: usize = 4;

/// Appends `data` to `buffer` as a record.
pub(super) fn append(buffer: &mut Vec<u8>, data: &[u8]) {
    RecordWriter::new(buffer).write(data).expect("writing into memory cannot fail");
}

/// Length in bytes of the longest prefix of valid records; the rest is truncated or corrupt.
pub(super) fn whole_records(bytes: &[u8]) -> usize {
    let mut end = 0;
    while let Some(length) = first_record(&bytes[end..]) {
        end += length;
    }
    end
}

/// Length in bytes of a valid record at the start of `bytes`.
fn first_record(bytes: &[u8]) -> Option<usize> {
    let (length, length_crc) = bytes.get(..HEADER)?.split_at(8);
    if masked_crc32c(length).to_le_bytes() != length_crc {
        return None;
    }
    let length = u64::from_le_bytes(length.try_into().ok()?);
    let length = usize::try_from(length).ok()?;
    let end = HEADER.checked_add(length)?;
    let data = bytes.get(HEADER..end)?;
    let data_crc = bytes.get(end..end.checked_add(FOOTER)?)?;
    (masked_crc32c(data).to_le_bytes() == data_crc).then_some(end + FOOTER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tensorboard_rs::masked_crc32c::crc32c;

    /// Test vectors of [RFC 3720, appendix B.4](https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4).
    #[test]
    fn checksum_matches_rfc_3720() {
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        let ascending: Vec<u8> = (0..32).collect();
        assert_eq!(crc32c(&ascending), 0x46dd_794e);
        let descending: Vec<u8> = (0..32).rev().collect();
        assert_eq!(crc32c(&descending), 0x113f_db5c);
    }

    #[test]
    fn record_has_tensorflows_layout() {
        let mut buffer = vec![7];
        append(&mut buffer, b"abc");
        let length = 3u64.to_le_bytes();
        let crc = |data| masked_crc32c(data).to_le_bytes();
        assert_eq!(buffer, [&[7][..], &length, &crc(&length), b"abc", &crc(b"abc")].concat());
    }

    #[test]
    fn truncated_record_is_dropped() {
        let mut buffer = Vec::new();
        append(&mut buffer, b"first");
        let first = buffer.len();
        append(&mut buffer, b"");
        let second = buffer.len();
        for cut in 0..buffer.len() {
            let want = if cut < first { 0 } else { first };
            assert_eq!(whole_records(&buffer[..cut]), want, "cut at {cut}");
        }
        assert_eq!(whole_records(&buffer), second);
    }

    #[test]
    fn changed_byte_invalidates_record() {
        let mut buffer = Vec::new();
        append(&mut buffer, b"data");
        for place in 0..buffer.len() {
            let mut changed = buffer.clone();
            changed[place] ^= 0x40;
            assert_eq!(whole_records(&changed), 0, "byte {place}");
        }
    }
}
