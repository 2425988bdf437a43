//! Short names of runs, without duplicates.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::escape::escape_line;
use crate::sweep::RunResult;

/// The names of all runs.
pub(crate) struct Labels {
    names: Vec<Arc<str>>,
    /// The names that several runs have.
    shared: HashSet<Arc<str>>,
}

impl Labels {
    pub(crate) fn new(names: Vec<Arc<str>>) -> Labels {
        let mut known = HashSet::new();
        let shared = names.iter().filter(|name| !known.insert(Arc::clone(name))).cloned().collect();
        Labels { names, shared }
    }

    /// What each of these results is called.
    pub(crate) fn of(results: &[RunResult]) -> Vec<String> {
        let labels = Labels::new(results.iter().map(|result| result.name.clone()).collect());
        results.iter().enumerate().map(|(run, result)| labels.label(run, result)).collect()
    }

    /// What the result of a run is called.
    pub(super) fn label(&self, run: usize, result: &RunResult) -> String {
        if result.label.is_empty() {
            self.get(run, result.dir.as_deref())
        } else {
            escape_line(&result.label).into_owned()
        }
    }

    /// Number of runs.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The run's name if it has it alone; else its folder's, or failing that its number, from 1.
    pub(crate) fn get(&self, run: usize, dir: Option<&Path>) -> String {
        let name = self.names.get(run).map_or("", |name| name);
        if !self.shared.contains(name) {
            return escape_line(name).into_owned();
        }
        match dir.and_then(Path::file_name) {
            Some(folder) => escape_line(&folder.to_string_lossy()).into_owned(),
            None => format!("{} #{}", escape_line(name), run + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_name_gives_way_to_the_folder() {
        let labels = Labels::new(["adam", "sweep", "sweep"].map(Arc::from).into());
        let dir = Path::new("logs/sweep/20261123-210800/0001-units=64");
        assert_eq!(labels.get(0, Some(dir)), "adam");
        assert_eq!(labels.get(1, Some(dir)), "0001-units=64");
        assert_eq!(labels.get(2, None), "sweep #3");
    }
}
