//! Thrift's compact protocol, as far as the headers of Parquet's pages need it.
//!
//! The layout is that of the [specification](https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md):
//! a structure is a list of fields, each a byte of the type and the step of the field's number, then a value.

/// A structure nested deeper than this is damaged.
const MAX_DEPTH: usize = 8;

/// A value of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Bool(bool),
    Integer(i64),
    Struct(Vec<(i64, Value)>),
    /// A value that no header needs: text, numbers with a fraction, lists.
    Other,
}

impl Value {
    /// The field of a structure with a number.
    pub(super) fn field(&self, number: i64) -> Option<&Value> {
        let Value::Struct(fields) = self else { return None };
        fields.iter().find(|(n, _)| *n == number).map(|(_, value)| value)
    }

    /// The integer in the field with a number.
    pub(super) fn integer(&self, number: i64) -> Option<i64> {
        match self.field(number)? {
            Value::Integer(integer) => Some(*integer),
            _ => None,
        }
    }

    /// The truth in the field with a number.
    pub(super) fn truth(&self, number: i64) -> Option<bool> {
        match self.field(number)? {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        }
    }
}

/// A failed read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The bytes end within the structure.
    Short,
    /// The bytes are no structure.
    Damaged,
}

/// Reads a structure, and says how many bytes it takes.
pub(super) fn structure(bytes: &[u8]) -> Result<(Value, usize), Fault> {
    let mut reader = Reader { bytes, at: 0 };
    let value = reader.structure(0)?;
    Ok((value, reader.at))
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, Fault> {
        let byte = *self.bytes.get(self.at).ok_or(Fault::Short)?;
        self.at += 1;
        Ok(byte)
    }

    fn skip(&mut self, n: u64) -> Result<(), Fault> {
        let left = (self.bytes.len() - self.at) as u64;
        if left < n {
            return Err(Fault::Short);
        }
        self.at += n as usize;
        Ok(())
    }

    /// A number in groups of seven bits, the lowest first.
    fn varint(&mut self) -> Result<u64, Fault> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Fault::Damaged)
    }

    /// A signed number in zigzag order: 0, -1, 1, -2.
    fn integer(&mut self) -> Result<i64, Fault> {
        let number = self.varint()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn structure(&mut self, depth: usize) -> Result<Value, Fault> {
        if MAX_DEPTH < depth {
            return Err(Fault::Damaged);
        }
        let (mut fields, mut number) = (Vec::new(), 0_i64);
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Ok(Value::Struct(fields));
            }
            number = match head >> 4 {
                0 => self.integer()?,
                step => number.checked_add(i64::from(step)).ok_or(Fault::Damaged)?,
            };
            let value = match head & 0x0f {
                kind @ (1 | 2) => Value::Bool(kind == 1),
                kind => self.value(kind, depth)?,
            };
            fields.push((number, value));
        }
    }

    /// A value outside a field's head.
    fn value(&mut self, kind: u8, depth: usize) -> Result<Value, Fault> {
        Ok(match kind {
            1..=3 => Value::Integer(i64::from(self.byte()? as i8)),
            4..=6 => Value::Integer(self.integer()?),
            7 => self.skip(8).map(|()| Value::Other)?,
            8 => {
                let length = self.varint()?;
                self.skip(length).map(|()| Value::Other)?
            }
            9 | 10 => self.list(depth)?,
            12 => self.structure(depth + 1)?,
            _ => return Err(Fault::Damaged),
        })
    }

    fn list(&mut self, depth: usize) -> Result<Value, Fault> {
        let head = self.byte()?;
        let length = match head >> 4 {
            15 => self.varint()?,
            length => u64::from(length),
        };
        if MAX_DEPTH < depth {
            return Err(Fault::Damaged);
        }
        for _ in 0..length {
            self.value(head & 0x0f, depth + 1)?;
        }
        Ok(Value::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structures_are_read() {
        // 1: i32 = 3, 2: bool = true, 5: struct { 1: i64 = -2 }, 6: binary "ab", 7: list of i32.
        let bytes = [0x15, 6, 0x11, 0x3c, 0x16, 3, 0, 0x18, 2, b'a', b'b', 0x19, 0x25, 2, 4, 0, 9];
        let (value, length) = structure(&bytes).unwrap();
        assert_eq!(length, bytes.len() - 1);
        assert_eq!((value.integer(1), value.truth(2)), (Some(3), Some(true)));
        assert_eq!(value.field(5).and_then(|inner| inner.integer(1)), Some(-2));
        assert_eq!(value.field(7), Some(&Value::Other));
        assert_eq!((value.integer(9), value.integer(2)), (None, None));
        for end in 0..length {
            assert_eq!(structure(&bytes[..end]), Err(Fault::Short), "{end}");
        }
        assert_eq!(structure(&[0x1d, 0]), Err(Fault::Damaged));
        assert_eq!(structure(&[0x1c; 20]), Err(Fault::Damaged));
        assert_eq!(
            structure(&[0x15, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            Err(Fault::Damaged)
        );
    }
}
