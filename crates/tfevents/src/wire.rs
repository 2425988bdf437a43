//! Decoder of the protobuf wire format for untrusted input.
//!
//! Specification: <https://protobuf.dev/programming-guides/encoding/>

/// The error of an invalid encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// The payload of a field by wire type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Field<'a> {
    /// An integer or a boolean.
    Varint(u64),
    /// 8 bytes, little endian.
    Fixed64([u8; 8]),
    /// A length-delimited string, message or packed list.
    Bytes(&'a [u8]),
    /// 4 bytes, little endian.
    Fixed32([u8; 4]),
}

/// Iterator over (field number, payload); the first error is the last item.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Iterates over the fields of `message`.
    pub(super) fn of(message: &'a [u8]) -> Fields<'a> {
        Fields { rest: message }
    }

    fn field(&mut self) -> Result<(u64, Field<'a>), Malformed> {
        let key = varint(&mut self.rest)?;
        let field = match key & 7 {
            0 => Field::Varint(varint(&mut self.rest)?),
            1 => Field::Fixed64(self.chunk()?),
            2 => {
                let length = usize::try_from(varint(&mut self.rest)?).map_err(|_| Malformed)?;
                let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Malformed)?;
                self.rest = rest;
                Field::Bytes(bytes)
            }
            5 => Field::Fixed32(self.chunk()?),
            // Deprecated groups (3 and 4) and undefined wire types.
            _ => return Err(Malformed),
        };
        Ok((key >> 3, field))
    }

    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (chunk, rest) = self.rest.split_first_chunk().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*chunk)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Field<'a>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

/// Splits a base-128 varint of at most 10 bytes off the front.
pub(super) fn varint(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    let mut number = 0;
    for (place, &byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            *bytes = &bytes[place + 1..];
            return Ok(number);
        }
    }
    Err(Malformed)
}

#[cfg(test)]
mod tests {
    use protobuf::CodedOutputStream;

    use super::*;

    #[test]
    fn fields_match_the_protobuf_crate() {
        let mut bytes = Vec::new();
        let mut out = CodedOutputStream::vec(&mut bytes);
        out.write_int64(1, -2).unwrap();
        out.write_double(2, 0.5).unwrap();
        out.write_string(3, "tag").unwrap();
        out.write_float(15, 0.25).unwrap();
        out.write_uint64(1000, u64::MAX).unwrap();
        out.flush().unwrap();
        drop(out);
        let fields: Vec<_> = Fields::of(&bytes).collect::<Result<_, _>>().unwrap();
        let want = [
            (1, Field::Varint((-2i64).cast_unsigned())),
            (2, Field::Fixed64(0.5f64.to_le_bytes())),
            (3, Field::Bytes(b"tag")),
            (15, Field::Fixed32(0.25f32.to_le_bytes())),
            (1000, Field::Varint(u64::MAX)),
        ];
        assert_eq!(fields, want);
        for cut in 0..bytes.len() {
            let fields = Fields::of(&bytes[..cut]).collect::<Vec<_>>();
            let whole = fields.iter().flatten().zip(&want).all(|(got, want)| got == want);
            assert!(whole && fields.iter().filter(|field| field.is_err()).count() <= 1);
        }
    }

    #[test]
    fn overlong_fields_are_malformed() {
        let broken = |bytes: &[u8]| Fields::of(bytes).next() == Some(Err(Malformed));
        assert!(broken(&[0x80; 11]), "a number without an end");
        assert!(broken(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0]));
        assert!(broken(&[0x0a, 2, 0]), "a text that goes beyond the end");
        assert!(broken(&[0x0b]) && broken(&[0x0f]), "a group, and an unknown kind");
    }
}
