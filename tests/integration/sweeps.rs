//! Sweeps from the command line to what TensorBoard shows of them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::resume::same::same_run;
use crate::sandbox::Sandbox;
use crate::tensorboard::check_logdir;

/// Two rates by two seeds; the greater one diverges.
const SWEEP: &str = r#"
[data]
dataset = "mnist"
limit = 200
validation_split = 0.2

[model]
layers = [
    { type = "dense", units = 8, activation = "relu" },
    { type = "dense", units = 10, activation = "softmax" },
]

[optimizer]
name = "sgd"

[training]
epochs = 2

[sweep]
seeds = [1, 2]

[sweep.parameters]
"optimizer.learning_rate" = [1e38, 0.1]
"#;

/// The folders of the runs of the only sweep in a log folder, in their order.
fn runs(logdir: &Path) -> Vec<PathBuf> {
    let entries = |dir: &Path| -> Vec<PathBuf> {
        let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        let is_run = |path: &PathBuf| path.is_dir() && !path.ends_with("mean");
        let mut paths: Vec<_> = paths.filter(is_run).collect();
        paths.sort();
        paths
    };
    entries(&entries(&logdir.join("sweep"))[0])
}

#[test]
fn hparams_have_a_row_for_replicates_and_say_how_they_ended() {
    let sandbox = Sandbox::new();
    sandbox.file("sweep.toml", SWEEP);
    let said = sandbox.runner("run sweep.toml").exits(1);
    assert!(said.stderr.starts_with("4 runs, "), "{}", said.stderr);
    assert!(said.stderr.contains("2 of 4 runs failed"), "{}", said.stderr);
    let seen = check_logdir(&sandbox.path().join("logs"));
    let mut groups = seen["fast"]["hparams"]["groups"].as_array().unwrap().clone();
    let rate = |group: &Value| match group["hparams"]["learning_rate"].as_f64() {
        Some(rate) => rate,
        None => panic!("{group}"),
    };
    groups.sort_by(|a, b| rate(a).total_cmp(&rate(b)));
    assert_eq!(groups.iter().map(rate).collect::<Vec<_>>(), [0.1, 1e38]);
    for (group, status) in groups.iter().zip(["STATUS_SUCCESS", "STATUS_FAILURE"]) {
        let sessions = group["sessions"].as_array().unwrap();
        assert_eq!(sessions.len(), 2);
        assert!(sessions.iter().all(|session| session["status"] == status), "{sessions:?}");
        let hparams = group["hparams"].as_object().unwrap();
        assert_eq!(hparams.keys().collect::<Vec<_>>(), ["learning_rate"], "what is swept");
    }
    // The row has the mean of what the replicates logged last.
    let losses: Vec<f64> = runs(&sandbox.path().join("logs"))[2..]
        .iter()
        .map(|run| {
            let record: Value =
                serde_json::from_slice(&fs::read(run.join("run.json")).unwrap()).unwrap();
            record["metrics"]["val_loss"].as_f64().unwrap()
        })
        .collect();
    let mean = losses.iter().sum::<f64>() / losses.len() as f64;
    let metrics = groups[0]["metricValues"].as_array().unwrap();
    let is = |metric: &&Value| metric["name"] == json!({"group": "", "tag": "epoch/val_loss"});
    let shown = metrics.iter().find(is).unwrap()["value"].as_f64().unwrap();
    assert!((shown - mean).abs() < 1e-6, "{shown} {mean}");
}

