//! Runs as a file store of MLflow, read by MLflow's own client.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::sandbox::Sandbox;
use crate::tensorboard::python;

const SMALL: &str = r#"
[data]
dataset = "mnist"
limit = 100
validation_split = 0.2
[model]
layers = [{ type = "dense", units = 10, activation = "softmax" }]
[optimizer]
name = "sgd"
[training]
epochs = 3
metrics = ["accuracy"]
"#;

/// What MLflow reads of the store in the sandbox.
fn mlflow(sandbox: &Sandbox) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mlflow/read.py");
    let store = sandbox.path().join("mlruns");
    let output = Command::new(python()).arg(script).arg(store).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn mlflow_reads_runs_metrics_parameters_and_tags() {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", SMALL);
    let noted = sandbox.runner("run small.toml -q --name noted --tag a,b --note");
    noted.arg("odd: \"note\"").exits(0);
    sandbox
        .runner("run small.toml -q --name rates --set optimizer.learning_rate=0.1,0.01")
        .exits(0);
    sandbox.runner("run small.toml -q --name wild --set optimizer.learning_rate=1e38").exits(1);
    let said = sandbox.runner("export mlflow").exits(0);
    let told = "wrote mlruns, 4 runs in 3 experiments\nsee them with: MLFLOW_ALLOW_FILE_STORE=true \
                mlflow ui --backend-store-uri mlruns\n";
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", told));

    let read = mlflow(&sandbox);
    let noted = &read["noted"][0];
    assert_eq!((&noted["name"], &noted["status"]), (&json!("noted"), &json!("FINISHED")));
    assert_eq!(noted["params"]["optimizer.name"], "sgd");
    assert_eq!(noted["params"]["training.metrics"], "[\"accuracy\"]");
    assert_eq!(noted["tags"]["mlflow.note.content"], "odd: \"note\"");
    assert_eq!(noted["tags"]["runner.tags"], "a,b");
    assert_eq!(noted["steps"]["val_accuracy"], json!([0, 1, 2]));
    assert_eq!(noted["artifacts"], json!(["config.toml"]));
    let times = noted["times"].as_array().unwrap();
    assert!(times.windows(2).all(|pair| pair[0].as_i64() <= pair[1].as_i64()), "{times:?}");
    assert!(noted["start"].as_i64() <= times[0].as_i64());

    let list: Value =
        serde_json::from_str(&sandbox.runner("list --json --filter name=noted").exits(0).stdout)
            .unwrap();
    let own = list["runs"][0]["last"]["val_loss"].as_f64().unwrap();
    assert_eq!(noted["last"]["val_loss"].as_str().unwrap().parse::<f64>().unwrap(), own);

    assert_eq!(read["rates"].as_array().unwrap().len(), 2);
    assert!(read["rates"][0]["name"].as_str().unwrap().starts_with("0000-learning_rate="));
    let wild = &read["wild"][0];
    assert_eq!((&wild["status"], &wild["last"]), (&json!("FAILED"), &json!({})));
    assert!(wild["tags"]["runner.error"].as_str().unwrap().contains("loss became"), "{wild}");
}

#[test]
fn a_second_export_replaces_the_first() {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", SMALL);
    sandbox.runner("run small.toml -q").exits(0);
    sandbox.runner("export mlflow").exits(0);
    sandbox.runner("resume small --epochs 4 -q").exits(0);
    sandbox.runner("tag small --note again").exits(0);
    sandbox.runner("export mlflow small").exits(0);
    let read = mlflow(&sandbox);
    assert_eq!(read["small"].as_array().unwrap().len(), 1, "{read}");
    assert_eq!(read["small"][0]["steps"]["loss"], json!([0, 1, 2, 3]));
    assert_eq!(read["small"][0]["tags"]["mlflow.note.content"], "again");
}

#[test]
fn a_store_that_cannot_be_written_is_named() {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", SMALL);
    sandbox.runner("run small.toml -q").exits(0);
    sandbox.file("mlruns", "no folder");
    let said = sandbox.runner("export mlflow").exits(1);
    assert!(said.stderr.starts_with("error: cannot create `mlruns`: "), "{}", said.stderr);
    let said = sandbox.runner("export mlflow nowhere").exits(2);
    assert!(said.stderr.contains("help: "), "{}", said.stderr);
}
