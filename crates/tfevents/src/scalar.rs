//! Scalars for the Scalars and Time Series dashboards.
//!
//! Format: [`tensorboard/plugins/scalar/summary_v2.py`](https://github.com/tensorflow/tensorboard/blob/master/tensorboard/plugins/scalar/summary_v2.py).

use tensorboard_proto::types::DataType;

use super::summary::{Summary, tensor, tensor_summary};

/// Encodes `value` under `tag`; NaN and infinities keep their bits.
pub fn scalar(tag: &str, value: f32) -> Summary {
    let mut tensor = tensor(DataType::DT_FLOAT, &[]);
    tensor.float_val.push(value);
    tensor_summary(tag, tensor, "scalars", Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::assert_same_message;

    #[test]
    fn scalar_matches_tensorboard() {
        // TensorBoard 2.21.0, `tensorboard.plugins.scalar.summary_v2.scalar_pb("epoch_loss",
        // 0.3353)`
        assert_same_message(
            &scalar("epoch_loss", 0.3353),
            "0a250a0a65706f63685f6c6f7373420a080112002a0471acab3e4a0b0a090a077363616c617273",
        );
    }

    #[test]
    fn non_finite_values_keep_their_bits() {
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0] {
            let summary = scalar("loss", value);
            let stored = summary.0.value[0].get_tensor().float_val[0];
            assert_eq!(stored.to_bits(), value.to_bits());
        }
    }
}
