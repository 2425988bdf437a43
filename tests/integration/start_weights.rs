//! Weights to start from.

use std::fs::{self, File};
use std::path::PathBuf;

use ndarray::{Array1, Array2, array};
use ndarray_npy::NpzWriter;
use runner::runs::load_weights;

use crate::sandbox::Sandbox;

/// Trains at rate 0: the weights stay what they were.
const SMALL: &str = r#"
[data]
dataset = "flowers.csv"
[model]
layers = [{ type = "dense", units = 2, activation = "softmax" }]
weights = "start.npz"
[training]
loss = "sparse_categorical_crossentropy"
[optimizer]
name = "sgd"
learning_rate = 0.0
"#;

fn sandbox(config: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", config);
    let rows: String = (0..20).map(|n| format!("{}.5,{}\n", n % 7, n % 2)).collect();
    sandbox.file("flowers.csv", &format!("x,kind\n{rows}"));
    sandbox
}

fn run(sandbox: &Sandbox) -> PathBuf {
    sandbox.runner("run small.toml -q").exits(0);
    fs::read_dir(sandbox.path().join("logs/small")).unwrap().next().unwrap().unwrap().path()
}

/// NumPy's default type is taken, and rounded as Keras rounds it.
#[test]
fn weights_of_64_bits_are_rounded_to_32() {
    let sandbox = sandbox(SMALL);
    let kernel: Array2<f64> = array![[0.1, -1.0 / 3.0]];
    let bias: Array1<f64> = array![1e-3, 2.0];
    let mut npz = NpzWriter::new(File::create(sandbox.path().join("start.npz")).unwrap());
    npz.add_array("dense_0.kernel", &kernel).unwrap();
    npz.add_array("dense_0.bias", &bias).unwrap();
    npz.finish().unwrap();
    sandbox.runner("check small.toml").exits(0);
    let weights = load_weights(&run(&sandbox).join("model.safetensors")).unwrap();
    let of = |name: &str| weights.tensors.iter().find(|t| t.name == name).unwrap().data.clone();
    assert_eq!(of("dense_0.kernel"), [0.1_f32, -1.0 / 3.0]);
    assert_eq!(of("dense_0.bias"), [1e-3_f32, 2.0]);
}
