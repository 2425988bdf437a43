//! Runs behind symbolic links: every question finds them, and links in a circle come to an end.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use runner::query::{Collection, logged_scalars};
use serde_json::Value;

use crate::reader::fixtures;
use crate::sandbox::Sandbox;

const SMALL: &str = r#"
[data]
dataset = "mnist"
limit = 100
[model]
layers = [{ type = "dense", units = 10, activation = "softmax" }]
[training]
epochs = 2
"#;

/// A sandbox with a run below `elsewhere/small` and links to it, to its parent and in a circle below
/// `logs`; and the run's folder.
fn linked() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", SMALL);
    sandbox.runner("run small.toml -q --logdir elsewhere").exits(0);
    let parent = sandbox.path().join("elsewhere/small");
    let run = fs::read_dir(&parent).unwrap().next().unwrap().unwrap().path();
    let logs = sandbox.path().join("logs");
    fs::create_dir(&logs).unwrap();
    symlink(&run, logs.join("direct")).unwrap();
    symlink(&parent, logs.join("parent")).unwrap();
    symlink(&logs, logs.join("circle")).unwrap();
    symlink("nowhere", logs.join("dangling")).unwrap();
    symlink(&logs, parent.join("back")).unwrap();
    (sandbox, run)
}

#[test]
fn linked_runs_are_listed_once() {
    let (sandbox, _) = linked();
    let said = sandbox.runner("list --json").exits(0);
    let list: Value = serde_json::from_str(&said.stdout).unwrap();
    let dirs: Vec<_> = list["runs"].as_array().unwrap().iter().map(|run| &run["dir"]).collect();
    assert_eq!(dirs, ["logs/direct"], "{}", said.stdout);
    assert_eq!(said.stderr, "");
}

#[test]
fn linked_runs_answer_every_question() {
    let (sandbox, _) = linked();
    for question in [
        "show latest",
        "show direct",
        "compare logs",
        "export",
        "evaluate direct",
        "report logs",
        "resume logs",
        "export model direct -o model.npz",
    ] {
        sandbox.runner(question).exits(0);
    }
}

#[test]
fn a_run_and_a_link_to_it_are_one_run() {
    let (sandbox, run) = linked();
    symlink(&run, sandbox.path().join("elsewhere/small/zz-again")).unwrap();
    symlink(&run, sandbox.path().join("elsewhere/latest")).unwrap();
    let found = Collection::of(&sandbox.path().join("elsewhere")).unwrap();
    assert_eq!(found.runs.iter().map(|found| &found.dir).collect::<Vec<_>>(), [&run]);
}

#[test]
fn runs_of_a_linked_sweep_know_their_sweep() {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", SMALL);
    sandbox.runner("run small.toml -q --logdir elsewhere --set seed=1,2").exits(0);
    let logs = sandbox.path().join("logs");
    fs::create_dir(&logs).unwrap();
    symlink(sandbox.path().join("elsewhere/small"), logs.join("sweep")).unwrap();
    let found = Collection::of(&logs).unwrap();
    assert_eq!((found.runs.len(), found.sweeps.len()), (2, 1));
    assert!(found.runs.iter().all(|run| run.sweep.as_ref() == Some(&found.sweeps[0])));
    let one = found.runs[0].dir.canonicalize().unwrap();
    symlink(one, sandbox.path().join("one")).unwrap();
    let alone = Collection::of(&sandbox.path().join("one")).unwrap();
    assert!(alone.runs[0].sweep.is_some());
}

#[test]
fn removing_a_link_leaves_the_run() {
    let (sandbox, run) = linked();
    let said = sandbox.runner("rm logs/direct --yes").exits(0);
    assert_eq!(said.stderr, "removed logs/direct, a link; the folder that it leads to stays\n");
    assert!(run.join("run.json").is_file());
    assert!(!sandbox.path().join("logs/direct").is_symlink());
}

/// TensorBoard's data server shows these runs, and says of the circle that it points to an ancestor.
#[test]
fn event_files_behind_links_are_those_that_tensorboard_shows() {
    let dir = tempfile::tempdir().unwrap();
    let logs = dir.path().join("logs");
    fs::create_dir_all(logs.join("inner")).unwrap();
    symlink(fixtures().join("keras-logs"), logs.join("keras")).unwrap();
    symlink(&logs, logs.join("inner/circle")).unwrap();
    symlink("nowhere", logs.join("dangling")).unwrap();
    let file = fs::read_dir(fixtures().join("restarted-logs/two-files")).unwrap().next();
    let file = file.unwrap().unwrap();
    symlink(file.path(), logs.join("inner").join(file.file_name())).unwrap();
    let mut runs: Vec<String> = Vec::new();
    let read = logged_scalars(&logs, false, &mut |run, _| runs.push(run.to_owned())).unwrap();
    runs.dedup();
    assert_eq!(read.notes, [""; 0]);
    assert_eq!(runs, ["inner", "keras/own", "keras/train", "keras/validation"]);
}
