//! Checks a search before it starts: every option and both ends of every range, in a trial that has them.

use super::axis::{Axis, Values};
use super::expand::Planner;
use super::trial_space::TrialSpace;
use crate::config::diagnostic::{Diagnostic, Location};
use crate::config::plan::{Epoch, ObjectiveTable, Plan};
use crate::model::NamedMetric;
use crate::runs::Objective;
use crate::search::Point;
use crate::train::Direction;

/// The diagnostics of the options and of the ends of the ranges of a search.
pub(crate) fn check_search(space: &TrialSpace, planner: &mut Planner<'_>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for (at, axis) in space.axes().iter().enumerate() {
        for x in extremes(axis) {
            let point = point_with(space, at, x);
            let Err(found) = space.config(&point).and_then(&mut *planner) else { continue };
            for diagnostic in found {
                let diagnostic = with_values(space, &point, axis, diagnostic);
                let same = |other: &Diagnostic| {
                    other.message == diagnostic.message && other.location == diagnostic.location
                };
                if !diagnostics.iter().any(same) {
                    diagnostics.push(diagnostic);
                }
            }
        }
    }
    diagnostics
}

/// The diagnostic of an objective that no run of this plan logs.
pub(crate) fn check_objective(space: &TrialSpace, plan: &Plan) -> Option<Diagnostic> {
    let objective = space.options.objective.as_ref()?;
    let names = logged(plan);
    if names.contains(&objective.name) {
        return None;
    }
    let message = format!("no run logs `{}`", objective.name);
    let want = format!("it is one of {}", names.join(", "));
    Some(Diagnostic::at(&space.options.span, message, want))
}

/// The objective: what the config says, or the monitored number.
pub(crate) fn objective(space: &TrialSpace, plan: &Plan) -> Objective {
    let table = space.options.objective.clone().unwrap_or_else(|| {
        let name = if validates(plan) { "val_loss" } else { "loss" };
        ObjectiveTable { name: name.to_owned(), mode: Direction::Auto, at: Epoch::Last }
    });
    Objective {
        rises: table.mode.of(&table.name) == Direction::Max,
        at_best: table.at == Epoch::Best,
        name: table.name,
    }
}

fn validates(plan: &Plan) -> bool {
    0.0 < plan.data.validation_split || plan.data.validation_data.is_some()
}

/// The names of the numbers that a run logs.
fn logged(plan: &Plan) -> Vec<String> {
    let metrics = plan.training.all_metrics();
    let metrics = metrics.iter().flat_map(NamedMetric::names);
    let names: Vec<String> = std::iter::once("loss".to_owned()).chain(metrics).collect();
    let of_validation = names.iter().filter(|_| validates(plan)).map(|name| format!("val_{name}"));
    let of_validation: Vec<_> = of_validation.collect();
    names.into_iter().chain(of_validation).collect()
}

/// The options of a list, or the ends of a range, as numbers of the search.
fn extremes(axis: &Axis) -> Vec<f64> {
    match &axis.values {
        Values::List(nodes) => (0..nodes.len()).map(|at| at as f64).collect(),
        Values::Drawn { from, .. } => from.ends().map(|end| from.number(&end)).to_vec(),
    }
}

/// The first draw with the number `x` for the parameter `at`, and with the options that its condition wants.
fn point_with(space: &TrialSpace, at: usize, x: f64) -> Point {
    let parameters = space.model().parameters();
    let mut forced = vec![None; parameters.len()];
    forced[at] = Some(x);
    let mut below = at;
    while let Some(when) = &parameters[below].when {
        forced[when.parameter] = when.options.first().map(|option| *option as f64);
        below = when.parameter;
    }
    let first = space.drawn(0);
    space.model().fill(|at, domain| forced[at].or(first[at]).unwrap_or(domain.random(0.5)))
}

/// The diagnostic with the values of the trial, unless it points at the parameter itself.
fn with_values(
    space: &TrialSpace,
    point: &Point,
    axis: &Axis,
    diagnostic: Diagnostic,
) -> Diagnostic {
    let places = axis.list().iter().map(|node| &node.span).chain(axis.drawn());
    let is_here = |location: &Location| match location {
        Location::Text(span) => places.into_iter().any(|place| {
            place.source == span.source
                && place.range.start <= span.range.start
                && span.range.end <= place.range.end
        }),
        Location::File(_) => false,
    };
    if is_here(&diagnostic.location) || diagnostic.note.is_some() {
        return diagnostic;
    }
    let changes = space.changes(point);
    let values: Vec<_> =
        changes.iter().map(|change| format!("{} = {}", change.key, change.text())).collect();
    diagnostic.note(format!("so with {}", values.join(", ")))
}
