//! `[model]`: the layers of the network.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::LayerSpec;

/// `[model]`: the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Model {
    /// The shape of one input, checked against the data.
    #[schemars(length(min = 1), inner(range(min = 1)))]
    #[schemars(extend("x-default" = "that of the data, flattened"))]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub input_shape: Option<Vec<usize>>,
    /// The layers, from the inputs to the outputs.
    #[schemars(length(min = 1), extend("examples" = [[
        { "type": "dense", "units": 64, "activation": "relu" },
        { "type": "dense", "units": 10, "activation": "softmax" },
    ]]))]
    pub layers: Vec<LayerSpec>,
    /// An `.npz` file with the weights to start from: `dense_0.kernel`, `dense_0.bias`, ...
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weights: Option<PathBuf>,
}
