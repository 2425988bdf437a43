//! The order of metrics and of runs by a metric, best first.

use std::cmp::Ordering;

use super::error::RequestError;
use super::run::Run;
use crate::train::Direction;

/// Whether a number called so is best where it is greatest, as accuracies are.
pub fn higher_is_better(name: &str) -> bool {
    Direction::Auto.of(name.strip_prefix("best.").unwrap_or(name)) == Direction::Max
}

/// Puts the runs into the order of a number (see [`Run::number`]), the best first and those without
/// one last; without a name, the youngest first.
pub fn sort(runs: &mut [Run], by: Option<&str>) -> Result<(), RequestError> {
    let Some(name) = by else {
        runs.sort_by(|a, b| b.record.started.cmp(&a.record.started).then(a.dir.cmp(&b.dir)));
        return Ok(());
    };
    if !runs.is_empty() && runs.iter().all(|run| run.number(name).is_none()) {
        let known: Vec<String> = runs.iter().flat_map(Run::numbers).collect();
        let known = known.iter().map(String::as_str);
        return Err(RequestError::unknown("no run has the number", name, known));
    }
    runs.sort_by(|a, b| compare_metric(name, a.number(name), b.number(name)));
    Ok(())
}

/// The order of two values of one number, the better one first, and one that is none last.
pub(super) fn compare_metric(name: &str, a: Option<f64>, b: Option<f64>) -> Ordering {
    compare_values(higher_is_better(name), a, b)
}

/// The same where more is better `upward`, and less otherwise.
pub(super) fn compare_values(upward: bool, a: Option<f64>, b: Option<f64>) -> Ordering {
    let real = |value: Option<f64>| value.filter(|value| !value.is_nan());
    match (real(a), real(b)) {
        (Some(a), Some(b)) if upward => b.total_cmp(&a),
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_number_comes_first_and_none_last() {
        assert_eq!(compare_metric("loss", Some(1.0), Some(2.0)), Ordering::Less);
        assert_eq!(compare_metric("val_accuracy", Some(1.0), Some(2.0)), Ordering::Greater);
        assert_eq!(compare_metric("best.val_accuracy", Some(1.0), Some(2.0)), Ordering::Greater);
        for none in [None, Some(f64::NAN)] {
            assert_eq!(compare_metric("loss", none, Some(f64::INFINITY)), Ordering::Greater);
            assert_eq!(compare_metric("val_accuracy", Some(0.0), none), Ordering::Less);
        }
    }
}
