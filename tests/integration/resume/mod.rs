//! Runs and sweeps that are stopped, killed or fail, and are resumed: they end as if nothing had
//! been.

pub(crate) mod kills;
mod moments;
mod requests;
mod rungs;
pub(crate) mod same;

use std::path::Path;

use runner::config::{self, Experiment, Plan};
use runner::memory::Bytes;

/// A run of a few short epochs; `more` are further lines of TOML.
fn toml(more: &str) -> String {
    format!(
        r#"
[data]
dataset = "mnist"
limit = 100
validation_split = 0.2

[model]
layers = [
    {{ type = "dense", units = 9, activation = "relu" }},
    {{ type = "dense", units = 10, activation = "softmax" }},
]

[training]
epochs = 4
batch_size = 16
{more}
"#
    )
}

fn read(path: &Path) -> Plan {
    let experiments = config::load(&[path.to_owned()], &[]).unwrap();
    experiments[0].runs.get(0).unwrap().plan
}

fn plan(more: &str) -> Plan {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("small.toml");
    std::fs::write(&path, toml(more)).unwrap();
    read(&path)
}

/// Every kind of layer, metrics with sums, and the callbacks that have a state or files of their own.
fn layered() -> Plan {
    let callbacks = "metrics = [\"accuracy\", \"auc\", { name = \"f1_score\" }]\n\
        [callbacks.reduce_lr_on_plateau]\npatience = 0\nmin_delta = 0.5\n\
        [callbacks.learning_rate_scheduler]\nepochs = [1, 3]\nlearning_rates = [0.02, 0.01]\n\
        [callbacks.model_checkpoint]\nsave_best_only = true\n\
        filepath = \"kept/{epoch}-{val_loss:.3f}.safetensors\"\n[callbacks.csv_logger]\n\
        [tensorboard]\nhistogram_freq = 2\nwrite_images = true\nupdate_freq = 2\n\
        evaluation_vs_iterations = true\nwrite_config = true\nconfusion_matrix = true\n\
        mistakes = 3\npr_curves = true\nembeddings = 10";
    let mut plan = plan(callbacks);
    let layers = serde_json::json!([
        {"type": "batch_normalization"},
        {"type": "dense", "units": 9, "kernel_regularizer": "l1"},
        {"type": "layer_normalization"},
        {"type": "activation", "activation": "relu"},
        {"type": "dropout", "rate": 0.2},
        {"type": "gaussian_noise", "stddev": 0.1},
        {"type": "dense", "units": 10, "activation": "softmax", "kernel_constraint": "unit_norm"},
    ]);
    plan.model.layers = serde_json::from_value(layers).unwrap();
    plan
}

/// Plans that between them have every kind of state: optimizers with none, one, two and three
/// vectors, matrices of other shapes than the weights', averages, gradients not yet used, weights to
/// restore, balanced classes, a flat layout, no validation, an epoch whose last batch is smaller, every layer.
fn variants() -> Vec<(&'static str, Plan)> {
    let stopping = "[callbacks.early_stopping]\npatience = 2\nrestore_best_weights = true\n\
                    [optimizer]\nname = \"sgd\"\nlearning_rate = 3.0\n[tensorboard]\nlayout = \"flat\"";
    let rmsprop = "shuffle = false\nclass_weight = \"balanced\"\n\
                   metrics = [{ name = \"precision\", class_id = 3 }]\n\
                   [optimizer]\nname = \"rmsprop\"\ncentered = true";
    let mut unvalidated = plan("[optimizer]\nname = \"sgd\"\nmomentum = 0.9\nnesterov = true");
    unvalidated.data.validation_split = 0.0;
    vec![
        ("adam", plan("[optimizer]\nname = \"adam\"\namsgrad = true")),
        ("stopping", plan(stopping)),
        ("unvalidated", unvalidated),
        ("rmsprop", plan(rmsprop)),
        ("averaged", plan("[optimizer]\nname = \"adafactor\"\nuse_ema = true\nema_momentum = 0.9")),
        ("layered", layered()),
        ("gathered", plan("[optimizer]\nname = \"muon\"\ngradient_accumulation_steps = 3")),
    ]
}

/// The plans as a sweep.
fn sweep(plans: Vec<(&'static str, Plan)>) -> Experiment {
    let run = |(index, (name, plan)): (usize, (&str, Plan))| config::Variant {
        label: format!("{index:04}-{name}"),
        changes: Vec::new(),
        plan,
    };
    let runs = plans.into_iter().enumerate().map(run).collect();
    let (name, notes, memory) = ("sweep".to_owned(), Vec::new(), Bytes::default());
    Experiment { name, sweep: true, runs, search: None, repeats: 0, notes, memory }
}
