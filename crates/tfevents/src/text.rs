//! Text: Markdown, for the Text page.

use tensorboard_proto::types::DataType;

use super::summary::{Summary, tensor, tensor_summary};

/// The Markdown `text` called `tag`.
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
    fn text_is_tensorboards() {
        // TensorBoard 2.21.0, `tensorboard.plugins.text.summary_v2.text_pb("config", "# a")`
        assert_same_message(
            &text("config", "# a"),
            "0a1d0a06636f6e66696742090807120042032320614a080a060a0474657874",
        );
    }
}
