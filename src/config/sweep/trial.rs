//! A trial of a search: a point with its plan, and the rule that proposes the next one.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use super::expand::Planner;
use super::trial_space::TrialSpace;
use super::variant::{Change, Variant};
use crate::config::diagnostic::Diagnostic;
use crate::config::plan::Plan;
use crate::random::RandomStream;
use crate::search::{Domain, Outcome, Point, Space, Tpe, Trial as Known};

/// Random points that are tried after the candidates of the estimator.
const RANDOM_POINTS: usize = 240;

/// The number of points up to which a finite space is searched for one that is left.
const MAX_LISTED: u64 = 100_000;

/// A proposed trial.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The point of the space.
    pub point: Point,
    /// A hash of the plan without its seed.
    identity: [u8; 16],
    /// The runs, one for each seed.
    pub runs: Vec<Variant>,
}

/// The next trial after `trials`, of which the results so far are `outcomes`; none if every combination
/// is tried.
///
/// A point whose plan is known is passed over: first the candidates of the estimator are tried, the best
/// first, then random points, then all points of a finite space.
pub(crate) fn propose(
    space: &TrialSpace,
    trials: &[Trial],
    outcomes: &[Option<Outcome>],
    planner: &mut Planner<'_>,
) -> Result<Option<Trial>, Vec<Diagnostic>> {
    let number = trials.len();
    let mut stream = RandomStream::trial(space.seed, "tpe", number as u64);
    let mut unit = || stream.unit();
    let mut refused = Refused::new(trials);
    let first = if number < space.options.startup_trials {
        vec![space.drawn(number)]
    } else {
        let known = trials.iter().zip(outcomes).filter_map(|(trial, outcome)| {
            outcome.map(|outcome| Known { point: trial.point.clone(), outcome })
        });
        let tpe = Tpe { startup_trials: 0, ..Tpe::default() };
        tpe.candidates(space.model(), &known.collect::<Vec<_>>(), &mut unit)
    };
    for point in first {
        if let Some(trial) = refused.fresh(space, number, &point, planner)? {
            return Ok(Some(trial));
        }
    }
    for _ in 0..RANDOM_POINTS {
        let point = space.model().random(&mut unit);
        if let Some(trial) = refused.fresh(space, number, &point, planner)? {
            return Ok(Some(trial));
        }
    }
    for point in all_points(space.model()) {
        if let Some(trial) = refused.fresh(space, number, &point, planner)? {
            return Ok(Some(trial));
        }
    }
    Ok(None)
}

/// The points and plans that are no new trial.
struct Refused {
    points: HashSet<Vec<Option<u64>>>,
    plans: HashSet<[u8; 16]>,
}

impl Refused {
    fn new(trials: &[Trial]) -> Refused {
        Refused {
            points: trials.iter().map(|trial| bits(&trial.point)).collect(),
            plans: trials.iter().map(|trial| trial.identity).collect(),
        }
    }

    /// The trial at a point, unless the point or its plan is known.
    fn fresh(
        &mut self,
        space: &TrialSpace,
        number: usize,
        point: &Point,
        planner: &mut Planner<'_>,
    ) -> Result<Option<Trial>, Vec<Diagnostic>> {
        let point = space.rounded(point);
        if !self.points.insert(bits(&point)) {
            return Ok(None);
        }
        let plan = planner(space.config(&point)?)?;
        let identity = hash(&plan);
        if self.plans.contains(&identity) {
            return Ok(None);
        }
        let runs = runs(space, number, &point, &plan);
        Ok(Some(Trial { point, identity, runs }))
    }
}

fn bits(point: &Point) -> Vec<Option<u64>> {
    point.iter().map(|x| x.map(f64::to_bits)).collect()
}

/// The runs of a trial, one for each seed.
fn runs(space: &TrialSpace, number: usize, point: &Point, plan: &Plan) -> Vec<Variant> {
    let changes = space.changes(point);
    let replicated = 1 < space.seeds.len();
    let run = |seed: Option<u64>| {
        let (mut plan, mut changes) = (plan.clone(), changes.clone());
        plan.seed = seed.unwrap_or(plan.seed);
        let named = seed.filter(|_| replicated);
        changes.extend(named.map(|seed| Change {
            key: "seed".to_owned(),
            value: toml::Value::Integer(seed as i64),
        }));
        Variant { label: space.label(number, point, named), changes, plan }
    };
    if space.seeds.is_empty() {
        vec![run(None)]
    } else {
        space.seeds.iter().map(|seed| run(Some(*seed))).collect()
    }
}

/// A hash of a plan.
fn hash(plan: &Plan) -> [u8; 16] {
    let text = serde_json::to_string(plan).unwrap_or_default();
    let mut half = [0; 16];
    half.copy_from_slice(&Sha256::digest(text)[..16]);
    half
}

/// All points of a finite space that is not too large, the last parameter changing fastest.
fn all_points(space: &Space) -> impl Iterator<Item = Point> + '_ {
    let sizes: Option<Vec<u64>> =
        space.parameters().iter().map(|parameter| size(&parameter.domain)).collect();
    let total = sizes.iter().flatten().try_fold(1_u64, |total, size| total.checked_mul(*size));
    let total = total.filter(|total| sizes.is_some() && *total <= MAX_LISTED).unwrap_or(0);
    let sizes = sizes.unwrap_or_default();
    (0..total).map(move |index| {
        let mut below = total;
        let mut left = index;
        let mut digits = Vec::with_capacity(sizes.len());
        for size in &sizes {
            below /= size;
            digits.push(left / below);
            left %= below;
        }
        space.fill(|at, domain| match domain {
            Domain::Integer { min, step, .. } => (*min as f64) + digits[at] as f64 * (*step as f64),
            _ => digits[at] as f64,
        })
    })
}

/// The number of values of a domain, unless they are real numbers.
fn size(domain: &Domain) -> Option<u64> {
    match *domain {
        Domain::Real { .. } => None,
        Domain::Integer { min, max, step, .. } => Some(max.abs_diff(min) / step + 1),
        Domain::Choice { options } => Some(options as u64),
    }
}

#[cfg(test)]
mod tests {
    use crate::search::{Condition, Parameter};

    use super::*;

    #[test]
    fn all_points_of_a_finite_space_are_listed() {
        let when = Some(Condition { parameter: 0, options: vec![1] });
        let steps = Domain::Integer { min: 2, max: 7, step: 2, log: false };
        let space = Space::new(vec![
            Parameter::new(Domain::Choice { options: 2 }),
            Parameter { domain: steps, when },
        ]);
        let points: HashSet<_> = all_points(&space).map(|point| bits(&point)).collect();
        assert_eq!(points.len(), 1 + 3);
        let real = Domain::Real { min: 0.0, max: 1.0, log: false };
        assert_eq!(all_points(&Space::new(vec![Parameter::new(real)])).count(), 0);
    }
}
