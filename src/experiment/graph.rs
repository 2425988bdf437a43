//! The model as Keras's JSON, for TensorBoard's conceptual graph; it holds no weights.

use serde_json::{Value, json};

use crate::config::Plan;
use crate::model::Layer;

/// What Keras's `model.to_json()` says of a `Sequential` of these layers, as far as TensorBoard
/// reads it.
pub(super) fn keras_json(plan: &Plan) -> String {
    let shape = plan.model.input_shape.clone().unwrap_or_default();
    let batch_shape: Vec<Value> =
        std::iter::once(Value::Null).chain(shape.into_iter().map(Value::from)).collect();
    let input = json!({
        "class_name": "InputLayer",
        "config": { "name": "input_layer", "dtype": "float32", "batch_shape": batch_shape },
    });
    let all = &plan.model.layers;
    let layers = all.iter().enumerate().map(|(at, layer)| {
        let index = all[..at].iter().filter(|other| other.kind() == layer.kind()).count();
        layer_json(index, layer)
    });
    let layers: Vec<Value> = std::iter::once(input).chain(layers).collect();
    json!({
        "class_name": "Sequential",
        "config": { "name": "sequential", "dtype": "float32", "layers": layers },
    })
    .to_string()
}

/// A layer above `index` others of its kind.
fn layer_json(index: usize, layer: &Layer) -> Value {
    let kind = layer.kind();
    let name = if index == 0 { kind.to_owned() } else { format!("{kind}_{index}") };
    let mut config = serde_json::to_value(layer).unwrap_or_default();
    if let Some(config) = config.as_object_mut() {
        config.shift_remove("type");
        config.shift_insert(0, "name".to_owned(), name.into());
        config.shift_insert(1, "dtype".to_owned(), "float32".into());
    }
    json!({ "class_name": class_name(kind), "config": config })
}

/// `batch_normalization` as `BatchNormalization`.
fn class_name(kind: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    kind.split('_').map(word).collect()
}
