//! `[model]`: the layers of the network.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Embedding, EmbeddingTable, LayerSpec};

/// `[model]`: the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Model {
    /// The shape of one input, checked against the data.
    #[schemars(length(min = 1), inner(range(min = 1)))]
    #[schemars(extend("x-example" = [784], "x-default" = "that of the data, flattened"))]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub input_shape: Option<Vec<usize>>,
    /// The layers, from the inputs to the outputs.
    #[schemars(length(min = 1), extend("examples" = [[
        { "type": "dense", "units": 64, "activation": "relu" },
        { "type": "dense", "units": 10, "activation": "softmax" },
    ]]))]
    pub layers: Vec<LayerSpec>,
    /// The tables of embedded columns; they follow from `embedding` of `data.columns` and from the data.
    #[schemars(extend("x-example" = [{ "column": "city", "input": 0, "inputs": 20, "units": 8 }], "x-default" = "those of `data.columns`"))]
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub embeddings: Vec<EmbeddingTable>,
    /// An `.npz` file with the weights to start from: `dense_0.kernel`, `dense_0.bias`, ...
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(extend("x-example" = "init.npz"))]
    pub weights: Option<PathBuf>,
}

impl Model {
    /// The layers of the network: the tables of embedded columns, if any, and those of the config.
    pub fn all_layers(&self) -> Vec<LayerSpec> {
        let tables = Some(self.embeddings.clone()).filter(|tables| !tables.is_empty());
        let first = tables.map(|tables| LayerSpec::Embedding(Embedding { tables }));
        first.into_iter().chain(self.layers.iter().cloned()).collect()
    }
}
