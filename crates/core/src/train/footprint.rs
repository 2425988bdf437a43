//! The memory of a run, counted from its plan before allocation, with the matrix sizes of the engine.

use crate::model::{Initializer, LayerSpec, Network};
use crate::optim::{Optimizer, RuleVisitor, TensorRule};
use crate::train::objective::EVALUATED_ROWS;
use kernels::{LANES, Matrix, UpdateRule, padded};

/// The memory of a single-threaded run in bytes, without its data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// The weights, and the transposed kernels of the backward pass.
    pub weights: u64,
    /// The state of the optimizer.
    pub state: u64,
    /// The gradients, for rules on whole tensors.
    pub gradients: u64,
    /// Activations and their gradients, for the rows of a batch and of an evaluation.
    pub activations: u64,
    /// The copy of weights and state for a checkpoint.
    pub checkpoint: u64,
    /// The bytes of each layer.
    pub layers: Vec<u64>,
}

/// The arguments of [`Footprint::of`]: network and training.
#[derive(Clone, Copy, Debug)]
pub struct RunShape<'a> {
    /// The layers, from the inputs to the outputs.
    pub layers: &'a [LayerSpec],
    /// Inputs of a row.
    pub features: usize,
    /// Rows of a batch.
    pub batch: usize,
    /// How gradients become steps.
    pub optimizer: &'a Optimizer,
}

impl Footprint {
    /// The memory of a run, with `u64::MAX` for amounts beyond 64 bits.
    pub fn of(shape: RunShape<'_>) -> Footprint {
        let RunShape { layers, features, batch, optimizer } = shape;
        let mut found = Footprint::default();
        let small: Vec<Network> = layers.iter().map(miniature).collect();
        let whole = keeps_gradients(&small, optimizer);
        let rows = (batch as u64).saturating_add(EVALUATED_ROWS as u64);
        let workspace = |columns: u64| columns.saturating_mul(4).saturating_mul(rows);
        let (mut inputs, mut needs_grad_input) = (features, false);
        found.activations = workspace(width(features));
        for (layer, small) in layers.iter().zip(&small) {
            let outputs = layer.outputs(inputs);
            let (mut share, mut trains) = (LayerBytes::default(), false);
            let shapes = layer.param_shapes(inputs);
            for ((param, _), (_, shape)) in small.layers[0].op.weights().into_iter().zip(shapes) {
                let (rows, cols) = match shape[..] {
                    [rows, cols] => (rows, cols),
                    _ => (1, outputs),
                };
                let bytes = matrix(rows, cols);
                add(&mut share.weights, bytes);
                if param.gradient.is_some() {
                    trains = true;
                    let state = state(optimizer, (rows, cols), param.is_vector);
                    add(&mut share.state, state);
                    add(&mut share.gradients, if whole { bytes } else { 0 });
                }
            }
            add(&mut share.checkpoint, share.weights.saturating_add(share.state));
            if matches!(layer, LayerSpec::Dense(_)) && needs_grad_input {
                add(&mut share.weights, matrix(outputs, inputs));
            }
            needs_grad_input |= trains;
            let saved = small.layers[0].op.saved_columns(outputs);
            let columns = width(outputs).saturating_mul(2).saturating_add(width(saved));
            add(&mut share.activations, workspace(columns));
            found.take(&share);
            inputs = outputs;
        }
        add(&mut found.activations, workspace(width(inputs)));
        found
    }

    /// The sum.
    pub fn total(&self) -> u64 {
        [self.weights, self.state, self.gradients, self.activations, self.checkpoint]
            .into_iter()
            .fold(0, u64::saturating_add)
    }

    /// The largest layer and its bytes.
    pub fn greatest_layer(&self) -> Option<(usize, u64)> {
        self.layers.iter().copied().enumerate().rev().max_by_key(|(_, bytes)| *bytes)
    }

