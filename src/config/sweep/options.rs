//! The settings of a search in `[sweep]`: objective, startup and lag.

use super::axis::Axis;
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::document::{Entry, Spanned};
use crate::config::plan::{Epoch, Objective, ObjectiveTable, SweepTable};
use crate::train::Direction;

/// The startup trials without a setting.
const STARTUP_TRIALS: u64 = 10;
/// The trials under way together without a setting.
const PARALLEL: u64 = 4;

/// How a search proposes its trials.
#[derive(Clone, Debug)]
pub(crate) struct SearchOptions {
    /// The number that is made small or great; without one it is the monitored number.
    pub(crate) objective: Option<ObjectiveTable>,
    /// The place of the objective, or of the method.
    pub(crate) span: Span,
    /// Trials that are drawn as by a random search.
    pub(crate) startup_trials: usize,
    /// Trials that may be under way together.
    pub(crate) parallel: usize,
}

impl SearchOptions {
    /// The settings in the table `node`.
    pub(crate) fn of(table: &SweepTable, node: &Spanned) -> SearchOptions {
        let objective = table.objective.clone().map(|objective| match objective {
            Objective::Full(table) => table,
            Objective::Name(name) => {
                ObjectiveTable { name, mode: Direction::Auto, at: Epoch::Last }
            }
        });
        let place = node.entry("objective").or(node.entry("method"));
        SearchOptions {
            objective,
            span: place.map_or(&node.span, |entry| &entry.node.span).clone(),
            startup_trials: table.startup_trials.unwrap_or(STARTUP_TRIALS) as usize,
            parallel: table.parallel.unwrap_or(PARALLEL) as usize,
        }
    }
}

/// What is wrong with the keys of a search.
pub(crate) fn wrong_in_search(entry: &Entry, trials: Option<u64>) -> Vec<Diagnostic> {
    if trials.is_some() {
        return Vec::new();
    }
    let method = entry.node.entry("method").map_or(&entry.span, |method| &method.node.span);
    let message = "a search must know how many `trials` to make";
    vec![Diagnostic::at(method, message, "add `trials = 100` to `[sweep]`")]
}

/// Puts the values of an override in the place of a parameter.
pub(crate) fn put_axis(axes: &mut Vec<Axis>, axis: Axis) {
    match axes.iter_mut().find(|other| other.key() == axis.key()) {
        Some(other) => *other = axis,
        None => axes.push(axis),
    }
}
