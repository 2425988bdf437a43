//! Weights that sleep while no row of a batch needs them, held to those that take every step.

use runner::data::{Inputs, SparseRows, Table, Targets, Values};
use runner::kernels::{LONGEST_NAP, Mask, Parallelism};
use runner::model::{Layer, Loss, Metric, NamedMetric, Network};
use runner::optim::Optimizer;
use runner::train::{Engine, Event, Feed, Flow, Goal, OptimizerState, State, Task};
use serde_json::{Value, json};

const ROWS: usize = 600;
const FEATURES: usize = 150;
const BATCH: usize = 8;

/// Rows whose first features are hardly ever 0, and whose last ones nearly always.
fn feed() -> Feed {
    let mut state = 7u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize
    };
    let mut mask = Mask::new(ROWS, FEATURES);
    let mut values = Vec::new();
    for r in 0..ROWS {
        for f in 0..FEATURES {
            // From every other row to one in 800, and some never.
            if f < 147 && next() % (2 << (f / 16)) == 0 {
                mask.set(r, f);
                values.push(1 + (next() % 255) as u8);
            }
        }
    }
    let labels = (0..ROWS).map(|r| (r % 3) as u32).collect();
    let table = Table {
        inputs: Inputs::Sparse(SparseRows { mask, values: Values::Bytes(values.into()) }),
        targets: Targets::Classes { labels, classes: 3 },
        shape: vec![FEATURES],
        columns: None,
    };
    Feed::new(table, 255.0)
}

fn network() -> Network {
    let layers = json!([
        {"type": "dense", "units": 20, "activation": "relu"},
        {"type": "dense", "units": 3, "activation": "softmax"},
    ]);
    let layers: Vec<Layer> = serde_json::from_value(layers).unwrap();
    Network::new(FEATURES, &layers, 3)
}

fn loss() -> Loss {
    Loss::SparseCategoricalCrossentropy { from_logits: false }
}

fn goal(loss: &Loss) -> Goal<'_> {
    Goal { loss, metrics: const { &[NamedMetric::new(Metric::Accuracy {})] }, class_weight: &[] }
}

/// The weights after some epochs, and in how many steps some of them slept: where it is known what
/// comes, or, as their plain twin, where it is not.
fn train(feed: &Feed, optimizer: &Value, known: bool, threads: usize) -> (Vec<Vec<f32>>, usize) {
    train_in(None, feed, optimizer, known, threads)
}

/// The same with one thread doing all the steps, or none of them, or as is faster.
fn train_in(
    alone: Option<bool>,
    feed: &Feed,
    optimizer: &Value,
    known: bool,
    threads: usize,
) -> (Vec<Vec<f32>>, usize) {
    let optimizer: Optimizer = serde_json::from_value(optimizer.clone()).unwrap();
    let loss = loss();
    let (mut network, mut slept) = (network(), 0);
    let mut state = OptimizerState::new(&optimizer, &network);
    let mut engine = Engine::new(&network, goal(&loss), feed, BATCH, threads);
    engine.set_parallelism(match alone {
        None => Parallelism::Auto,
        Some(true) => Parallelism::Serial,
        Some(false) => Parallelism::Full,
    });
    let rows: Vec<u32> = (0..ROWS as u32).map(|r| r * 7 % ROWS as u32).collect();
    for _ in 0..3 {
        let batches: Vec<&[u32]> = rows.chunks(BATCH).collect();
        for (i, batch) in batches.iter().enumerate() {
            let ahead = batches.get(i + 1).copied().filter(|_| known).unwrap_or_default();
            engine.step(&mut network, &optimizer, &mut state, feed, batch, ahead);
            slept += usize::from(!engine.is_awake());
            let wakes = state.iterations.is_multiple_of(LONGEST_NAP as u64);
            assert!(engine.is_awake() || !(wakes || ahead.is_empty()), "when all must be awake");
        }
    }
    (network.weights().iter().map(|w| w.values.to_rows()).collect(), slept)
}

