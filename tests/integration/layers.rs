//! Layers that are random in training: what they do to numbers, and that nothing but the seed, the
//! step and the row decides it. `golden.rs` holds the others to Keras.

use runner::data::{Source, Split, load};
use runner::kernels::{Arch, Matrix};
use runner::model::{LayerSpec, Loss, NamedMetric, Network, PassContext};
use runner::optim::Optimizer;
use runner::train::{Dataset, FitEvent, FitOptions, FitState, Flow, Logs, Objective};
use serde_json::{Value, json};

const UNITS: usize = 100;

fn network(layer: Value, seed: u64) -> Network {
    let layer: LayerSpec = serde_json::from_value(layer).unwrap();
    Network::new(UNITS, &[layer], seed)
}

/// What the only layer of `network` makes of rows of equal numbers, from row `row` of the batch on.
fn outputs(
    network: &Network,
    x: f32,
    rows: usize,
    (training, step, row): (bool, u64, usize),
) -> Vec<f32> {
    let x = Matrix::from_rows(rows, UNITS, &vec![x; rows * UNITS]);
    let layer = &network.layers[0];
    let mut saved = Matrix::zeros(rows, layer.op.saved_columns(UNITS));
    let mut y = Matrix::zeros(rows, UNITS);
    let context = PassContext { training, step, row, logits: false };
    let places = [saved.view_mut(rows), y.view_mut(rows)];
    layer.op.forward(Arch::detect(), x.view(rows), places, context);
    y.to_rows()
}

fn mean(x: &[f32]) -> f64 {
    x.iter().map(|x| f64::from(*x)).sum::<f64>() / x.len() as f64
}

#[test]
fn dropout_drops_its_share_and_keeps_the_mean() {
    for rate in [0.1, 0.5, 0.9] {
        let network = network(json!({"type": "dropout", "rate": rate}), 1);
        let y = outputs(&network, 2.0, 500, (true, 3, 0));
        let dropped = y.iter().filter(|y| **y == 0.0).count() as f64 / y.len() as f64;
        assert!((dropped - rate).abs() < 0.01, "rate {rate}: {dropped}");
        assert!((mean(&y) - 2.0).abs() < 0.1, "rate {rate}: {}", mean(&y));
        let kept = (2.0 / (1.0 - rate)) as f32;
        assert!(y.iter().all(|y| *y == 0.0 || (y - kept).abs() < 1e-4), "rate {rate}");
        assert_eq!(outputs(&network, 2.0, 3, (false, 3, 0)), vec![2.0; 300]);
    }
    let all = network(json!({"type": "dropout", "rate": 1.0}), 1);
    assert_eq!(outputs(&all, f32::MAX, 3, (true, 0, 0)), vec![0.0; 300]);
    let none = network(json!({"type": "dropout", "rate": 0.0}), 1);
    assert_eq!(outputs(&none, 2.0, 3, (true, 0, 0)), vec![2.0; 300]);
}

#[test]
fn noise_has_its_deviation() {
    let network = network(json!({"type": "gaussian_noise", "stddev": 0.5}), 1);
    let y = outputs(&network, 2.0, 500, (true, 3, 0));
    let squares: Vec<f32> = y.iter().map(|y| (y - 2.0).powi(2)).collect();
    assert!((mean(&y) - 2.0).abs() < 0.01 && (mean(&squares) - 0.25).abs() < 0.01);
    assert_eq!(outputs(&network, 2.0, 3, (false, 3, 0)), vec![2.0; 300]);
}

#[test]
fn seed_step_and_row_decide_and_nothing_else() {
    for layer in
        [json!({"type": "dropout", "rate": 0.5}), json!({"type": "gaussian_noise", "stddev": 1.0})]
    {
        let at = |seed, step, row, rows| {
            outputs(&network(layer.clone(), seed), 1.0, rows, (true, step, row))
        };
        let whole = at(1, 7, 0, 5);
        assert_eq!(at(1, 7, 3, 2), whole[3 * UNITS..], "a part of a batch");
        assert_ne!(whole[..UNITS], whole[UNITS..2 * UNITS], "rows");
        assert_ne!(at(1, 8, 0, 5), whole, "steps");
        assert_ne!(at(2, 7, 0, 5), whole, "seeds");
    }
}

/// Every kind of layer, some of them below the first dense one.
fn train(layers: Value, threads: usize) -> (FitState, Vec<Logs>) {
    let layers: Vec<LayerSpec> = serde_json::from_value(layers).unwrap();
    let dataset = Dataset::new(load(&Source::Mnist, Split::Train).unwrap(), 255.0);
    let loss: Loss = serde_json::from_value(json!({"name": "categorical_crossentropy"})).unwrap();
    let names = ["auc", "f1_score", "r2_score", "precision", "kl_divergence"];
    let metric = |name: &&str| serde_json::from_value(json!({ "name": name })).unwrap();
    let metrics: Vec<NamedMetric> = names.iter().map(metric).collect();
    let optimizer: Optimizer = serde_json::from_value(json!({"name": "adam"})).unwrap();
    let options = FitOptions {
        dataset: &dataset,
        blocks: None,
        training: 0..150,
        validation: Some((&dataset, 150..300)),
        epochs: 2,
        batch_size: 32,
        shuffle: true,
        seed: 5,
        objective: Objective { loss: &loss, metrics: &metrics, class_weight: &[2.0, 0.5] },
        optimizer: &optimizer,
        early_stopping: None,
        reduce_lr_on_plateau: None,
        learning_rate_scheduler: None,
        terminate_on_nan: true,
        threads,
    };
    let mut state = options.start(Network::new(784, &layers, 5));
    let mut history = Vec::new();
    options
        .fit(&mut state, &mut |event, _| {
            if let FitEvent::EpochEnd { logs, .. } = event {
                history.push(logs.clone());
            }
            Flow::Continue
        })
        .unwrap();
    (state, history)
}

#[test]
fn every_layer_has_the_same_bits_on_any_number_of_threads() {
    let dense =
        |units, activation| json!({"type": "dense", "units": units, "activation": activation});
    let regularized = json!({
        "type": "dense", "units": 17, "activation": "gelu", "kernel_regularizer": "l2",
        "bias_regularizer": {"name": "l1", "l1": 0.1}, "kernel_constraint": "max_norm",
    });
    let batch = json!({"type": "batch_normalization"});
    let layer = json!({"type": "layer_normalization"});
    let noise = json!({"type": "gaussian_noise", "stddev": 0.1});
    let dropout = json!({"type": "dropout", "rate": 0.3});
    let stacks = [
        json!([dropout, dense(33, "linear"), batch, {"type": "activation", "activation": "silu"}, dense(10, "softmax")]),
        json!([batch, regularized, layer, noise, dense(10, "softmax")]),
        json!([dense(20, "relu"), dropout, layer, batch, regularized, batch, dense(10, "linear"), {"type": "activation", "activation": "softmax"}]),
    ];
    for stack in stacks {
        let one = train(stack.clone(), 1);
        assert!(one.1.iter().all(|logs| logs.0.iter().all(|(_, x)| x.is_finite())), "{:?}", one.1);
        for threads in [2, 3, 5] {
            assert!(train(stack.clone(), threads) == one, "{threads} threads: {stack}");
        }
    }
}
