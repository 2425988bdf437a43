//! The trials of a search with their points and values.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::run::{Run, State};
use super::search_progress::SearchProgress;
use crate::config::{self, SearchedSpace};
use crate::runs::{Folder, Objective};
use crate::search::Point;
use crate::system;

/// A search and its trials.
#[derive(Clone, Debug)]
pub struct SearchTrials {
    /// The folder of the sweep.
    pub dir: PathBuf,
    /// The number that the search makes small or great.
    pub objective: Objective,
    /// The parameters.
    pub space: SearchedSpace,
    /// The number of runs of a trial.
    pub replicates: usize,
    /// The begun trials in their order.
    pub trials: Vec<SearchTrial>,
    progress: SearchProgress,
}

/// A trial of a search.
#[derive(Clone, Debug)]
pub struct SearchTrial {
    /// The number, from 0.
    pub number: usize,
    /// The values of the parameters.
    pub point: Point,
    /// The value of the objective, the mean of the ended replicates; not a number if the trial diverged, `None` before
    /// one has ended.
    pub value: Option<f64>,
    /// The begun replicates.
    pub runs: Vec<Run>,
}

impl SearchTrials {
    /// The search in the folder `sweep`, of which these are runs. `None`, if it is no search.
    ///
    /// # Errors
    ///
    /// A plan whose parameters cannot be read, as text.
    pub fn of(sweep: &Path, runs: &[Run]) -> Result<Option<SearchTrials>, String> {
        let plan = system::read_to_string(&Folder::at(sweep).sweep_plan());
        let Some(text) = plan.ok().and_then(|plan| config::search_of(&plan)) else {
            return Ok(None);
        };
        let cannot = |error| format!("cannot read the search of `{}`: {error}", sweep.display());
        let space = SearchedSpace::parse(&text.config).map_err(cannot)?;
        let Some(progress) = SearchProgress::of(sweep, runs) else { return Ok(None) };
        let mut trials: BTreeMap<usize, SearchTrial> = BTreeMap::new();
        for run in runs.iter().filter(|run| run.sweep.as_deref() == Some(sweep)) {
            let Some(note) = &run.record.trial else { continue };
            let number = note.number;
            let new = || SearchTrial {
                number,
                point: space.point(&note.values),
                value: progress.values.get(&number).copied(),
                runs: Vec::new(),
            };
            trials.entry(number).or_insert_with(new).runs.push(run.clone());
        }
        let (dir, objective) = (sweep.to_owned(), progress.objective.clone());
        let (trials, replicates) = (trials.into_values().collect(), text.replicates);
        Ok(Some(SearchTrials { dir, objective, space, replicates, trials, progress }))
    }

    /// The trials that were better than all before them, see [`SearchProgress::best_so_far`].
    pub fn best_so_far(&self) -> Vec<(usize, f64)> {
        self.progress.best_so_far()
    }
}

impl SearchTrial {
    /// The status, of replicates that of the first that is not completed.
    pub fn status(&self) -> &'static str {
        let diverged = self.value.is_some_and(f64::is_nan);
        let mut words = self.runs.iter().map(|run| run.state.word());
        let completed = State::Completed.word();
        if diverged {
            "diverged"
        } else {
            words.find(|word| *word != completed).unwrap_or(completed)
        }
    }
}
