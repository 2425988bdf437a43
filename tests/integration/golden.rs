//! Keras's own numbers: the histories that Keras 3.15.1 recorded (`tests/golden/README.md`).

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::{ArrayD, Ix1, Ix2};
use ndarray_npy::NpzReader;
use runner::data::{Part, Source, load};
use runner::model::{Layer, Loss, Metric, Network};
use runner::optim::Optimizer;
use runner::train::{Event, Feed, Flow, Logs, Task};
use serde_json::{Value, json};

/// Cases that need what is not there yet.
fn is_covered(case: &Value) -> bool {
    case.get("kernel_regularizer").is_none()
}

#[test]
fn every_covered_case_is_reproduced_to_a_ten_thousandth() {
    let golden: Value =
        serde_json::from_str(&std::fs::read_to_string("tests/golden/keras_parity.json").unwrap())
            .unwrap();
    let feed = Feed::new(load(&Source::Mnist, Part::Train).unwrap(), 255.0);
    let mut covered = 0;
    for (name, case) in golden["cases"].as_object().unwrap() {
        if is_covered(case) {
            covered += 1;
            let (history, network) = train(&feed, case, 1);
            compare(name, case, &history, &network);
            assert!(train(&feed, case, 2) == (history, network), "{name} on two threads");
        }
    }
    assert_eq!(covered, COVERED, "cases that are held to Keras");
}

/// So that a case which falls out of `is_covered` is noticed.
const COVERED: usize = 49;

fn train(feed: &Feed, case: &Value, threads: usize) -> (Vec<Logs>, Network) {
    let layers: Vec<Layer> = serde_json::from_value(layers(case)).unwrap();
    let optimizer: Optimizer = serde_json::from_value(optimizer(case)).unwrap();
    let loss: Loss = serde_json::from_value(loss(case)).unwrap();
    let mut network = Network::new(784, &layers, 0);
    network.load(&weights(case["init"].as_str().unwrap())).unwrap();
    let split = (2000.0 * (1.0 - case["validation_split"].as_f64().unwrap_or(0.2))) as usize;
    let task = Task {
        feed,
        training: 0..split,
        validation: Some((feed, split..2000)).filter(|v| !v.1.is_empty()),
        epochs: case["epochs"].as_u64().unwrap_or(3) as usize,
        batch_size: case["batch_size"].as_u64().unwrap_or(32) as usize,
        shuffle: false,
        seed: 0,
        loss: &loss,
        metrics: &[Metric::Accuracy],
        optimizer: &optimizer,
        early_stopping: None,
        terminate_on_nan: true,
        threads,
    };
    let mut state = task.start(network);
    let mut history = Vec::new();
    task.fit(&mut state, &mut |event, _| {
        if let Event::EpochEnd { logs, .. } = event {
            history.push(logs.clone());
        }
        Flow::Continue
    })
    .unwrap();
    (history, state.network)
}

fn compare(name: &str, case: &Value, history: &[Logs], network: &Network) {
    for (key, want) in case["history"].as_object().unwrap() {
        for (epoch, want) in want.as_array().unwrap().iter().enumerate() {
            let (got, want) = (history[epoch].get(key).unwrap(), want.as_f64().unwrap());
            assert!(
                (got - want).abs() < 1e-4,
                "{name}, epoch {epoch}: {key} is {got}, Keras has {want}"
            );
        }
    }
    for (weights, want) in network.weights().iter().zip(case["final_l2"].as_array().unwrap()) {
        let norm =
            weights.values.to_rows().iter().map(|w| f64::from(*w).powi(2)).sum::<f64>().sqrt();
        let want = want.as_f64().unwrap();
        let bound = 1e-4 * want.max(1.0);
        assert!(
            (norm - want).abs() < bound,
            "{name}: the norm of {} is {norm}, Keras has {want}",
            weights.name
        );
    }
}

fn layers(case: &Value) -> Value {
    let activation = case["activation"].as_str().unwrap_or("relu");
    let hidden = case.get("hidden").map_or(vec![json!(64)], |h| h.as_array().unwrap().clone());
    let hidden = hidden
        .iter()
        .map(|units| json!({"type": "dense", "units": units, "activation": activation}));
    hidden.chain([json!({"type": "dense", "units": 10, "activation": "softmax"})]).collect()
}

fn optimizer(case: &Value) -> Value {
    let mut optimizer = case["optimizer"].clone();
    optimizer["name"] = json!(optimizer["name"].as_str().unwrap().to_lowercase());
    if let Some(schedule) = optimizer.pointer_mut("/learning_rate/schedule") {
        *schedule = json!(snake_case(schedule.as_str().unwrap()));
    }
    let read: Optimizer = serde_json::from_value(optimizer.clone()).unwrap();
    let keys = serde_json::to_value(read).unwrap();
    let known = |key: &&String| keys.get(key).is_some();
    let dropped: Vec<_> = optimizer.as_object().unwrap().keys().filter(|k| !known(k)).collect();
    assert!(dropped.is_empty(), "no optimizer has {dropped:?}");
    optimizer
}

/// `CosineDecay` as `cosine_decay`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

fn loss(case: &Value) -> Value {
    match (case["loss"].as_str(), case["label_smoothing"].as_f64()) {
        (Some(name), _) => json!({ "name": name }),
        (None, Some(a)) => json!({"name": "categorical_crossentropy", "label_smoothing": a}),
        (None, None) => json!({"name": "categorical_crossentropy"}),
    }
}

fn weights(file: &str) -> BTreeMap<String, (Vec<usize>, Vec<f32>)> {
    let mut npz =
        NpzReader::new(std::fs::File::open(Path::new("tests/golden").join(file)).unwrap()).unwrap();
    let names = npz.names().unwrap();
    let read = |name: &String| {
        let array: ArrayD<f32> = npz
            .by_name::<ndarray::OwnedRepr<f32>, Ix2>(name)
            .map(ndarray::ArrayBase::into_dyn)
            .or_else(|_| {
                npz.by_name::<ndarray::OwnedRepr<f32>, Ix1>(name).map(ndarray::ArrayBase::into_dyn)
            })
            .unwrap();
        (
            name.trim_end_matches(".npy").to_owned(),
            (array.shape().to_vec(), array.iter().copied().collect()),
        )
    };
    names.iter().map(read).collect()
}
