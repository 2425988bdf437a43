//! `model.safetensors`: named tensors of 32-bit numbers, readable by other programs. The module is
//! independent of layers.
//!
//! <https://github.com/huggingface/safetensors#format>
//!
//! The metadata entry `file_crc32` is the CRC-32 of the whole file, computed with zeros in place of
//! the eight hexadecimal digits of the entry. Files without the entry, such as files of other
//! programs, are read too.

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

/// The metadata name of the checksum, and the digits in place of the checksum during the
/// computation.
pub(super) const FILE_CRC32: &str = "file_crc32";
const NO_DIGITS: &str = "00000000";

/// A tensor to be saved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TensorView<'a> {
    /// The name, such as `dense_0.kernel`.
    pub name: &'a str,
    /// The shape.
    pub shape: &'a [usize],
    /// The numbers in row-major order, as many as in the shape.
    pub data: &'a [f32],
}

/// A loaded tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// The name, such as `dense_0.kernel`.
    pub name: String,
    /// The shape.
    pub shape: Vec<usize>,
    /// The numbers in row-major order, as many as in the shape.
    pub data: Vec<f32>,
}

/// The content of a weight file.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// The tensors, in storage order.
    pub tensors: Vec<Tensor>,
    /// Additional metadata.
    pub metadata: BTreeMap<String, String>,
}

/// Writes the tensors to `path` in order; equal weights give equal files.
///
/// # Panics
///
/// If the count of a tensor's numbers differs from the shape.
pub fn save_weights(
    path: &Path,
    tensors: &[TensorView<'_>],
    metadata: &BTreeMap<String, String>,
    durability: Durability,
) -> Result<(), RunsError> {
    write_atomic(path, &encode(tensors, metadata), durability)
}

/// Reads the tensors at `path`; 64-bit numbers are rounded to 32 bits.
///
/// # Errors
///
/// Tensors of other types, and a content that contradicts the file's checksum.
pub fn load_weights(path: &Path) -> Result<Weights, RunsError> {
    let bytes = system::read(path).map_err(RunsError::io("read", path))?;
    parse_weights(path, &bytes)
}

/// Parses the weights in `bytes`, read from `path`, with the errors of [`load_weights`].
pub fn parse_weights(path: &Path, bytes: &[u8]) -> Result<Weights, RunsError> {
    let decoded = decode(bytes);
    let decoded = decoded.map_err(|what| RunsError::Weights { path: path.to_owned(), what });
    Ok(decoded?.weights)
}

/// The result of [`decode`].
pub(super) struct Decoded {
    pub(super) weights: Weights,
    /// Whether the file has a checksum, already verified.
    pub(super) is_sealed: bool,
}

/// The file's bytes. The `safetensors` crate could also write them, but with the metadata in a
/// different order every time.
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
    // The format requires data at a multiple of 8 bytes.
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

/// The position of the checksum's digits in the file.
///
/// No other text in a header reads `"file_crc32":"`: quotes inside strings are escaped.
fn digits(file: &[u8], digits: &str) -> Option<Range<usize>> {
    let entry = format!("\"{FILE_CRC32}\":\"{digits}\"");
    let start = file.windows(entry.len()).position(|bytes| bytes == entry.as_bytes())?;
    let end = start + entry.len() - 1;
    Some(end - digits.len()..end)
}

/// The checksum of the file with the digits at `place`.
fn checksum(file: &[u8], place: &Range<usize>) -> String {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&file[..place.start]);
    hasher.update(NO_DIGITS.as_bytes());
    hasher.update(&file[place.end..]);
    format!("{:08x}", hasher.finalize())
}

/// Appends the numbers as little-endian bytes.
pub(super) fn append(bytes: &mut Vec<u8>, numbers: &[f32]) {
    let start = bytes.len();
    bytes.resize(start + size_of_val(numbers), 0);
    let (places, _) = bytes[start..].as_chunks_mut();
    places.iter_mut().zip(numbers).for_each(|(place, number)| *place = number.to_le_bytes());
}

/// The content of a file, or the defect as text.
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

/// Compares the stored checksum with the checksum of the content.
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
