//! The model for TensorBoard's Graphs page: the operations with shapes, and Keras's JSON, without
//! weights.

use serde_json::{Value, json};

use crate::config::Plan;
use crate::events::{Node, UNKNOWN};
use crate::model::LayerSpec;

/// The operations of the model, a box for each layer. The name of a box includes the number of
/// outputs, because the page draws the shapes at the edges too small to read.
pub(super) fn nodes(plan: &Plan) -> Vec<Node> {
    let shape = plan.model.input_shape.clone().unwrap_or_default();
    let mut width: usize = shape.iter().product();
    let input = Operation { op: "Placeholder", inputs: &[], shape: &[UNKNOWN, width as i64] };
    let mut nodes = vec![input.node(format!("input ({width})"))];
    let layers = &plan.model.all_layers();
    for (at, layer) in layers.iter().enumerate() {
        let below = nodes[nodes.len() - 1].name.clone();
        let outputs = layer.outputs(width);
        let scope = format!("{} ({outputs})", keras_name(layers, at));
        nodes.extend(layer_nodes(&scope, layer, &below, width));
        width = outputs;
    }
    let outputs = nodes[nodes.len() - 1].name.clone();
    let loss = serde_json::to_value(&plan.training.loss).unwrap_or_default();
    let name = loss["name"].as_str().unwrap_or("loss");
    let operation = Operation { op: &class_name(name), inputs: &[&outputs], shape: &[] };
    let node = operation.node(format!("loss/{name}"));
    nodes.push(Node { attributes: attributes(&loss), ..node });
    nodes
}

/// An operation without a name.
struct Operation<'a> {
    op: &'a str,
    inputs: &'a [&'a str],
    shape: &'a [i64],
}

impl Operation<'_> {
    fn node(&self, name: String) -> Node {
        Node {
            name,
            op: self.op.to_owned(),
            inputs: self.inputs.iter().map(|input| (*input).to_owned()).collect(),
            shape: self.shape.to_vec(),
            attributes: Vec::new(),
        }
    }
}

/// The operations of a layer on `width` inputs; the last operation is the output.
fn layer_nodes(scope: &str, layer: &LayerSpec, below: &str, width: usize) -> Vec<Node> {
    let outputs = layer.outputs(width) as i64;
    let config = serde_json::to_value(layer).unwrap_or_default();
    let batch = [UNKNOWN, outputs];
    let mut nodes: Vec<Node> = Vec::new();
    let mut weights = Vec::new();
    for (name, shape) in layer.param_shapes(width) {
        let shape: Vec<_> = shape.into_iter().map(|size| size as i64).collect();
        let weight = Operation { op: "VariableV2", inputs: &[], shape: &shape };
        nodes.push(weight.node(format!("{scope}/{name}")));
        weights.push(format!("{scope}/{name}"));
    }
    let inputs = |first: &str, weights: &[String]| -> Vec<String> {
        std::iter::once(first.to_owned()).chain(weights.iter().cloned()).collect()
    };
    let mut add = |op: &str, below: &str, weights: &[String]| {
        let node = Operation { op, inputs: &[], shape: &batch }.node(format!("{scope}/{op}"));
        nodes.push(Node { inputs: inputs(below, weights), ..node });
        format!("{scope}/{op}")
    };
    let LayerSpec::Dense(dense) = layer else {
        add(&class_name(layer.kind()), below, &weights);
        return with_attributes(nodes, &config);
    };
    let product = add("MatMul", below, &weights[..1]);
    let sum = if dense.use_bias { add("BiasAdd", &product, &weights[1..]) } else { product };
    if let Some(activation) = config["activation"].as_str().filter(|name| *name != "linear") {
        add(&class_name(activation), &sum, &[]);
    }
    with_attributes(nodes, &config)
}

/// The nodes, with the layer's arguments in the last node.
fn with_attributes(mut nodes: Vec<Node>, config: &Value) -> Vec<Node> {
    if let Some(last) = nodes.last_mut() {
        last.attributes = attributes(config);
    }
    nodes
}

fn attributes(config: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let entries = config.as_object().into_iter().flatten();
    entries.map(|(key, value)| (key.clone(), text(value))).collect()
}

