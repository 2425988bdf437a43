//! The pruner of a search: its rule, with the epochs of the trials filled in.

use super::options::SearchOptions;
use super::pruner_option::PrunerOption;
use super::space::MOST_RUNS;
use super::trial_space::TrialSpace;
use crate::config::diagnostic::Diagnostic;
use crate::config::plan::{Plan, PrunerTable};
use crate::search::{Hyperband, Median};

/// When the trials of a search are stopped before their last epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pruner {
    /// Brackets of successive halving.
    Hyperband {
        /// The brackets.
        rule: Hyperband,
        /// How many times all brackets are run.
        iterations: usize,
    },
    /// The median of earlier trials.
    Median {
        /// The rule.
        rule: Median,
        /// The epochs of a trial that is never stopped.
        max_epochs: usize,
    },
}

impl Pruner {
    /// The number of trials, if the pruner fixes it.
    pub fn trials(&self) -> Option<usize> {
        match self {
            Pruner::Hyperband { rule, iterations } => {
                Some(rule.trials().saturating_mul(*iterations))
            }
            Pruner::Median { .. } => None,
        }
    }
}

impl PrunerOption {
    /// The pruner of trials of `epochs` epochs.
    fn with_epochs(&self, epochs: usize, replicates: usize) -> Result<Pruner, Box<Diagnostic>> {
        match self.table {
            PrunerTable::Hyperband { min_epochs, factor, iterations } => {
                let rule = Hyperband { max_epochs: epochs, min_epochs, factor };
                let least = min_epochs.saturating_mul(factor);
                if epochs < least {
                    return Err(self.no_rung(rule, least).into());
                }
                let pruner = Pruner::Hyperband { rule, iterations };
                let trials = pruner.trials().unwrap_or(usize::MAX);
                if trials.checked_mul(replicates).is_none_or(|n| MOST_RUNS < n as u64) {
                    Err(self.too_many(rule.trials() * replicates).into())
                } else {
                    Ok(pruner)
                }
            }
            PrunerTable::Median { startup_trials, warmup_epochs, interval_epochs, min_trials } => {
                let rule = Median { startup_trials, warmup_epochs, interval_epochs, min_trials };
                match rule.checks(epochs).next() {
                    Some(_) => Ok(Pruner::Median { rule, max_epochs: epochs }),
                    None => Err(self.no_check(warmup_epochs, epochs).into()),
                }
            }
        }
    }

    fn no_rung(&self, rule: Hyperband, least: usize) -> Diagnostic {
        let Hyperband { max_epochs: epochs, min_epochs, factor } = rule;
        let message = if epochs < min_epochs {
            format!("`min_epochs` is {min_epochs}, and `training.epochs` only {epochs}")
        } else {
            format!("no rung lies between {min_epochs} and {epochs} epochs")
        };
        let help = match epochs / factor {
            0 => format!("train at least {least} epochs"),
            most => format!("train at least {least} epochs, or take `min_epochs` up to {most}"),
        };
        let note = "the first rung is at `min_epochs`, the next at `factor` times as many";
        Diagnostic::at(self.place("min_epochs"), message, help).note(note)
    }

    fn too_many(&self, runs: usize) -> Diagnostic {
        let message = format!("an iteration of these brackets has {runs} runs");
        let help = "take fewer `iterations` or seeds, or a greater `min_epochs`";
        Diagnostic::at(self.place("iterations"), message, help)
            .label(format!("want at most {MOST_RUNS} in all"))
    }

    fn no_check(&self, warmup: usize, epochs: usize) -> Diagnostic {
        let message = format!("no check lies between {warmup} and {epochs} epochs");
        let help = "train more epochs, or take a smaller `warmup_epochs`";
        Diagnostic::at(self.place("warmup_epochs"), message, help)
    }
}

/// The pruner of a search whose trials have a plan like `plan`.
///
/// # Errors
///
/// A pruner that stops no trial, trials of different numbers of epochs.
pub(crate) fn pruner(space: &TrialSpace, plan: &Plan) -> Result<Option<Pruner>, Vec<Diagnostic>> {
    let SearchOptions { pruner: Some(option), .. } = &space.options else { return Ok(None) };
    let is_epochs = |key: &str| key == "training" || key == "training.epochs";
    if let Some(axis) = space.axes().iter().find(|axis| axis.varies() && is_epochs(&axis.key())) {
        let message = "a pruner compares trials of the same number of epochs";
        let help = "write one `epochs` in `[training]`; the pruner stops trials earlier";
        return Err(vec![Diagnostic::at(&axis.path[0].1, message, help)]);
    }
    let pruner = option.with_epochs(plan.training.epochs, space.seeds.len().max(1));
    pruner.map(Some).map_err(|diagnostic| vec![*diagnostic])
}
