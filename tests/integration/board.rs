//! What TensorBoard shows of sweeps, by its files and by its own pages in a browser.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::report::chromium;
use crate::sandbox::Sandbox;
use crate::tensorboard::python;

const CONFIG: &str = "[data]\ndataset = \"points.csv\"\nvalidation_split = 0.25\n[model]\nlayers = [\
                      { type = \"dense\", units = 3, activation = \"relu\" }, \
                      { type = \"dense\", units = 2, activation = \"softmax\" }]\n\
                      [optimizer]\nname = \"adam\"\n[training]\nepochs = 3\nbatch_size = 4\n";

/// A sandbox with a tiny data set and a config for it.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let row = |i: u32| format!("{},{},{}\n", i * 7 % 10, i * 3 % 10, i * 7 % 10 / 5);
    let rows: String = (0..16).map(row).collect();
    sandbox.file("points.csv", &format!("x,y,class\n{rows}"));
    sandbox.file("points.toml", CONFIG);
    sandbox
}

/// `n` learning rates that make different runs, for `--set`.
fn rates(n: usize) -> String {
    let rates: Vec<_> = (1..=n).map(|i| format!("{:.4}", i as f64 / 1000.0)).collect();
    format!("optimizer.learning_rate={}", rates.join(","))
}

/// The folder of the only sweep.
fn sweep(sandbox: &Sandbox) -> PathBuf {
    let all = fs::read_dir(sandbox.path().join("logs/points")).unwrap();
    let mut found =
        all.map(|entry| entry.unwrap().path()).filter(|dir| dir.join("plan.json").exists());
    found.next().unwrap()
}

