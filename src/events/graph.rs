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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::summary::assert_same_message;

    #[test]
    fn graph_is_tensorboards() {
        // TensorBoard 2.21.0: `Summary.Value(tag="keras", tensor=make_tensor_proto(b"{}"))` with
        // `metadata.plugin_data` of plugin_name "graph_keras_model" and content b"1"
        assert_same_message(
            &keras_graph("{}"),
            "0a2b0a056b6572617342080807120042027b7d4a180a160a1167726170685f6b657261735f6d6f64656c12\
             0131",
        );
    }
}
