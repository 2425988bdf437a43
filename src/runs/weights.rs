//! `model.safetensors`: named tensors of 32-bit numbers, as other programs read them; it knows
//! nothing of layers.
//!
//! <https://github.com/huggingface/safetensors#format>
//!
//! The entry `file_crc32` of the metadata is the CRC-32 of the whole file, computed with zeros in the
//! place of its own eight hexadecimal digits. Files without it, such as those of other programs, are
//! read too.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};
use serde_json::{Map, Value, json};

use super::atomic::{Durability, write_atomic};
use super::error::RunsError;
use crate::memory::probe;
use crate::quote::{clip, quote};
use crate::system;

/// The metadata's name for the checksum, and the digits in its place while it is computed.
pub(super) const FILE_CRC32: &str = "file_crc32";
const NO_DIGITS: &str = "00000000";

/// A tensor to be saved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TensorView<'a> {
    /// What it is called, such as `dense_0.kernel`.
    pub name: &'a str,
    /// Its shape.
    pub shape: &'a [usize],
    /// Its numbers in row-major order, as many as the shape says.
    pub data: &'a [f32],
}

/// A tensor that was loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// What it is called, such as `dense_0.kernel`.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its numbers in row-major order, as many as the shape says.
    pub data: Vec<f32>,
}

/// What a file of weights holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// The tensors, in the order in which they are stored.
    pub tensors: Vec<Tensor>,
    /// What else is known of them.
    pub metadata: BTreeMap<String, String>,
}

/// Writes the tensors to `path` in their order; equal weights give equal files.
///
/// # Panics
///
/// If a tensor has not as many numbers as its shape says.
pub fn save_weights(
    path: &Path,
    tensors: &[TensorView<'_>],
    metadata: &BTreeMap<String, String>,
    durability: Durability,
) -> Result<(), RunsError> {
    write_atomic(path, &encode(tensors, metadata), durability)
}

/// Reads the tensors at `path`; numbers of 64 bits are rounded to 32.
///
/// # Errors
///
/// Tensors of other types, and a content that is not that of the file's checksum.
pub fn load_weights(path: &Path) -> Result<Weights, RunsError> {
    let bytes = system::read(path).map_err(RunsError::io("read", path))?;
    parse_weights(path, &bytes)
}

/// The weights in `bytes`, which were read from `path`; errors as of [`load_weights`].
pub fn parse_weights(path: &Path, bytes: &[u8]) -> Result<Weights, RunsError> {
    let decoded = decode(bytes);
    let decoded = decoded.map_err(|what| RunsError::Weights { path: path.to_owned(), what });
    Ok(decoded?.weights)
}

/// What [`decode`] finds in a file.
pub(super) struct Decoded {
    pub(super) weights: Weights,
    /// Whether the file has a checksum, which then is right.
    pub(super) is_sealed: bool,
}

/// The file's bytes. The crate that reads them could write them as well, but would put the
/// metadata into another order every time.
pub(super) fn encode(tensors: &[TensorView<'_>], metadata: &BTreeMap<String, String>) -> Vec<u8> {
    let mut header = Map::new();
    let mut metadata = metadata.clone();
    metadata.insert(FILE_CRC32.to_owned(), NO_DIGITS.to_owned());
    header.insert("__metadata__".to_owned(), json!(metadata));
    let mut end = 0;
    for tensor in tensors {
        assert_eq!(tensor.shape.iter().product::<usize>(), tensor.data.len(), "{}", tensor.name);
        let start = end;
        end += size_of_val(tensor.data);
        let info = json!({"dtype": "F32", "shape": tensor.shape, "data_offsets": [start, end]});
        header.insert(tensor.name.to_owned(), info);
    }
    let mut header = Value::Object(header).to_string();
    // The format wants the data to begin at a multiple of 8 bytes.
    header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));
    probe(end);
    let mut bytes = Vec::with_capacity(8 + header.len() + end);
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header.as_bytes());
    tensors.iter().for_each(|tensor| append(&mut bytes, tensor.data));
    if let Some(place) = digits(&bytes, NO_DIGITS) {
        let checksum = checksum(&bytes, &place);
        bytes[place].copy_from_slice(checksum.as_bytes());
    }
    bytes
}

/// Where the digits of the checksum stand in the file.
///
/// Nothing else in a header reads `"file_crc32":"`: quotes inside its strings are escaped.
fn digits(file: &[u8], digits: &str) -> Option<Range<usize>> {
    let entry = format!("\"{FILE_CRC32}\":\"{digits}\"");
    let start = file.windows(entry.len()).position(|bytes| bytes == entry.as_bytes())?;
    let end = start + entry.len() - 1;
    Some(end - digits.len()..end)
}

/// The checksum of the file whose digits stand at `place`.
fn checksum(file: &[u8], place: &Range<usize>) -> String {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&file[..place.start]);
    hasher.update(NO_DIGITS.as_bytes());
    hasher.update(&file[place.end..]);
    format!("{:08x}", hasher.finalize())
}

/// Appends the bytes of the numbers, little endian.
pub(super) fn append(bytes: &mut Vec<u8>, numbers: &[f32]) {
    let start = bytes.len();
    bytes.resize(start + size_of_val(numbers), 0);
    let (places, _) = bytes[start..].as_chunks_mut();
    places.iter_mut().zip(numbers).for_each(|(place, number)| *place = number.to_le_bytes());
}

/// The content of a file, or what is wrong with it.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(clip)?;
    let metadata = header.metadata().clone().unwrap_or_default();
    let mut metadata: BTreeMap<String, String> = metadata.into_iter().collect();
    let noted = metadata.remove(FILE_CRC32);
    if let Some(noted) = &noted {
        check_digits(bytes, noted)?;
    }
    let file = SafeTensors::deserialize(bytes).map_err(clip)?;
    let tensors = header
        .offset_keys()
        .into_iter()
        .map(|name| {
            let view = file.tensor(&name).map_err(clip)?;
            let data = match view.dtype() {
                Dtype::F32 => {
                    view.data().as_chunks().0.iter().copied().map(f32::from_le_bytes).collect()
                }
                Dtype::F64 => {
                    let numbers = view.data().as_chunks().0.iter().copied();
                    numbers.map(|bytes| f64::from_le_bytes(bytes) as f32).collect()
                }
                other => {
                    let name = quote(&name);
                    return Err(format!("tensor {name}: got the type {other}, want F32"));
                }
            };
            Ok(Tensor { name, shape: view.shape().to_vec(), data })
        })
        .collect::<Result<_, String>>()?;
    Ok(Decoded { weights: Weights { tensors, metadata }, is_sealed: noted.is_some() })
}

/// Compares the checksum that the file notes with that of its content.
fn check_digits(file: &[u8], noted: &str) -> Result<(), String> {
    let place = digits(file, noted).filter(|place| place.len() == NO_DIGITS.len());
    match place.map(|place| checksum(file, &place)) {
        Some(found) if found == noted => Ok(()),
        _ => Err(format!(
            "it is damaged: its checksum is not that of its content; copy it anew or train it again \
             (a program that changes the file on purpose leaves out `{FILE_CRC32}`)"
        )),
    }
}
