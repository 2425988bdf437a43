//! `runner watch` in a real terminal: what it shows, and that it leaves the terminal as it was.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use crate::sandbox::Sandbox;
use crate::tensorboard::python;

const CONFIG: &str = r#"
[data]
dataset = "mnist"
limit = 100
validation_split = 0.2

[model]
layers = [{ type = "dense", units = 10, activation = "softmax" }]

[training]
epochs = 3
"#;

/// What `runner ARGUMENTS` did in a terminal in which these steps were taken.
#[track_caller]
fn take(sandbox: &Sandbox, arguments: &str, steps: &Value) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/terminal/watch.py");
    let mut child = Command::new(python())
        .arg(script)
        .arg(sandbox.path())
        .arg(env!("CARGO_BIN_EXE_runner"))
        .args(arguments.split_whitespace())
        .env("TERM", "xterm-256color")
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(steps.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The terminal is as it was, and the show ended well.
#[track_caller]
fn left_well(seen: &Value) {
    assert_eq!(seen["status"], 0, "{seen}");
    assert_eq!(seen["as_before"], true, "{seen}");
    assert_eq!((&seen["entered"], &seen["left"]), (&json!(1), &json!(1)), "{seen}");
    assert_eq!(seen["cursor_last"], "h", "{seen}");
}

fn logs() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("a.toml", CONFIG);
    sandbox.runner("run a.toml -q --set name=first").exits(0);
    sandbox.runner("run a.toml -q --set name=second").exits(0);
    sandbox
}

#[test]
fn runs_are_shown_and_keys_choose() {
    let sandbox = logs();
    let steps = json!([
        { "see": "2 completed" }, { "see": "loss of second/" }, { "see": "val_accuracy" },
        { "press": "j" }, { "see": "first/" },
        { "press": "\t" }, { "see": "accuracy of first" },
        { "press": "?" }, { "see": "another order" },
        { "press": "?" }, { "press": "s" }, { "see": "best" },
        { "size": [60, 12] }, { "see": "completed" },
        { "press": "q" },
    ]);
    let seen = take(&sandbox, "watch", &steps);
    left_well(&seen);
    let seen =
        take(&sandbox, "watch --color never", &json!([{ "see": "second/" }, { "press": "q" }]));
    left_well(&seen);
    assert_eq!(seen["colors"], 0);
}

#[test]
fn a_run_that_trains_is_followed() {
    let sandbox = logs();
    let mut training =
        sandbox.runner("run a.toml -q --set name=third --set training.epochs=2000000");
    let mut child = training.start();
    let steps = json!([
        { "see": "1 running" }, { "see": "third/" }, { "see": "/2000000" }, { "press": "\u{3}" },
    ]);
    let seen = take(&sandbox, "watch logs", &steps);
    child.kill().unwrap();
    child.wait().unwrap();
    left_well(&seen);
}

#[test]
fn signals_give_the_terminal_back() {
    let sandbox = logs();
    for signal in [2, 15, 1] {
        let steps = json!([{ "see": "2 completed" }, { "signal": signal }]);
        left_well(&take(&sandbox, "watch logs", &steps));
    }
}

#[test]
fn an_empty_folder_is_waited_for_and_a_damaged_record_is_told() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.path().join("logs/x")).unwrap();
    let steps = json!([{ "see": "no run yet" }, { "press": "q" }]);
    left_well(&take(&sandbox, "watch", &steps));
    sandbox.file("logs/x/run.json", "{");
    let steps = json!([{ "see": "as the record of a run" }, { "press": "\u{1b}" }]);
    left_well(&take(&sandbox, "watch", &steps));
}

#[test]
fn what_is_no_terminal_or_no_folder_is_refused() {
    let sandbox = logs();
    let said = sandbox.runner("watch").exits(2);
    assert_eq!(
        said.stderr,
        "error: a live view needs a terminal\n  help: `runner list` prints the same once\n"
    );
    let said = sandbox.runner("watch nowhere").exits(2);
    assert!(said.stderr.contains("there is no folder `nowhere`"), "{}", said.stderr);
    assert_eq!(said.stdout, "");
}

const SWEEP: &str = r#"
extends = "a.toml"
name = "sweep"
[training]
epochs = 1
[sweep]
seeds = [1, 2]
[sweep.parameters]
"training.batch_size" = [64, 32]
optimizer = ["sgd", "adam", "rmsprop", { name = "ftrl", beta = 0.5 }]
"#;

/// The table that a command prints in a terminal of so many columns, and the note below it.
#[track_caller]
fn table(sandbox: &Sandbox, arguments: &str, columns: usize) -> (Vec<String>, String) {
    let seen = take(sandbox, arguments, &json!([{ "open": [columns, 40] }]));
    assert_eq!(seen["status"], 0, "{seen}");
    let text = seen["text"].as_str().unwrap().replace('\r', "");
    let is_note = |line: &&str| line.starts_with("left out") || line.starts_with("shortened");
    let (notes, lines): (Vec<&str>, Vec<&str>) = text.lines().partition(is_note);
    (lines.into_iter().map(str::to_owned).collect(), notes.concat())
}

