//! The packed form in which the program carries MNIST: reads it straight into sparse rows; it never
//! makes the dense matrix, and never writes the form (`scripts/pack_mnist.py` does).
//!
//! One file holds one part. Every number is a little-endian `u32`, every frame is zstd's, with the
//! size of its content and a checksum:
//!
//! ```text
//! magic        4 bytes, `RNPT`
//! version      2
//! rows         pictures in all
//! height       lines of a picture
//! width        pixels of a line, at most 32
//! classes      labels are below this
//! blocks       number of entries in the directory
//! labels       length of the labels' frame in bytes
//! values       pixels that are not zero
//! checksum     CRC-32 of the values
//! directory    per block: rows, length of its frame in bytes
//! labels       frame: one byte per row
//! block ...    frame: one word per line, in which bit x says that pixel x is not zero
//! values       the pixels that are not zero, one byte each, in order
//! ```
//!
//! Blocks are consecutive rows. They share nothing, so that all of them can be read at once. The values
//! stand there as they are: packed they would be 2 MB less, and take longer to unpack than all the rest.

use rayon::prelude::*;

use crate::data::{DataError, Inputs, SparseRows, Table, Targets, Values};
use crate::kernels::{Mask, MaskMut};

const MAGIC: &[u8; 4] = b"RNPT";
const VERSION: usize = 2;
const WORD: usize = 4;

/// Reads a whole packed file.
pub(super) fn read(bytes: &'static [u8]) -> Result<Table, DataError> {
    let packed = Packed::parse(bytes)?;
    let (inputs, targets) = rayon::join(|| packed.inputs(), || packed.targets());
    let shape = vec![packed.height, packed.width];
    Ok(Table { inputs: Inputs::Sparse(inputs?), targets: targets?, shape, columns: None })
}

struct Packed {
    rows: usize,
    height: usize,
    width: usize,
    classes: usize,
    labels: &'static [u8],
    blocks: Vec<Block>,
    values: &'static [u8],
    checksum: usize,
}

struct Block {
    rows: usize,
    masks: &'static [u8],
}

impl Packed {
    /// Takes the file apart; no frame is opened yet.
    fn parse(bytes: &'static [u8]) -> Result<Self, DataError> {
        let mut rest = bytes;
        let magic = take(&mut rest, MAGIC.len())?;
        check("magic", magic.escape_ascii().to_string(), MAGIC.escape_ascii().to_string())?;
        check("version", number(&mut rest)?, VERSION)?;
        let [rows, height, width, classes] = numbers(&mut rest)?;
        let [n_blocks, n_labels, n_values, checksum] = numbers(&mut rest)?;
        if !(1..=32).contains(&width) || !(1..=1 << 11).contains(&height) {
            let got = format!("{height} lines of {width}");
            return Err(damaged("size of a picture", got, "1 to 2048 lines of 1 to 32 pixels"));
        }
        let directory = take(&mut rest, n_blocks.saturating_mul(2 * WORD))?;
        let labels = take(&mut rest, n_labels)?;
        let blocks = blocks(directory, &mut rest)?;
        let values = take(&mut rest, n_values)?;
        check("bytes after the end", rest.len(), 0)?;
        check("rows of all blocks", blocks.iter().map(|block| block.rows).sum(), rows)?;
        let packed = Packed { rows, height, width, classes, labels, blocks, values, checksum };
        packed.check_frames()?;
        Ok(packed)
    }

    /// Holds every length against what the frames say of themselves, before anything is allocated.
    fn check_frames(&self) -> Result<(), DataError> {
        check("content of the labels", content(self.labels), self.rows)?;
        for block in &self.blocks {
            check("content of the masks", content(block.masks), block.rows * self.height * WORD)?;
        }
        Ok(())
    }

    fn targets(&self) -> Result<Targets, DataError> {
        let mut labels = vec![0; self.rows];
        unpack("labels", self.labels, &mut labels)?;
        match labels.iter().find(|&&label| usize::from(label) >= self.classes) {
            Some(label) => {
                Err(damaged("labels", label.to_string(), format!("below {}", self.classes)))
            }
            None => {
                let labels = labels.into_iter().map(u32::from).collect();
                Ok(Targets::Classes { labels, classes: self.classes })
            }
        }
    }

    fn inputs(&self) -> Result<SparseRows, DataError> {
        let (mask, values) = rayon::join(|| self.mask(), || self.check_values());
        let mask = mask?;
        values?;
        check("bits set in the masks", mask.ones(), self.values.len())?;
        Ok(SparseRows { mask, values: Values::Bytes(self.values.into()) })
    }

    fn check_values(&self) -> Result<(), DataError> {
        check("checksum of the values", crc32fast::hash(self.values) as usize, self.checksum)?;
        match self.values.contains(&0) {
            true => Err(damaged("values", "0".to_owned(), "values that are not zero")),
            false => Ok(()),
        }
    }

    fn mask(&self) -> Result<Mask, DataError> {
        let mut mask = Mask::new(self.rows, self.height * self.width);
        let mut rest = mask.as_mut();
        let rooms: Vec<_> = self.blocks.iter().map(|b| (b, rest.split_off(b.rows))).collect();
        rooms
            .into_par_iter()
            .try_for_each(|(block, room)| block.read(self.height, self.width, room))?;
        Ok(mask)
    }
}

