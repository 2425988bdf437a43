//! Whether the arguments of an optimizer fit each other; it knows how none of them is used.

use super::source::ConfigSource;
use crate::config::diagnostic::Diagnostic;
use crate::config::plan::Plan;
use crate::config::schema::list;
use crate::optim::{CosineDecay, PiecewiseConstantDecay, Schedule};

/// The place of the learning rate, or of what is nearest to it.
const RATE: &str = "optimizer.learning_rate";

/// The conflicts between the arguments of the optimizer.
pub(crate) fn arguments(plan: &Plan, config: &ConfigSource<'_>) -> Vec<Diagnostic> {
    let schedule = match plan.optimizer.schedule() {
        Some(Schedule::PiecewiseConstantDecay(schedule)) => pieces(schedule, config),
        Some(Schedule::CosineDecay(schedule)) => warmup(schedule, config),
        _ => None,
    };
    [clips(plan, config), schedule].into_iter().flatten().collect()
}

fn clips(plan: &Plan, config: &ConfigSource<'_>) -> Option<Diagnostic> {
    let shared = plan.optimizer.common_args();
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
    let diagnostic = config.diagnostic(&[&place(last), "optimizer"], message, help);
    Some(diagnostic.related(config.span(&place(first)), "the first clip"))
}

fn and(names: &[&str]) -> String {
    list(names).replace(" or ", " and ")
}

fn pieces(schedule: &PiecewiseConstantDecay, config: &ConfigSource<'_>) -> Option<Diagnostic> {
    let PiecewiseConstantDecay { boundaries, values } = schedule;
    let (got, want) = (values.len(), boundaries.len() + 1);
    let place = |key: &str| format!("{RATE}.{key}");
    if got != want {
        let message = format!("`{RATE}` has {} for {}", count(got, "value"), count(want, "piece"));
        let help = "write one value for each boundary, and one for the steps beyond the last";
        let label = format!("got {got}, want {want}: one more than there are boundaries");
        let diagnostic = config.diagnostic(&[&place("values"), RATE], message, help).label(label);
        return Some(diagnostic.related(config.span(&place("boundaries")), "the boundaries"));
    }
    let (before, after) = boundaries.iter().zip(&boundaries[1..]).find(|(a, b)| a >= b)?;
    let message = format!("`{}` do not ascend", place("boundaries"));
    let help = "write each boundary after the ones that are less, and none twice";
    let diagnostic = config.diagnostic(&[&place("boundaries"), RATE], message, help);
    Some(diagnostic.label(format!("got {after} after {before}")))
}

fn count(n: usize, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{plural}")
}

fn warmup(schedule: &CosineDecay, config: &ConfigSource<'_>) -> Option<Diagnostic> {
    (schedule.warmup_target.is_none() && schedule.warmup_steps > 0).then(|| {
        let message = "a warm-up needs a step size to lead to";
        let help =
            "add `warmup_target`, from which the cosine then falls, or take `warmup_steps` out";
        config.diagnostic(&[&format!("{RATE}.warmup_steps"), RATE], message, help)
    })
}