#[test]
fn tables_fit_the_terminal_and_pipes_get_all() {
    let sandbox = logs();
    sandbox.file("sweep.toml", SWEEP);
    sandbox.runner("run sweep.toml -q").exits(0);
    for columns in [60, 80, 120] {
        for arguments in
            ["list", "list logs/sweep", "compare sweep", "compare logs", "compare first second"]
        {
            let (lines, _) = table(&sandbox, arguments, columns);
            let widest = lines.iter().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= columns, "{arguments} at {columns}: {lines:#?}");
        }
    }
    // The swept keys come in their order, without those that follow from them.
    let (lines, note) = table(&sandbox, "compare sweep", 80);
    let head: Vec<_> = lines[0].split_whitespace().collect();
    assert_eq!(head[..4], ["run", "batch_size", "optimizer", "runs"], "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("ftrl beta=0.5")), "{lines:#?}");
    assert!(note.contains("left out: ") && note.ends_with("(see --all-keys)"), "{note}");
    let (lines, note) = table(&sandbox, "compare sweep --all-keys", 80);
    for key in ["batch_size", "optimizer", "learning_rate", "beta_1", "rho", "val_accuracy"] {
        assert!(lines.iter().any(|line| line.starts_with(key)), "{key}: {lines:#?}");
    }
    assert!(note.is_empty() && lines.iter().all(|line| line.chars().count() <= 80));

    let piped = sandbox.runner("compare sweep").exits(0);
    let head: Vec<_> = piped.stdout.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(head[..3], ["run", "batch_size", "optimizer"]);
    assert!(head.contains(&"learning_rate") && head.contains(&"rho"), "{head:?}");
    let (wide, note) = table(&sandbox, "list --wide", 60);
    assert_eq!(wide.len(), sandbox.runner("list").exits(0).stdout.lines().count());
    assert!(note.is_empty() && wide[1].contains("batch_size=32,optimizer=ftrl+beta=0.5"));
}

/// The columns of the widest line that a command prints in a terminal of so many.
#[track_caller]
fn widest(sandbox: &Sandbox, arguments: &str, columns: usize) -> usize {
    let (lines, _) = table(sandbox, arguments, columns);
    lines.iter().map(|line| line.width()).max().unwrap()
}

#[test]
fn configs_plans_and_confusion_matrices_fit_the_terminal() {
    let sandbox = logs();
    sandbox.file("sweep.toml", SWEEP);
    let names = ["Iris-setosa", "Iris-versicolor", "鳶尾花長名鳶尾花長名"];
    let row = |i: usize| format!("{}.5,{},{}\n", i % 3, i % 7, names[i % 3]);
    sandbox.file("iris.csv", &("a,b,kind\n".to_owned() + &(0..60).map(row).collect::<String>()));
    let iris = CONFIG.replace("\"mnist\"", "\"iris.csv\"").replace("limit = 100\n", "");
    sandbox.file("iris.toml", &iris.replace("units = 10", "units = 3"));
    sandbox.runner("run iris.toml -q --set name=iris").exits(0);
    for columns in [40, 60, 100] {
        for arguments in ["show first", "evaluate iris --split train", "predict iris iris.csv"] {
            let widest = widest(&sandbox, arguments, columns);
            assert!(widest <= columns, "{arguments} at {columns}: {widest}");
        }
        let (lines, _) = table(&sandbox, "run sweep.toml --dry-run", columns);
        let sweep = lines.iter().position(|line| line.starts_with("# sweep: ")).unwrap();
        let table = lines[sweep..].iter().take_while(|line| line.starts_with('#'));
        assert!(table.clone().all(|line| line.width() <= columns), "{:#?}", &lines[sweep..]);
    }
    let piped = sandbox.runner("show first").exits(0).stdout;
    assert!(piped.lines().any(|line| line.starts_with("  layers = ")), "{piped}");
}

#[test]
fn control_characters_in_names_are_shown_escaped() {
    let sandbox = logs();
    let records = record_of(&sandbox, "first");
    let mut record: Value = serde_json::from_slice(&std::fs::read(&records).unwrap()).unwrap();
    record["name"] = "\u{1b}[31m\u{7}\u{202e}\n".into();
    record["metrics"]["\u{1b}]0;title\u{7}"] = 0.5.into();
    std::fs::write(&records, record.to_string()).unwrap();
    let steps = json!([
        { "open": [120, 30] }, { "see": "\\u001b[31m\\u0007\\u202e\\u000a/" }, { "press": "q" },
    ]);
    let seen = take(&sandbox, "watch", &steps);
    left_well(&seen);
    let text = seen["text"].as_str().unwrap();
    assert!(!text.contains(['\u{7}', '\u{202e}']), "{text}");
}

/// The record of the only run of this name.
fn record_of(sandbox: &Sandbox, name: &str) -> std::path::PathBuf {
    let folder = sandbox.path().join("logs").join(name);
    let run = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap();
    run.path().join("run.json")
}

#[test]
fn a_closed_terminal_ends_the_show() {
    let sandbox = logs();
    let seen = take(&sandbox, "watch", &json!([{ "see": "2 completed" }, { "close": true }]));
    assert_eq!(seen["status"], 0, "{seen}");
}
