//! Candidates that come from the runs on disk: their names, paths, metrics and tags.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use clap_complete::engine::{CompletionCandidate, PathCompleter, ValueCompleter};

use super::keys::assignments;
use crate::query::{Collection, Run, State, metric_names};

/// Metrics of every classifier, for a folder without runs.
const USUAL_METRICS: [&str; 4] = ["loss", "accuracy", "val_loss", "val_accuracy"];

/// Runs and sweeps as the commands take them: `latest`, `best`, names, and after a `/` or a digit
/// folders and paths.
pub(super) fn runs(logdir: &Path, word: &str) -> Vec<CompletionCandidate> {
    let all = collect(logdir);
    let mut found = if word.contains('/') {
        paths(&all, logdir)
    } else {
        let mut found = named(&all);
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            found.extend(folders(&all));
        }
        found
    };
    found.retain(|(text, _)| text.starts_with(word));
    if found.is_empty() {
        return PathCompleter::dir().complete(OsStr::new(word));
    }
    let candidate =
        |(text, help): (String, String)| CompletionCandidate::new(text).help(Some(help.into()));
    found.into_iter().map(candidate).collect()
}

/// Metrics of the last and the best epochs of the runs.
pub(super) fn metrics(logdir: &Path, word: &str) -> Vec<CompletionCandidate> {
    let all = collect(logdir);
    let logs = all.runs.iter().map(|run| &run.record.metrics);
    let mut names: Vec<String> = metric_names(logs).into_iter().map(str::to_owned).collect();
    if names.is_empty() {
        names = USUAL_METRICS.map(str::to_owned).to_vec();
    }
    let best = names.iter().map(|name| format!("best.{name}")).collect::<Vec<_>>();
    matching(names.into_iter().chain(best), word)
}

/// Tags of the runs.
pub(super) fn tags(logdir: &Path, word: &str) -> Vec<CompletionCandidate> {
    let all = collect(logdir);
    let tags = all.runs.iter().flat_map(|run| run.annotations.tags.iter().cloned());
    matching(unique(tags), word)
}

/// Conditions of `--filter`: `status=completed`, `tag=baseline`, `optimizer.name=adam`, `val_loss`.
pub(super) fn filters(logdir: &Path, word: &str) -> Vec<CompletionCandidate> {
    let all = collect(logdir);
    let values = |key: &str, values: Vec<String>| {
        matching(values.into_iter().map(|value| format!("{key}={value}")), word)
    };
    match word.split_once('=') {
        Some(("status", _)) => {
            values("status", State::ALL.map(|state| state.word().to_owned()).to_vec())
        }
        Some(("name", _)) => {
            values("name", unique(all.runs.iter().map(|run| run.record.name.clone())))
        }
        Some(("tag", _)) => {
            let tags = all.runs.iter().flat_map(|run| run.annotations.tags.iter().cloned());
            values("tag", unique(tags))
        }
        Some(_) => assignments(word),
        None => {
            let own = ["status=", "name=", "tag=", "note~"].map(str::to_owned);
            let mut found = matching(own, word);
            found.extend(metrics(logdir, word));
            found.extend(assignments(word));
            found
        }
    }
}

fn collect(logdir: &Path) -> Collection {
    Collection::of(logdir).unwrap_or_default()
}

/// `latest`, `best`, and every name with the number of its runs.
fn named(all: &Collection) -> Vec<(String, String)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for run in &all.runs {
        *counts.entry(&run.record.name).or_default() += 1;
    }
    let mut found = Vec::new();
    if !all.runs.is_empty() {
        found.push(("latest".to_owned(), "the run that began last".to_owned()));
        found.push(("best".to_owned(), "the best completed run".to_owned()));
    }
    let names = counts.into_iter().map(|(name, count)| {
        (name.to_owned(), if count == 1 { "1 run".to_owned() } else { format!("{count} runs") })
    });
    found.extend(names);
    found
}

/// The names of the folders of runs and sweeps, the youngest first.
fn folders(all: &Collection) -> Vec<(String, String)> {
    let own = all.runs.iter().filter(|run| run.sweep.is_none());
    let runs = own.filter_map(|run| Some((folder(&run.dir)?, told(run))));
    let sweeps = all.sweeps.iter().filter_map(|dir| Some((folder(dir)?, "a sweep".to_owned())));
    let mut found: Vec<_> = runs.chain(sweeps).collect();
    found.sort_by(|a, b| b.cmp(a));
    found
}

/// `adam/latest`, `adam/best`, and the paths of sweeps and runs from here and from the log folder.
fn paths(all: &Collection, logdir: &Path) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for name in unique(all.runs.iter().map(|run| run.record.name.clone())) {
        found.push((format!("{name}/latest"), "its run that began last".to_owned()));
        found.push((format!("{name}/best"), "its best completed run".to_owned()));
    }
    let sweeps = all.sweeps.iter().map(|dir| (dir.as_path(), "a sweep".to_owned()));
    let runs = all.runs.iter().map(|run| (run.dir.as_path(), told(run)));
    for (dir, help) in sweeps.chain(runs) {
        let inner = dir.strip_prefix(logdir).unwrap_or(dir);
        found.push((inner.display().to_string(), help.clone()));
        found.push((dir.display().to_string(), help));
    }
    found
}

/// How far a run got, in a few words.
fn told(run: &Run) -> String {
    let epochs = if run.record.epochs == 1 { "epoch" } else { "epochs" };
    format!("{}, {} {epochs}", run.state.word(), run.record.epochs)
}

fn folder(dir: &Path) -> Option<String> {
    Some(dir.file_name()?.to_str()?.to_owned())
}

fn unique(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<_> = texts.collect();
    all.sort();
    all.dedup();
    all
}

fn matching(texts: impl IntoIterator<Item = String>, word: &str) -> Vec<CompletionCandidate> {
    let found = texts.into_iter().filter(|text| text.starts_with(word));
    found.map(CompletionCandidate::new).collect()
}
