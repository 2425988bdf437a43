//! Every optimizer on its shortest way, against the same numbers on the longer ones.

use runner::data::{Source, Split, load};
use runner::model::{LayerSpec, Loss, Metric, NamedMetric, Network};
use runner::optim::Optimizer;
use runner::train::{Dataset, FitOptions, FitState, Flow, Objective};
use serde_json::{Value, json};

const NAMES: [&str; 13] = [
    "sgd",
    "rmsprop",
    "adam",
    "adamw",
    "adagrad",
    "adadelta",
    "adamax",
    "nadam",
    "ftrl",
    "lion",
    "lamb",
    "adafactor",
    "muon",
];

/// Two epochs on a few digits, whose border is never set.
fn train(dataset: &Dataset, name: &str, arguments: &Value, threads: usize) -> FitState {
    let mut config = json!({ "name": name });
    config.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
    let optimizer: Optimizer = serde_json::from_value(config).unwrap();
    let layers: Vec<LayerSpec> = serde_json::from_value(json!([
        {"type": "dense", "units": 20, "activation": "relu"},
        {"type": "dense", "units": 10, "activation": "softmax"},
    ]))
    .unwrap();
    let loss: Loss = serde_json::from_value(json!({"name": "categorical_crossentropy"})).unwrap();
    let options = FitOptions {
        dataset,
        blocks: None,
        training: 0..100,
        validation: Some((dataset, 100..120)),
        epochs: 2,
        batch_size: 16,
        shuffle: true,
        seed: 1,
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
    let mut state = options.start(Network::new(784, &layers, 1));
    options.fit(&mut state, &mut |_, _| Flow::Continue).unwrap();
    state
}

#[test]
fn a_limit_that_is_never_reached_changes_nothing() {
    let dataset = Dataset::new(load(&Source::Mnist, Split::Train).unwrap(), 255.0);
    for name in NAMES {
        let want = train(&dataset, name, &json!({}), 1);
        let clipped = train(&dataset, name, &json!({"clipvalue": 1e30}), 1);
        assert!(clipped.network == want.network, "{name} with clipvalue");
        // Clipping by norm materializes the gradients.
        for limit in ["clipnorm", "global_clipnorm"] {
            let got = train(&dataset, name, &json!({ limit: 1e30 }), 1);
            assert!(got.network == want.network, "{name} with {limit}");
        }
        for threads in [2, 3] {
            assert!(
                train(&dataset, name, &json!({}), threads) == want,
                "{name}, {threads} threads"
            );
        }
    }
}

#[test]
fn what_is_kept_from_batch_to_batch_is_in_the_state() {
    let dataset = Dataset::new(load(&Source::Mnist, Split::Train).unwrap(), 255.0);
    let arguments = json!({"use_ema": true, "gradient_accumulation_steps": 3});
    for name in NAMES {
        let state = train(&dataset, name, &arguments, 1);
        assert_eq!(state.optimizer.averages.len(), 4, "{name}");
        assert_eq!(state.optimizer.accumulated.len(), 4, "{name}");
        let averages = state.optimizer.averages.iter().map(|a| a.to_rows());
        let weights = state.network.weights().into_iter().map(|w| w.values.to_rows());
        assert!(weights.eq(averages), "{name} ends with its average");
    }
}
