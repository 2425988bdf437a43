//! The learning rate of a plan over its steps.

use crate::config::Plan;
use crate::data;

/// As many points of a schedule are computed.
const POINTS: u64 = 400;

/// The step and the learning rate at equal distances, from the first step to the last.
///
/// # Errors
///
/// Data that cannot be found: its rows decide how many steps there are.
pub fn learning_rates(plan: &Plan) -> Result<Vec<(f64, f64)>, String> {
    let data = data::describe(&plan.data.source()).map_err(|error| error.to_string())?;
    let rows = data.parts.unwrap_or_else(|| plan.data.parts(data.rows)).training.len();
    let steps = (rows.div_ceil(plan.training.batch_size) * plan.training.epochs) as u64;
    let last = steps.saturating_sub(1);
    let points = POINTS.min(steps).max(1);
    let step = |point: u64| (last * point).checked_div(points - 1).unwrap_or(0);
    let rate = |step: u64| f64::from(plan.optimizer.learning_rate(step));
    Ok((0..points).map(step).map(|step| (step as f64, rate(step))).collect())
}
