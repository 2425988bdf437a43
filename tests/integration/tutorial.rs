//! The tutorial's experiment from the command to TensorBoard, and the bits it must always have.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::sandbox::Sandbox;
use crate::tensorboard::check_logdir;

const SMALL: &str = r#"
[data]
limit = 600
validation_split = 0.2
[model]
layers = [
  { type = "dense", units = 40, activation = "relu" },
  { type = "dense", units = 10, activation = "softmax" },
]
[optimizer]
name = "adam"
[training]
epochs = 2
"#;

fn config(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configs").join(name)
}

/// The summary of `runner run ... --json`.
fn results(sandbox: &Sandbox, arguments: &str) -> Value {
    let said = sandbox.runner(&format!("run {arguments} --json -q")).exits(0);
    serde_json::from_str(&said.stdout).unwrap()
}

/// The weights and the history of run number `run`, byte for byte.
fn bits(sandbox: &Sandbox, results: &Value, run: usize) -> (Vec<u8>, Vec<u8>) {
    let dir = sandbox.path().join(results["runs"][run]["dir"].as_str().unwrap());
    let read = |name: &str| std::fs::read(dir.join(name)).unwrap();
    (read("model.safetensors"), read("history.csv"))
}

/// The tutorial's console ends epoch 1 with loss 0.3353, val_loss 0.1911 and val_accuracy 0.9452;
/// other seeds spread about as far as the bounds here.
#[test]
fn the_first_epoch_is_that_of_the_tutorial_for_several_seeds() {
    let sandbox = Sandbox::new();
    for seed in 0..3 {
        let adam = config("adam.toml");
        let run = &results(
            &sandbox,
            &format!("{} --set training.epochs=1 --set seed={seed}", adam.display()),
        )["runs"][0];
        let last = |name: &str| run["last"][name].as_f64().unwrap();
        assert!((last("loss") - 0.335).abs() < 0.025, "seed {seed}: loss {}", last("loss"));
        assert!(
            (last("val_loss") - 0.19).abs() < 0.02,
            "seed {seed}: val_loss {}",
            last("val_loss")
        );
        assert!((last("val_accuracy") - 0.946).abs() < 0.01, "seed {seed}");
    }
}

#[test]
fn threads_and_jobs_change_no_bit() {
    let sandbox = Sandbox::new();
    for name in ["a", "b", "c", "d"] {
        sandbox.file(&format!("{name}.toml"), SMALL);
    }
    let alone = results(&sandbox, "a.toml --threads 1");
    let want = bits(&sandbox, &alone, 0);
    for threads in [2, 3] {
        let run = results(&sandbox, &format!("a.toml --threads {threads}"));
        assert!(bits(&sandbox, &run, 0) == want, "{threads} threads");
    }
    for jobs in [1, 2, 4] {
        let runs = results(&sandbox, &format!("a.toml b.toml c.toml d.toml -j {jobs} --threads 4"));
        for run in 0..4 {
            assert!(bits(&sandbox, &runs, run) == want, "run {run} of {jobs} at a time");
        }
    }
}

#[test]
fn the_config_that_a_run_leaves_repeats_it() {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", SMALL);
    let first = results(&sandbox, "small.toml --set seed=5");
    let left = Path::new(first["runs"][0]["dir"].as_str().unwrap()).join("config.toml");
    let second = results(&sandbox, &left.display().to_string());
    assert!(bits(&sandbox, &first, 0) == bits(&sandbox, &second, 0));
}

#[test]
fn tensorboard_shows_every_epoch_in_both_layouts() {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", SMALL);
    sandbox.file("flat.toml", &format!("{SMALL}\n[tensorboard]\nlayout = \"flat\"\n"));
    let runs = results(&sandbox, "small.toml flat.toml");
    let seen = check_logdir(&sandbox.path().join("logs"));
    let name = |run: usize| {
        let dir = runs["runs"][run]["dir"].as_str().unwrap();
        dir.strip_prefix("logs/").unwrap().to_owned()
    };
    let history = |run: usize, column: &str| -> Vec<f64> {
        let dir = sandbox.path().join(runs["runs"][run]["dir"].as_str().unwrap());
        runner::runs::History::load(&dir.join("history.csv")).unwrap().column(column).unwrap()
    };
    let (keras, flat) = (name(0), name(1));
    let expected = [
        (format!("{keras}/train"), "epoch_loss", history(0, "loss")),
        (format!("{keras}/train"), "epoch_accuracy", history(0, "accuracy")),
        (format!("{keras}/train"), "epoch_learning_rate", history(0, "learning_rate")),
        (format!("{keras}/validation"), "epoch_loss", history(0, "val_loss")),
        (format!("{keras}/validation"), "epoch_accuracy", history(0, "val_accuracy")),
        (flat.clone(), "loss", history(1, "loss")),
        (flat.clone(), "val_accuracy", history(1, "val_accuracy")),
    ];
    for (run, tag, want) in &expected {
        let points = seen["loader"][run][*tag]["points"].as_array().unwrap();
        assert_eq!(points.len(), 2, "{run} {tag}");
        for (epoch, point) in points.iter().enumerate() {
            assert_eq!(point[0], epoch, "{run} {tag}");
            assert!(
                (point[1].as_f64().unwrap() - want[epoch]).abs() < 1e-7,
                "{run} {tag}: {point}"
            );
        }
    }
    assert!(seen["loader"][&format!("{keras}/train")]["keras"].is_object(), "the graph");
}

/// Every write to a full disk fails: so does the run, and only it.
#[test]
fn log_folder_that_cannot_be_made_stops_the_request_with_its_path() {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", SMALL);
    sandbox.file("blocked", "a file where a folder should be");
    let said = sandbox.runner("run small.toml --logdir blocked --json -q").exits(2);
    let message = "error: cannot create the folder `blocked/small`: not a directory\n  help: ";
    assert!(said.stderr.starts_with(message), "{}", said.stderr);
    assert_eq!(said.stdout, "");
}

#[test]
fn a_loss_that_is_no_number_ends_the_run_as_failed() {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", SMALL);
    let arguments = "run small.toml --set optimizer={name=\"sgd\",learning_rate=1e30} --json -q";
    let said = sandbox.runner(arguments).exits(1);
    let runs: Value = serde_json::from_str(&said.stdout).unwrap();
    let error = runs["runs"][0]["error"].as_str().unwrap();
    assert!(error.starts_with("the loss became "), "{error}");
    let dir = sandbox.path().join(runs["runs"][0]["dir"].as_str().unwrap());
    let record: Value =
        serde_json::from_slice(&std::fs::read(dir.join("run.json")).unwrap()).unwrap();
    assert_eq!(record["status"], "failed");
}
