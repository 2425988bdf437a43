//! The lines of a comparison: each run, or in a sweep the runs that differ in nothing but their seed
//! as one; it ranks and shows nothing.

use std::collections::HashMap;

use crate::config::Change;
use crate::query::Spread;
use crate::sweep::{RunResult, Status};

/// What is compared: a run, or the replicates of one.
pub(crate) struct Line<'a> {
    /// At least one, in the order of their plans.
    pub(crate) runs: Vec<&'a RunResult>,
}

impl<'a> Line<'a> {
    /// All lines, in the order of their first runs.
    pub(crate) fn all(results: &'a [RunResult]) -> Vec<Line<'a>> {
        let mut lines: Vec<Line<'_>> = Vec::new();
        let mut known = HashMap::new();
        let replicated = of_one_sweep(results);
        for result in results {
            match known.get(&identity(result)) {
                Some(&line) if replicated => {
                    let line: &mut Line<'_> = &mut lines[line];
                    line.runs.push(result);
                }
                _ => {
                    known.insert(identity(result), lines.len());
                    lines.push(Line { runs: vec![result] });
                }
            }
        }
        lines
    }

    /// Number of runs that got to their end.
    pub(crate) fn completed(&self) -> usize {
        self.runs.iter().filter(|run| run.status == Status::Completed).count()
    }

    /// The last numbers of this name, of the runs that got to their end; of the others if none did.
    pub(crate) fn metric(&self, name: &str) -> Option<Spread> {
        let all = self.completed() == 0;
        let runs = self.runs.iter().filter(|run| all || run.status == Status::Completed);
        let numbers: Vec<_> = runs.filter_map(|run| run.last.as_ref()?.get(name)).collect();
        Spread::of(&numbers)
    }

    /// The value that the sweep gives to a key.
    pub(crate) fn change(&self, key: &str) -> Option<&'a Change> {
        self.runs[0].changes.iter().find(|change| change.key == key)
    }
}

/// Whether all of them are runs of one sweep.
pub(crate) fn of_one_sweep(results: &[RunResult]) -> bool {
    results.iter().all(|result| !result.label.is_empty() && result.root == results[0].root)
}

/// What replicates have in common, and no other run.
pub(super) fn identity(result: &RunResult) -> String {
    let changes = result.changes.iter().filter(|change| change.key != "seed");
    format!("{:?}", changes.collect::<Vec<_>>())
}
