//! The swept settings of runs, in the order of the sweep, from the plans of the sweeps.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use serde_json::{Value, json};

use super::group::ResultGroup;
use super::names::unique;
use super::run::Run;
use crate::config::{self, Change, TAGS};
use crate::runs::Folder;
use crate::system;

/// The swept keys, and their values in each group of runs.
#[derive(Clone, Debug, Default)]
pub struct Swept {
    /// Dotted paths, in the order of the sweeps.
    pub keys: Vec<String>,
    /// For each group the values of the keys; none for a key that its sweep does not vary.
    pub values: Vec<Vec<Option<Change>>>,
}

/// The changes of the runs of a sweep, by the names of their folders.
type Changes = HashMap<String, Vec<Change>>;

impl Swept {
    /// The swept settings of the first run of each group. A plan that cannot be read tells of none.
    pub(super) fn of(groups: &[ResultGroup]) -> Swept {
        let sweeps: BTreeSet<&Path> =
            groups.iter().filter_map(|group| group.runs[0].sweep.as_deref()).collect();
        let plans: HashMap<&Path, Changes> =
            sweeps.into_iter().filter_map(|dir| Some((dir, changes(dir)?))).collect();
        let trials: HashMap<&Path, Vec<Change>> = groups
            .iter()
            .filter_map(|group| Some((&*group.runs[0].dir, of_trial(&group.runs[0])?)))
            .collect();
        let of_group = |group: &ResultGroup| {
            let run = &group.runs[0];
            let folder = run.dir.file_name()?.to_str()?;
            trials.get(&*run.dir).or_else(|| plans.get(run.sweep.as_deref()?)?.get(folder))
        };
        let all = groups.iter().filter_map(of_group).flatten().map(|change| &*change.key);
        let keys: Vec<String> = unique(all).into_iter().map(str::to_owned).collect();
        let values = groups.iter().map(|group| {
            let changes = of_group(group).map_or(&[][..], Vec::as_slice);
            let value = |key: &String| changes.iter().find(|change| change.key == *key).cloned();
            keys.iter().map(value).collect()
        });
        Swept { values: values.collect(), keys }
    }

    /// The place of the swept key that sets `key`, or of which its default follows.
    pub fn place(&self, key: &str) -> Option<usize> {
        let sets = |swept: &String| {
            let table = match swept.rsplit_once('.') {
                Some((table, last)) if TAGS.contains(&last) => table,
                _ => swept,
            };
            key == swept || key.strip_prefix(table).is_some_and(|rest| rest.starts_with('.'))
        };
        self.keys.iter().position(|swept| swept == key).or_else(|| self.keys.iter().position(sets))
    }

    /// Whether a sweep sets `key` itself, as a key or within a table.
    pub(super) fn sets(&self, key: &str) -> bool {
        self.values.iter().flatten().flatten().any(|change| match key.strip_prefix(&*change.key) {
            Some("") => true,
            Some(path) => {
                let value = serde_json::to_value(&change.value).unwrap_or_default();
                path.strip_prefix('.').is_some_and(|path| has(&value, path))
            }
            None => false,
        })
    }
}

/// Whether a value has a key, by dotted path; a text such as `"adam"` stands for `{ name = "adam" }`.
fn has(value: &Value, path: &str) -> bool {
    let (first, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
    let inner = match value {
        Value::String(_) => return TAGS.contains(&path),
        Value::Array(items) => first.parse().ok().and_then(|place: usize| items.get(place)),
        value => value.get(first),
    };
    inner.is_some_and(|inner| rest.is_none_or(|rest| has(inner, rest)))
}

/// The settings of a run that a search proposed, which stand in its record.
fn of_trial(run: &Run) -> Option<Vec<Change>> {
    let values = &run.record.trial.as_ref()?.values;
    let change = |(key, value): (&String, &Value)| {
        serde_json::from_value(json!({ "key": key, "value": value })).ok()
    };
    values.iter().map(change).collect()
}

fn changes(sweep: &Path) -> Option<Changes> {
    let text = system::read_to_string(&Folder::at(sweep).sweep_plan()).ok()?;
    Some(config::swept(&text)?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_that_follow_from_a_swept_key_are_not_set() {
        let swept = |changes: Value| {
            let changes: Vec<Change> = serde_json::from_value(changes).unwrap();
            let keys = changes.iter().map(|change| change.key.clone()).collect();
            Swept { keys, values: vec![changes.into_iter().map(Some).collect()] }
        };
        let named = swept(serde_json::json!([{ "key": "optimizer.name", "value": "adam" }]));
        assert!(named.sets("optimizer.name") && !named.sets("optimizer.beta_1"));
        let short = swept(serde_json::json!([{ "key": "optimizer", "value": "adam" }]));
        assert!(short.sets("optimizer.name") && !short.sets("optimizer.beta_1"));
        let value = serde_json::json!({ "name": "sgd", "momentum": 0.9 });
        let table = swept(serde_json::json!([{ "key": "optimizer", "value": value }]));
        assert!(table.sets("optimizer.momentum") && !table.sets("optimizer.nesterov"));
        let layers = serde_json::json!([{ "type": "dense", "units": 8 }]);
        let layers = swept(serde_json::json!([{ "key": "model.layers", "value": layers }]));
        assert!(layers.sets("model.layers.0.units") && !layers.sets("model.layers.1.units"));
    }
}
