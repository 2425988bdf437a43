//! A run's network and weights in the formats of other programs.

use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use ndarray::{Array1, ArrayD, IxDyn, arr0};
use ndarray_npy::NpzWriter;

use super::onnx;
use crate::data::Preprocessing;
use crate::query::Run;
use crate::runs::{Tensor, load_weights};
use crate::system;

/// A format of networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelFormat {
    /// The weights as the run has them, with the preprocessing of rows in the metadata.
    Safetensors,
    /// The weights as NumPy reads them, and how rows become inputs: `input.scale`, `input.mean`
    /// and `input.std`.
    Npz,
    /// The network with its weights (opset 17): from rows as the data set has them to what its last
    /// layer gives.
    Onnx,
}

/// The bytes of a file with these weights of the run.
///
/// The preprocessing says how rows become inputs.
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

/// An array for each tensor, under its name, and those of the formula
/// `(rows / input.scale - input.mean) / input.std`, without the last two if nothing is standardised.
fn npz(tensors: &[Tensor], preprocessing: &Preprocessing) -> Result<Vec<u8>> {
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
