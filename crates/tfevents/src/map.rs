//! Encoder of protobuf map entries in a fixed order.
//!
//! `tensorboard-proto` stores maps in a `HashMap` with a random order in every process. Entries added
//! as unknown fields keep their order, and equal runs write equal bytes.
//!
//! Format: <https://protobuf.dev/programming-guides/encoding/#maps>.

use protobuf::{CodedOutputStream, Message};

/// Field numbers of a map entry.
const KEY: u32 = 1;
const VALUE: u32 = 2;

/// Encodes the entry `key` = `value`.
pub(super) fn entry(key: &str, value: &impl Message) -> Vec<u8> {
    let value = value.write_to_bytes().expect("a message without required fields always encodes");
    let mut bytes = Vec::new();
    let mut out = CodedOutputStream::vec(&mut bytes);
    out.write_string(KEY, key)
        .and_then(|()| out.write_bytes(VALUE, &value))
        .and_then(|()| out.flush())
        .expect("writing into memory cannot fail");
    drop(out);
    bytes
}
