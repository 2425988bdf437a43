//! Keras's other names: each is taken, or the message has the one that is.

use std::fs;

use crate::sandbox::Sandbox;

/// What Keras 3.15 lists under more than one name, or as a class, and the name here; all that there
/// is a counterpart of.
const NAMES: [(&str, &str, &[&str]); 30] = [
    ("training.loss", "mean_squared_error", &["mse", "MSE", "MeanSquaredError"]),
    ("training.loss", "mean_absolute_error", &["mae", "MAE", "MeanAbsoluteError"]),
    ("training.loss", "mean_absolute_percentage_error", &["mape", "MAPE"]),
    ("training.loss", "mean_squared_logarithmic_error", &["msle", "MSLE"]),
    ("training.loss", "binary_crossentropy", &["bce", "BCE", "BinaryCrossentropy"]),
    ("training.loss", "kl_divergence", &["kld", "KLD", "KLDivergence"]),
    ("training.loss", "log_cosh", &["LogCosh"]),
    ("training.loss", "huber", &["Huber"]),
    ("training.loss", "cosine_similarity", &["CosineSimilarity"]),
    ("training.loss", "categorical_focal_crossentropy", &["CategoricalFocalCrossentropy"]),
    ("training.metrics", "accuracy", &["acc", "Accuracy"]),
    ("training.metrics", "mean_squared_error", &["mse", "MSE", "MeanSquaredError"]),
    ("training.metrics", "binary_crossentropy", &["bce", "BCE"]),
    ("training.metrics", "log_cosh_error", &["log_cosh_error", "LogCoshError"]),
    ("training.metrics", "fbeta_score", &["f_beta_score", "FBetaScore"]),
    ("training.metrics", "f1_score", &["F1Score"]),
    ("training.metrics", "auc", &["AUC"]),
    ("training.metrics", "top_k_categorical_accuracy", &["TopKCategoricalAccuracy"]),
    ("model.layers.0.activation", "silu", &["swish"]),
    ("model.layers.0.activation", "relu", &["ReLU", "Relu"]),
    ("model.layers.0.kernel_initializer", "random_normal", &["normal", "RandomNormal"]),
    ("model.layers.0.kernel_initializer", "random_uniform", &["uniform", "RandomUniform"]),
    ("model.layers.0.kernel_initializer", "zeros", &["zero", "Zeros"]),
    ("model.layers.0.kernel_initializer", "ones", &["one", "Ones"]),
    ("model.layers.0.kernel_initializer", "identity", &["Identity", "IdentityInitializer"]),
    ("model.layers.0.kernel_initializer", "orthogonal", &["Orthogonal", "OrthogonalInitializer"]),
    ("model.layers.0.kernel_regularizer", "l1_l2", &["l1l2", "L1L2"]),
    ("model.layers.0.kernel_constraint", "max_norm", &["MaxNorm"]),
    ("optimizer", "rmsprop", &["RMSprop", "RmsProp"]),
    ("optimizer", "adamw", &["AdamW", "adam_w"]),
];

const SMALL: &str = r#"
[data]
dataset = "mnist"
limit = 100
[model]
layers = [{ type = "dense", units = 10, activation = "softmax" }]
[training]
metrics = []
"#;

#[test]
fn keras_names_are_accepted_or_corrected() {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", SMALL);
    for (key, name, others) in NAMES {
        for other in others {
            let arguments = format!("run small.toml --dry-run --set {key}={other}");
            let said = sandbox.runner(&arguments).output();
            let unknown = said.stderr.contains("unknown ");
            let corrected = said.stderr.contains(&format!("did you mean `{name}`?"));
            assert!(!unknown || corrected, "{arguments}: {}", said.stderr);
        }
    }
}

/// Keras logs a metric under the string that `compile` is given.
#[test]
fn metrics_are_logged_under_their_given_name() {
    let sandbox = Sandbox::new();
    sandbox.file(
        "small.toml",
        &SMALL.replace("[]", "[\"acc\", \"mse\", \"MAE\", \"mean_squared_error\"]"),
    );
    sandbox.runner("run small.toml -q data.validation_split=0.2").exits(0);
    let dir = fs::read_dir(sandbox.path().join("logs/small")).unwrap().next().unwrap().unwrap();
    let history = fs::read_to_string(dir.path().join("history.csv")).unwrap();
    let head: Vec<_> = history.lines().next().unwrap().split(',').collect();
    for name in ["acc", "mse", "MAE", "mean_squared_error", "val_acc", "val_mse", "val_MAE"] {
        assert!(head.contains(&name), "{name}: {head:?}");
    }
    let config = fs::read_to_string(dir.path().join("config.toml")).unwrap();
    assert!(config.contains("\"acc\"") && config.contains("\"MAE\""), "{config}");
}

#[test]
fn monitors_with_another_name_are_corrected() {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", &SMALL.replace("[]", "[\"accuracy\"]"));
    let said = sandbox
        .runner(
            "check small.toml data.validation_split=0.2 callbacks.early_stopping.monitor=val_acc",
        )
        .exits(2);
    assert!(said.stderr.contains("did you mean `val_accuracy`?"), "{}", said.stderr);
}
