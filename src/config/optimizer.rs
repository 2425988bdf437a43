//! Whether the arguments of an optimizer fit each other; it knows how none of them is used.

use super::check::Written;
use super::plan::Plan;
use super::problem::Problem;
use super::words::list;
use crate::optim::{CosineDecay, PiecewiseConstantDecay, Schedule};

/// The place of the learning rate, or of what is nearest to it.
const RATE: &str = "optimizer.learning_rate";

/// What does not fit between the arguments of the optimizer.
pub(super) fn arguments(plan: &Plan, written: &Written<'_>) -> Vec<Problem> {
    let schedule = match plan.optimizer.schedule() {
        Some(Schedule::PiecewiseConstantDecay(schedule)) => pieces(schedule, written),
        Some(Schedule::CosineDecay(schedule)) => warmup(schedule, written),
        _ => None,
    };
    [clips(plan, written), schedule].into_iter().flatten().collect()
}

fn clips(plan: &Plan, written: &Written<'_>) -> Option<Problem> {
    let shared = plan.optimizer.shared();
    let all = [
        ("clipnorm", shared.clipnorm),
        ("clipvalue", shared.clipvalue),
        ("global_clipnorm", shared.global_clipnorm),
    ];
    let set: Vec<_> =
        all.iter().filter(|(_, limit)| limit.is_some()).map(|(key, _)| *key).collect();
    let [first, .., last] = set[..] else { return None };
    let message = format!("gradients can be clipped in one way only, not by {}", and(&set));
    let help = format!("keep one of {}", and(&all.map(|(key, _)| key)));
    let place = |key: &str| format!("optimizer.{key}");
    let problem = written.problem(&[&place(last), "optimizer"], message, help);
    Some(problem.related(written.origin(&place(first)), "the first clip"))
}

fn and(names: &[&str]) -> String {
    list(names).replace(" or ", " and ")
}

fn pieces(schedule: &PiecewiseConstantDecay, written: &Written<'_>) -> Option<Problem> {
    let PiecewiseConstantDecay { boundaries, values } = schedule;
    let (got, want) = (values.len(), boundaries.len() + 1);
    let place = |key: &str| format!("{RATE}.{key}");
    if got != want {
        let message = format!("`{RATE}` has {} for {}", count(got, "value"), count(want, "piece"));
        let help = "write one value for each boundary, and one for the steps beyond the last";
        let label = format!("got {got}, want {want}: one more than there are boundaries");
        let problem = written.problem(&[&place("values"), RATE], message, help).label(label);
        return Some(problem.related(written.origin(&place("boundaries")), "the boundaries"));
    }
    let (before, after) = boundaries.iter().zip(&boundaries[1..]).find(|(a, b)| a >= b)?;
    let message = format!("`{}` do not ascend", place("boundaries"));
    let help = "write each boundary after the ones that are less, and none twice";
    let problem = written.problem(&[&place("boundaries"), RATE], message, help);
    Some(problem.label(format!("got {after} after {before}")))
}

fn count(n: usize, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{plural}")
}

fn warmup(schedule: &CosineDecay, written: &Written<'_>) -> Option<Problem> {
    (schedule.warmup_target.is_none() && schedule.warmup_steps > 0).then(|| {
        let message = "a warm-up needs a step size to lead to";
        let help =
            "add `warmup_target`, from which the cosine then falls, or take `warmup_steps` out";
        written.problem(&[&format!("{RATE}.warmup_steps"), RATE], message, help)
    })
}
