//! What one config describes: an experiment of one run, or of the runs of a sweep; it runs none.

use super::plan::Plan;
use super::sweep::Runs;
use crate::memory::Bytes;

/// What one config describes.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// What it is called, and its folder under the log directory.
    pub name: String,
    /// Whether its runs have folders of their own within the folder of a sweep.
    pub sweep: bool,
    /// Its runs, in the order in which they start; a single one if it is no sweep.
    pub runs: Runs,
    /// How many draws of a random search are not among the runs because an earlier one is the same.
    pub repeats: usize,
    /// What is worth knowing of its data, each a sentence without a full stop.
    pub notes: Vec<String>,
    /// The memory that the greatest of its runs takes, with its data; 0 if that is not known.
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
