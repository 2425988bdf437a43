//! The terminal, the disk and the neighbours: hostile names, links, folders that vanish, disks that
//! are full, and leftovers of processes that were killed.

mod displaced;
mod faults;
mod leftovers;
mod links;
mod terminal;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::sandbox::Sandbox;

/// A run of a few short epochs.
const SMALL: &str = r#"
[data]
dataset = "mnist"
limit = 100
validation_split = 0.2

[model]
layers = [{ type = "dense", units = 10, activation = "softmax" }]

[optimizer]
name = "adam"

[training]
epochs = 3
"#;

/// Two runs, one for each seed.
const SWEEP: &str = "extends = \"small.toml\"\nname = \"sweep\"\n[sweep]\nseeds = [1, 2]\n";

/// A sandbox with both configs and no run.
fn configs() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", SMALL);
    sandbox.file("sweep.toml", SWEEP);
    sandbox
}

/// The folders in `logs/NAME` that are not hidden, sorted.
fn folders(sandbox: &Sandbox, name: &str) -> Vec<PathBuf> {
    let dir = sandbox.path().join("logs").join(name);
    let entries = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let hidden = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with('.');
    let mut folders: Vec<_> = entries.filter(|path| path.is_dir() && !hidden(path)).collect();
    folders.sort();
    folders
}

/// The record of a run.
fn record(run: &Path) -> Value {
    serde_json::from_slice(&fs::read(run.join("run.json")).unwrap()).unwrap()
}

/// Puts a value into a record.
fn edit(run: &Path, key: &str, value: Value) {
    let mut record = record(run);
    record[key] = value;
    fs::write(run.join("run.json"), record.to_string()).unwrap();
}
