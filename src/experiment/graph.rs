//! The model as Keras's JSON, for TensorBoard's conceptual graph; it holds no weights.

use serde_json::{Value, json};

use crate::config::Plan;
use crate::model::{Dense, Layer};

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
    let layers = plan.model.layers.iter().enumerate().map(|(i, layer)| match layer {
        Layer::Dense(dense) => dense_json(i, dense),
    });
    let layers: Vec<Value> = std::iter::once(input).chain(layers).collect();
    json!({
        "class_name": "Sequential",
        "config": { "name": "sequential", "dtype": "float32", "layers": layers },
    })
    .to_string()
}

fn dense_json(index: usize, dense: &Dense) -> Value {
    let name = if index == 0 { "dense".to_owned() } else { format!("dense_{index}") };
    json!({
        "class_name": "Dense",
        "config": {
            "name": name,
            "dtype": "float32",
            "units": dense.units,
            "activation": dense.activation,
            "use_bias": dense.use_bias,
        },
    })
}
