//! Markdown for the Text dashboard.
//!
//! Format: [`tensorboard/plugins/text/summary_v2.py`](https://github.com/tensorflow/tensorboard/blob/master/tensorboard/plugins/text/summary_v2.py).

use tensorboard_proto::types::DataType;

use super::summary::{Summary, tensor, tensor_summary};

/// Encodes the Markdown `text` under `tag`.
pub fn text(tag: &str, text: &str) -> Summary {
    let mut tensor = tensor(DataType::DT_STRING, &[]);
    tensor.string_val.push(text.as_bytes().to_vec());
    tensor_summary(tag, tensor, "text", Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::assert_same_message;

    #[test]
    fn text_matches_tensorboard() {
        // TensorBoard 2.21.0, `tensorboard.plugins.text.summary_v2.text_pb("config", "# a")`
        assert_same_message(
            &text("config", "# a"),
            "0a1d0a06636f6e66696742090807120042032320614a080a060a0474657874",
        );
    }
}