    fn take(&mut self, share: &LayerBytes) {
        add(&mut self.weights, share.weights);
        add(&mut self.state, share.state);
        add(&mut self.gradients, share.gradients);
        add(&mut self.activations, share.activations);
        add(&mut self.checkpoint, share.checkpoint);
        let parts =
            [share.weights, share.state, share.gradients, share.activations, share.checkpoint];
        self.layers.push(parts.into_iter().fold(0, u64::saturating_add));
    }
}

/// The bytes of a layer.
#[derive(Default)]
struct LayerBytes {
    weights: u64,
    state: u64,
    gradients: u64,
    activations: u64,
    checkpoint: u64,
}

fn add(sum: &mut u64, more: u64) {
    *sum = sum.saturating_add(more);
}

fn matrix(rows: usize, cols: usize) -> u64 {
    Matrix::bytes(rows, cols) as u64
}

/// The width of `columns` columns in a row of the workspace.
fn width(columns: usize) -> u64 {
    match columns.checked_add(LANES) {
        Some(_) => padded(columns) as u64,
        None => u64::MAX,
    }
}

/// The layer on a single input, a dense layer also with a single unit: same parameters, smallest shapes.
fn miniature(layer: &LayerSpec) -> Network {
    let mut layer = layer.clone();
    if let LayerSpec::Dense(dense) = &mut layer {
        dense.units = 1;
        dense.kernel_initializer = Initializer::Zeros {};
        dense.bias_initializer = Initializer::Zeros {};
    }
    Network::new(1, &[layer], 0)
}

/// The bytes of the slots of a parameter. A slot has the rows of the parameter or 1, and its columns or 1; the slots
/// of a small parameter tell the cases apart.
fn state(optimizer: &Optimizer, (rows, cols): (usize, usize), is_vector: bool) -> u64 {
    const ROWS: usize = 2;
    const COLS: usize = 3;
    let size = |small: usize| match small {
        ROWS => rows,
        COLS => cols,
        other => other,
    };
    let slots = optimizer.slots(&Matrix::zeros(if is_vector { 1 } else { ROWS }, COLS), is_vector);
    let slots = slots.iter().map(|slot| matrix(size(slot.rows()), size(slot.cols())));
    let shared = optimizer.common_args();
    let copies = usize::from(shared.use_ema) + usize::from(1 < shared.batches());
    slots.chain(std::iter::repeat_n(matrix(rows, cols), copies)).fold(0, u64::saturating_add)
}

/// Whether all gradients are stored before the update.
fn keeps_gradients(small: &[Network], optimizer: &Optimizer) -> bool {
    let shared = optimizer.common_args();
    let by_norm = shared.clipnorm.or(shared.global_clipnorm).is_some();
    let regularized = || small.iter().any(|layer| layer.regularized().next().is_some());
    // Those of several batches are part of the state.
    let one_batch = shared.batches() == 1;
    one_batch && (by_norm || optimizer.with_rule(0, None, IsWhole) || regularized())
}

/// Whether a rule is a rule on whole tensors.
struct IsWhole;

impl RuleVisitor for IsWhole {
    type Output = bool;

    fn visit_elementwise<R: UpdateRule>(self, _: &R) -> bool {
        false
    }

    fn visit_tensor_rule<W: TensorRule>(self, _: &W) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::data::{Inputs, Table, Targets, Values};
    use crate::model::Loss;
    use crate::train::{Dataset, Engine, Objective, OptimizerState};

    fn layers(units: usize) -> Vec<LayerSpec> {
        let layers = json!([
            {"type": "dense", "units": units, "activation": "gelu"},
            {"type": "batch_normalization"},
            {"type": "dropout", "rate": 0.5},
            {"type": "layer_normalization"},
            {"type": "dense", "units": 5, "use_bias": false},
        ]);
        serde_json::from_value(layers).unwrap()
    }

