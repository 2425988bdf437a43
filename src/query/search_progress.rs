//! The progress of a search: the value of each trial, and the best so far.

use std::collections::BTreeMap;
use std::path::Path;

use super::run::{Run, State};
use crate::config;
use crate::runs::{Cause, Folder, Objective};
use crate::system;

/// The trials of a search that were trained to their end, or diverged.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchProgress {
    /// The number that the search makes small or great.
    pub objective: Objective,
    /// The value of each trial, the mean of its replicates; not a number if it diverged.
    pub values: BTreeMap<usize, f64>,
    /// The number of trials that have begun.
    pub trials: usize,
}

impl SearchProgress {
    /// The progress of the search in the folder `sweep`, of which these are runs. None, if it is no search.
    pub fn of(sweep: &Path, runs: &[Run]) -> Option<SearchProgress> {
        let plan = system::read_to_string(&Folder::at(sweep).sweep_plan()).ok()?;
        let objective = config::search_of(&plan)?.objective;
        let mut values: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for run in runs.iter().filter(|run| run.sweep.as_deref() == Some(sweep)) {
            let Some(trial) = &run.record.trial else { continue };
            values.entry(trial.number).or_default().extend(value(run, &objective));
        }
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let trials = values.len();
        let ended = values.into_iter().filter(|(_, values)| !values.is_empty());
        let values = ended.map(|(trial, values)| (trial, mean(values))).collect();
        Some(SearchProgress { objective, values, trials })
    }

    /// The objective of these runs, if all are of one search.
    pub fn objective_of(runs: &[Run]) -> Option<Objective> {
        let sweep = runs.first()?.sweep.as_deref()?;
        if !runs.iter().all(|run| run.sweep.as_deref() == Some(sweep) && run.record.trial.is_some())
        {
            return None;
        }
        let plan = system::read_to_string(&Folder::at(sweep).sweep_plan()).ok()?;
        Some(config::search_of(&plan)?.objective)
    }

    /// The trials that were better than all before them, in their order.
    pub fn best_so_far(&self) -> Vec<(usize, f64)> {
        let mut best: Vec<(usize, f64)> = Vec::new();
        for (&trial, &value) in self.values.iter().filter(|(_, value)| !value.is_nan()) {
            if best.last().is_none_or(|(_, least)| self.objective.improves(value, *least)) {
                best.push((trial, value));
            }
        }
        best
    }
}

/// The value of an ended run.
fn value(run: &Run, objective: &Objective) -> Option<f64> {
    match run.state {
        State::Completed => objective.value(&run.history().ok()?),
        State::Failed if run.record.cause == Some(Cause::Diverged) => Some(f64::NAN),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_so_far_improves_in_the_direction_of_the_objective() {
        let progress = |rises| SearchProgress {
            objective: Objective { name: "acc".to_owned(), rises, at_best: false },
            values: [0.5, f64::NAN, 0.4, 0.6, 0.6].into_iter().enumerate().collect(),
            trials: 5,
        };
        assert_eq!(progress(true).best_so_far(), [(0, 0.5), (3, 0.6)]);
        assert_eq!(progress(false).best_so_far(), [(0, 0.5), (2, 0.4)]);
    }
}
