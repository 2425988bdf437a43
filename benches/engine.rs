//! Steps and evaluations of whole networks on MNIST, over sizes, batches and threads; and the way
//! from the embedded bytes to the first step.

use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::ItemsCount;
use runner::data::{Source, Split, load};
use runner::model::{LayerSpec, Loss, Network};
use runner::optim::{Adam, Optimizer};
use runner::train::{Dataset, Engine, Objective, OptimizerState};

fn main() {
    divan::main();
}

/// The training images.
static DATASET: LazyLock<Dataset> = LazyLock::new(|| {
    Dataset::new(load(&Source::Mnist, Split::Train).expect("it is built in"), 255.0)
});

const NETWORKS: [&[usize]; 4] = [&[], &[64], &[512], &[512, 256]];
const BATCHES: [usize; 5] = [1, 7, 32, 128, 4096];

/// 784 inputs, these hidden layers, 10 classes.
fn network(hidden: &[usize]) -> Network {
    let layer = |units: usize, activation: &str| -> LayerSpec {
        let layer =
            serde_json::json!({ "type": "dense", "units": units, "activation": activation });
        serde_json::from_value(layer).expect("a layer")
    };
    let mut layers: Vec<_> = hidden.iter().map(|&units| layer(units, "relu")).collect();
    layers.push(layer(10, "softmax"));
    Network::new(784, &layers, 0)
}

fn loss() -> Loss {
    serde_json::from_value(serde_json::json!({ "name": "categorical_crossentropy" }))
        .expect("a loss")
}

fn steps(bencher: Bencher<'_, '_>, hidden: &[usize], batch_size: usize, threads: usize) {
    let mut network = network(hidden);
    let optimizer = Optimizer::Adam(Adam::default());
    let mut state = OptimizerState::new(&optimizer, &network);
    let objective = Objective { loss: &loss(), metrics: &[], class_weight: &[] };
    let mut engine = Engine::new(&network, objective, &DATASET, batch_size, threads);
    let batches: Vec<Vec<u32>> = (0..64)
        .map(|i| (0..batch_size).map(|k| ((i * batch_size + k) * 7919 % 60000) as u32).collect())
        .collect();
    let mut i = 0;
    bencher.counter(ItemsCount::new(batch_size)).bench_local(|| {
        let (batch, ahead) = (&batches[i % 64], &batches[(i + 1) % 64]);
        i += 1;
        engine.step(&mut network, &optimizer, &mut state, &DATASET, batch, ahead)
    });
}

/// The tutorial's network.
#[divan::bench(args = BATCHES, consts = [1, 2])]
fn step_by_batch<const THREADS: usize>(bencher: Bencher<'_, '_>, batch_size: usize) {
    steps(bencher, &[64], batch_size, THREADS);
}

#[divan::bench(args = NETWORKS, consts = [1, 2])]
fn step_by_network<const THREADS: usize>(bencher: Bencher<'_, '_>, hidden: &[usize]) {
    steps(bencher, hidden, 128, THREADS);
}

#[divan::bench(args = NETWORKS, consts = [1, 2])]
fn evaluate<const THREADS: usize>(bencher: Bencher<'_, '_>, hidden: &[usize]) {
    let network = network(hidden);
    let objective = Objective { loss: &loss(), metrics: &[], class_weight: &[] };
    let mut engine = Engine::new(&network, objective, &DATASET, 32, THREADS);
    let rows = 12_000;
    bencher
        .counter(ItemsCount::new(rows))
        .bench_local(|| engine.evaluate(&network, &DATASET, 48_000, 48_000 + rows));
}

/// From the embedded bytes to what the first layer reads.
#[divan::bench(sample_count = 10)]
fn load_mnist() -> Dataset {
    Dataset::new(load(&Source::Mnist, Split::Train).expect("it is built in"), 255.0)
}
