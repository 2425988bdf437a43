//! The files that runs leave: `docs/files.md` names each of them, and names none that no run leaves.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::sandbox::Sandbox;

const SMALL: &str = r#"
[data]
limit = 200
validation_split = 0.2
[model]
layers = [{ type = "dense", units = 8, activation = "relu" }, { type = "dense", units = 10, activation = "softmax" }]
[optimizer]
name = "adam"
[training]
epochs = 2
[callbacks.model_checkpoint]
[callbacks.csv_logger]
[tensorboard]
embeddings = 5
"#;

const FOLDS: &str = r#"
[data]
dataset = "rows.csv"
[model]
layers = [{ type = "dense", units = 2, activation = "softmax" }]
[cross_validation]
folds = 2
"#;

const SEARCH: &str = r#"
extends = "small.toml"
[sweep]
method = "tpe"
trials = 1
parameters."optimizer.learning_rate" = { min = 0.001, max = 0.1, distribution = "log_uniform" }
"#;

/// Files of which this test makes none: those of clusters and of large sweeps, which have tests of their own.
const ELSEWHERE: [&str; 2] = ["submit/*/engine.json", "events.hidden.*"];

/// A folder with a run, a sweep with replicates, a cross-validation and a continued search.
fn logs() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("small.toml", SMALL);
    sandbox.file("search.toml", SEARCH);
    sandbox.file("folds.toml", FOLDS);
    let rows = (0..20).map(|row| format!("{row},{}\n", if row % 2 == 0 { "a" } else { "b" }));
    sandbox.file("rows.csv", &format!("x,label\n{}", rows.collect::<String>()));
    sandbox.runner("run small.toml -q --tag one").exits(0);
    sandbox.runner("run small.toml -q --name seeds --note two --set seed=1,2").exits(0);
    sandbox.runner("run folds.toml -q").exits(0);
    sandbox.runner("run search.toml -q").exits(0);
    sandbox.runner("resume search -q --trials 2").exits(0);
    sandbox
}

/// The names in the first column of the table below a heading; `*` stands for any characters.
fn named(page: &str, heading: &str) -> Vec<String> {
    let section = page.split(heading).nth(1).and_then(|rest| rest.split("\n## ").next());
    let rows = section.unwrap_or_default().lines().filter(|line| line.starts_with("| `"));
    let names = |row: &str| {
        let cell = row.split(" | ").next().unwrap_or_default().to_owned();
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()
    };
    rows.flat_map(names).collect()
}

/// Whether a pattern with `*` matches a path.
fn matches(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((start, rest)) => path.strip_prefix(start).is_some_and(|path| {
            (0..=path.len()).any(|at| path.is_char_boundary(at) && matches(rest, &path[at..]))
        }),
    }
}

/// Every file below a folder: whether it is of a run, and its path in the folder of that run or sweep.
fn files_below(folder: &Path, nearest: Option<&Path>, found: &mut Vec<(bool, PathBuf)>) {
    let is_run = folder.join("run.json").is_file();
    let own = is_run || folder.join("plan.json").is_file();
    let nearest = if own { Some(folder) } else { nearest };
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, nearest, found);
        } else if let Some(nearest) = nearest {
            let in_run = nearest.join("run.json").is_file();
            found.push((in_run, path.strip_prefix(nearest).unwrap().to_owned()));
        }
    }
}

#[test]
fn the_page_names_every_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/files.md")).unwrap();
    let (run, sweep) = (named(&page, "\n## A run\n"), named(&page, "\n## A sweep\n"));
    assert!(10 < run.len() && 5 < sweep.len(), "{run:?} {sweep:?}");
    let (sandbox, mut found) = (logs(), Vec::new());
    files_below(&sandbox.path().join("logs"), None, &mut found);
    let mut seen = BTreeSet::new();
    for (in_run, path) in &found {
        let path = path.to_str().unwrap();
        let bare = path.strip_prefix("validation/").unwrap_or(path);
        // A sweep has a lock too.
        let patterns = if *in_run {
            run.iter().collect()
        } else {
            sweep.iter().chain(run.last()).collect::<Vec<_>>()
        };
        let matching = patterns.iter().filter(|one| matches(one, path) || matches(one, bare));
        let matching: Vec<_> = matching.map(|one| one.as_str()).collect();
        assert!(!matching.is_empty(), "docs/files.md does not name `{path}` among {patterns:?}");
        seen.extend(matching);
    }
    for pattern in run.iter().chain(&sweep).filter(|one| !ELSEWHERE.contains(&one.as_str())) {
        assert!(seen.contains(pattern.as_str()), "no run leaves `{pattern}` of docs/files.md");
    }
}
