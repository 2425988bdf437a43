//! Which run is better: the one order of the table, the best so far and the JSON; it shows nothing.

use std::cmp::Ordering;

use super::line::Line;
use crate::experiment::monitored;
use crate::query::rises;
use crate::sweep::Status;
use crate::train::Logs;

/// The number by which a run is judged, with its name, unless it is no number at all.
pub(crate) fn objective(logs: &Logs) -> Option<(&'static str, f64)> {
    monitored(logs).filter(|(_, value)| !value.is_nan())
}

/// The places of the lines, best first, by `sort` or else by what runs are judged by. Only lines of
/// completed runs that can be compared have a rank, from 1; the others follow: first those that got
/// somewhere, each kind in the order of their plans.
pub(crate) fn ranked(lines: &[Line<'_>], sort: Option<&str>) -> Vec<(Option<usize>, usize)> {
    let judged: Vec<_> = lines.iter().map(|line| judged(line, sort)).collect();
    let class = |place: usize| lines[place].runs.iter().map(|run| class(&run.status)).min();
    let mut places: Vec<usize> = (0..lines.len()).collect();
    places.sort_by(|&x, &y| match (judged[x], judged[y]) {
        (Some(a), Some(b)) => by_objective(a, b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => class(x).cmp(&class(y)),
    });
    let rank = |(rank, place): (usize, usize)| (judged[place].map(|_| rank + 1), place);
    places.into_iter().enumerate().map(rank).collect()
}

/// Whether the line is judged by the number that it should be, and that number, the less the better.
fn judged(line: &Line<'_>, sort: Option<&str>) -> Option<(bool, f64)> {
    let value = |name: &str| Some(line.metric(name)?.mean);
    let (wanted, value) = match sort {
        Some(name) => (true, if rises(name) { -value(name)? } else { value(name)? }),
        None => {
            value("val_loss").map_or_else(|| Some((false, value("loss")?)), |v| Some((true, v)))?
        }
    };
    (0 < line.completed() && !value.is_nan()).then_some((wanted, value))
}

/// A validated run comes before one that is not: their losses say different things.
fn by_objective(a: (bool, f64), b: (bool, f64)) -> Ordering {
    b.0.cmp(&a.0).then(a.1.total_cmp(&b.1))
}

fn class(status: &Status) -> u8 {
    match status {
        Status::Completed => 0,
        Status::Stopped => 1,
        Status::Failed(_) => 2,
        Status::Skipped | Status::Busy(_) => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::display::progress::script;
    use crate::sweep::RunResult;

    fn ended(name: &str, status: Status, logs: &[(&str, f64)]) -> RunResult {
        RunResult { status, ..script::completed(name, logs) }
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
        let name = |(rank, place): (_, usize)| (rank, &*results[place].name);
        let order: Vec<_> = ranked(&Line::all(&results), None).into_iter().map(name).collect();
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

    #[test]
    fn accuracy_is_best_where_it_is_greatest() {
        let run = |loss, accuracy| {
            ended("run", Status::Completed, &[("loss", loss), ("val_accuracy", accuracy)])
        };
        let results = [run(0.1, 0.5), run(0.3, 0.9), run(0.2, 0.7)];
        let order = |sort| {
            let ranked = ranked(&Line::all(&results), sort);
            ranked.into_iter().map(|(_, place)| place).collect::<Vec<_>>()
        };
        assert_eq!(order(None), [0, 2, 1]);
        assert_eq!(order(Some("loss")), [0, 2, 1]);
        assert_eq!(order(Some("val_accuracy")), [1, 2, 0]);
    }
}
