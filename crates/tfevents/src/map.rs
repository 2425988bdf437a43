//! Entries of protobuf maps, encoded one by one.
//!
//! The messages of `tensorboard-proto` keep a map in a `HashMap`, whose order differs in every process.
//! Entries that are added as unknown fields keep their order, so that equal runs leave equal bytes.

use protobuf::{CodedOutputStream, Message};

/// The field numbers of key and value in an entry of any map.
const KEY: u32 = 1;
const VALUE: u32 = 2;

/// The bytes of the entry `key` = `value`.
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
