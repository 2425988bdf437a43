//! Labels: what a run makes of those of a file, and what is said of those it cannot use.

use std::fs;

use ndarray::{Array1, Array2, ArrayD};
use ndarray_npy::{NpzWriter, WritableElement};
use serde_json::Value;

use crate::sandbox::{Said, Sandbox};

mod keras;
mod messages;
mod weights;

/// A config with one dense layer that starts from zeros, and some keys of `[training]`.
fn config(dataset: &str, units: usize, activation: &str, training: &str) -> String {
    format!(
        "[data]\ndataset = \"{dataset}\"\n[model]\nlayers = [{{ type = \"dense\", units = {units}, \
         activation = \"{activation}\", kernel_initializer = \"zeros\" }}]\n[training]\nepochs = 1\n\
         batch_size = 64\n{training}\n[optimizer]\nname = \"sgd\"\nlearning_rate = 0.0\n"
    )
}

/// A folder with `data.csv` and a config `run.toml` for it.
fn folder(csv: &str, units: usize, activation: &str, training: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("data.csv", csv);
    sandbox.file("run.toml", &config("data.csv", units, activation, training));
    sandbox
}

/// What is said of a run that is refused; nothing has been begun.
#[track_caller]
fn refusal(sandbox: &Sandbox) -> String {
    let Said { stderr, .. } = sandbox.runner("run run.toml --quiet").exits(2);
    assert!(!sandbox.path().join("logs").exists(), "{stderr}");
    stderr
}

/// The numbers of the last epoch.
#[track_caller]
fn numbers(sandbox: &Sandbox) -> Value {
    let said = sandbox.runner("run run.toml --json").exits(0);
    let value: Value = serde_json::from_str(&said.stdout).expect("JSON");
    value["runs"][0]["last"].clone()
}

/// The classes of the run's data, from its weights.
#[track_caller]
fn classes(sandbox: &Sandbox) -> Vec<String> {
    sandbox.runner("run run.toml --quiet").exits(0);
    let said = sandbox.runner("evaluate run --split train --json").exits(0);
    let value: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let classes = value["classes"].as_array().expect("classes");
    classes.iter().map(|class| class["name"].as_str().expect("a name").to_owned()).collect()
}

/// The config in the folder of the only run.
pub(crate) fn kept_config(sandbox: &Sandbox) -> String {
    let folder = fs::read_dir(sandbox.path().join("logs/run")).unwrap().next().unwrap().unwrap();
    folder.path().join("config.toml").display().to_string()
}

#[track_caller]
fn assert_near(got: &Value, want: f64) {
    let got = got.as_f64().unwrap_or_else(|| panic!("got {got}, want {want}"));
    assert!((got - want).abs() <= 2e-5 * want.abs().max(1e-3), "got {got}, want {want}");
}

const SPARSE: &str = "loss = \"sparse_categorical_crossentropy\"\nmetrics = []";
const SQUARES: &str = "loss = \"mean_squared_error\"\nmetrics = []";

/// pandas 2.3 reads these columns as text, as uint64 and as the float 0 and 1.
#[test]
fn labels_are_the_text_of_the_file() {
    let rows = |labels: &[&str]| {
        let lines = labels.iter().enumerate().map(|(i, label)| format!("{i},{label}\n"));
        format!("x,y\n{}", lines.collect::<String>())
    };
    for (labels, want) in [
        (&["12e4567", "34e9999", "abc1234", "12e4567"][..], &["12e4567", "34e9999", "abc1234"][..]),
        (
            &["1e99999999999999999999", "1e88888888888888888888", "3"],
            &["1e88888888888888888888", "1e99999999999999999999", "3"],
        ),
        (&["12e4567", "34e9999", "1.2e4568"], &["12e4567", "34e9999"]),
        (
            &["12345678901234567890", "12345678901234567891", "77"],
            &["77", "12345678901234567890", "12345678901234567891"],
        ),
        (&["0.1", "0.10000000000000000001", ".10"], &["0.1", "0.10000000000000000001"]),
        (&["-0", "0", "1", "0.0"], &["0", "1"]),
        (&["1", "1.0", "1e0", "one"], &["1", "1.0", "1e0", "one"]),
        (&["inf", "Infinity", "nan1"], &["Infinity", "inf", "nan1"]),
    ] {
        let training = format!("{SPARSE}\n");
        let sandbox = folder(&rows(labels), want.len(), "softmax", &training);
        let text = fs::read_to_string(sandbox.path().join("run.toml")).unwrap();
        sandbox.file("run.toml", &text.replace("[model]", "task = \"classification\"\n[model]"));
        assert_eq!(classes(&sandbox), want, "{labels:?}");
    }
}

#[test]
fn whole_numbers_are_classes_by_loss_and_outputs() {
    let rows: String = (0..26).map(|class| format!("{class},{class}\n")).collect();
    let sandbox = folder(&format!("x,y\n{rows}"), 26, "softmax", SPARSE);
    assert_near(&numbers(&sandbox)["loss"], 26_f64.ln());
    let sandbox = folder(&format!("x,y\n{rows}"), 10, "softmax", SPARSE);
    let said = refusal(&sandbox);
    assert!(said.contains("write `data.task = \"classification\"`"), "{said}");
}

/// An archive with `x_train` and `y_train`, and perhaps `x_test` and `y_test`.
fn archive<T: WritableElement>(sandbox: &Sandbox, name: &str, x: &[[f32; 2]], y: ArrayD<T>) {
    let file = fs::File::create(sandbox.path().join(name)).unwrap();
    let mut npz = NpzWriter::new(file);
    npz.add_array("x_train", &Array2::from(x.to_vec())).unwrap();
    npz.add_array("y_train", &y).unwrap();
    npz.finish().unwrap();
}

#[test]
fn whole_numbers_of_test_rows_are_not_classes() {
    let sandbox = Sandbox::new();
    let file = fs::File::create(sandbox.path().join("data.npz")).unwrap();
    let mut npz = NpzWriter::new(file);
    for (part, y) in [("train", [0_i64, 20]), ("test", [200, -12])] {
        npz.add_array(format!("x_{part}"), &Array2::<f32>::zeros((2, 1))).unwrap();
        npz.add_array(format!("y_{part}"), &Array1::from(y.to_vec())).unwrap();
    }
    npz.finish().unwrap();
    sandbox.file("run.toml", &config("data.npz", 1, "linear", SQUARES));
    sandbox.runner("run run.toml --quiet").exits(0);
    let said = sandbox.runner("evaluate run --json").exits(0);
    let value: Value = serde_json::from_str(&said.stdout).expect("JSON");
    // Outputs are 0: the mean of 200² and 12².
    assert_near(&value["metrics"]["loss"], 20_072.0);
    // The config that the run keeps describes the same run.
    sandbox.runner(&format!("run {} --quiet", kept_config(&sandbox))).exits(0);
}
