//! An experiment: the run of a config, or the runs of its sweep.

use serde::{Deserialize, Serialize};

use super::plan::Plan;
use super::sweep::Runs;
use crate::memory::Bytes;
use crate::runs::Objective;

/// The runs of one config.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// The name of the experiment and of its folder under the log directory.
    pub name: String,
    /// Whether its runs have folders of their own within the folder of a sweep.
    pub sweep: bool,
    /// Its runs, in the order in which they start; a single one if it is no sweep, and the first one
    /// of a search.
    pub runs: Runs,
    /// The config of a search, as one text.
    pub search: Option<SearchText>,
    /// Number of draws of a random search that repeat an earlier draw.
    pub repeats: usize,
    /// Notes on the data, each a sentence without a full stop.
    pub notes: Vec<String>,
    /// Memory of the largest run with its data; 0 if unknown.
    pub memory: Bytes,
}

/// A search as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchText {
    /// The config, with bases, overrides and absolute paths merged in.
    pub config: String,
    /// The number that it makes small or great.
    pub objective: Objective,
    /// The number of trials.
    pub trials: usize,
    /// The number of runs of a trial.
    pub replicates: usize,
    /// The number of trials that may be under way together; 0 in plans of early versions.
    #[serde(default)]
    pub parallel: usize,
}

impl Experiment {
    /// The number of runs, of which those of a search are proposed as results arrive.
    pub fn n_runs(&self) -> usize {
        let of_search = |search: &SearchText| search.trials * search.replicates;
        self.search.as_ref().map_or(self.runs.len(), of_search)
    }

    /// The experiment of a config without a sweep.
    pub fn single(plan: Plan) -> Experiment {
        let name = plan.name.clone();
        Experiment {
            name,
            sweep: false,
            runs: Runs::single(&plan),
            search: None,
            repeats: 0,
            notes: Vec::new(),
            memory: Bytes::default(),
        }
    }
}
