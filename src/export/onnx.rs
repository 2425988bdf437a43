//! ONNX encoder: preprocessing and layers become operators, weights become initializers.
//!
//! Formats: [`onnx.proto`](https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), and the
//! [operators](https://onnx.ai/onnx/operators/) of opset 17. Field numbers are literals at the call.

use super::message::ProtoMessage;
use super::onnx_columns::ColumnArrays;
use crate::config::Plan;
use crate::data::{Preprocessing, TargetTransform};
use crate::model::{LayerSpec, OnnxAttribute, OnnxGraph};
use crate::runs::Tensor;

/// Versions of the file format and of the operator set.
const IR: u64 = 8;
const OPSET: u64 = 17;
/// Tensor types. Preprocessing uses 64 bits, as in training: a mean may be large and the deviation
/// small.
const FLOAT: u64 = 1;
const INT64: u64 = 7;
const BOOL: u64 = 9;
const DOUBLE: u64 = 11;
const INPUT: &str = "input";
const OUTPUT: &str = "output";

/// Encodes the network of the plan with the given weights. The graph takes raw rows of the data set
/// and includes scaling and standardisation.
pub(super) fn encode(
    plan: &Plan,
    tensors: &[Tensor],
    preprocessing: &Preprocessing,
) -> Result<Vec<u8>, String> {
    let features = preprocessing.shape.iter().product();
    let mut graph = GraphBuilder::new(tensors, features);
    graph.prepare(preprocessing);
    let layers = &plan.model.all_layers();
    for (at, layer) in layers.iter().enumerate() {
        let index = layers[..at].iter().filter(|other| other.kind() == layer.kind()).count();
        let (name, x) = (format!("{}_{index}", layer.kind()), graph.value.clone());
        let inputs = graph.width;
        graph.value = layer.onnx(&mut graph, &name, &x, inputs)?;
        graph.width = layer.outputs(inputs);
    }
    graph.unscale_targets(&preprocessing.targets);
    // The name of the output is part of the public interface.
    let last = graph.value.clone();
    graph.node("Identity", &[&last], OUTPUT, &[]);
    let metadata =
        |(key, value): (&str, String)| ProtoMessage::default().text(1, key).text(2, &value);
    let metadata: Vec<_> = metadata_of(plan, preprocessing).into_iter().map(metadata).collect();
    let model = ProtoMessage::default()
        .number(1, IR)
        .text(2, "runner")
        .text(3, env!("CARGO_PKG_VERSION"))
        .message(7, &graph.message(&plan.name, features))
        .message(8, &ProtoMessage::default().text(1, "").number(2, OPSET))
        .messages(14, &metadata);
    Ok(model.0)
}

/// Metadata of inputs and outputs; lists of names are JSON arrays, as a name may have any character.
fn metadata_of(plan: &Plan, preprocessing: &Preprocessing) -> Vec<(&'static str, String)> {
    let json = |names: &[String]| serde_json::json!(names).to_string();
    let mut all = vec![
        ("name", plan.name.clone()),
        ("input_shape", format!("{:?}", preprocessing.shape)),
        ("output", output(plan, preprocessing).to_owned()),
    ];
    let columns = preprocessing.columns.as_ref();
    all.extend(columns.map(|columns| ("input_names", json(&columns.feature_names()))));
    match preprocessing.class_names() {
        Some(classes) => all.push(("classes", json(&classes))),
        None => all.extend(columns.map(|columns| ("output_names", json(columns.labels())))),
    }
    all
}

/// The kind of the network's output.
fn output(plan: &Plan, preprocessing: &Preprocessing) -> &'static str {
    let one = plan.model.layers.iter().rev().find_map(|layer| match layer {
        LayerSpec::Dense(dense) => Some(dense.units == 1),
        _ => None,
    });
    let logits = plan.training.loss.link().is_some();
    match (preprocessing.classes, one.unwrap_or(false), logits) {
        (None, ..) => "values",
        (Some(2), true, false) => "probability of the second class",
        (Some(2), true, true) => "logit of the second class",
        (_, _, false) => "probability of each class",
        (_, _, true) => "logit of each class",
    }
}

/// Builder of the graph.
struct GraphBuilder<'a> {
    tensors: &'a [Tensor],
    nodes: Vec<ProtoMessage>,
    initializers: Vec<ProtoMessage>,
    /// Name of the current output.
    value: String,
    /// Number of features of the current output.
    width: usize,
}

