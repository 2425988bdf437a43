//! An array of a data file: the header, then the values, read in pieces so that memory follows the data and not the
//! header.

use std::cmp::Ordering;
use std::io::{ErrorKind, Read};

use ndarray::{ArrayD, IxDyn, ShapeBuilder};

use crate::data::error::ErrorLocation;
use crate::data::limits::check_memory;
use crate::data::{DataError, Values};
use base::memory::{OutOfMemory, reserve};

/// The header of an array.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Header {
    pub(super) location: ErrorLocation,
    pub(super) element: Element,
    pub(super) order: MemoryOrder,
    pub(super) shape: Vec<usize>,
}

/// The storage of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) kind: ElementType,
    pub(super) big_endian: bool,
}

/// NumPy's element types, as far as networks can use them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ElementType {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F16,
    F32,
    F64,
    /// Texts of at most so many bytes.
    Bytes(usize),
    /// Texts of at most so many characters of four bytes.
    Text(usize),
}

/// Which index runs fastest through the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemoryOrder {
    /// The last.
    C,
    /// The first.
    Fortran,
}

/// Bytes read before the memory for all is probed: a shorter file has other errors.
const LOOKED_AT: usize = 1 << 20;

impl ElementType {
    /// Bytes of one element.
    pub(super) fn size(self) -> usize {
        match self {
            ElementType::Bool | ElementType::U8 | ElementType::I8 => 1,
            ElementType::U16 | ElementType::I16 | ElementType::F16 => 2,
            ElementType::U32 | ElementType::I32 | ElementType::F32 => 4,
            ElementType::U64 | ElementType::I64 | ElementType::F64 => 8,
            ElementType::Bytes(n) => n,
            ElementType::Text(n) => 4 * n,
        }
    }

    pub(super) fn is_text(self) -> bool {
        matches!(self, ElementType::Bytes(_) | ElementType::Text(_))
    }

    pub(super) fn is_float(self) -> bool {
        matches!(self, ElementType::F16 | ElementType::F32 | ElementType::F64)
    }
}

impl Header {
    pub(super) fn rows(&self) -> usize {
        self.shape.first().copied().unwrap_or(0)
    }

    /// The error of elements that are of no use here.
    pub(super) fn wrong_element(&self) -> DataError {
        let got = match self.element.kind {
            ElementType::Bytes(n) => format!("S{n}"),
            ElementType::Text(n) => format!("U{n}"),
            kind => format!("{kind:?}").to_lowercase(),
        };
        DataError::Element { location: self.location.clone(), got }
    }

    /// Reads the array into C order. Unsigned bytes stay bytes, everything else becomes a float32,
    /// with integers beyond 2^24 rounded, as in Keras.
    pub(super) fn values(&self, reader: impl Read) -> Result<Values, DataError> {
        if self.element.kind == ElementType::U8 {
            let mut bytes = Vec::new();
            self.pieces(reader, |piece| {
                reserve(&mut bytes, piece.len())?;
                bytes.extend_from_slice(piece);
                Ok(())
            })?;
            return Ok(Values::Bytes(self.in_c_order(bytes)?.into()));
        }
        let floats = self.floats(reader)?;
        self.check_finite(&floats)?;
        Ok(Values::Floats(floats))
    }

    /// Reads an array of effective rank 1 as classes below `max`: whole numbers, stored as integers, booleans or floats.
    pub(super) fn classes(&self, reader: impl Read, max: usize) -> Result<Vec<u32>, DataError> {
        let wrong = |row: usize, got: String| DataError::Label {
            location: self.location.clone(),
            row,
            got,
            classes: max,
        };
        if self.element.kind.is_float() {
            let Values::Floats(floats) = self.values(reader)? else { return Ok(Vec::new()) };
            let fits = |x: &f32| x.fract() == 0.0 && (0.0..max as f32).contains(x);
            return match floats.iter().position(|x| !fits(x)) {
                Some(row) => Err(wrong(row, floats[row].to_string())),
                None => Ok(floats.iter().map(|x| *x as u32).collect()),
            };
        }
        let mut labels: Vec<u32> = Vec::new();
        self.integers(reader, |label| {
            if !(0..max as i128).contains(&label) {
                return Err(wrong(labels.len(), label.to_string()));
            }
            let memory = |source| DataError::Memory { location: self.location.clone(), source };
            reserve(&mut labels, 1).map_err(memory)?;
            labels.push(label as u32);
            Ok(())
        })?;
        Ok(labels)
    }

    /// Reads the array into C order as float32, finite or not.
    pub(super) fn floats(&self, reader: impl Read) -> Result<Vec<f32>, DataError> {
        let mut floats = Vec::new();
        self.pieces(reader, |piece| {
            reserve(&mut floats, piece.len() / self.element.kind.size())?;
            self.element.push_floats(piece, &mut floats);
            Ok(())
        })?;
        self.in_c_order(floats)
    }

