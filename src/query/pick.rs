//! Picks one of several runs: the youngest completed, the last, or the best by a metric.

use std::path::Path;

use super::error::RequestError;
use super::order::{compare_values, higher_is_better};
use super::run::{Run, State};
use super::search_progress::SearchProgress;
use crate::config::Plan;
use crate::runs::monitored;
use crate::train::Direction;

/// A word for one of several runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    /// The run that began last.
    Latest,
    /// The completed run with the best number.
    Best,
}

impl Pick {
    /// The pick that a word ends in, and what stands before it: `adam` of `adam/best`, nothing of
    /// `best`.
    pub(super) fn parse(word: &str) -> Option<(&str, Pick)> {
        let (base, last) = word.rsplit_once('/').unwrap_or(("", word));
        match last {
            "latest" => Some((base, Pick::Latest)),
            "best" => Some((base, Pick::Best)),
            _ => None,
        }
    }
}

/// Runs are offered for resuming if something is left to do.
pub(super) fn is_unfinished(run: &Run) -> bool {
    !matches!(run.state, State::Completed | State::Pruned)
}

pub(super) fn is_completed(run: &Run) -> bool {
    run.state == State::Completed
}

/// The run that began last.
pub(super) fn latest(runs: &[Run]) -> Option<&Run> {
    runs.iter().max_by_key(|run| (run.record.started, &run.dir))
}

/// The best of the completed runs and a note of how it was chosen: by the number `by`, or else by
/// the number that the plan of the youngest monitors.
pub(super) fn best<'a>(
    runs: &'a [Run],
    by: Option<&str>,
    base: &Path,
) -> Result<(&'a Run, String), RequestError> {
    let completed: Vec<&Run> = runs.iter().filter(|run| is_completed(run)).collect();
    let youngest = completed.iter().max_by_key(|run| run.record.started);
    let Some(youngest) = youngest else {
        return Err(RequestError::new(
            format!("none of {} is completed, so that none is the best", runs.len()),
            "`latest` is the one that began last",
        ));
    };
    if let Some(found) = by.is_none().then(|| best_trial(&completed, base)).flatten() {
        return Ok(found);
    }
    let (name, direction) = match by {
        Some(name) => (name.to_owned(), Direction::Auto),
        None => monitor(youngest),
    };
    let value = |run: &Run| run.number(&name);
    if completed.iter().all(|run| value(run).is_none()) {
        let known: Vec<String> = completed.iter().flat_map(|run| run.numbers()).collect();
        let known = known.iter().map(String::as_str);
        return Err(RequestError::unknown("no run has the number", &name, known));
    }
    let upward = match direction {
        Direction::Auto => higher_is_better(&name),
        known => known == Direction::Max,
    };
    // Of equals the first, as in `list --sort`.
    let order = |a: &&&Run, b: &&&Run| compare_values(upward, value(a), value(b));
    let best = completed.iter().min_by(order).copied().unwrap_or(youngest);
    let shown = value(best).map_or("-".to_owned(), super::format::number);
    let label = best.label(base);
    Ok((best, format!("{label}, {name} {shown}, the best of {}", completed.len())))
}

/// The first run of the best trial, if all runs are of one search.
fn best_trial<'a>(completed: &[&'a Run], base: &Path) -> Option<(&'a Run, String)> {
    let sweep = completed.first()?.sweep.as_deref()?;
    if completed.iter().any(|run| run.sweep.as_deref() != Some(sweep)) {
        return None;
    }
    let runs: Vec<Run> = completed.iter().map(|run| (*run).clone()).collect();
    let progress = SearchProgress::of(sweep, &runs)?;
    let (trial, value) = progress.best_so_far().pop()?;
    let is_of = |run: &&&Run| run.record.trial.as_ref().is_some_and(|note| note.number == trial);
    let best = completed.iter().find(is_of)?;
    let (label, value) = (best.label(base), super::format::number(value));
    let (name, trials) = (&progress.objective.name, progress.trials);
    Some((best, format!("{label}, {name} {value}, the best of {trials} trials")))
}

/// The number that the run's callbacks monitor, or else the one that runs are ranked by.
fn monitor(run: &Run) -> (String, Direction) {
    let watched = |plan: Plan| {
        let callbacks = plan.callbacks;
        let stopping = callbacks.early_stopping.map(|rule| (rule.monitor, rule.mode));
        let kept = || callbacks.model_checkpoint.map(|rule| (rule.monitor, rule.mode));
        stopping.or_else(kept)
    };
    let planned = run.plan().ok().and_then(watched);
    let planned = planned.filter(|(name, _)| run.record.metrics.get(name).is_some());
    let usual = || monitored(&run.record.metrics).map_or("loss", |(name, _)| name);
    planned.unwrap_or_else(|| (usual().to_owned(), Direction::Auto))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_stand_alone_or_after_a_name() {
        assert_eq!(Pick::parse("best"), Some(("", Pick::Best)));
        assert_eq!(Pick::parse("adam/latest"), Some(("adam", Pick::Latest)));
        assert_eq!(Pick::parse("logs/adam/best"), Some(("logs/adam", Pick::Best)));
        assert_eq!(Pick::parse("bestest"), None);
        assert_eq!(Pick::parse("best/adam"), None);
    }
}
