//! Which run is better: the one order of the table, the best so far and the JSON; it shows nothing.

use std::cmp::Ordering;

use crate::experiment::monitored;
use crate::sweep::{RunResult, Status};
use crate::train::Logs;

/// The number by which a run is judged, with its name, unless it is no number at all.
pub(super) fn objective(logs: &Logs) -> Option<(&'static str, f64)> {
    monitored(logs).filter(|(_, value)| !value.is_nan())
}

/// The places of the results, best first. Only completed runs that can be compared have a rank, from 1; the
/// others follow: first those that got somewhere, each kind in the order of their plans.
pub(super) fn ranked(results: &[RunResult]) -> Vec<(Option<usize>, usize)> {
    let judged: Vec<_> = results.iter().map(judged).collect();
    let mut places: Vec<usize> = (0..results.len()).collect();
    places.sort_by(|&x, &y| match (judged[x], judged[y]) {
        (Some(a), Some(b)) => by_objective(a, b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => class(&results[x].status).cmp(&class(&results[y].status)),
    });
    let rank = |(rank, place): (usize, usize)| (judged[place].map(|_| rank + 1), place);
    places.into_iter().enumerate().map(rank).collect()
}

fn judged(result: &RunResult) -> Option<(&'static str, f64)> {
    let logs = result.last.as_ref().filter(|_| result.status == Status::Completed)?;
    objective(logs)
}

/// A validated run comes before one that is not: their losses say different things.
fn by_objective(a: (&str, f64), b: (&str, f64)) -> Ordering {
    let validated = |name: &str| name == "val_loss";
    validated(b.0).cmp(&validated(a.0)).then(a.1.total_cmp(&b.1))
}

fn class(status: &Status) -> u8 {
    match status {
        Status::Completed => 0,
        Status::Stopped => 1,
        Status::Failed(_) => 2,
        Status::Skipped => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(name: &str, status: Status, logs: &[(&str, f64)]) -> RunResult {
        let last = logs.iter().map(|&(name, value)| (name.to_owned(), value)).collect();
        RunResult {
            name: name.to_owned(),
            dir: None,
            status,
            epochs: 1,
            last: Some(Logs(last)),
            best: None,
            seconds: 1.0,
        }
    }

    #[test]
    fn the_best_validated_run_comes_first() {
        use Status::{Completed, Failed, Skipped, Stopped};
        let results = [
            ended("skipped", Skipped, &[]),
            ended("nan", Completed, &[("loss", 0.1), ("val_loss", f64::NAN)]),
            ended("failed", Failed("x".to_owned()), &[("loss", 0.0)]),
            ended("unvalidated", Completed, &[("loss", 0.0)]),
            ended("second", Completed, &[("loss", 0.1), ("val_loss", 0.3)]),
            ended("stopped", Stopped, &[("loss", 0.0), ("val_loss", 0.0)]),
            ended("first", Completed, &[("loss", 0.2), ("val_loss", 0.2)]),
            ended("as second", Completed, &[("loss", 0.1), ("val_loss", 0.3)]),
        ];
        let name = |(rank, place): (_, usize)| (rank, results[place].name.as_str());
        let order: Vec<_> = ranked(&results).into_iter().map(name).collect();
        let want = [
            (Some(1), "first"),
            (Some(2), "second"),
            (Some(3), "as second"),
            (Some(4), "unvalidated"),
            (None, "nan"),
            (None, "stopped"),
            (None, "failed"),
            (None, "skipped"),
        ];
        assert_eq!(order, want);
    }
}
