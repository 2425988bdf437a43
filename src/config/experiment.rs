//! An experiment: the run of a config, or the runs of its sweep.

use super::plan::Plan;
use super::sweep::Runs;
use crate::memory::Bytes;

/// The runs of one config.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// The name of the experiment and of its folder under the log directory.
    pub name: String,
    /// Whether its runs have folders of their own within the folder of a sweep.
    pub sweep: bool,
    /// Its runs, in the order in which they start; a single one if it is no sweep.
    pub runs: Runs,
    /// Number of draws of a random search that repeat an earlier draw.
    pub repeats: usize,
    /// Notes on the data, each a sentence without a full stop.
    pub notes: Vec<String>,
    /// Memory of the largest run with its data; 0 if unknown.
    pub memory: Bytes,
}

impl Experiment {
    /// The experiment of a config without a sweep.
    pub fn single(plan: Plan) -> Experiment {
        let name = plan.name.clone();
        Experiment {
            name,
            sweep: false,
            runs: Runs::single(&plan),
            repeats: 0,
            notes: Vec::new(),
            memory: Bytes::default(),
        }
    }
}
