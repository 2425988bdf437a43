//! The model, for the Graphs page; it takes the JSON as it is and never builds it.

use tensorboard_proto::types::DataType;

use super::summary::{Summary, tensor, tensor_summary};

/// The model in Keras's `to_json` form, under the tag that Keras's callback uses.
///
/// TensorBoard's converter wants `config.name` and, in `config.layers`, each layer's `class_name`,
/// `config.name` and `config.dtype`.
pub fn keras_graph(json: &str) -> Summary {
    let mut tensor = tensor(DataType::DT_STRING, &[]);
    tensor.string_val.push(json.as_bytes().to_vec());
    tensor_summary("keras", tensor, "graph_keras_model", b"1".to_vec())
}
