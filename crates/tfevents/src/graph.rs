//! Models for the Graphs dashboard: a `GraphDef` of operations with shapes, and Keras's JSON for the
//! conceptual graph.
//!
//! Formats: [`graph.proto`](https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/graph.proto),
//! [`keras_util.py`](https://github.com/tensorflow/tensorboard/blob/master/tensorboard/plugins/graph/keras_util.py).

use protobuf::{Message, RepeatedField};
use tensorboard_proto::attr_value::{AttrValue, AttrValue_ListValue};
use tensorboard_proto::graph::GraphDef;
use tensorboard_proto::node_def::NodeDef;
use tensorboard_proto::tensor_shape::{TensorShapeProto, TensorShapeProto_Dim};
use tensorboard_proto::types::DataType;

use super::map;
use super::summary::{Summary, tensor, tensor_summary};

/// Field number of the map `attr` in `NodeDef`.
const ATTR: u32 = 5;

/// A dimension of unknown size, such as the batch.
pub const UNKNOWN: i64 = -1;

/// An operation of a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Name of the node; `a/b` is drawn inside the scope `a`.
    pub name: String,
    /// Type of the operation, such as `MatMul`.
    pub op: String,
    /// Names of the input nodes.
    pub inputs: Vec<String>,
    /// Shape of the output, shown at the edges.
    pub shape: Vec<i64>,
    /// Attributes, listed for a selected node.
    pub attributes: Vec<(String, String)>,
}

/// An encoded `GraphDef`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph(pub(super) Vec<u8>);

/// Encodes `nodes` as a `GraphDef`.
pub fn graph(nodes: &[Node]) -> Graph {
    let nodes = nodes.iter().map(node_def).collect();
    let graph = GraphDef { node: RepeatedField::from_vec(nodes), ..GraphDef::default() };
    Graph(graph.write_to_bytes().expect("a message without required fields always encodes"))
}

fn node_def(node: &Node) -> NodeDef {
    let mut def = NodeDef {
        name: node.name.clone(),
        op: node.op.clone(),
        input: node.inputs.iter().cloned().collect(),
        ..NodeDef::default()
    };
    let mut add = |key: &str, value: &AttrValue| {
        def.unknown_fields.add_length_delimited(ATTR, map::entry(key, value));
    };
    add("_output_shapes", &shapes(&node.shape));
    for (key, text) in &node.attributes {
        let mut value = AttrValue::default();
        value.set_s(text.as_bytes().to_vec());
        add(key, &value);
    }
    def
}

/// The value of `_output_shapes` for a single output.
fn shapes(shape: &[i64]) -> AttrValue {
    let dim = |&size| TensorShapeProto_Dim { size, ..TensorShapeProto_Dim::default() };
    let shape =
        TensorShapeProto { dim: shape.iter().map(dim).collect(), ..TensorShapeProto::default() };
    let list = AttrValue_ListValue {
        shape: RepeatedField::from_vec(vec![shape]),
        ..AttrValue_ListValue::default()
    };
    let mut value = AttrValue::default();
    value.set_list(list);
    value
}

/// Encodes a model in Keras's `to_json` form under the tag `keras`, as Keras's callback does.
///
/// TensorBoard's converter requires `config.name` and, in `config.layers`, each layer's `class_name`,
/// `config.name` and `config.dtype`.
pub fn keras_graph(json: &str) -> Summary {
    let mut tensor = tensor(DataType::DT_STRING, &[]);
    tensor.string_val.push(json.as_bytes().to_vec());
    tensor_summary("keras", tensor, "graph_keras_model", b"1".to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::assert_same_message;

    #[test]
    fn graph_matches_tensorboard() {
        // TensorBoard 2.21.0: `Summary.Value(tag="keras", tensor=make_tensor_proto(b"{}"))` with
        // `metadata.plugin_data` of plugin_name "graph_keras_model" and content b"1"
        assert_same_message(
            &keras_graph("{}"),
            "0a2b0a056b6572617342080807120042027b7d4a180a160a1167726170685f6b657261735f6d6f64656c12\
             0131",
        );
    }

    #[test]
    fn nodes_keep_their_attributes_and_shapes() {
        let node = Node {
            name: "dense/MatMul".to_owned(),
            op: "MatMul".to_owned(),
            inputs: vec!["input".to_owned()],
            shape: vec![UNKNOWN, 64],
            attributes: ["z", "a", "m"].map(|key| (key.to_owned(), format!("{key}!"))).into(),
        };
        let bytes = graph(std::slice::from_ref(&node)).0;
        assert_eq!(bytes, graph(&[node]).0, "the same bytes every time");
        let parsed = GraphDef::parse_from_bytes(&bytes).unwrap();
        let def = &parsed.node[0];
        assert_eq!(
            (&def.name[..], &def.op[..], &def.input[0][..]),
            ("dense/MatMul", "MatMul", "input")
        );
        assert_eq!(def.attr["m"].get_s(), b"m!");
        let shape = &def.attr["_output_shapes"].get_list().shape[0];
        assert_eq!(shape.dim.iter().map(|dim| dim.size).collect::<Vec<_>>(), [-1, 64]);
    }
}