    /// Shows every element of an array of integers or booleans, of rank 1 in effect, to `see`, until
    /// that has something to say against one.
    fn integers(
        &self,
        reader: impl Read,
        mut see: impl FnMut(i128) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        let (mut integers, mut ended) = (Vec::new(), Ok(()));
        self.pieces(reader, |piece| {
            integers.clear();
            self.element.push_integers(piece, &mut integers);
            if ended.is_ok() {
                ended = integers.iter().try_for_each(|integer| see(*integer));
            }
            Ok(())
        })?;
        ended
    }

    /// Bytes of the values in memory.
    pub(super) fn memory(&self) -> u64 {
        let size = if self.element.kind == ElementType::U8 { 1 } else { size_of::<f32>() as u64 };
        self.shape.iter().fold(size, |all, &n| all.saturating_mul(n as u64))
    }

    /// Checks that the values fit into memory.
    pub(super) fn check_memory(&self) -> Result<(), DataError> {
        self.bytes()?;
        check_memory(&self.location, self.memory())
    }

    /// Checks the number of bytes against the shape, if known before reading.
    pub(super) fn check_size(&self, got: u64) -> Result<(), DataError> {
        let want = self.bytes()? as u64;
        let location = self.location.clone();
        match got.cmp(&want) {
            Ordering::Less => Err(DataError::Truncated { location, got, want }),
            Ordering::Greater => Err(DataError::TooLong { location, want }),
            Ordering::Equal => Ok(()),
        }
    }

    /// Reads all values and keeps none: errors as of [`Header::values`].
    pub(super) fn verify(&self, reader: impl Read) -> Result<(), DataError> {
        let (mut floats, mut done, mut found) = (Vec::new(), 0, None);
        self.pieces(reader, |piece| {
            if self.element.kind == ElementType::U8 || found.is_some() {
                return Ok(());
            }
            floats.clear();
            self.element.push_floats(piece, &mut floats);
            let at = floats.iter().position(|value| !value.is_finite());
            found = at.map(|at| (done + at, floats[at]));
            done += floats.len();
            Ok(())
        })?;
        found.map_or(Ok(()), |(at, got)| Err(self.not_finite(at, got)))
    }

    /// The error of the value at place `at` of the file.
    fn not_finite(&self, at: usize, got: f32) -> DataError {
        let row = match self.order {
            MemoryOrder::C => at / self.shape[1..].iter().product::<usize>().max(1),
            MemoryOrder::Fortran => at % self.rows().max(1),
        };
        DataError::NotFinite { location: self.location.clone(), row, got }
    }

    /// Passes on the data in pieces of whole elements. Their number must be that of the shape. Allocation grows with the
    /// bytes read.
    pub(super) fn pieces(
        &self,
        mut reader: impl Read,
        mut take: impl FnMut(&[u8]) -> Result<(), OutOfMemory>,
    ) -> Result<(), DataError> {
        let want = self.bytes()?;
        let mut piece = [0; 1 << 16];
        let whole = piece.len() / self.element.kind.size() * self.element.kind.size();
        let mut done = 0;
        while done < want {
            let len = whole.min(want - done);
            let got = read_full(&mut reader, &mut piece[..len], &self.location)?;
            if got < len {
                let (got, want) = ((done + got) as u64, want as u64);
                return Err(DataError::Truncated { location: self.location.clone(), got, want });
            }
            if (done..done + len).contains(&LOOKED_AT) {
                self.check_memory()?;
            }
            let memory = |source| DataError::Memory { location: self.location.clone(), source };
            take(&piece[..len]).map_err(memory)?;
            done += len;
        }
        self.check_end(reader, want)
    }

    /// A read at the end also makes a compressed stream compare its checksum.
    fn check_end(&self, reader: impl Read, want: usize) -> Result<(), DataError> {
        match reader.take(1).read_to_end(&mut Vec::new()) {
            Ok(0) => Ok(()),
            Ok(_) => Err(DataError::TooLong { location: self.location.clone(), want: want as u64 }),
            Err(source) => Err(DataError::Io { path: self.location.path.clone(), source }),
        }
    }

    fn bytes(&self) -> Result<usize, DataError> {
        let size = self.element.kind.size();
        let bytes = self.shape.iter().try_fold(size, |product, &n| product.checked_mul(n));
        bytes.filter(|&bytes| isize::try_from(bytes).is_ok()).ok_or_else(|| DataError::Shape {
            location: self.location.clone(),
            got: self.shape.clone(),
            want: "an array that fits into memory".to_owned(),
        })
    }

    fn in_c_order<T: Copy>(&self, values: Vec<T>) -> Result<Vec<T>, DataError> {
        if self.order == MemoryOrder::C {
            return Ok(values);
        }
        ArrayD::from_shape_vec(IxDyn(&self.shape).f(), values)
            .map(|array| array.iter().copied().collect())
            .map_err(|error| DataError::Header {
                location: self.location.clone(),
                reason: error.to_string(),
            })
    }

