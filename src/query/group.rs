//! Groups of replicates, runs that differ in nothing but their seed and fold, and the mean of their metrics.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::mean_std::MeanStd;
use super::names::unique;
use super::run::{Run, State, read_settings};
use crate::config::is_replicate_key;

/// The end of a run, in the order in which unranked runs are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Completion {
    /// Trained to its end.
    Completed,
    /// Ended early by its search.
    Pruned,
    /// Still training, or resumable.
    Partial,
    /// Ended by an error.
    Failed,
    /// Not started.
    Skipped,
}

/// A run as a member of a group.
pub trait Replicate {
    /// The end of the run.
    fn completion(&self) -> Completion;
    /// The number of its epochs.
    fn epochs(&self) -> usize;
    /// A metric of its last epoch.
    fn last_metric(&self, name: &str) -> Option<f64>;
}

/// A run, or several that differ in nothing but their seed and fold.
#[derive(Clone, Debug)]
pub struct ResultGroup<R = Run> {
    /// At least one.
    pub runs: Vec<R>,
}

/// Groups the runs of equal keys; a run without a key is a group of its own. Groups and their runs keep
/// the order of `runs`.
pub fn group_by_key<R>(
    runs: impl IntoIterator<Item = R>,
    mut key: impl FnMut(&R) -> Option<String>,
) -> Vec<ResultGroup<R>> {
    let mut groups: Vec<ResultGroup<R>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for run in runs {
        let next = groups.len();
        let group = key(&run).map_or(next, |key| *known.entry(key).or_insert(next));
        if group == next {
            groups.push(ResultGroup { runs: Vec::new() });
        }
        groups[group].runs.push(run);
    }
    groups
}

/// Groups runs of equal settings and different seeds or folds. A run whose settings are unknown, and a
/// second run of the same seed and fold, are in groups of their own.
pub(super) fn group_replicates(runs: Vec<Run>) -> Vec<ResultGroup> {
    let mut n_same: HashMap<String, usize> = HashMap::new();
    group_by_key(runs, |run| {
        let has_fold = run.setting("data.fold.fold").is_some();
        // The words of a fold's training rows are its inputs.
        let is_own = |key: &str| is_replicate_key(key) || has_fold && key == "model.input_shape";
        let (own, others): (Vec<_>, Vec<_>) =
            run.settings().iter().partition(|(key, _)| is_own(key));
        let text = |settings: Vec<&(String, Value)>| -> String {
            settings.iter().map(|(key, value)| format!("{key}={value}\n")).collect()
        };
        let (own, settings) = (text(own), text(others));
        let n_same = n_same.entry(format!("{own} {settings}")).or_default();
        *n_same += 1;
        (!run.settings().is_empty()).then(|| format!("{n_same} {settings}"))
    })
}

/// Whether the runs are the folds of one setting.
pub(super) fn is_cross_validation(runs: &[Run]) -> bool {
    let is_fold = |run: &Run| run.setting("data.fold.fold").is_some();
    1 < runs.len()
        && read_settings(runs).is_empty()
        && runs.iter().all(is_fold)
        && group_replicates(runs.to_vec()).len() == 1
}

impl<R: Replicate> ResultGroup<R> {
    /// Whether a run is completed.
    pub fn is_completed(&self) -> bool {
        self.runs.iter().any(|run| run.completion() == Completion::Completed)
    }

    /// Whether the search of the runs went on without them.
    pub fn is_pruned(&self) -> bool {
        self.runs.iter().all(|run| run.completion() == Completion::Pruned)
    }

    /// The mean of a metric of the last epoch over the completed runs; over all if none is completed.
    pub fn metric(&self, name: &str) -> Option<MeanStd> {
        self.mean_std(|run| run.last_metric(name))
    }

    fn mean_std(&self, value: impl Fn(&R) -> Option<f64>) -> Option<MeanStd> {
        let all = !self.is_completed();
        let runs = self.runs.iter();
        let runs = runs.filter(|run| all || run.completion() == Completion::Completed);
        MeanStd::of(&runs.filter_map(value).collect::<Vec<_>>())
    }
}

impl Replicate for Run {
    fn completion(&self) -> Completion {
        match self.state {
            State::Completed => Completion::Completed,
            State::Failed => Completion::Failed,
            State::Pruned => Completion::Pruned,
            State::Running
            | State::Stopped
            | State::Interrupted
            | State::Paused
            | State::Requeued
            | State::Lost => Completion::Partial,
        }
    }

    fn epochs(&self) -> usize {
        self.record.epochs
    }

    fn last_metric(&self, name: &str) -> Option<f64> {
        self.record.metrics.get(name)
    }
}

impl ResultGroup {
    /// The value of a key; the same for all runs, except for seed and fold.
    pub fn setting(&self, key: &str) -> Option<&Value> {
        self.runs[0].setting(key)
    }

    /// The seeds of the runs.
    pub fn seeds(&self) -> Vec<u64> {
        self.runs.iter().map(|run| run.record.seed).collect()
    }

    /// The tags of the runs without duplicates.
    pub fn tags(&self) -> Vec<&str> {
        unique(self.runs.iter().flat_map(|run| &run.annotations.tags).map(String::as_str))
    }

    /// The notes of the runs without duplicates.
    pub fn notes(&self) -> Vec<&str> {
        unique(self.runs.iter().filter_map(|run| run.annotations.note.as_deref()))
    }

    /// The mean of a metric of the runs' best epochs.
    pub fn best(&self, name: &str) -> Option<MeanStd> {
        self.mean_std(|run| run.record.best.as_ref()?.metrics.get(name))
    }

    /// The folder of the first run relative to `base`.
    pub fn label(&self, base: &Path) -> String {
        self.runs[0].label(base)
    }
}
