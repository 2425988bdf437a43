//! `model.safetensors`: named tensors of 32-bit numbers, as other programs read them; it knows
//! nothing of layers.
//!
//! <https://github.com/huggingface/safetensors#format>

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};
use serde_json::{Map, Value, json};

use super::atomic::{Survives, write_atomic};
use super::error::RunsError;
use crate::memory::probe;

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
    survives: Survives,
) -> Result<(), RunsError> {
    write_atomic(path, &encode(tensors, metadata), survives)
}

/// Reads the tensors at `path`; numbers of 64 bits are rounded to 32, and
/// tensors of other types are an error.
pub fn load_weights(path: &Path) -> Result<Weights, RunsError> {
    let bytes = fs::read(path).map_err(RunsError::io("read", path))?;
    decode(&bytes).map_err(|what| RunsError::Weights { path: path.to_owned(), what })
}

/// The file's bytes. The crate that reads them could write them as well, but would put the
/// metadata into another order every time.
pub(super) fn encode(tensors: &[TensorView<'_>], metadata: &BTreeMap<String, String>) -> Vec<u8> {
    let mut header = Map::new();
    if !metadata.is_empty() {
        header.insert("__metadata__".to_owned(), json!(metadata));
    }
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
    bytes
}

/// Appends the bytes of the numbers, little endian.
pub(super) fn append(bytes: &mut Vec<u8>, numbers: &[f32]) {
    let start = bytes.len();
    bytes.resize(start + size_of_val(numbers), 0);
    let (places, _) = bytes[start..].as_chunks_mut();
    places.iter_mut().zip(numbers).for_each(|(place, number)| *place = number.to_le_bytes());
}

/// The weights in `bytes`, or what is wrong with them.
pub(super) fn decode(bytes: &[u8]) -> Result<Weights, String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    let tensors = header
        .offset_keys()
        .into_iter()
        .map(|name| {
            let view = file.tensor(&name).map_err(|error| error.to_string())?;
            let data = match view.dtype() {
                Dtype::F32 => {
                    view.data().as_chunks().0.iter().copied().map(f32::from_le_bytes).collect()
                }
                Dtype::F64 => {
                    let numbers = view.data().as_chunks().0.iter().copied();
                    numbers.map(|bytes| f64::from_le_bytes(bytes) as f32).collect()
                }
                other => return Err(format!("tensor `{name}`: got the type {other}, want F32")),
            };
            Ok(Tensor { name, shape: view.shape().to_vec(), data })
        })
        .collect::<Result<_, String>>()?;
    let metadata = header.metadata().clone().unwrap_or_default().into_iter().collect();
    Ok(Weights { tensors, metadata })
}
