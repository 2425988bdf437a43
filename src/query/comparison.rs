//! Runs beside each other: what of their configs differs, replicates as one; it shows nothing.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::error::{Refusal, unique};
use super::mean_std::Spread;
use super::order::better;
use super::run::{Run, State};
use super::swept::Swept;
use crate::runs::monitored;
use crate::train::Logs;

/// The key that replicates differ in.
const SEED: &str = "seed";

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
    pub groups: Vec<Group>,
}

/// A run, or several that differ in nothing but their seed.
#[derive(Clone, Debug)]
pub struct Group {
    /// At least one.
    pub runs: Vec<Run>,
}

impl Comparison {
    /// Compares the runs, whose settings are read; the best by `sort`, or else by the number that
    /// runs are judged by, comes first.
    pub fn of(runs: Vec<Run>, sort: Option<&str>) -> Result<Comparison, Refusal> {
        let metrics = metric_names(runs.iter().map(|run| &run.record.metrics));
        let metrics: Vec<_> = metrics.into_iter().map(str::to_owned).collect();
        if let Some(name) = sort.filter(|name| !metrics.iter().any(|metric| metric == name)) {
            return Err(Refusal::unknown(
                "no run has the number",
                name,
                metrics.iter().map(String::as_str),
            ));
        }
        let mut groups = grouped(runs);
        let usual =
            groups.iter().find_map(|group| Some(monitored(&group.runs[0].record.metrics)?.0));
        if let Some(name) = sort.or(usual) {
            let mean = |group: &Group| group.metric(name).map(|spread| spread.mean);
            groups.sort_by(|a, b| better(name, mean(a), mean(b)));
        }
        let swept = Swept::of(&groups);
        let mut keys = differing(&groups);
        keys.sort_by_key(|key| swept.place(key).unwrap_or(usize::MAX));
        Ok(Comparison { keys, swept, metrics, groups })
    }

    /// The keys that differ and that every group has: those of one optimizer alone are not among them.
    pub fn shared_keys(&self) -> Vec<String> {
        let has = |key: &&String| self.groups.iter().all(|group| group.setting(key).is_some());
        self.keys.iter().filter(has).cloned().collect()
    }

    /// What the groups are called: of one sweep their numbers, which a user may say for a run; else
    /// their folders as seen from `base`.
    pub fn labels(&self, base: &Path) -> Vec<String> {
        let mut runs = self.groups.iter().flat_map(|group| &group.runs);
        let sweep = runs.next().and_then(|run| run.sweep.as_ref());
        let of_one_sweep = sweep.is_some() && runs.all(|run| run.sweep.as_ref() == sweep);
        let label = |group: &Group| match &group.runs[..] {
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

impl Group {
    /// The value of a key, of which all runs have the same but for the seed.
    pub fn setting(&self, key: &str) -> Option<&Value> {
        self.runs[0].setting(key)
    }

    /// The seeds of its runs.
    pub fn seeds(&self) -> Vec<u64> {
        self.runs.iter().map(|run| run.record.seed).collect()
    }

    /// The tags of its runs, each once.
    pub fn tags(&self) -> Vec<&str> {
        unique(self.runs.iter().flat_map(|run| &run.annotations.tags).map(String::as_str))
    }

    /// The notes of its runs, each once.
    pub fn notes(&self) -> Vec<&str> {
        unique(self.runs.iter().filter_map(|run| run.annotations.note.as_deref()))
    }

    /// The last numbers of this name, of the runs that got to their end; of the others if none did.
    pub fn metric(&self, name: &str) -> Option<Spread> {
        self.spread(|run| run.record.metrics.get(name))
    }

    /// The numbers of this name of the runs' best epochs.
    pub fn best(&self, name: &str) -> Option<Spread> {
        self.spread(|run| run.record.best.as_ref()?.metrics.get(name))
    }

    /// What its runs are called, as seen from `base`: the first of several.
    pub fn label(&self, base: &Path) -> String {
        self.runs[0].label(base)
    }

    fn spread(&self, number: impl Fn(&Run) -> Option<f64>) -> Option<Spread> {
        let completed = |run: &Run| run.state == State::Completed;
        let all = !self.runs.iter().any(completed);
        let runs = self.runs.iter().filter(|run| all || completed(run));
        Spread::of(&runs.filter_map(number).collect::<Vec<_>>())
    }
}

/// The runs with those together that differ in their seeds and in nothing else, in the order in which
/// the first of each comes.
fn grouped(runs: Vec<Run>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for run in runs {
        // Without its config, nothing is known of a run.
        if run.settings().is_empty() {
            groups.push(Group { runs: vec![run] });
            continue;
        }
        let others = run.settings().iter().filter(|(key, _)| key != SEED);
        let text: String = others.map(|(key, value)| format!("{key}={value}\n")).collect();
        let same = places.entry(text).or_default();
        let free = |group: &&usize| !groups[**group].seeds().contains(&run.record.seed);
        match same.iter().find(free) {
            Some(&group) => groups[group].runs.push(run),
            None => {
                same.push(groups.len());
                groups.push(Group { runs: vec![run] });
            }
        }
    }
    groups
}

/// The keys of which not all groups have the same value; their seeds only tell groups apart that
/// nothing else does.
fn differing(groups: &[Group]) -> Vec<String> {
    let settings = groups.iter().flat_map(|group| group.runs[0].settings());
    let keys = unique(settings.map(|(key, _)| key.as_str()));
    let differs = |key: &&&str| groups.iter().any(|g| g.setting(key) != groups[0].setting(key));
    let replicated = groups.iter().any(|group| 1 < group.runs.len());
    let differing = keys.iter().filter(differs).filter(|key| !replicated || **key != SEED);
    differing.map(|key| (*key).to_owned()).collect()
}

/// What runs report in their `logs`, in the order in which Keras shows it.
pub fn metric_names<'a>(logs: impl IntoIterator<Item = &'a Logs>) -> Vec<&'a str> {
    let names = logs.into_iter().flat_map(|logs| &logs.0).map(|(name, _)| name.as_str());
    let mut names = unique(names.filter(|name| *name != "learning_rate"));
    // Runs with and without validation may be mixed: what is validated comes last in any case.
    names.sort_by_key(|name| name.starts_with("val_"));
    names
}
