//! Scalars: numbers over steps, for the Scalars and Time Series pages; no other kind.

use tensorboard_proto::types::DataType;

use super::summary::{Summary, tensor, tensor_summary};

/// The number `value` called `tag`; it may be NaN or infinite.
pub fn scalar(tag: &str, value: f32) -> Summary {
    let mut tensor = tensor(DataType::DT_FLOAT, &[]);
    tensor.float_val.push(value);
    tensor_summary(tag, tensor, "scalars", Vec::new())
}