    /// The bytes of matrices.
    fn held<'a>(matrices: impl Iterator<Item = &'a Matrix>) -> u64 {
        matrices.map(|m| size_of_val(m.as_slice()) as u64).sum()
    }

    #[test]
    fn the_count_is_what_network_and_optimizer_hold() {
        let optimizers = [
            json!({"name": "sgd"}),
            json!({"name": "adam", "amsgrad": true}),
            json!({"name": "adafactor", "use_ema": true}),
            json!({"name": "muon", "gradient_accumulation_steps": 3}),
            json!({"name": "rmsprop", "momentum": 0.9, "centered": true}),
        ];
        for text in optimizers {
            let optimizer: Optimizer = serde_json::from_value(text.clone()).unwrap();
            let layers = layers(300);
            let shape = RunShape { layers: &layers, features: 70, batch: 9, optimizer: &optimizer };
            let found = Footprint::of(shape);
            let network = Network::new(70, &layers, 0);
            let state = OptimizerState::new(&optimizer, &network);
            let weights = held(network.weights().iter().map(|w| w.values));
            let transposes = matrix(5, 300);
            assert_eq!(found.weights, weights + transposes, "{text}");
            assert_eq!(found.state, held(state.matrices()), "{text}");
            assert_eq!(found.checkpoint, weights + found.state, "{text}");
            assert_eq!(found.layers.iter().sum::<u64>() + inputs(&found), found.total());
        }
    }

    /// What belongs to no layer: the inputs and the targets in the workspace.
    fn inputs(_: &Footprint) -> u64 {
        (width(70) + width(5)) * 4 * (9 + EVALUATED_ROWS as u64)
    }

    #[test]
    fn the_workspace_is_what_the_engine_holds() {
        let (layers, optimizer) = (layers(300), Optimizer::default());
        let network = Network::new(70, &layers, 0);
        let inputs = Inputs::new(70, Values::Floats(vec![1.0; 9 * 70]));
        let targets = Targets::Values { values: vec![0.0; 9 * 5], width: 5 };
        let table = Table::new(inputs, targets, vec![70]);
        let objective =
            Objective { loss: &Loss::MeanSquaredError {}, metrics: &[], class_weight: &[] };
        let engine = Engine::new(&network, objective, &Dataset::new(table, 1.0), 9, 1);
        let shape = RunShape { layers: &layers, features: 70, batch: 9, optimizer: &optimizer };
        let found = Footprint::of(shape).activations;
        let workspace = engine.workspace_bytes() as u64;
        // A row of the workspace may have an additional vector.
        let slack = 4 * LANES as u64 * (9 + EVALUATED_ROWS as u64);
        assert!(found <= workspace && workspace <= found + slack, "{found} {workspace}");
    }

    #[test]
    fn no_size_wraps() {
        let dense = json!([{"type": "dense", "units": usize::MAX}, {"type": "dense", "units": 4}]);
        let layers: Vec<LayerSpec> = serde_json::from_value(dense).unwrap();
        let optimizer = Optimizer::default();
        let shape = RunShape {
            layers: &layers,
            features: usize::MAX,
            batch: usize::MAX,
            optimizer: &optimizer,
        };
        let found = Footprint::of(shape);
        assert_eq!((found.total(), found.greatest_layer()), (u64::MAX, Some((0, u64::MAX))));
    }

    #[test]
    fn the_wide_layer_is_to_blame() {
        let dense = |units: &[usize]| -> Vec<LayerSpec> {
            units
                .iter()
                .map(|units| {
                    serde_json::from_value(json!({"type": "dense", "units": units})).unwrap()
                })
                .collect()
        };
        let (layers, optimizer) = (dense(&[1 << 20, 1 << 20, 10]), Optimizer::default());
        let shape = RunShape { layers: &layers, features: 784, batch: 32, optimizer: &optimizer };
        let found = Footprint::of(shape);
        assert_eq!(found.greatest_layer().map(|(layer, _)| layer), Some(1));
        assert!(4 << 40 < found.weights, "{found:?}");
    }
}
