//! Writes protocol buffers field by field.
//!
//! <https://protobuf.dev/programming-guides/encoding/>

/// An encoded message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ProtoMessage(pub(super) Vec<u8>);

impl ProtoMessage {
    /// Adds a varint field.
    pub(super) fn number(mut self, field: u32, number: u64) -> ProtoMessage {
        self.key(field, 0);
        self.varint(number);
        self
    }

    /// Adds a 32-bit float field.
    pub(super) fn float(mut self, field: u32, number: f32) -> ProtoMessage {
        self.key(field, 5);
        self.0.extend(number.to_le_bytes());
        self
    }

    /// Adds a length-delimited field.
    pub(super) fn bytes(mut self, field: u32, bytes: &[u8]) -> ProtoMessage {
        self.key(field, 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    /// Adds a string field.
    pub(super) fn text(self, field: u32, text: &str) -> ProtoMessage {
        self.bytes(field, text.as_bytes())
    }

    /// Adds a submessage.
    pub(super) fn message(self, field: u32, message: &ProtoMessage) -> ProtoMessage {
        self.bytes(field, &message.0)
    }

    /// Adds a repeated submessage.
    pub(super) fn messages(self, field: u32, messages: &[ProtoMessage]) -> ProtoMessage {
        messages.iter().fold(self, |all, message| all.message(field, message))
    }

    fn key(&mut self, field: u32, kind: u32) {
        self.varint(u64::from(field << 3 | kind));
    }

    fn varint(&mut self, mut number: u64) {
        while 0x80 <= number {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }
}

#[cfg(test)]
mod tests {
    use protobuf::CodedOutputStream;

    use super::*;

    #[test]
    fn bytes_match_the_protobuf_crate() {
        let mut bytes = Vec::new();
        let mut out = CodedOutputStream::vec(&mut bytes);
        out.write_uint64(1, u64::MAX).unwrap();
        out.write_float(20, 0.2).unwrap();
        out.write_string(3, "größe").unwrap();
        out.write_bytes(300, &[7; 200]).unwrap();
        out.flush().unwrap();
        drop(out);
        let ours = ProtoMessage::default().number(1, u64::MAX).float(20, 0.2).text(3, "größe");
        assert_eq!(ours.bytes(300, &[7; 200]).0, bytes);
    }
}