/// The folders below `root` with event files that TensorBoard finds.
fn visible(root: &Path) -> BTreeSet<String> {
    fn walk(dir: &Path, root: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                walk(&entry.path(), root, found);
            } else if entry.file_name().to_string_lossy().contains("tfevents") {
                found.insert(dir.strip_prefix(root).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(root, root, &mut found);
    found
}

/// What these pages of TensorBoard show of a log folder.
fn pages(logdir: &Path, pages: &str) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/pages.py");
    let mut command = Command::new(python());
    let output = command.arg(script).arg(chromium()).arg(logdir).arg(pages).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "pages.py failed, {}:\n{stderr}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

fn number(page: &Value, name: &str) -> u64 {
    page[name].as_u64().unwrap_or_else(|| panic!("no {name}: {page}"))
}

fn text(page: &Value) -> &str {
    page["text"].as_str().unwrap()
}

#[test]
fn pages_show_curves_of_forty_one_runs_and_one_more() {
    let sandbox = sandbox();
    let said = sandbox.runner(&format!("run points.toml --set {}", rates(41))).exits(0);
    sandbox.runner("run points.toml -q --set name=alone").exits(0);
    let sweep = sweep(&sandbox);
    let inner = sweep.strip_prefix(sandbox.path()).unwrap().display().to_string();
    let last = said.stderr.lines().last().unwrap();
    assert_eq!(last, format!("see them with: tensorboard --logdir {inner}"));
    assert!(said.stderr.contains(&format!("the best 16 of 41; every run: runner board {inner}")));

    let seen = pages(&sandbox.path().join("logs"), "scalars,timeseries,graphs");
    for (page, curves) in [("scalars", 18), ("timeseries", 1)] {
        let shown = &seen[page];
        // The best of the sweep, and three of the run of its own.
        assert_eq!((number(shown, "ticked"), number(shown, "boxes")), (19, 19), "{page}");
        assert!(4 <= number(shown, "charts"), "{page}: {shown}");
        assert_eq!(number(shown, "curves"), curves, "{page}");
    }
    assert!(text(&seen["scalars"]).contains("epoch/val_loss"), "{}", seen["scalars"]);
    let graph = text(&seen["graphs"]);
    assert!(!graph.contains("failed") && graph.contains("Main Graph"), "{graph}");
    for layer in ["input (2)", "dense (3)", "dense_1 (2)", "loss"] {
        assert!(graph.lines().any(|line| line == layer), "{layer}: {graph}");
    }

    let names = visible(&sweep);
    let beginnings: BTreeSet<String> =
        names.iter().map(|name| name.chars().take(25).collect()).collect();
    assert_eq!((names.len(), beginnings.len()), (16, 16), "{names:?}");
    let seen = pages(&sweep, "hparams");
    let lines: Vec<_> = text(&seen["hparams"]).lines().collect();
    let columns = lines.iter().position(|line| *line == "Trial ID").unwrap();
    assert_eq!(
        lines[columns + 1..columns + 4],
        ["Show Metrics", "learning_rate", "epoch/accuracy"]
    );
}

#[test]
fn replicates_have_one_curve_with_a_band() {
    let sandbox = sandbox();
    sandbox.file(
        "sweep.toml",
        "extends = \"points.toml\"\nname = \"points\"\n[sweep]\nseeds = [0, 1, 2]\n",
    );
    sandbox.runner(&format!("run sweep.toml -q --set {}", rates(6))).exits(0);
    let sweep = sweep(&sandbox);
    let names = visible(&sweep);
    let means: Vec<_> = names.iter().filter(|name| name.starts_with("mean/")).collect();
    assert_eq!(means.len(), 6, "{names:?}");
    // With them the charts, and one run, which has all that is no scalar.
    assert_eq!(names.len(), 8, "{names:?}");
    let listed = sandbox.runner("list --json").exits(0);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(listed["runs"].as_array().unwrap().len(), 18, "means are no runs");

    let column = |run: &Path| -> Vec<f64> {
        let text = fs::read_to_string(run.join("history.csv")).unwrap();
        let place =
            text.lines().next().unwrap().split(',').position(|name| name == "val_loss").unwrap();
        text.lines()
            .skip(1)
            .map(|line| line.split(',').nth(place).unwrap().parse().unwrap())
            .collect()
    };
    let all: Vec<Vec<f64>> = (0..3)
        .map(|seed| column(&sweep.join(format!("000{seed}-learning_rate=0.001,seed={seed}"))))
        .collect();
    let scalars = Command::new(python())
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tensorboard/scalars.py"))
        .arg(&sweep)
        .output()
        .unwrap();
    let scalars: Value = serde_json::from_slice(&scalars.stdout).unwrap();
    let tags = &scalars["mean/0000-learning_rate=0.001"];
    for epoch in 0..3 {
        let values: Vec<f64> = all.iter().map(|run| run[epoch]).collect();
        let mean = values.iter().sum::<f64>() / 3.0;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 2.0).sqrt();
        let want = [
            ("epoch/val_loss", mean),
            ("spread/val_loss/lower", mean - deviation),
            ("spread/val_loss/upper", mean + deviation),
        ];
        for (tag, want) in want {
            let got = tags[tag][epoch][2].as_f64().unwrap();
            assert!((got - want).abs() < 1e-5, "{tag} {epoch}: {got} {want}");
        }
    }
    let seen = pages(&sandbox.path().join("logs"), "custom_scalars");
    let shown = text(&seen["custom_scalars"]);
    for name in ["val_loss", "val_accuracy", "loss", "accuracy"] {
        assert!(shown.lines().any(|line| line == name), "{name}: {shown}");
    }
}

#[test]
fn a_resumed_sweep_shows_the_same() {
    let sandbox = sandbox();
    sandbox.file(
        "sweep.toml",
        "extends = \"points.toml\"\nname = \"points\"\n[sweep]\nseeds = [0, 1]\n",
    );
    sandbox.runner(&format!("run sweep.toml -q --set {}", rates(20))).exits(0);
    let sweep = sweep(&sandbox);
    let want = visible(&sweep);
    assert_eq!(want.iter().filter(|name| name.starts_with("mean/")).count(), 16);
    // As a process leaves it that dies before it has come to an end.
    let shown = want.iter().find(|name| name.starts_with("mean/")).unwrap();
    let first = &shown["mean/".len()..];
    fs::remove_dir_all(sweep.join("mean")).unwrap();
    fs::remove_dir_all(sweep.join(format!("{first},seed=0"))).unwrap();
    sandbox.runner("resume logs -q").exits(0);
    assert_eq!(visible(&sweep), want);
}

#[test]
fn small_sweeps_are_shown_whole() {
    let sandbox = sandbox();
    let said = sandbox.runner(&format!("run points.toml --set {}", rates(16))).exits(0);
    assert_eq!(visible(&sweep(&sandbox)).len(), 16);
    assert!(!said.stderr.contains("runner board"), "{}", said.stderr);
}

#[test]
fn a_sweep_in_the_layout_of_keras_shows_fewer() {
    let sandbox = sandbox();
    let keras = "--set tensorboard.layout=\"keras\"";
    sandbox.runner(&format!("run points.toml -q {keras} --set {}", rates(20))).exits(0);
    assert_eq!(visible(&sweep(&sandbox)).len(), 3 * 5);
}

#[test]
fn users_choose_what_is_shown() {
    let sandbox = sandbox();
    sandbox.runner(&format!("run points.toml -q --set {}", rates(42))).exits(0);
    sandbox.runner("run points.toml -q --set name=alone").exits(0);
    let sweep = sweep(&sandbox);
    let dir = sweep.strip_prefix(sandbox.path()).unwrap().display().to_string();
    let all = sandbox.runner(&format!("board {dir}")).exits(0);
    assert_eq!(visible(&sweep).len(), 42);
    assert!(all.stderr.contains("TensorBoard shows 42 of 42 runs"), "{}", all.stderr);
    assert!(all.stderr.contains("more than 40"), "{}", all.stderr);
    sandbox.runner(&format!("board {dir} --top 3 --sort loss")).exits(0);
    assert_eq!(visible(&sweep).len(), 3);
    sandbox.runner("board 0007 0011").exits(0);
    let names: Vec<_> = visible(&sweep).into_iter().collect();
    assert_eq!(names, ["0007-learning_rate=0.008", "0011-learning_rate=0.012"]);
    let none = sandbox.runner("board alone").exits(2);
    assert!(none.stderr.contains("TensorBoard shows all of them"), "{}", none.stderr);
    // What TensorBoard does not find, `runner` still does.
    let scalars = sandbox.runner("export scalars logs/points").exits(0);
    let table = scalars.stdout;
    assert!(table.contains("0000-learning_rate=0.001"), "{table}");
}
