//! The ranking of groups at the end of `run`: completed ones by a metric, then the others.

use std::cmp::Ordering;

use super::group::{Replicate, ResultGroup};
use super::order::higher_is_better;

/// The rank from 1 and the index of each group, best first, by `sort` or else by `val_loss` and, for
/// groups without validation, `loss`.
///
/// Only groups with a completed run and a number that is not NaN have a rank. The others follow by
/// [`Completion`](super::Completion), each kind in the order of `groups`, but pruned ones by their epochs, the most first, and then by
/// the number.
pub fn rank<R: Replicate>(
    groups: &[ResultGroup<R>],
    sort: Option<&str>,
) -> Vec<(Option<usize>, usize)> {
    let keys: Vec<_> = groups.iter().map(|group| sort_key(group, sort)).collect();
    let completion = |index: usize| groups[index].runs.iter().map(Replicate::completion).min();
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by(|&a, &b| match (keys[a], keys[b]) {
        (Some(a), Some(b)) => compare(a, b),
        (a_key, b_key) => a_key
            .is_none()
            .cmp(&b_key.is_none())
            .then(completion(a).cmp(&completion(b)))
            .then_with(|| compare_pruned(&groups[a], &groups[b], sort)),
    });
    let rank = |(rank, index): (usize, usize)| (keys[index].map(|_| rank + 1), index);
    order.into_iter().enumerate().map(rank).collect()
}

/// Pruned groups in the order of their rungs: those with more epochs first, the better one of equals.
fn compare_pruned<R: Replicate>(
    a: &ResultGroup<R>,
    b: &ResultGroup<R>,
    sort: Option<&str>,
) -> Ordering {
    if !a.is_pruned() || !b.is_pruned() {
        return Ordering::Equal;
    }
    let value = |group| value(group, sort).unwrap_or((false, f64::NAN));
    b.runs[0].epochs().cmp(&a.runs[0].epochs()).then_with(|| compare(value(a), value(b)))
}

/// Whether the group has the preferred metric, and the number to minimize; none if it is not completed.
fn sort_key<R: Replicate>(group: &ResultGroup<R>, sort: Option<&str>) -> Option<(bool, f64)> {
    value(group, sort).filter(|key| group.is_completed() && !key.1.is_nan())
}

/// Whether the group has the preferred metric, and the number to minimize.
fn value<R: Replicate>(group: &ResultGroup<R>, sort: Option<&str>) -> Option<(bool, f64)> {
    let mean = |name: &str| Some(group.metric(name)?.mean);
    Some(match sort {
        Some(name) if higher_is_better(name) => (true, -mean(name)?),
        Some(name) => (true, mean(name)?),
        None => match mean("val_loss") {
            Some(loss) => (true, loss),
            None => (false, mean("loss")?),
        },
    })
}

/// A loss on validation rows is not comparable to a loss on training rows, so the former come first.
fn compare(a: (bool, f64), b: (bool, f64)) -> Ordering {
    b.0.cmp(&a.0).then(a.1.total_cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::super::group::Completion;
    use super::*;

    struct Ended(&'static str, Completion, Vec<(&'static str, f64)>);

    impl Replicate for Ended {
        fn completion(&self) -> Completion {
            self.1
        }

        fn epochs(&self) -> usize {
            self.2.len()
        }

        fn last_metric(&self, name: &str) -> Option<f64> {
            self.2.iter().find(|(other, _)| *other == name).map(|(_, value)| *value)
        }
    }

    fn group(
        name: &'static str,
        completion: Completion,
        logs: &[(&'static str, f64)],
    ) -> ResultGroup<Ended> {
        ResultGroup { runs: vec![Ended(name, completion, logs.to_vec())] }
    }

    #[test]
    fn validated_groups_rank_before_others() {
        use Completion::{Completed, Failed, Partial, Pruned, Skipped};
        let groups = [
            group("skipped", Skipped, &[]),
            group("nan", Completed, &[("loss", 0.1), ("val_loss", f64::NAN)]),
            group("failed", Failed, &[("loss", 0.0)]),
            group("unvalidated", Completed, &[("loss", 0.0)]),
            group("second", Completed, &[("loss", 0.1), ("val_loss", 0.3)]),
            group("stopped", Partial, &[("loss", 0.0), ("val_loss", 0.0)]),
            group("first rung", Pruned, &[("val_loss", 0.0)]),
            group("second rung", Pruned, &[("loss", 0.0), ("val_loss", 0.5)]),
            group("better there", Pruned, &[("loss", 0.0), ("val_loss", 0.4)]),
            group("first", Completed, &[("loss", 0.2), ("val_loss", 0.2)]),
            group("as second", Completed, &[("loss", 0.1), ("val_loss", 0.3)]),
        ];
        let name = |(rank, index): (_, usize)| (rank, groups[index].runs[0].0);
        let want = [
            (Some(1), "first"),
            (Some(2), "second"),
            (Some(3), "as second"),
            (Some(4), "unvalidated"),
            (None, "nan"),
            (None, "better there"),
            (None, "second rung"),
            (None, "first rung"),
            (None, "stopped"),
            (None, "failed"),
            (None, "skipped"),
        ];
        assert_eq!(rank(&groups, None).into_iter().map(name).collect::<Vec<_>>(), want);
    }

    #[test]
    fn accuracy_ranks_from_the_highest() {
        let run = |loss, accuracy| {
            group("run", Completion::Completed, &[("loss", loss), ("val_accuracy", accuracy)])
        };
        let groups = [run(0.1, 0.5), run(0.3, 0.9), run(0.2, 0.7)];
        let order = |sort| rank(&groups, sort).iter().map(|(_, index)| *index).collect::<Vec<_>>();
        assert_eq!(order(None), [0, 2, 1]);
        assert_eq!(order(Some("loss")), [0, 2, 1]);
        assert_eq!(order(Some("val_accuracy")), [1, 2, 0]);
    }
}
