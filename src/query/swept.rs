//! The settings that sweeps gave to runs, in the order in which they were swept; they are read from the
//! plans of the sweeps.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use super::group::ResultGroup;
use super::names::unique;
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
        let of_group = |group: &ResultGroup| {
            let folder = group.runs[0].dir.file_name()?.to_str()?;
            plans.get(group.runs[0].sweep.as_deref()?)?.get(folder)
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
}

fn changes(sweep: &Path) -> Option<Changes> {
    let text = system::read_to_string(&Folder::at(sweep).sweep_plan()).ok()?;
    Some(config::swept(&text)?.into_iter().collect())
}
