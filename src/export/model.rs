//! A run's network with its weights, as other programs read it; it computes nothing.

use std::fs;
use std::io::Cursor;

use anyhow::{Context, Result, anyhow};
use ndarray::{ArrayD, IxDyn};
use ndarray_npy::NpzWriter;

use super::onnx;
use crate::report::{Refusal, Run};
use crate::runs::{Folder, Tensor, load_weights};

/// A format of networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelFormat {
    /// The weights alone, as the run has them.
    Safetensors,
    /// The weights alone, as NumPy reads them.
    Npz,
    /// The network with its weights (opset 17): from inputs as it sees them, divided by `data.scale`
    /// already, to what its last layer gives.
    Onnx,
}

/// The bytes of a file with the run's last weights.
pub fn model(run: &Run, format: ModelFormat) -> Result<Vec<u8>> {
    let path = Folder::at(&run.dir).weights();
    if !path.is_file() {
        return Err(Refusal::new(
            format!("`{}` has no weights yet; it is {}", run.dir.display(), run.state.word()),
            "a run writes them at its end; `runner resume` brings it there",
        )
        .into());
    }
    let tensors = load_weights(&path)?.tensors;
    match format {
        ModelFormat::Safetensors => {
            fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))
        }
        ModelFormat::Npz => npz(&tensors),
        ModelFormat::Onnx => onnx::encode(&run.plan().map_err(anyhow::Error::msg)?, &tensors)
            .map_err(|what| {
                anyhow!("cannot tell the network of `{}` in ONNX: {what}", run.dir.display())
            }),
    }
}

/// An array for each tensor, under its name.
fn npz(tensors: &[Tensor]) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    let mut npz = NpzWriter::new(&mut bytes);
    for tensor in tensors {
        let array = ArrayD::from_shape_vec(IxDyn(&tensor.shape), tensor.data.clone())?;
        npz.add_array(tensor.name.as_str(), &array)?;
    }
    npz.finish()?;
    Ok(bytes.into_inner())
}
