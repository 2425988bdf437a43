//! Whether the weights that a plan starts from can be read and are those of its network.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::source::ConfigSource;
use crate::config::diagnostic::Diagnostic;
use crate::config::paths::reason;
use crate::config::plan::Plan;
use crate::data::Archive;
use crate::memory::{self, Bytes};
use crate::model::{check_shapes, weight_shapes};
use crate::runs::{RunsError, load_weights};

const KEY: &str = "model.weights";

/// The shapes of the weights in a file by name, or why they cannot be had.
type Shapes = Result<BTreeMap<String, Vec<usize>>, String>;

/// What is known of every file that some plan starts from; each is read once.
#[derive(Default)]
pub(crate) struct KnownWeights {
    shapes: HashMap<PathBuf, Shapes>,
    wholes: HashMap<PathBuf, Result<(), String>>,
}

impl KnownWeights {
    fn shapes(&mut self, path: &Path) -> &Shapes {
        self.shapes.entry(path.to_owned()).or_insert_with(|| read_shapes(path))
    }

    /// Reads a file whose shapes are those of a network, so that it takes no more memory than that.
    fn whole(&mut self, path: &Path) -> Result<(), String> {
        self.wholes.entry(path.to_owned()).or_insert_with(|| read_whole(path)).clone()
    }
}

/// The shapes as the headers say them.
fn read_shapes(path: &Path) -> Shapes {
    if is_safetensors(path) {
        let size = std::fs::metadata(path).map_or(0, |meta| meta.len());
        memory::check(Bytes(size.saturating_mul(2))).map_err(|error| error.to_string())?;
        let weights = load_weights(path).map_err(|error| match error {
            RunsError::Weights { what, .. } => what,
            other => other.to_string(),
        })?;
        return Ok(weights.tensors.into_iter().map(|tensor| (tensor.name, tensor.shape)).collect());
    }
    let shapes = Archive::open(path).and_then(|mut archive| archive.shapes(is_weight));
    Ok(shapes.map_err(|error| error.to_string())?.into_iter().collect())
}

fn read_whole(path: &Path) -> Result<(), String> {
    if is_safetensors(path) {
        return Ok(());
    }
    let read = Archive::open(path).and_then(|mut archive| archive.read(is_weight));
    read.map(drop).map_err(|error| error.to_string())
}

fn is_safetensors(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "safetensors")
}

/// Whether an array is a weight: exports have the preprocessing of rows too, under other names.
fn is_weight(name: &str) -> bool {
    !name.starts_with("input.")
}

/// Makes the path of the weights absolute; or says why there is no file.
pub(crate) fn path(plan: &mut Plan, config: &ConfigSource<'_>) -> Option<Diagnostic> {
    let given = plan.model.weights.as_ref()?.to_string_lossy().into_owned();
    let path = match config.absolute(KEY, &given) {
        Ok(path) => PathBuf::from(path),
        Err(diagnostic) => return Some(*diagnostic),
    };
    let why = match std::fs::metadata(&path) {
        Ok(found) if found.is_file() => None,
        Ok(_) => Some("it is no file".to_owned()),
        Err(error) => Some(reason(&error)),
    };
    plan.model.weights = Some(path);
    let message = format!("cannot read the weights `{given}`: {}", why?);
    Some(config.diagnostic(&[KEY], message, "the path is relative to the config that it stands in"))
}

/// The diagnostic of the weights file, whose path is absolute.
pub(crate) fn content(
    plan: &Plan,
    config: &ConfigSource<'_>,
    known: &mut KnownWeights,
) -> Option<Diagnostic> {
    let path = plan.model.weights.as_ref()?;
    let features = plan.model.input_shape.as_ref()?.iter().product();
    let broken =
        |what| (what, "write the file again: an .npz or .safetensors file of float32 arrays");
    let (what, help) = match known.shapes(path) {
        Err(what) => broken(what.clone()),
        Ok(shapes) => {
            let got = shapes.iter().map(|(name, shape)| (name.as_str(), shape.as_slice()));
            let wanted = weight_shapes(features, &plan.model.all_layers());
            match check_shapes(&got.collect(), &wanted) {
                Ok(()) => broken(known.whole(path).err()?),
                Err(error) => {
                    (error.to_string(), "name the weights of such a network, or change its layers")
                }
            }
        }
    };
    let message = format!("cannot start from the weights `{}`: {what}", path.display());
    Some(config.diagnostic(&[KEY], message, help))
}
