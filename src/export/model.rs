//! A run's network and weights in the formats of other programs.

use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use ndarray::{Array1, ArrayD, IxDyn, arr0};
use ndarray_npy::NpzWriter;

use super::onnx;
use crate::data::Preprocessing;
use crate::query::Run;
use crate::runs::{Tensor, load_weights};
use crate::system;

/// A file format of networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelFormat {
    /// The weights of the run, with the preprocessing in the metadata.
    Safetensors,
    /// The weights as NumPy arrays, with the preprocessing `input.scale`, `input.mean` and
    /// `input.std`.
    Npz,
    /// The network with weights (opset 17), from raw rows of the data set to the output of the last
    /// layer.
    Onnx,
}

/// Encodes the weights of the run; `preprocessing` maps rows of the data set to inputs.
pub fn model(
    run: &Run,
    weights: &Path,
    preprocessing: &Preprocessing,
    format: ModelFormat,
) -> Result<Vec<u8>> {
    let tensors = load_weights(weights)?.tensors;
    match format {
        ModelFormat::Safetensors => {
            system::read(weights).with_context(|| format!("cannot read `{}`", weights.display()))
        }
        ModelFormat::Npz => npz(&tensors, preprocessing),
        ModelFormat::Onnx => {
            let plan = run.plan().map_err(anyhow::Error::msg)?;
            onnx::encode(&plan, &tensors, preprocessing).map_err(|what| {
                anyhow!("cannot tell the network of `{}` in ONNX: {what}", run.dir.display())
            })
        }
    }
}

/// Encodes the tensors and the arrays of the preprocessing
/// `(rows / input.scale - input.mean) / input.std`; mean and std only for standardised inputs.
///
/// Format: [`numpy.lib.format`](https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
fn npz(tensors: &[Tensor], preprocessing: &Preprocessing) -> Result<Vec<u8>> {
    let filled = !preprocessing.numbers.is_empty();
    ensure!(!filled, "a `.npz` file cannot tell how columns are filled and scaled; `onnx` can");
    let scaled = !preprocessing.targets.is_empty();
    ensure!(!scaled, "a `.npz` file cannot tell how targets are scaled; `onnx` can");
    let mut bytes = Cursor::new(Vec::new());
    let mut npz = NpzWriter::new(&mut bytes);
    for tensor in tensors {
        let array = ArrayD::from_shape_vec(IxDyn(&tensor.shape), tensor.data.clone())?;
        npz.add_array(tensor.name.as_str(), &array)?;
    }
    npz.add_array("input.scale", &arr0(preprocessing.scale))?;
    if let Some(standardization) = &preprocessing.standardization {
        npz.add_array("input.mean", &Array1::from(standardization.mean.clone()))?;
        npz.add_array("input.std", &Array1::from(standardization.divisors()))?;
    }
    npz.finish()?;
    Ok(bytes.into_inner())
}