impl<'a> GraphBuilder<'a> {
    fn new(tensors: &'a [Tensor], width: usize) -> GraphBuilder<'a> {
        let (nodes, initializers) = (Vec::new(), Vec::new());
        GraphBuilder { tensors, nodes, initializers, value: INPUT.to_owned(), width }
    }

    /// Adds the filling, scaling and standardisation of rows, as in training.
    fn prepare(&mut self, preprocessing: &Preprocessing) {
        let scale = preprocessing.scale;
        let columns = &preprocessing.numbers;
        let standardization = preprocessing.standardization.as_ref();
        // A quotient of 32-bit numbers is the same in either precision.
        let single = columns.is_empty() && standardization.is_none();
        if single && f64::from(scale as f32) == scale {
            if scale != 1.0 {
                self.initializers.push(tensor("input.scale", &[], &[scale as f32]));
                self.value = self.node("Div", &[INPUT, "input.scale"], "input.scaled", &[]);
            }
            return;
        }
        self.cast("input.double", DOUBLE);
        if scale != 1.0 {
            self.with_double("Div", "input.scale", &[], &[scale]);
        }
        if !columns.is_empty() {
            self.columns(&ColumnArrays::of(columns, self.width));
        }
        if let Some(standardization) = standardization {
            let (mean, divisors) = (&standardization.mean, standardization.divisors());
            self.with_double("Sub", "input.mean", &[self.width], mean);
            self.with_double("Div", "input.std", &[self.width], &divisors);
        }
        self.cast("input.float", FLOAT);
    }

    /// Adds the filling and scaling of single inputs.
    fn columns(&mut self, arrays: &ColumnArrays) {
        let width = [self.width];
        let x = self.value.clone();
        let missing = self.node("IsNaN", &[&x], "columns.missing", &[]);
        self.double("columns.fill", &width, &arrays.fill);
        self.value = self.node("Where", &[&missing, "columns.fill", &x], "columns.filled", &[]);
        if arrays.log.iter().any(|log| *log) {
            let x = self.value.clone();
            self.double("columns.one", &[], &[1.0]);
            let size = self.node("Abs", &[&x], "columns.abs", &[]);
            let more = self.node("Add", &[&size, "columns.one"], "columns.abs1", &[]);
            let log = self.node("Log", &[&more], "columns.log", &[]);
            let sign = self.node("Sign", &[&x], "columns.sign", &[]);
            let signed = self.node("Mul", &[&sign, &log], "columns.signed", &[]);
            self.mask("columns.is_log", &arrays.log);
            self.value = self.node("Where", &["columns.is_log", &signed, &x], "columns.logs", &[]);
        }
        if arrays.pieces != 0 {
            self.quantiles(arrays);
        }
        self.with_double("Sub", "columns.shift", &width, &arrays.shift);
        self.with_double("Div", "columns.divisor", &width, &arrays.divisor);
    }

    /// Adds the inverse of the scaling of targets.
    fn unscale_targets(&mut self, transforms: &[TargetTransform]) {
        let Some(first) = transforms.first() else { return };
        let width = [transforms.len()];
        let all =
            |pick: fn(&TargetTransform) -> f64| transforms.iter().map(pick).collect::<Vec<_>>();
        self.cast("targets.double", DOUBLE);
        self.with_double("Mul", "targets.divisor", &width, &all(|transform| transform.divisor));
        self.with_double("Add", "targets.shift", &width, &all(|transform| transform.shift));
        if first.log {
            let x = self.value.clone();
            self.double("targets.one", &[], &[1.0]);
            let size = self.node("Abs", &[&x], "targets.abs", &[]);
            let exp = self.node("Exp", &[&size], "targets.exp", &[]);
            let less = self.node("Sub", &[&exp, "targets.one"], "targets.exp1", &[]);
            let sign = self.node("Sign", &[&x], "targets.sign", &[]);
            self.value = self.node("Mul", &[&sign, &less], "targets.signed", &[]);
        }
        self.cast("targets.float", FLOAT);
    }

    /// Adds the quantile curves: pieces of inputs along a third axis, which are clipped and added.
    fn quantiles(&mut self, arrays: &ColumnArrays) {
        let x = self.value.clone();
        let shape = [self.width, arrays.pieces];
        let last = (-1_i64).to_le_bytes();
        self.initializers.push(raw_tensor("columns.last", &[1], INT64, &last));
        self.value = self.node("Unsqueeze", &[&x, "columns.last"], "columns.pieces", &[]);
        self.with_double("Sub", "columns.start", &shape, &arrays.start);
        self.with_double("Div", "columns.width", &shape, &arrays.piece_width);
        self.double("columns.zero", &[], &[0.0]);
        self.double("columns.unit", &[], &[1.0]);
        let value = self.value.clone();
        let bounds = [value.as_str(), "columns.zero", "columns.unit"];
        self.value = self.node("Clip", &bounds, "columns.clipped", &[]);
        self.with_double("Mul", "columns.height", &shape, &arrays.height);
        let value = self.value.clone();
        let no_axis = OnnxAttribute::Int("keepdims", 0);
        let sum = self.node("ReduceSum", &[&value, "columns.last"], "columns.curve", &[no_axis]);
        self.mask("columns.is_curve", &arrays.curve);
        self.value = self.node("Where", &["columns.is_curve", &sum, &x], "columns.curves", &[]);
    }

    /// Adds a 64-bit constant.
    fn double(&mut self, name: &str, shape: &[usize], numbers: &[f64]) {
        let raw: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.initializers.push(raw_tensor(name, shape, DOUBLE, &raw));
    }

    /// Adds a constant of truth values, one for each input.
    fn mask(&mut self, name: &str, mask: &[bool]) {
        let raw: Vec<u8> = mask.iter().map(|set| u8::from(*set)).collect();
        self.initializers.push(raw_tensor(name, &[mask.len()], BOOL, &raw));
    }

    /// Adds a `Cast` of the current output.
    fn cast(&mut self, out: &str, to: u64) {
        let value = self.value.clone();
        self.value =
            self.node("Cast", &[&value], out, &[OnnxAttribute::Int("to", to.cast_signed())]);
    }

    /// Applies an operator to the current output and a 64-bit constant.
    fn with_double(&mut self, operator: &str, name: &str, shape: &[usize], numbers: &[f64]) {
        self.double(name, shape, numbers);
        let value = self.value.clone();
        self.value = self.node(operator, &[&value, name], &format!("{name}.applied"), &[]);
    }

    fn message(&self, name: &str, features: usize) -> ProtoMessage {
        ProtoMessage::default()
            .messages(1, &self.nodes)
            .text(2, name)
            .messages(5, &self.initializers)
            .message(11, &rows_of(INPUT, features))
            .message(12, &rows_of(OUTPUT, self.width))
    }
}

impl OnnxGraph for GraphBuilder<'_> {
    fn node(
        &mut self,
        operator: &str,
        inputs: &[&str],
        out: &str,
        attributes: &[OnnxAttribute],
    ) -> String {
        let attributes: Vec<_> = attributes.iter().map(attribute).collect();
        let inputs = inputs.iter().fold(ProtoMessage::default(), |node, input| node.text(1, input));
        let node = inputs.text(2, out).text(3, out).text(4, operator).messages(5, &attributes);
        self.nodes.push(node);
        out.to_owned()
    }