/// The greatest difference of two lists of weights, as a share of the way that weights have gone.
fn difference(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
    let greatest = |a: &[Vec<f32>], b: &[Vec<f32>]| {
        let pairs = a.iter().flatten().zip(b.iter().flatten());
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    let start: Vec<_> = network().weights().iter().map(|w| w.values.to_rows()).collect();
    greatest(a, b) / greatest(a, &start)
}

#[test]
fn weights_that_slept_are_where_their_steps_would_have_taken_them() {
    let feed = feed();
    let schedule = json!({"schedule": "exponential_decay", "initial_learning_rate": 0.01,
        "decay_steps": 40, "decay_rate": 0.7});
    for (optimizer, bound) in [
        (json!({"name": "sgd", "learning_rate": 0.1}), 0.0),
        (json!({"name": "sgd", "learning_rate": 0.1, "momentum": 0.9}), 1e-5),
        (json!({"name": "sgd", "learning_rate": 0.1, "momentum": 0.9, "nesterov": true}), 1e-5),
        (json!({"name": "rmsprop", "learning_rate": 0.003}), 1e-5),
        (json!({"name": "adam", "learning_rate": 0.003}), 2e-5),
        (json!({"name": "adam", "learning_rate": 0.003, "beta_1": 0.5}), 2e-5),
        (json!({"name": "adam", "learning_rate": 0.003, "epsilon": 0.01}), 2e-5),
        (json!({"name": "adam", "learning_rate": schedule}), 2e-5),
    ] {
        let (plain, none) = train(&feed, &optimizer, false, 1);
        let (fast, slept) = train(&feed, &optimizer, true, 1);
        assert!(none == 0 && 150 < slept, "{optimizer}: {slept} steps with some asleep");
        let difference = difference(&plain, &fast);
        assert!(difference <= bound, "{optimizer}: {difference:e} of the way, want {bound:e}");
        for (threads, alone) in [(2, None), (2, Some(false)), (3, Some(false)), (3, Some(true))] {
            let (weights, _) = train_in(alone, &feed, &optimizer, true, threads);
            assert!(weights == fast, "{optimizer}: {threads} threads, {alone:?}");
        }
    }
}

#[test]
fn where_it_cannot_be_said_what_a_nap_comes_to_nothing_sleeps() {
    let feed = feed();
    // A decay is η λ, and η is 0 in the first step.
    let warm_up = json!({"schedule": "cosine_decay", "initial_learning_rate": 0.0,
        "warmup_target": 0.01, "warmup_steps": 20, "decay_steps": 40});
    for optimizer in [
        json!({"name": "adam", "weight_decay": 0.1, "learning_rate": warm_up}),
        json!({"name": "adam", "beta_2": 0.9}),
        json!({"name": "adam", "amsgrad": true}),
        json!({"name": "adam", "weight_decay": 0.1}),
        json!({"name": "adam", "use_ema": true, "ema_overwrite_frequency": 3}),
        json!({"name": "sgd", "clipnorm": 0.1}),
        json!({"name": "adamax"}),
    ] {
        let (plain, _) = train(&feed, &optimizer, false, 1);
        let (fast, slept) = train(&feed, &optimizer, true, 2);
        assert!(slept == 0 && plain == fast, "{optimizer}");
    }
}

#[test]
fn a_fit_that_is_stopped_anywhere_goes_on_to_the_same_bits() {
    let (feed, loss, optimizer) = (feed(), loss(), Optimizer::Adam(Default::default()));
    let task = Task {
        feed: &feed,
        training: 0..ROWS,
        validation: None,
        epochs: 2,
        batch_size: BATCH,
        shuffle: true,
        seed: 5,
        goal: goal(&loss),
        optimizer: &optimizer,
        early_stopping: None,
        reduce_lr_on_plateau: None,
        learning_rate_scheduler: None,
        terminate_on_nan: true,
        threads: 1,
    };
    let fit = |stops: &[u64]| -> State {
        let mut state = task.start(network());
        for stop in stops.iter().copied().chain([u64::MAX]) {
            let mut stop_at = |event: Event<'_>, state: &State| match event {
                Event::BatchEnd { .. } if stop <= state.optimizer.iterations => Flow::Stop,
                _ => Flow::Continue,
            };
            task.fit(&mut state, &mut stop_at).unwrap();
        }
        state
    };
    let whole = fit(&[]);
    for stops in [&[1][..], &[63, 64], &[40, 100], &[74, 75, 76], &[149]] {
        assert!(fit(stops) == whole, "stopped after {stops:?}");
    }
}
