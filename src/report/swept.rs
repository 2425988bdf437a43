//! The settings that sweeps gave to runs, in the order in which they were swept; they are read from the
//! plans of the sweeps.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use serde::Deserialize;
use toml::Value;

use super::compare::Group;
use super::refusal::unique;
use crate::runs::Folder;
use crate::system;

/// The keys that say what kind of table theirs is.
const TAGS: [&str; 3] = ["name", "type", "schedule"];

/// The swept keys, and their values in each group of runs.
#[derive(Clone, Debug, Default)]
pub struct Swept {
    /// Dotted paths, in the order of the sweeps.
    pub keys: Vec<String>,
    /// For each group the values of the keys; none for a key that its sweep does not vary.
    pub values: Vec<Vec<Option<Value>>>,
}

/// The part of `plan.json` that is read.
#[derive(Deserialize)]
struct File {
    keys: Vec<String>,
    runs: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    label: String,
    values: Vec<Value>,
}

/// The swept keys, and their values by the label of the run.
struct Plan {
    keys: Vec<String>,
    values: HashMap<String, Vec<Value>>,
}

impl Swept {
    /// The swept settings of the first run of each group. A plan that cannot be read tells of none.
    pub(super) fn of(groups: &[Group]) -> Swept {
        let sweeps: BTreeSet<&Path> =
            groups.iter().filter_map(|group| group.runs[0].sweep.as_deref()).collect();
        let plans: HashMap<&Path, Plan> =
            sweeps.into_iter().filter_map(|dir| Some((dir, plan(dir)?))).collect();
        let of_group = |group: &Group| plans.get(group.runs[0].sweep.as_deref()?);
        let all = groups.iter().filter_map(of_group).flat_map(|plan| &plan.keys);
        let keys: Vec<String> =
            unique(all.map(String::as_str)).into_iter().map(str::to_owned).collect();
        let values = groups.iter().map(|group| {
            let plan = of_group(group);
            let value = |key: &String| plan.and_then(|plan| plan.value(group, key));
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
}

impl Plan {
    fn value(&self, group: &Group, key: &str) -> Option<Value> {
        let folder = group.runs[0].dir.file_name()?.to_str()?;
        let place = self.keys.iter().position(|known| known == key)?;
        self.values.get(folder)?.get(place).cloned()
    }
}

fn plan(sweep: &Path) -> Option<Plan> {
    let text = system::read_to_string(&Folder::at(sweep).sweep_plan()).ok()?;
    let File { keys, runs } = serde_json::from_str(&text).ok()?;
    Some(Plan { keys, values: runs.into_iter().map(|line| (line.label, line.values)).collect() })
}