#[test]
fn a_sweep_is_the_same_on_any_number_of_threads() {
    let sandbox = Sandbox::new();
    sandbox.file("sweep.toml", &SWEEP.replace("1e38", "0.01"));
    for (logs, how) in [("a", "-j 1 --threads 1"), ("b", "-j 2 --threads 3"), ("c", "-j 4")] {
        let said = sandbox.runner(&format!("run sweep.toml --logdir {logs} {how}")).exits(0);
        let table: Vec<_> = said.stdout.lines().collect();
        assert_eq!(table.len(), 3, "{}", said.stdout);
        let head: Vec<_> = table[0].split_whitespace().collect();
        let metrics = ["loss", "accuracy", "val_loss", "val_accuracy", "time"];
        assert_eq!(head, [&["rank", "run", "learning_rate", "runs"][..], &metrics].concat());
        assert!(table[1].contains(" ± "), "{}", table[1]);
    }
    let first = runs(&sandbox.path().join("a"));
    assert_eq!(first.len(), 4);
    for logs in ["b", "c"] {
        for (got, want) in runs(&sandbox.path().join(logs)).iter().zip(&first) {
            same_run(got, want);
        }
    }
}

#[test]
fn a_table_may_be_cut_and_sorted() {
    let sandbox = Sandbox::new();
    sandbox.file("sweep.toml", &SWEEP.replace("1e38", "0.001"));
    let said = sandbox.runner("run sweep.toml --sort val_accuracy --top 1").exits(0);
    assert_eq!(said.stdout.lines().count(), 2);
    let (_, command) = said.stderr.split_once("1 more below; see them with: runner ").unwrap();
    let whole = sandbox.runner(command.lines().next().unwrap()).exits(0);
    assert!(command.starts_with("list --sort val_accuracy logs/sweep/"), "{command}");
    assert_eq!(whole.stdout.lines().count(), 5, "a line for each run: {}", whole.stdout);
    let wrong = sandbox.runner("run sweep.toml --sort val_acc").exits(2);
    assert!(wrong.stderr.contains("want one of accuracy, loss, val_accuracy, val_loss"));
}

#[test]
fn runs_that_validate_on_another_file_are_sorted_by_its_numbers() {
    let sandbox = Sandbox::new();
    sandbox.file("d.csv", "x,y\n1,a\n2,b\n3,a\n4,b\n");
    sandbox.file(
        "c.toml",
        "[data]\ndataset = \"d.csv\"\nvalidation_data = \"d.csv\"\n\
         [model]\nlayers = [{ type = \"dense\", units = 2, activation = \"softmax\" }]\n\
         [training]\nepochs = 1\n[sweep]\nseeds = [0, 1]\n",
    );
    sandbox.runner("run c.toml --sort val_loss").exits(0);
}

#[test]
fn a_sweep_over_layers_has_short_names_and_tables() {
    let sandbox = Sandbox::new();
    let dense = |units, activation| {
        format!("{{ type = \"dense\", units = {units}, activation = \"{activation}\" }}")
    };
    let (dropout, out) = ("{ type = \"dropout\", rate = 0.2 }", dense(10, "softmax"));
    let lists = [
        format!("[{}, {out}]", dense(16, "relu")),
        format!("[{}, {out}]", dense(16, "tanh")),
        format!("[{}, {}, {dropout}, {out}]", dense(32, "relu"), dense(16, "relu")),
    ];
    sandbox.file(
        "layers.toml",
        &format!(
            "[data]\ndataset = \"mnist\"\nlimit = 50\n[training]\nepochs = 1\n\
             [sweep.parameters]\n\"model.layers\" = [{}]\n",
            lists.join(",\n")
        ),
    );
    let want = ["16+relu-10", "16+tanh-10", "32-16-10+dropout"];
    let dry = sandbox.runner("run layers.toml --dry-run").exits(0).stdout;
    let table: Vec<_> = dry.lines().rev().take(3).map(str::to_owned).collect();
    let ran = sandbox.runner("run layers.toml").exits(0).stdout;
    let root = fs::read_dir(sandbox.path().join("logs/layers")).unwrap().next().unwrap().unwrap();
    for (index, text) in want.iter().enumerate() {
        let folder = format!("000{index}-layers={text}");
        assert!(root.path().join(&folder).is_dir(), "{folder}");
        assert!(table.contains(&format!("# 000{index}  {text}")), "{table:?}");
        assert!(ran.contains(&format!("  {text} ")), "{ran}");
    }
}
