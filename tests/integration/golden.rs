//! Keras's own numbers: the histories that Keras 3.15.1 recorded (`tests/golden/README.md`).

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::{ArrayD, Ix1, Ix2};
use ndarray_npy::NpzReader;
use runner::config::{Callbacks, ClassWeights, Training};
use runner::data::{Labels, Source, Split, load};
use runner::model::{LayerSpec, Loss, Metric, NamedMetric, Network};
use runner::optim::Optimizer;
use runner::train::{Dataset, FitEvent, FitOptions, Flow, Logs, Objective};
use serde_json::{Value, json};

#[test]
fn every_case_is_reproduced_to_a_ten_thousandth() {
    let golden: Value =
        serde_json::from_str(&std::fs::read_to_string("tests/golden/keras_parity.json").unwrap())
            .unwrap();
    let dataset = Dataset::new(load(&Source::Mnist, Split::Train).unwrap(), 255.0);
    let cases = golden["cases"].as_object().unwrap();
    assert_eq!(cases.len(), CASES, "cases that are held to Keras");
    let mut found = Vec::new();
    for (name, case) in cases {
        let (history, network) = train(&dataset, case, 1);
        found.extend(compare(name, case, &history, &network));
        assert!(train(&dataset, case, 2) == (history, network), "{name} on two threads");
    }
    assert!(found.is_empty(), "\n{}", found.concat());
}

const CASES: usize = 51;

fn train(dataset: &Dataset, case: &Value, threads: usize) -> (Vec<Logs>, Network) {
    let layers: Vec<LayerSpec> = serde_json::from_value(layers(case)).unwrap();
    let optimizer: Optimizer = serde_json::from_value(optimizer(case)).unwrap();
    let loss: Loss = serde_json::from_value(loss(case)).unwrap();
    let mut network = Network::new(784, &layers, 0);
    network.load(&weights(case["init"].as_str().unwrap())).unwrap();
    let split = (2000.0 * (1.0 - case["validation_split"].as_f64().unwrap_or(0.2))) as usize;
    let options = FitOptions {
        dataset,
        blocks: None,
        training: 0..split,
        validation: Some((dataset, split..2000)).filter(|v| !v.1.is_empty()),
        epochs: case["epochs"].as_u64().unwrap_or(3) as usize,
        batch_size: case["batch_size"].as_u64().unwrap_or(32) as usize,
        shuffle: false,
        seed: 0,
        objective: Objective {
            loss: &loss,
            metrics: const { &[NamedMetric::new(Metric::Accuracy {})] },
            class_weight: &[],
        },
        optimizer: &optimizer,
        early_stopping: None,
        reduce_lr_on_plateau: None,
        learning_rate_scheduler: None,
        terminate_on_nan: true,
        threads,
    };
    let mut state = options.start(network);
    let mut history = Vec::new();
    options
        .fit(&mut state, &mut |event, _| {
            if let FitEvent::EpochEnd { logs, .. } = event {
                history.push(logs.clone());
            }
            Flow::Continue
        })
        .unwrap();
    (history, state.network)
}

/// Layers, losses, metrics, class weights and callbacks, in the words of a config
/// (`tests/golden/keras_fit.py`).
#[test]
fn every_fit_is_reproduced_to_a_ten_thousandth() {
    let text = std::fs::read_to_string("tests/golden/keras_fit.json").unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    let dataset = Dataset::new(load(&Source::Mnist, Split::Train).unwrap(), 255.0);
    let cases = golden["cases"].as_object().unwrap();
    assert_eq!(cases.len(), FITS, "cases that are held to Keras");
    let mut found = Vec::new();
    for (name, case) in cases {
        let (history, network) = fit(&dataset, case, 1);
        let epochs = case["history"]["loss"].as_array().unwrap().len();
        assert_eq!(history.len(), epochs, "{name}: epochs");
        found.extend(compare(name, case, &history, &network));
        assert!(fit(&dataset, case, 3) == (history, network), "{name} on three threads");
    }
    assert!(found.is_empty(), "\n{}", found.concat());
}

const FITS: usize = 43;

