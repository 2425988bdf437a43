//! Runs as files of MLflow's file store, which `mlflow ui` opens and `mlflow migrate-filestore` reads.
//!
//! The layout is that of MLflow's `FileStore`: `EXPERIMENT/meta.yaml`, and below it for each run
//! `meta.yaml`, a file of values for each metric, and a file for each parameter and tag. Experiments
//! and runs have ids that are digests, so that a second export replaces the files of the first.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::query::{Run, State, read_settings};
use crate::runs::History;

/// Longest value of a parameter and of a tag that MLflow takes.
const MAX_PARAM: usize = 6000;
const MAX_TAG: usize = 8000;

/// What a run is in the store; paths are below its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreRun {
    /// Folders. MLflow takes a run without one of them for none.
    pub folders: Vec<PathBuf>,
    /// Files in these folders.
    pub files: Vec<StoreFile>,
}

/// A file below the folder of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFile {
    /// Path below the folder of the store.
    pub path: PathBuf,
    /// Content.
    pub bytes: Vec<u8>,
}

/// The files of a run, with those of its experiment: all runs of one name.
///
/// `root` is the URI of the store's folder. Fails with a message if the history cannot be read.
pub fn mlflow(run: &Run, root: &str) -> Result<StoreRun, String> {
    let history = run.history().map_err(|error| error.to_string())?;
    let (experiment, id) = (experiment_id(run), run_id(run));
    let folder = PathBuf::from(&experiment).join(&id);
    let mut files = vec![
        file(PathBuf::from(&experiment).join("meta.yaml"), experiment_meta(run, root)),
        file(folder.join("meta.yaml"), run_meta(run, root)),
        file(folder.join("artifacts/config.toml"), run.config()?),
    ];
    for (at, name) in history.columns.iter().enumerate() {
        files.push(file(folder.join("metrics").join(key(name)), metric(run, &history, at)));
    }
    for (name, value) in params(run) {
        files.push(file(folder.join("params").join(key(&name)), value));
    }
    for (name, value) in tags(run) {
        files.push(file(folder.join("tags").join(name), clip(value, MAX_TAG)));
    }
    let folders = ["artifacts", "metrics", "params", "tags"];
    Ok(StoreRun { folders: folders.map(|name| folder.join(name)).to_vec(), files })
}

fn file(path: PathBuf, text: String) -> StoreFile {
    StoreFile { path, bytes: text.into_bytes() }
}

fn experiment_id(run: &Run) -> String {
    let digest = Sha256::digest(run.record.name.as_bytes());
    let number = digest.iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    // As many digits as MLflow's own ids, the first of which is never 0.
    format!("{}", 100_000_000_000_000_000 + number % 900_000_000_000_000_000)
}

