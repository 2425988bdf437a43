//! Tagged values in the tensor form of TensorBoard's plugins; each kind of value has its own module.
//!
//! Format: [`summary.proto`](https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/summary.proto).

use protobuf::{RepeatedField, SingularPtrField};
use tensorboard_proto::summary::{
    Summary as SummaryProto, Summary_Value, SummaryMetadata, SummaryMetadata_PluginData,
};
use tensorboard_proto::tensor::TensorProto;
use tensorboard_proto::tensor_shape::{TensorShapeProto, TensorShapeProto_Dim};
use tensorboard_proto::types::DataType;

/// A tagged value for a dashboard of TensorBoard.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary(pub(super) SummaryProto);

/// Wraps `tensor` under `tag` for `plugin`; `content` is opaque plugin data.
pub(super) fn tensor_summary(
    tag: &str,
    tensor: TensorProto,
    plugin: &str,
    content: Vec<u8>,
) -> Summary {
    let plugin_data = SummaryMetadata_PluginData {
        plugin_name: plugin.to_owned(),
        content,
        ..SummaryMetadata_PluginData::default()
    };
    let metadata = SummaryMetadata {
        plugin_data: SingularPtrField::some(plugin_data),
        ..SummaryMetadata::default()
    };
    let mut value = Summary_Value {
        tag: tag.to_owned(),
        metadata: SingularPtrField::some(metadata),
        ..Summary_Value::default()
    };
    value.set_tensor(tensor);
    Summary(SummaryProto { value: RepeatedField::from_vec(vec![value]), ..SummaryProto::default() })
}

/// A tensor of type `dtype` and shape `shape` without values.
pub(super) fn tensor(dtype: DataType, shape: &[i64]) -> TensorProto {
    let dim = |&size| TensorShapeProto_Dim { size, ..TensorShapeProto_Dim::default() };
    let shape =
        TensorShapeProto { dim: shape.iter().map(dim).collect(), ..TensorShapeProto::default() };
    TensorProto { dtype, tensor_shape: SingularPtrField::some(shape), ..TensorProto::default() }
}

/// Asserts equality with the Python message encoded as `hex`. Byte lengths are equal, byte orders
/// are not: protobuf does not define the order of fields.
#[cfg(test)]
pub(super) fn assert_same_message(summary: &Summary, hex: &str) {
    use protobuf::Message;
    let bytes = from_hex(hex);
    assert_eq!(summary.0, SummaryProto::parse_from_bytes(&bytes).unwrap());
    assert_eq!(summary.0.write_to_bytes().unwrap().len(), bytes.len());
}

/// Decodes hexadecimal digits.
#[cfg(test)]
pub(super) fn from_hex(hex: &str) -> Vec<u8> {
    let byte = |i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}
