//! The settings of a search in `[sweep]`: objective, startup, lag and pruner.

use super::axis::Axis;
use super::pruner_option::PrunerOption;
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::document::{Entry, Spanned};
use crate::config::plan::{Epoch, Method, Objective, ObjectiveTable, PrunerTable, SweepTable};
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
    /// Whether proposals depend on results, and are not all drawn.
    pub(crate) learns: bool,
    /// When trials are stopped early.
    pub(crate) pruner: Option<PrunerOption>,
    /// Trials that are drawn as by a random search.
    pub(crate) startup_trials: usize,
    /// Trials that may be under way together, where trials depend on the results of others.
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
        let learns = table.method == Method::Tpe;
        let drawn = if learns { STARTUP_TRIALS } else { u64::MAX };
        let pruner = table.pruner.zip(node.entry("pruner"));
        SearchOptions {
            objective,
            learns,
            pruner: pruner.map(|(table, entry)| PrunerOption::new(table, &entry.node)),
            span: place.map_or(&node.span, |entry| &entry.node.span).clone(),
            startup_trials: table.startup_trials.unwrap_or(drawn) as usize,
            parallel: table.parallel.unwrap_or(PARALLEL) as usize,
        }
    }

    /// Whether a trial waits for the results of the trials below the lag: to learn from them, or for the median rule.
    pub(crate) fn waits(&self) -> bool {
        self.learns || self.pruner.as_ref().is_some_and(|pruner| !pruner.is_hyperband())
    }

    /// How many of `trials` trials may be under way together.
    pub(crate) fn under_way(&self, trials: usize) -> usize {
        if self.waits() { self.parallel.min(trials) } else { trials }
    }
}

/// What is wrong with the number of trials.
pub(crate) fn wrong_trials(entry: &Entry, table: &SweepTable) -> Vec<Diagnostic> {
    let method = entry.node.entry("method").map_or(&entry.span, |method| &method.node.span);
    match (entry.node.entry("trials"), table.pruner) {
        (Some(trials), Some(PrunerTable::Hyperband { .. })) => {
            let message = "the number of trials follows from the brackets of `hyperband`";
            let help = "take `trials` out; `iterations` in the table of `pruner` runs all brackets \
                        again with new trials";
            vec![Diagnostic::at(&trials.span, message, help)]
        }
        (Some(_), _) | (None, Some(PrunerTable::Hyperband { .. })) => Vec::new(),
        (None, _) if table.method == Method::Random => {
            let message = "a random search must know how many `trials` to make";
            vec![Diagnostic::at(method, message, "add `trials = 20` to `[sweep]`")]
        }
        (None, _) => {
            let message = "a search must know how many `trials` to make";
            vec![Diagnostic::at(method, message, "add `trials = 100` to `[sweep]`")]
        }
    }
}

/// What is wrong with the keys of a sweep that is not of `method = "tpe"`: keys that only a search has.
pub(crate) fn wrong_in_draws(table: &SweepTable, node: &Spanned, axes: &[Axis]) -> Vec<Diagnostic> {
    let keys: &[&str] = match table.pruner {
        None => &["objective", "startup_trials", "parallel"],
        Some(PrunerTable::Hyperband { .. }) => &["startup_trials", "parallel"],
        Some(PrunerTable::Median { .. }) => &["startup_trials"],
    };
    let options = keys.iter().filter_map(|key| node.entry(key));
    let only_tpe = |entry: &Entry| {
        let message = format!("`{}` is a key of `method = \"tpe\"`", entry.key);
        Diagnostic::at(&entry.span, message, "take it out, or write `method = \"tpe\"`")
    };
    let conditions = axes.iter().filter_map(|axis| axis.when.as_ref());
    let conditions = conditions.filter(|_| table.method == Method::Grid && table.pruner.is_none());
    let not_in_grid = |entry: &Entry| {
        let help = "take it out, or write `method = \"random\"` or `\"tpe\"`";
        Diagnostic::at(&entry.span, "a grid has no conditions", help)
    };
    options.map(only_tpe).chain(conditions.map(not_in_grid)).collect()
}

/// Puts the values of an override in the place of a parameter.
pub(crate) fn put_axis(axes: &mut Vec<Axis>, axis: Axis) {
    match axes.iter_mut().find(|other| other.key() == axis.key()) {
        Some(other) => *other = axis,
        None => axes.push(axis),
    }
}