impl Block {
    /// Joins the lines of each picture.
    fn read(&self, height: usize, width: usize, mut mask: MaskMut<'_>) -> Result<(), DataError> {
        let mut masks = vec![0; self.rows * height * WORD];
        unpack("masks", self.masks, &mut masks)?;
        let lines = masks.as_chunks::<WORD>().0;
        let all = lines.iter().fold(0, |all, line| all | u64::from(u32::from_le_bytes(*line)));
        check("bits set beyond the width", all >> width, 0)?;
        for (r, picture) in lines.chunks_exact(height).enumerate() {
            for (y, line) in picture.iter().enumerate() {
                mask.set(r, y * width, u32::from_le_bytes(*line));
            }
        }
        Ok(())
    }
}

fn blocks(mut directory: &[u8], rest: &mut &'static [u8]) -> Result<Vec<Block>, DataError> {
    let mut blocks = Vec::new();
    while !directory.is_empty() {
        let [rows, n_masks] = numbers(&mut directory)?;
        blocks.push(Block { rows, masks: take(rest, n_masks)? });
    }
    Ok(blocks)
}

/// What a frame says its content's length is; no frame of ours is silent or empty.
fn content(frame: &[u8]) -> usize {
    let size = zstd::zstd_safe::get_frame_content_size(frame).ok().flatten();
    size.and_then(|size| usize::try_from(size).ok()).unwrap_or(0)
}

fn unpack(what: &'static str, frame: &[u8], into: &mut [u8]) -> Result<(), DataError> {
    let want = into.len();
    let got = zstd::bulk::Decompressor::new()
        .and_then(|mut zstd| zstd.decompress_to_buffer(frame, into))
        .map_err(|error| damaged(what, error.to_string(), format!("{want} bytes")))?;
    check(what, got, want)
}

fn numbers<const N: usize>(rest: &mut &[u8]) -> Result<[usize; N], DataError> {
    let mut numbers = [0; N];
    for slot in &mut numbers {
        *slot = number(rest)?;
    }
    Ok(numbers)
}

fn number(rest: &mut &[u8]) -> Result<usize, DataError> {
    let mut word = [0; WORD];
    word.copy_from_slice(take(rest, WORD)?);
    Ok(u32::from_le_bytes(word) as usize)
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

    /// Three rows of two lines of three pixels in two blocks, made by hand.
    fn packed() -> Vec<u8> {
        with_values(&[7, 8, 9, 10, 11], 0xd35a_096f)
    }

    fn with_values(values: &[u8], checksum: usize) -> Vec<u8> {
        let labels = frame(&[1, 0, 1]);
        let masks = [frame(&words(&[0b101, 0b000, 0b000, 0b110])), frame(&words(&[0b000, 0b001]))];
        let mut file = b"RNPT".to_vec();
        file.extend(words(&[2, 3, 2, 3, 2, 2, labels.len(), values.len(), checksum]));
        file.extend(words(&[2, masks[0].len(), 1, masks[1].len()]));
        file.extend([labels, masks.concat(), values.to_vec()].concat());
        file
    }

    /// What a program carries is there as long as it runs.
    fn read(file: &[u8]) -> Result<Table, DataError> {
        super::read(file.to_vec().leak())
    }

    fn frame(content: &[u8]) -> Vec<u8> {
        zstd::bulk::compress(content, 3).unwrap()
    }

    fn words(numbers: &[usize]) -> Vec<u8> {
        numbers.iter().flat_map(|&n| (n as u32).to_le_bytes()).collect()
    }

    /// The file with the `n`-th number after the magic replaced.
    fn with(n: usize, number: usize) -> Vec<u8> {
        let mut file = packed();
        file[WORD * (n + 1)..WORD * (n + 2)].copy_from_slice(&words(&[number]));
        file
    }

    #[test]
    fn masks_and_values_become_rows() {
        let table = read(&packed()).unwrap();
        let Inputs::Sparse(rows) = table.inputs else { panic!("rows are sparse") };
        let indices: Vec<Vec<_>> = (0..3).map(|r| rows.mask.set_in(r).collect()).collect();
        assert_eq!(indices, [vec![0, 2], vec![4, 5], vec![3]]);
        assert_eq!((rows.mask.rows(), rows.mask.features()), (3, 6));
        assert_eq!(rows.values, Values::Bytes(vec![7, 8, 9, 10, 11].into()));
        assert_eq!(table.targets, Targets::Classes { labels: vec![1, 0, 1], classes: 2 });
        assert_eq!(table.shape, [2, 3]);
    }

    #[test]
    fn every_number_is_checked() {
        let whole = packed();
        let height = "got 0 lines of 3, want 1 to 2048 lines of 1 to 32 pixels";
        check(&with(0, 1), "version: got 1, want 2");
        check(&with(1, 4), "rows of all blocks: got 3, want 4");
        check(&with(2, 0), &format!("size of a picture: {height}"));
        check(&with(2, 3), "content of the masks: got 16, want 24");
        check(&with(3, 2), "bits set beyond the width: got 1, want 0");
        check(&with(4, 1), "labels: got 1, want below 1");
        let left = whole.len() - 10 * WORD;
        check(&with(5, 1 << 30), &format!("length: got {left} bytes left, want 8589934592 more"));
        check(&with(7, 4), "bytes after the end: got 1, want 0");
        check(&with(8, 7), "checksum of the values: got 3545893231, want 7");
        check(&with_values(&[1, 2], 0xb6cc_4292), "bits set in the masks: got 5, want 2");
        check(&with_values(&[0], 0xd202_ef8d), "values: got 0, want values that are not zero");
        check(b"RNPZ", "magic: got RNPZ, want RNPT");
        check(&whole[..2], "length: got 2 bytes left, want 4 more");
        check(&[&whole[..], &[0]].concat(), "bytes after the end: got 1, want 0");
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
            }
        }
    }
}
