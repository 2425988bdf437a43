//! The packed form of the built-in MNIST, read directly into sparse rows; it never
//! makes the dense matrix, and never writes the form (`scripts/pack_mnist.py` does).
//!
//! A file holds one split. Every number is a little-endian `u32`:
//!
//! ```text
//! magic        4 bytes, `RNPT`
//! version      3
//! rows         pictures in all
//! height       lines of a picture
//! width        pixels of a line
//! classes      labels are below this
//! values       nonzero pixels
//! checksum     CRC-32 of the rest
//! labels       a byte per row
//! masks        per row whole words of 8 bytes, the lowest first: bit i is set if pixel i is not zero
//! values       the nonzero pixels, a byte each, in order
//! ```
//!
//! Nothing is compressed, so masks and values are used in place: unpacking took longer than all other work before the
//! first step.

use crate::data::{DataError, Inputs, SparseRows, Table, Targets, Values};
use kernels::NonzeroBitmap;

const MAGIC: &[u8; 4] = b"RNPT";
const VERSION: usize = 3;
const NUMBER: usize = size_of::<u32>();

/// Pixels of a picture; their indices have 16 bits.
const MAX_PIXELS: usize = 1 << 16;

/// Reads a whole packed file.
pub(super) fn read(bytes: &'static [u8]) -> Result<Table, DataError> {
    let packed = Packed::parse(bytes)?;
    let (inputs, targets) = (packed.inputs()?, packed.targets()?);
    let shape = vec![packed.height, packed.width];
    Ok(Table::new(Inputs::Sparse(inputs), targets, shape))
}

struct Packed {
    rows: usize,
    height: usize,
    width: usize,
    classes: usize,
    labels: &'static [u8],
    masks: &'static [[u8; 8]],
    values: &'static [u8],
}

impl Packed {
    /// Takes the file apart.
    fn parse(bytes: &'static [u8]) -> Result<Self, DataError> {
        let mut rest = bytes;
        let magic = take(&mut rest, MAGIC.len())?;
        check("magic", magic.escape_ascii().to_string(), MAGIC.escape_ascii().to_string())?;
        check("version", number(&mut rest)?, VERSION)?;
        let [rows, height, width] = numbers(&mut rest)?;
        let [classes, n_values, checksum] = numbers(&mut rest)?;
        let pixels = height.saturating_mul(width);
        if !(1..=MAX_PIXELS).contains(&pixels) {
            let got = format!("{height} lines of {width}");
            return Err(damaged("size of a picture", got, "1 to 65536 pixels"));
        }
        check("checksum", crc32fast::hash(rest) as usize, checksum)?;
        let labels = take(&mut rest, rows)?;
        let n_words = rows.saturating_mul(NonzeroBitmap::words_of(pixels));
        let masks = take(&mut rest, n_words.saturating_mul(size_of::<u64>()))?.as_chunks().0;
        let values = take(&mut rest, n_values)?;
        check("bytes after the end", rest.len(), 0)?;
        Ok(Packed { rows, height, width, classes, labels, masks, values })
    }

    fn targets(&self) -> Result<Targets, DataError> {
        match self.labels.iter().find(|&&label| usize::from(label) >= self.classes) {
            Some(label) => {
                Err(damaged("labels", label.to_string(), format!("below {}", self.classes)))
            }
            None => {
                let labels = self.labels.iter().map(|&label| u32::from(label)).collect();
                Ok(Targets::Classes { labels, classes: self.classes })
            }
        }
    }

    fn inputs(&self) -> Result<SparseRows, DataError> {
        let pixels = self.height * self.width;
        let mask = NonzeroBitmap::from_static(self.rows, pixels, self.masks).ok_or_else(|| {
            damaged("masks", "a bit that is no pixel".to_owned(), format!("{pixels} pixels"))
        })?;
        check("bits set in the masks", mask.count_ones(), self.values.len())?;
        Ok(SparseRows { mask, values: Values::Bytes(self.values.into()) })
    }
}

fn numbers<const N: usize>(rest: &mut &[u8]) -> Result<[usize; N], DataError> {
    let mut numbers = [0; N];
    for slot in &mut numbers {
        *slot = number(rest)?;
    }
    Ok(numbers)
}

