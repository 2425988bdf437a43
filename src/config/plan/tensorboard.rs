//! `[tensorboard]`: what is logged; it logs nothing itself.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

/// `[tensorboard]`: what is logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TensorBoard {
    /// Log histograms of all weights every so many epochs; 0 is never.
    pub histogram_freq: usize,
    /// Write the model for the Graphs page.
    pub write_graph: bool,
    /// With the histograms, log pictures of the weights: blue below 0, red above, and those of the
    /// first layer in the shape of the inputs where these are pictures.
    pub write_images: bool,
    /// Log the number of steps (batches) per second.
    pub write_steps_per_second: bool,
    /// When the loss and the metrics are logged: after each epoch, or also every so many batches.
    pub update_freq: UpdateFreq,
    /// Log each validation over the number of steps too. Keras always does; the HParams page then
    /// has every number twice.
    pub evaluation_vs_iterations: bool,
    /// Log this config, every default filled in, for the Text page.
    pub write_config: bool,
    /// At the end, log which classes of the validation rows are taken for which, as a picture.
    pub confusion_matrix: bool,
    /// At the end, log pictures of so many validation rows that are wrong and surest of it.
    #[schemars(range(max = 100))]
    pub mistakes: usize,
    /// At the end, log the curve of precision and recall of each class over the validation rows.
    pub pr_curves: bool,
    /// At the end, write the outputs of the last hidden layer for so many validation rows, for the
    /// Projector page.
    #[schemars(range(max = 10_000))]
    pub embeddings: usize,
    /// How event files are laid out.
    pub layout: Layout,
}

/// When the numbers of batches are logged: `"epoch"` is never, `"batch"` is 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UpdateFreq(Option<u64>);

impl UpdateFreq {
    /// Whether the numbers after batch `step` of the training, from 1, are logged.
    pub fn falls_on(self, step: u64) -> bool {
        self.0.is_some_and(|every| step.is_multiple_of(every.max(1)))
    }
}

impl Serialize for UpdateFreq {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            None => serializer.serialize_str("epoch"),
            Some(1) => serializer.serialize_str("batch"),
            Some(every) => serializer.serialize_u64(every),
        }
    }
}

impl<'de> Deserialize<'de> for UpdateFreq {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Text {
            Word(String),
            Number(u64),
        }
        match Text::deserialize(deserializer)? {
            Text::Word(word) if word == "epoch" => Ok(UpdateFreq(None)),
            Text::Word(word) if word == "batch" => Ok(UpdateFreq(Some(1))),
            Text::Number(every) if 0 < every => Ok(UpdateFreq(Some(every))),
            _ => Err(de::Error::custom(
                "`update_freq` is \"epoch\", \"batch\" or a number of batches",
            )),
        }
    }
}

impl JsonSchema for UpdateFreq {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "UpdateFreq".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "enum": ["epoch", "batch"] },
            { "type": "integer", "minimum": 1 },
        ] })
    }
}

/// How event files are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// `keras` for a run of its own. In a sweep, one event file with the tags `epoch/loss`,
    /// `epoch/val_loss`: TensorBoard then shows three times as many runs.
    #[default]
    Auto,
    /// As Keras's callback: `train/` and `validation/`, tags `epoch_loss`, `epoch_accuracy`.
    Keras,
    /// One event file with the tags `loss`, `accuracy`, `val_loss`, `val_accuracy`.
    Flat,
}

impl Default for TensorBoard {
    fn default() -> TensorBoard {
        TensorBoard {
            histogram_freq: 0,
            write_graph: true,
            write_images: false,
            write_steps_per_second: false,
            update_freq: UpdateFreq::default(),
            evaluation_vs_iterations: false,
            write_config: false,
            confusion_matrix: false,
            mistakes: 0,
            pr_curves: false,
            embeddings: 0,
            layout: Layout::Auto,
        }
    }
}

impl TensorBoard {
    /// Whether anything is logged that only classes have.
    pub(crate) fn wants_classes(&self) -> bool {
        self.confusion_matrix || 0 < self.mistakes || self.pr_curves
    }

    /// Whether anything is made of the outputs for the validation rows at the end.
    pub fn looks_at_answers(&self) -> bool {
        self.confusion_matrix || 0 < self.mistakes || self.pr_curves || 0 < self.embeddings
    }
}