    fn check_finite(&self, floats: &[f32]) -> Result<(), DataError> {
        match floats.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(at) => {
                let row = at / (floats.len() / self.rows());
                Err(DataError::NotFinite { location: self.location.clone(), row, got: floats[at] })
            }
        }
    }
}

impl Element {
    fn push_floats(self, piece: &[u8], to: &mut Vec<f32>) {
        match self.kind {
            ElementType::Bool => self.push(piece, to, |[byte]| f32::from(u8::from(byte != 0))),
            ElementType::U8 => self.push(piece, to, |[byte]| f32::from(byte)),
            ElementType::I8 => self.push(piece, to, |bytes| f32::from(i8::from_le_bytes(bytes))),
            ElementType::U16 => self.push(piece, to, |bytes| f32::from(u16::from_le_bytes(bytes))),
            ElementType::I16 => self.push(piece, to, |bytes| f32::from(i16::from_le_bytes(bytes))),
            ElementType::U32 => self.push(piece, to, |bytes| u32::from_le_bytes(bytes) as f32),
            ElementType::I32 => self.push(piece, to, |bytes| i32::from_le_bytes(bytes) as f32),
            ElementType::U64 => self.push(piece, to, |bytes| u64::from_le_bytes(bytes) as f32),
            ElementType::I64 => self.push(piece, to, |bytes| i64::from_le_bytes(bytes) as f32),
            ElementType::F16 => self.push(piece, to, |bytes| half(u16::from_le_bytes(bytes))),
            ElementType::F32 => self.push(piece, to, f32::from_le_bytes),
            ElementType::F64 => self.push(piece, to, |bytes| f64::from_le_bytes(bytes) as f32),
            // Texts are read by themselves.
            ElementType::Bytes(_) | ElementType::Text(_) => {}
        }
    }

    fn push_integers(self, piece: &[u8], to: &mut Vec<i128>) {
        match self.kind {
            ElementType::Bool => self.push(piece, to, |[byte]| i128::from(byte != 0)),
            ElementType::U8 => self.push(piece, to, |[byte]| i128::from(byte)),
            ElementType::I8 => self.push(piece, to, |bytes| i8::from_le_bytes(bytes).into()),
            ElementType::U16 => self.push(piece, to, |bytes| u16::from_le_bytes(bytes).into()),
            ElementType::I16 => self.push(piece, to, |bytes| i16::from_le_bytes(bytes).into()),
            ElementType::U32 => self.push(piece, to, |bytes| u32::from_le_bytes(bytes).into()),
            ElementType::I32 => self.push(piece, to, |bytes| i32::from_le_bytes(bytes).into()),
            ElementType::U64 => self.push(piece, to, |bytes| u64::from_le_bytes(bytes).into()),
            ElementType::I64 => self.push(piece, to, |bytes| i64::from_le_bytes(bytes).into()),
            ElementType::F16 => {
                self.push(piece, to, |bytes| half(u16::from_le_bytes(bytes)) as i128);
            }
            ElementType::F32 => self.push(piece, to, |bytes| f32::from_le_bytes(bytes) as i128),
            ElementType::F64 => self.push(piece, to, |bytes| f64::from_le_bytes(bytes) as i128),
            ElementType::Bytes(_) | ElementType::Text(_) => {}
        }
    }

    /// Elements of `N` bytes each, given to `value` in little-endian order.
    fn push<const N: usize, T>(self, piece: &[u8], to: &mut Vec<T>, value: impl Fn([u8; N]) -> T) {
        let elements = piece.as_chunks::<N>().0;
        if self.big_endian {
            to.extend(elements.iter().map(|&bytes| {
                let mut bytes = bytes;
                bytes.reverse();
                value(bytes)
            }));
        } else {
            to.extend(elements.iter().map(|&bytes| value(bytes)));
        }
    }
}

/// A float16 of IEEE 754 from its bits.
pub(super) fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2_f32.powi(-24),
        0x1f if fraction == 0.0 => f32::INFINITY,
        0x1f => f32::NAN,
        _ => (fraction + 1024.0) * 2_f32.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// Fills `into` as far as the data go; the end of a cut compressed stream is an end like any other.
pub(super) fn read_full(
    reader: &mut impl Read,
    into: &mut [u8],
    location: &ErrorLocation,
) -> Result<usize, DataError> {
    let mut filled = 0;
    while filled < into.len() {
        match reader.read(&mut into[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => break,
            Err(source) => return Err(DataError::Io { path: location.path.clone(), source }),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::half;

    /// The numbers are those of `numpy.array(BITS, "u2").view("f2")`.
    #[test]
    fn half_floats_are_those_of_numpy() {
        for (bits, want) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc100, -2.5),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x3555, 0.333_251_95),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(half(bits), want, "{bits:#06x}");
        }
        assert!(half(0x7e00).is_nan());
    }
}