fn fit(dataset: &Dataset, case: &Value, threads: usize) -> (Vec<Logs>, Network) {
    let layers: Vec<LayerSpec> = serde_json::from_value(case["layers"].clone()).unwrap();
    let default = json!({"name": "adam", "learning_rate": 0.003});
    let optimizer = case.get("optimizer").unwrap_or(&default);
    let optimizer: Optimizer = serde_json::from_value(optimizer.clone()).unwrap();
    let key = |key: &str| case.get(key).cloned();
    let mut training =
        json!({"loss": case["loss"], "metrics": key("metrics").unwrap_or(json!([]))});
    for name in ["class_weight", "epochs", "batch_size"] {
        training[name] = key(name).unwrap_or_default();
    }
    training.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    let training: Training = serde_json::from_value(training).unwrap();
    let callbacks: Callbacks =
        serde_json::from_value(key("callbacks").unwrap_or(json!({}))).unwrap();
    let mut network = Network::new(784, &layers, 0);
    let mut given = weights("init-784-64-10.npz");
    for weights in network.weights() {
        let [rows, cols] = weights.shape[..] else { continue };
        let (shape, values) = given.get_mut(&weights.name).unwrap();
        *values = values.chunks(shape[1]).flat_map(|row| row[..cols].to_vec()).collect();
        *shape = vec![rows, cols];
    }
    given.retain(|name, _| name.ends_with("kernel"));
    for weights in network.weights().iter().filter(|w| w.shape.len() == 1) {
        given.insert(weights.name.clone(), (weights.shape.clone(), weights.values.to_rows()));
    }
    network.load(&given).unwrap();
    let weights = training.class_weight.as_ref();
    let of_classes = |weights: &ClassWeights| weights.of_classes(&Labels::counted(10), 0..0);
    let class_weight = weights.map(of_classes).unwrap_or_default();
    let options = FitOptions {
        dataset,
        blocks: None,
        training: 0..1600,
        validation: Some((dataset, 1600..2000)),
        epochs: case["epochs"].as_u64().unwrap_or(3) as usize,
        batch_size: training.batch_size,
        shuffle: false,
        seed: 0,
        objective: Objective {
            loss: &training.loss,
            metrics: &training.metrics,
            class_weight: &class_weight,
        },
        optimizer: &optimizer,
        early_stopping: callbacks.early_stopping.as_ref(),
        reduce_lr_on_plateau: callbacks.reduce_lr_on_plateau.as_ref(),
        learning_rate_scheduler: callbacks.learning_rate_scheduler.as_ref(),
        terminate_on_nan: true,
        threads,
    };
    let mut state = options.start(network);
    let mut history = Vec::new();
    options
        .fit(&mut state, &mut |event, _| {
            if let FitEvent::EpochEnd { logs, .. } = event {
                history.push(logs.clone());
            }
            Flow::Continue
        })
        .unwrap();
    (history, state.network)
}

/// What differs from Keras by more than a ten thousandth, of 1 or of the number itself.
fn compare(name: &str, case: &Value, history: &[Logs], network: &Network) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |what: String, got: f64, want: &Value| {
        let want = want.as_f64().unwrap();
        if 1e-4 * want.abs().max(1.0) <= (got - want).abs() || got.is_nan() {
            found.push(format!("{name}: {what} is {got}, Keras has {want}\n"));
        }
    };
    for (key, want) in case["history"].as_object().unwrap() {
        for (epoch, want) in want.as_array().unwrap().iter().enumerate() {
            let got = history[epoch].get(key).unwrap_or(f64::NAN);
            check(format!("{key} of epoch {epoch}"), got, want);
        }
    }
    for (weights, want) in network.weights().iter().zip(case["final_l2"].as_array().unwrap()) {
        let values = weights.values.to_rows();
        let norm = values.iter().map(|w| f64::from(*w).powi(2)).sum::<f64>().sqrt();
        check(format!("the norm of {}", weights.name), norm, want);
    }
    found
}

fn layers(case: &Value) -> Value {
    let activation = case["activation"].as_str().unwrap_or("relu");
    let hidden = case.get("hidden").map_or(vec![json!(64)], |h| h.as_array().unwrap().clone());
    let hidden = hidden.iter().map(|units| {
        let mut layer = json!({"type": "dense", "units": units, "activation": activation});
        if let Some(regularizer) = case.get("kernel_regularizer") {
            layer["kernel_regularizer"] = regularizer.clone();
            layer["kernel_regularizer"]["name"] = json!("l1_l2");
        }
        layer
    });
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