fn number(rest: &mut &[u8]) -> Result<usize, DataError> {
    let mut number = [0; NUMBER];
    number.copy_from_slice(take(rest, NUMBER)?);
    Ok(u32::from_le_bytes(number) as usize)
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Result<&'a [u8], DataError> {
    let left = rest.len();
    rest.split_off(..len)
        .ok_or_else(|| damaged("length", format!("{left} bytes left"), format!("{len} more")))
}

fn check<T: PartialEq + ToString>(what: &'static str, got: T, want: T) -> Result<(), DataError> {
    if got == want { Ok(()) } else { Err(damaged(what, got.to_string(), want.to_string())) }
}

fn damaged(what: &'static str, got: String, want: impl Into<String>) -> DataError {
    DataError::Packed { what, got, want: want.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three rows of two lines of three pixels, made by hand.
    fn packed() -> Vec<u8> {
        of([1, 0, 1], [0b000_101, 0b110_000, 0b001_000])
    }

    /// The same of these parts.
    fn of(labels: [u8; 3], masks: [u64; 3]) -> Vec<u8> {
        let masks = masks.map(u64::to_le_bytes);
        let mut file = b"RNPT".to_vec();
        file.extend([3_u32, 3, 2, 3, 2, 5, 0].map(u32::to_le_bytes).as_flattened());
        file.extend([&labels[..], masks.as_flattened(), &[7, 8, 9, 10, 11]].concat());
        whole(file)
    }

    /// The file with its checksum as it should be.
    fn whole(mut file: Vec<u8>) -> Vec<u8> {
        let (head, rest) = file.split_at_mut(MAGIC.len() + 7 * NUMBER);
        head[MAGIC.len() + 6 * NUMBER..].copy_from_slice(&crc32fast::hash(rest).to_le_bytes());
        file
    }

    /// The file with the `n`-th number after the magic replaced.
    fn with_number(n: usize, number: u32) -> Vec<u8> {
        let mut file = packed();
        file[NUMBER * (n + 1)..NUMBER * (n + 2)].copy_from_slice(&number.to_le_bytes());
        file
    }

    /// Static bytes, as those in a program.
    fn read(file: &[u8]) -> Result<Table, DataError> {
        super::read(file.to_vec().leak())
    }

    #[test]
    fn masks_and_values_become_rows() {
        let table = read(&packed()).unwrap();
        let Inputs::Sparse(rows) = table.inputs else { panic!("rows are sparse") };
        let indices: Vec<Vec<_>> = (0..3).map(|r| rows.mask.row_indices(r).collect()).collect();
        assert_eq!(indices, [vec![0, 2], vec![4, 5], vec![3]]);
        assert_eq!((rows.mask.rows(), rows.mask.features()), (3, 6));
        assert_eq!(rows.values, Values::Bytes(vec![7, 8, 9, 10, 11].into()));
        assert_eq!(table.targets, Targets::Classes { labels: vec![1, 0, 1], classes: 2 });
        assert_eq!(table.shape, [2, 3]);
    }

    #[test]
    fn everything_is_checked() {
        let whole = packed();
        let labels = [1, 0, 1];
        check(&with_number(0, 2), "version: got 2, want 3");
        check(&with_number(1, 4), "length: got 28 bytes left, want 32 more");
        check(&whole[..2], "length: got 2 bytes left, want 4 more");
        check(&with_number(2, 0), "size of a picture: got 0 lines of 3, want 1 to 65536 pixels");
        check(&with_number(5, 4), "bytes after the end: got 1, want 0");
        check(&with_number(6, 7), "checksum: got 1938690769, want 7");
        check(&of(labels, [5, 48, 64]), "masks: got a bit that is no pixel, want 6 pixels");
        check(&of(labels, [5, 48, 9]), "bits set in the masks: got 6, want 5");
        check(&of([1, 2, 1], [5, 48, 8]), "labels: got 2, want below 2");
        check(b"RNPZ", "magic: got RNPZ, want RNPT");
    }

    fn check(file: &[u8], want: &str) {
        let got = read(file).unwrap_err().to_string();
        assert_eq!(got, format!("the built-in MNIST is damaged in its {want}"));
    }

    #[test]
    fn no_cut_and_no_changed_byte_ends_in_a_panic() {
        let whole = packed();
        for at in 0..whole.len() {
            assert!(read(&whole[..at]).is_err());
            for byte in [0, 1, 2, 0x7f, 0xff, whole[at] ^ 1, whole[at] ^ 0x80] {
                let mut file = whole.clone();
                file[at] = byte;
                let _ = read(&file);
                let _ = read(&self::whole(file));
            }
        }
    }
}