fn run_id(run: &Run) -> String {
    let record = &run.record;
    let own = format!("{}\n{}\n{}\n{}", record.name, record.seed, record.started, folder_name(run));
    let digest = Sha256::digest(own.as_bytes());
    digest.iter().take(16).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn folder_name(run: &Run) -> String {
    run.dir.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The name of a run of a sweep is its folder's, which has the swept values.
fn run_name(run: &Run) -> String {
    if run.sweep.is_some() { folder_name(run) } else { run.record.name.clone() }
}

fn experiment_meta(run: &Run, root: &str) -> String {
    let (id, started) = (experiment_id(run), run.record.started.timestamp_millis());
    format!(
        "artifact_location: {}\ncreation_time: {started}\nexperiment_id: '{id}'\n\
         last_update_time: {started}\nlifecycle_stage: active\nname: {}\n",
        quoted(&format!("{root}/{id}")),
        quoted(&run.record.name),
    )
}

fn run_meta(run: &Run, root: &str) -> String {
    let (experiment, id) = (experiment_id(run), run_id(run));
    // The numbers of MLflow's RunStatus.
    let status = match run.state {
        State::Running => 1,
        State::Paused | State::Requeued => 2,
        State::Completed => 3,
        State::Failed => 4,
        State::Stopped | State::Interrupted | State::Lost | State::Pruned => 5,
    };
    let end =
        run.record.finished.map_or("null".to_owned(), |end| end.timestamp_millis().to_string());
    format!(
        "artifact_uri: {}\nend_time: {end}\nentry_point_name: ''\nexperiment_id: '{experiment}'\n\
         lifecycle_stage: active\nrun_id: {id}\nrun_name: {}\nsource_name: ''\nsource_type: 4\n\
         source_version: ''\nstart_time: {}\nstatus: {status}\ntags: []\nuser_id: ''\n",
        quoted(&format!("{root}/{experiment}/{id}/artifacts")),
        quoted(&run_name(run)),
        run.record.started.timestamp_millis(),
    )
}

/// The values of a number of the history: milliseconds, value and epoch, from 0. The history has no
/// times; the epochs are spread evenly over the seconds of training.
fn metric(run: &Run, history: &History, column: usize) -> String {
    let start = run.record.started.timestamp_millis();
    let each = run.record.seconds * 1000.0 / history.epochs.len().max(1) as f64;
    let mut text = String::new();
    for (row, (epoch, values)) in history.epochs.iter().enumerate() {
        let time = start + (each * (row + 1) as f64) as i64;
        let value = match values[column] as f32 {
            value if value.is_nan() => "nan".to_owned(),
            value if value.is_infinite() => format!("{}inf", if value < 0.0 { "-" } else { "" }),
            value => value.to_string(),
        };
        let _ = writeln!(text, "{time} {value} {epoch}");
    }
    text
}

/// The config by dotted path. A config that cannot be read has no parameters; `list` reports it.
fn params(run: &Run) -> Vec<(String, String)> {
    read_settings(std::slice::from_ref(run));
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let settings = run.settings().iter();
    settings.map(|(name, value)| (name.clone(), clip(text(value), MAX_PARAM))).collect()
}

fn tags(run: &Run) -> Vec<(&'static str, String)> {
    let record = &run.record;
    let mut tags = vec![
        ("mlflow.runName", run_name(run)),
        ("mlflow.source.name", "runner".to_owned()),
        ("mlflow.source.type", "LOCAL".to_owned()),
        ("runner.dir", run.dir.display().to_string()),
        ("runner.status", run.state.word().to_owned()),
        ("runner.version", record.version.clone()),
        ("runner.data", record.data.description.clone()),
    ];
    tags.extend(run.sweep.as_ref().map(|sweep| ("runner.sweep", sweep.display().to_string())));
    tags.extend(record.git_commit.clone().map(|commit| ("mlflow.source.git.commit", commit)));
    tags.extend(run.annotations.note.clone().map(|note| ("mlflow.note.content", note)));
    tags.extend(record.error.clone().map(|error| ("runner.error", error)));
    if !run.annotations.tags.is_empty() {
        tags.push(("runner.tags", run.annotations.tags.join(",")));
    }
    tags
}

/// A name with the letters that MLflow takes, other ones as `_`.
fn key(name: &str) -> String {
    let taken = |c: char| if c.is_alphanumeric() || "_-. ".contains(c) { c } else { '_' };
    let name: String = name.chars().map(taken).take(250).collect();
    if name.starts_with('.') { format!("_{name}") } else { name }
}

fn clip(mut text: String, most: usize) -> String {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or_default());
    text
}

/// A string of YAML, which takes those of JSON.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_mlflow_takes() {
        assert_eq!(key("optimizer.learning_rate"), "optimizer.learning_rate");
        assert_eq!(key("class_weight.\"a/b\""), "class_weight._a_b_");
        assert_eq!(key(".."), "_..");
        assert_eq!(key(&"x".repeat(300)).len(), 250);
    }

    #[test]
    fn long_values_are_cut_between_letters() {
        assert_eq!(clip("aé".to_owned(), 2), "a");
        assert_eq!(clip("aé".to_owned(), 3), "aé");
    }

    #[test]
    fn strings_of_yaml_are_quoted() {
        assert_eq!(quoted("a: \"b\"\n"), r#""a: \"b\"\n""#);
    }
}
