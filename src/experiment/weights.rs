//! Weights to start from: an `.npz` archive, or the `model.safetensors` of another run.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use ndarray::{Ix1, Ix2, OwnedRepr};
use ndarray_npy::{NpzReader, ReadNpzError};

use crate::runs::{Tensor, load_weights};

/// Weights by name: shape, and numbers row after row.
type Weights = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Reads every weight in the file.
pub(super) fn read(path: &Path) -> Result<Weights> {
    let npz = || {
        let file = File::open(path)?;
        read_npz(file).map_err(anyhow::Error::from)
    };
    match path.extension().is_some_and(|e| e == "safetensors") {
        true => Ok(by_name(load_weights(path)?.tensors)),
        false => npz().with_context(|| format!("cannot read the weights in `{}`", path.display())),
    }
}

/// Tensors by name.
pub(super) fn by_name(tensors: Vec<Tensor>) -> Weights {
    tensors.into_iter().map(|t| (t.name, (t.shape, t.data))).collect()
}

fn read_npz(file: File) -> Result<Weights, ReadNpzError> {
    let mut npz = NpzReader::new(file)?;
    let mut weights = Weights::new();
    // Exports have the preparation of rows too, under these names.
    for name in npz.names()?.into_iter().filter(|name| !name.starts_with("input.")) {
        let matrix = npz.by_name::<OwnedRepr<f32>, Ix2>(&name).map(|m| m.into_dyn());
        let array = match matrix {
            Ok(matrix) => matrix,
            Err(_) => npz.by_name::<OwnedRepr<f32>, Ix1>(&name)?.into_dyn(),
        };
        let name = name.strip_suffix(".npy").unwrap_or(&name).to_owned();
        weights.insert(name, (array.shape().to_vec(), array.iter().copied().collect()));
    }
    Ok(weights)
}
