//! Folders and files that are removed, moved or replaced while a run trains: it fails with a sentence,
//! and makes nothing anew.

#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::{configs, folders, record};
use crate::sandbox::{Runner, Said, Sandbox};

/// A run that trains until it notices, and its folder.
fn training(sandbox: &Sandbox) -> (Runner, Child, PathBuf) {
    let mut call = sandbox
        .runner("run small.toml --progress none --set training.epochs=100000000")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = call.start();
    let started = Instant::now();
    let begun = || {
        let run = folders(sandbox, "small").pop();
        run.filter(|run| run.join("checkpoint/state.safetensors").exists())
    };
    while begun().is_none() && started.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(5));
    }
    (call, child, begun().expect("the run has begun"))
}

/// What a run says that trains in a folder to which this is done.
#[track_caller]
fn fails(sandbox: &Sandbox, change: impl FnOnce(&Path)) -> (Said, PathBuf) {
    let (call, child, run) = training(sandbox);
    change(&run);
    let said = call.judge(&child.wait_with_output().unwrap(), 1);
    assert!(said.stderr.contains("was removed, moved or replaced while the run"), "{said:?}");
    (said, run)
}

#[test]
fn removed_log_folder_fails_the_run_and_stays_removed() {
    let sandbox = configs();
    let logs = sandbox.path().join("logs");
    let (said, _) = fails(&sandbox, |_| {
        // The run may write between the two, so that the folder is taken away whole first.
        fs::rename(&logs, sandbox.path().join("trash")).unwrap();
        fs::remove_dir_all(sandbox.path().join("trash")).unwrap();
    });
    assert!(!logs.exists(), "{said:?}");
    assert!(!said.stderr.contains("is in logs"), "no folder is named that is gone: {said:?}");
}

#[test]
fn moved_run_is_resumed_where_it_is_now() {
    let sandbox = configs();
    let moved = sandbox.path().join("moved");
    let (_, run) = fails(&sandbox, |run| fs::rename(run, &moved).unwrap());
    assert!(!run.exists());
    assert_eq!(record(&moved)["status"], "running");
    fs::write(moved.join("config.toml"), fs::read_to_string(moved.join("config.toml")).unwrap())
        .unwrap();
    let shown = sandbox.runner("list moved --json").exits(0);
    assert!(shown.stdout.contains("\"interrupted\""), "{}", shown.stdout);
}

#[test]
fn another_folder_in_the_place_of_the_runs_is_left_alone() {
    let sandbox = configs();
    let (_, run) = fails(&sandbox, |run| {
        fs::rename(run, sandbox.path().join("moved")).unwrap();
        fs::create_dir(run).unwrap();
        fs::write(run.join("run.json"), "another's").unwrap();
        fs::write(run.join(".lock"), "").unwrap();
    });
    assert_eq!(fs::read_to_string(run.join("run.json")).unwrap(), "another's");
    assert_eq!(fs::read_dir(&run).unwrap().count(), 2);
}

#[test]
fn removed_files_are_noticed() {
    for name in ["history.csv", "train", "validation"] {
        let sandbox = configs();
        let (said, run) = fails(&sandbox, |run| match run.join(name) {
            file if file.is_file() => fs::remove_file(file).unwrap(),
            folder => fs::rename(folder, sandbox.path().join("trash")).unwrap(),
        });
        assert!(said.stderr.contains(&format!("/{name}")), "{name}: {said:?}");
        let record = record(&run);
        assert_eq!(record["status"], "failed", "{name}");
        assert_eq!(record["cause"], "machine", "{name}");
        assert!(record["error"].as_str().unwrap().contains(name), "{record}");
        assert!(!run.join("model.safetensors").exists(), "{name}");
    }
}
