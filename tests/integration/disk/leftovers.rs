//! What killed processes leave behind: the next command removes it, unless a living one has it.

use std::fs;
use std::path::{Path, PathBuf};

use runner::runs::Lock;
use serde_json::json;

use super::{configs, edit, folders};
use crate::sandbox::Sandbox;

/// Folders as a killed planning, an earlier version's, and a killed removal have left them.
fn leave(sandbox: &Sandbox) -> Vec<PathBuf> {
    let names = [
        ".20260101-000000.4711-0.tmp",
        ".20260101-000001.Ab3xYz.tmp",
        ".20260101-000002.removed-0.tmp",
    ];
    let leave = |name: &str| {
        let folder = sandbox.path().join("logs/small").join(name);
        fs::create_dir_all(folder.join("train")).unwrap();
        fs::write(folder.join("run.json"), "{").unwrap();
        drop(Lock::take(&folder).unwrap());
        folder
    };
    names.map(leave).into()
}

fn all_gone(left: &[PathBuf]) -> bool {
    left.iter().all(|folder| !folder.exists())
}

#[test]
fn abandoned_folders_are_removed_by_the_next_command() {
    let sandbox = configs();
    sandbox.runner("run small.toml -q").exits(0);
    for command in ["run small.toml -q", "resume logs", "rm --yes"] {
        let left = leave(&sandbox);
        let run = folders(&sandbox, "small").pop().unwrap();
        let call = sandbox.runner(command);
        let call = if command == "rm --yes" { call.arg(run.to_str().unwrap()) } else { call };
        call.exits(0);
        assert!(all_gone(&left), "{command}");
    }
    // `list` only reads.
    let left = leave(&sandbox);
    sandbox.runner("list").exits(0);
    assert!(left.iter().all(|folder| folder.is_dir()));
}

#[test]
fn folders_of_living_processes_stay() {
    let sandbox = configs();
    sandbox.runner("run small.toml -q").exits(0);
    let left = leave(&sandbox);
    let lock = Lock::take(&left[0]).unwrap();
    let foreign = sandbox.path().join("logs/small/.mine.tmp");
    fs::create_dir(&foreign).unwrap();
    sandbox.runner("resume logs").exits(0);
    assert!(left[0].join("run.json").is_file() && all_gone(&left[1..]));
    drop(lock);
    sandbox.runner("resume logs").exits(0);
    assert!(all_gone(&left) && foreign.is_dir());
}

/// Everything in a folder and below it whose name is hidden.
fn hidden(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_string_lossy().into_owned();
        if entry.is_dir() {
            hidden(&entry, found);
        }
        if name.starts_with('.') && name != ".lock" {
            found.push(entry);
        }
    }
}

#[test]
fn folder_called_like_a_leftover_stops_no_resumption() {
    let sandbox = configs();
    sandbox.runner("run small.toml -q").exits(0);
    let run = folders(&sandbox, "small").remove(0);
    edit(&run, "status", json!("stopped"));
    let mine = run.join(".run.json.mine.tmp");
    fs::create_dir(&mine).unwrap();
    fs::write(mine.join("note"), "mine").unwrap();
    fs::write(run.join(".run.json.AbCdEf.tmp"), "{").unwrap();
    sandbox.runner("resume logs -q").exits(0);
    assert_eq!(fs::read_to_string(mine.join("note")).unwrap(), "mine");
    let mut found = Vec::new();
    hidden(&sandbox.path().join("logs"), &mut found);
    assert_eq!(found, [mine]);
}
