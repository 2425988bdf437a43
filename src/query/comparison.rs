//! Compares runs: groups of replicates, best first, and the keys in which they differ.

use std::path::Path;

use super::error::RequestError;
use super::group::{ResultGroup, group_replicates};
use super::names::{metric_names, unique};
use super::order::compare_metric;
use super::run::Run;
use super::swept::Swept;
use crate::config::is_replicate_key;
use crate::runs::monitored;

/// Runs beside each other.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The keys that have not one value in all groups: those of sweeps first, in the order in which they
    /// were swept, then the others in the order of the plan.
    pub keys: Vec<String>,
    /// The settings that sweeps gave to the groups.
    pub swept: Swept,
    /// The names of the numbers of the last epochs, those of validation last.
    pub metrics: Vec<String>,
    /// What is compared, the best first.
    pub groups: Vec<ResultGroup>,
}

impl Comparison {
    /// Compares the runs, whose settings are read; the best by `sort`, or else by the number that
    /// runs are judged by, comes first.
    pub fn of(runs: Vec<Run>, sort: Option<&str>) -> Result<Comparison, RequestError> {
        let metrics = metric_names(runs.iter().map(|run| &run.record.metrics));
        let metrics: Vec<_> = metrics.into_iter().map(str::to_owned).collect();
        if let Some(name) = sort.filter(|name| !metrics.iter().any(|metric| metric == name)) {
            return Err(RequestError::unknown(
                "no run has the number",
                name,
                metrics.iter().map(String::as_str),
            ));
        }
        let mut groups = group_replicates(runs);
        let usual =
            groups.iter().find_map(|group| Some(monitored(&group.runs[0].record.metrics)?.0));
        if let Some(name) = sort.or(usual) {
            let mean = |group: &ResultGroup| group.metric(name).map(|spread| spread.mean);
            let order = |a: &ResultGroup, b: &ResultGroup| compare_metric(name, mean(a), mean(b));
            // A number of few epochs is not comparable to one of all.
            groups.sort_by(|a, b| a.is_pruned().cmp(&b.is_pruned()).then(order(a, b)));
        }
        let swept = Swept::of(&groups);
        let mut keys = differing(&groups);
        keys.sort_by_key(|key| swept.place(key).unwrap_or(usize::MAX));
        Ok(Comparison { keys, swept, metrics, groups })
    }

    /// Whether searches proposed all runs.
    pub fn are_trials(&self) -> bool {
        let mut runs = self.groups.iter().flat_map(|group| &group.runs);
        runs.all(|run| run.record.trial.is_some())
    }

    /// The keys that differ and that every group has: those of one optimizer alone are not among them.
    pub fn shared_keys(&self) -> Vec<String> {
        let has = |key: &&String| self.groups.iter().all(|group| group.setting(key).is_some());
        self.keys.iter().filter(has).cloned().collect()
    }

    /// Whether a key differs only as a default that follows from another key, which is swept.
    pub fn is_derived(&self, key: &str) -> bool {
        self.swept.place(key).is_some() && !self.swept.sets(key)
    }

    /// What the groups are called: of one sweep their numbers, which a user may say for a run; else
    /// their folders as seen from `base`.
    pub fn labels(&self, base: &Path) -> Vec<String> {
        let mut runs = self.groups.iter().flat_map(|group| &group.runs);
        let sweep = runs.next().and_then(|run| run.sweep.as_ref());
        let of_one_sweep = sweep.is_some() && runs.all(|run| run.sweep.as_ref() == sweep);
        let label = |group: &ResultGroup| match &group.runs[..] {
            _ if !of_one_sweep => group.label(base),
            [run] => run.place(),
            runs => format!("{}-{}", runs[0].place(), runs[runs.len() - 1].place()),
        };
        self.groups.iter().map(label).collect()
    }

    /// Titles of the groups for people: the swept settings, `optimizer=muon`, or else the name in
    /// `labels`; both where the settings do not tell groups apart.
    pub fn titles(&self, labels: &[String]) -> Vec<String> {
        let settings: Vec<_> = self.groups.iter().map(|group| group.runs[0].swept()).collect();
        let shared = |title: &str| {
            1 < settings.iter().filter(|other| other.as_deref() == Some(title)).count()
        };
        let whole = |(title, label): (&Option<String>, &String)| match title {
            Some(title) if shared(title) => format!("{title} ({label})"),
            Some(title) => title.clone(),
            None => label.clone(),
        };
        settings.iter().zip(labels).map(whole).collect()
    }
}

/// The keys of which not all groups have the same value; their seeds and folds only tell groups apart that
/// nothing else does.
fn differing(groups: &[ResultGroup]) -> Vec<String> {
    let settings = groups.iter().flat_map(|group| group.runs[0].settings());
    let keys = unique(settings.map(|(key, _)| key.as_str()));
    let differs = |key: &&&str| groups.iter().any(|g| g.setting(key) != groups[0].setting(key));
    let replicated = groups.iter().any(|group| 1 < group.runs.len());
    let differing = keys.iter().filter(differs).filter(|key| !replicated || !is_replicate_key(key));
    differing.map(|key| (*key).to_owned()).collect()
}