/// Keras's name of layer `at`: `dense`, `dense_1`, ...
fn keras_name(layers: &[LayerSpec], at: usize) -> String {
    let kind = layers[at].kind();
    match layers[..at].iter().filter(|other| other.kind() == kind).count() {
        0 => kind.to_owned(),
        index => format!("{kind}_{index}"),
    }
}

/// The content of Keras's `model.to_json()` for a `Sequential` of these layers, as far as
/// TensorBoard reads the JSON.
pub(super) fn keras_json(plan: &Plan) -> String {
    let shape = plan.model.input_shape.clone().unwrap_or_default();
    let batch_shape: Vec<Value> =
        std::iter::once(Value::Null).chain(shape.into_iter().map(Value::from)).collect();
    let input = json!({
        "class_name": "InputLayer",
        "config": { "name": "input_layer", "dtype": "float32", "batch_shape": batch_shape },
    });
    let all = &plan.model.all_layers();
    let layers = all.iter().enumerate().map(|(at, layer)| layer_json(keras_name(all, at), layer));
    let layers: Vec<Value> = std::iter::once(input).chain(layers).collect();
    json!({
        "class_name": "Sequential",
        "config": { "name": "sequential", "dtype": "float32", "layers": layers },
    })
    .to_string()
}

/// The JSON of a layer called `name` in Keras.
fn layer_json(name: String, layer: &LayerSpec) -> Value {
    let kind = layer.kind();
    let mut config = serde_json::to_value(layer).unwrap_or_default();
    if let Some(config) = config.as_object_mut() {
        config.shift_remove("type");
        config.shift_insert(0, "name".to_owned(), name.into());
        config.shift_insert(1, "dtype".to_owned(), "float32".into());
    }
    json!({ "class_name": class_name(kind), "config": config })
}

/// Converts `batch_normalization` to `BatchNormalization`.
fn class_name(kind: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    kind.split('_').map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        serde_json::from_value(json!({
            "name": "adam",
            "seed": 0,
            "data": {},
            "model": { "input_shape": [28, 28], "layers": [
                { "type": "dense", "units": 64, "activation": "relu" },
                { "type": "dropout", "rate": 0.5 },
                { "type": "batch_normalization" },
                { "type": "dense", "units": 10, "use_bias": false },
            ] },
            "optimizer": { "name": "adam" },
            "training": { "loss": { "name": "categorical_crossentropy" } },
        }))
        .unwrap()
    }

    #[test]
    fn operations_follow_each_other_with_their_shapes() {
        let nodes = nodes(&plan());
        let line = |node: &Node| {
            format!("{} {} {:?} <- {}", node.name, node.op, node.shape, node.inputs.join(", "))
        };
        let lines: Vec<_> = nodes.iter().map(line).collect();
        let want = "\
input (784) Placeholder [-1, 784] <- 
dense (64)/kernel VariableV2 [784, 64] <- 
dense (64)/bias VariableV2 [64] <- 
dense (64)/MatMul MatMul [-1, 64] <- input (784), dense (64)/kernel
dense (64)/BiasAdd BiasAdd [-1, 64] <- dense (64)/MatMul, dense (64)/bias
dense (64)/Relu Relu [-1, 64] <- dense (64)/BiasAdd
dropout (64)/Dropout Dropout [-1, 64] <- dense (64)/Relu
batch_normalization (64)/gamma VariableV2 [64] <- 
batch_normalization (64)/beta VariableV2 [64] <- 
batch_normalization (64)/moving_mean VariableV2 [64] <- 
batch_normalization (64)/moving_variance VariableV2 [64] <- 
batch_normalization (64)/BatchNormalization BatchNormalization [-1, 64] <- dropout (64)/Dropout, \
batch_normalization (64)/gamma, batch_normalization (64)/beta, batch_normalization (64)/moving_mean, \
batch_normalization (64)/moving_variance
dense_1 (10)/kernel VariableV2 [64, 10] <- 
dense_1 (10)/MatMul MatMul [-1, 10] <- batch_normalization (64)/BatchNormalization, dense_1 (10)/kernel
loss/categorical_crossentropy CategoricalCrossentropy [] <- dense_1 (10)/MatMul";
        assert_eq!(lines.join("\n"), want);
        assert!(nodes[5].attributes.contains(&("units".to_owned(), "64".to_owned())));
    }
}
