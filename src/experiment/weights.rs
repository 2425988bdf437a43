//! Initial weights: an `.npz` archive, or the `model.safetensors` of another run. 64-bit numbers
//! are rounded to 32 bits.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::data::Archive;
use crate::memory::{self, Bytes};
use crate::model::Network;
use crate::runs::{self, Tensor};

/// Weights by name: shape, and numbers in row order.
type Weights = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Loads the weights in the file into the network. The shapes are checked before the numbers are
/// read, so a file takes no more memory than the network.
pub(super) fn read(path: &Path, network: &mut Network) -> Result<()> {
    let cannot_use = || format!("cannot start from the weights in `{}`", path.display());
    let weights = if path.extension().is_some_and(|e| e == "safetensors") {
        by_name(load(path)?.tensors)
    } else {
        let cannot = || format!("cannot read the weights in `{}`", path.display());
        let mut archive = Archive::open(path).with_context(cannot)?;
        let shapes = archive.shapes(is_weight).with_context(cannot)?;
        network.check(&shapes.into_iter().collect()).with_context(cannot_use)?;
        archive.read(is_weight).with_context(cannot)?
    };
    network.load(&weights).with_context(cannot_use)
}

/// Whether an array is a weight: exports also hold the preprocessing of rows, under other names.
fn is_weight(name: &str) -> bool {
    !name.starts_with("input.")
}

/// Reads a file of tensors, if the file and the tensors fit into memory together.
pub(super) fn load(path: &Path) -> Result<runs::Weights> {
    let size = fs::metadata(path).map_or(0, |meta| meta.len());
    let cannot = || format!("cannot read the weights in `{}`", path.display());
    memory::check(Bytes(size.saturating_mul(2))).with_context(cannot)?;
    Ok(runs::load_weights(path)?)
}

/// Tensors by name.
pub(super) fn by_name(tensors: Vec<Tensor>) -> Weights {
    tensors.into_iter().map(|t| (t.name, (t.shape, t.data))).collect()
}