    fn parameter(&mut self, name: &str) -> Result<String, String> {
        let found = self.tensors.iter().find(|tensor| tensor.name == name);
        let found = found.ok_or_else(|| format!("its weights have no `{name}`"))?;
        self.initializers.push(tensor(name, &found.shape, &found.data));
        Ok(name.to_owned())
    }

    fn integers(&mut self, name: &str, values: &[i64]) -> String {
        let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.initializers.push(raw_tensor(name, &[values.len()], INT64, &raw));
        name.to_owned()
    }

    fn constant(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        self.initializers.push(tensor(name, shape, values));
        name.to_owned()
    }
}

/// The message of an argument of an operator.
fn attribute(attribute: &OnnxAttribute) -> ProtoMessage {
    let named = |name: &str| ProtoMessage::default().text(1, name);
    match *attribute {
        OnnxAttribute::Float(name, number) => named(name).float(2, number).number(20, 1),
        OnnxAttribute::Int(name, number) => {
            named(name).number(3, number.cast_unsigned()).number(20, 2)
        }
    }
}

/// A 32-bit float tensor.
fn tensor(name: &str, shape: &[usize], numbers: &[f32]) -> ProtoMessage {
    let raw: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    raw_tensor(name, shape, FLOAT, &raw)
}

/// A tensor of type `kind` with little-endian bytes.
fn raw_tensor(name: &str, shape: &[usize], kind: u64, raw: &[u8]) -> ProtoMessage {
    let dims = shape.iter().fold(ProtoMessage::default(), |all, size| all.number(1, *size as u64));
    dims.number(2, kind).text(8, name).bytes(9, raw)
}

/// The value `name` of shape (batch, `width`).
fn rows_of(name: &str, width: usize) -> ProtoMessage {
    let rows = ProtoMessage::default().text(2, "rows");
    let columns = ProtoMessage::default().number(1, width as u64);
    let shape = ProtoMessage::default().message(1, &rows).message(1, &columns);
    let tensor_type = ProtoMessage::default().number(1, FLOAT).message(2, &shape);
    ProtoMessage::default()
        .text(1, name)
        .message(2, &ProtoMessage::default().message(1, &tensor_type))
}
