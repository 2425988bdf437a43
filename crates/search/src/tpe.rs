//! The tree-structured Parzen estimator: propose where good trials are dense and bad ones are not.
//!
//! ```text
//! l ← Parzen estimator of the good trials, g ← of the others
//! x₁ … x₂₄ drawn from l
//! propose the xᵢ with the greatest ln l(xᵢ) − ln g(xᵢ), the first of equals
//! ```
//!
//! [Bergstra 2011](https://papers.nips.cc/paper/4443): one joint density over all parameters without a condition, one
//! of its own for each other parameter, from the trials that have it. Which trials are good is decided among all of
//! them, so that a conditional parameter is learned from the best trials that have it.

use crate::parzen::{Parzen, Weighted};
use crate::space::{Point, Space};
use crate::split::split;
use crate::trial::Trial;

/// The settings of the search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tpe {
    /// Trials that are drawn evenly before the search learns.
    pub startup_trials: usize,
    /// Points of which the best is proposed.
    pub candidates: usize,
}

impl Default for Tpe {
    fn default() -> Tpe {
        Tpe { startup_trials: 10, candidates: 24 }
    }
}

impl Tpe {
    /// The next point after these trials, oldest first. `unit` gives random numbers from [0, 1).
    pub fn propose(&self, space: &Space, trials: &[Trial], unit: &mut dyn FnMut() -> f64) -> Point {
        self.candidates(space, trials, unit).swap_remove(0)
    }

    /// The candidates for the next point, the best first; a single random one during the startup.
    pub fn candidates(
        &self,
        space: &Space,
        trials: &[Trial],
        unit: &mut dyn FnMut() -> f64,
    ) -> Vec<Point> {
        if trials.len() < self.startup_trials.max(1) {
            return vec![space.random(unit)];
        }
        let parts = split(trials);
        let (mut free, mut alone) = (Vec::new(), Vec::new());
        for (at, parameter) in space.parameters().iter().enumerate() {
            match parameter.when {
                None => free.push(at),
                Some(_) => alone.push(at),
            }
        }
        let joint = self.best(space, &free, &parts, unit);
        let mut conditional = vec![0.0; space.parameters().len()];
        for at in alone {
            conditional[at] = self.best(space, &[at], &parts, unit)[0][0];
        }
        let points = joint.into_iter().map(|values| {
            space.fill(|at, _| free.binary_search(&at).map_or(conditional[at], |at| values[at]))
        });
        points.collect()
    }

    /// The candidates for some parameters, by the good trials and the others; the best first.
    fn best(
        &self,
        space: &Space,
        parameters: &[usize],
        parts: &[Vec<Weighted<'_>>; 2],
        unit: &mut dyn FnMut() -> f64,
    ) -> Vec<Vec<f64>> {
        let [l, g] = parts.each_ref().map(|points| Parzen::new(space, parameters, points));
        let candidate = |_| {
            let values = l.draw(unit);
            (l.log_density(&values) - g.log_density(&values), values)
        };
        let mut scored: Vec<_> = (0..self.candidates.max(1)).map(candidate).collect();
        // Stable: of equals, the first is better.
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        scored.into_iter().map(|(_, values)| values).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Condition, Domain, Parameter};
    use crate::trial::Outcome;

    /// A small generator of even numbers (Steele 2014, SplitMix64).
    fn splitmix(mut state: u64) -> impl FnMut() -> f64 {
        move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    fn reals(n: usize, min: f64, max: f64) -> Space {
        Space::new(vec![Parameter::new(Domain::Real { min, max, log: false }); n])
    }

    /// The best of `n` trials whose results arrive `lag` trials late.
    fn best(
        tpe: Tpe,
        space: &Space,
        (n, lag, seed): (usize, usize, u64),
        objective: impl Fn(&Point) -> f64,
    ) -> f64 {
        let mut trials: Vec<Trial> = Vec::new();
        for k in 0..n {
            let mut unit = splitmix(seed * 1_000_003 + k as u64 * 7919);
            let known = trials.len().saturating_sub(lag);
            let mut seen = trials.clone();
            seen[known..].iter_mut().for_each(|trial| trial.outcome = Outcome::Pending);
            let point = tpe.propose(space, &seen, &mut unit);
            let outcome = Outcome::Value(objective(&point));
            trials.push(Trial { point, outcome });
        }
        trials.iter().map(|trial| trial.outcome.value()).fold(f64::INFINITY, f64::min)
    }

    fn median(mut values: Vec<f64>) -> f64 {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }

    fn branin(point: &Point) -> f64 {
        use core::f64::consts::PI;
        let (x, y) = (15.0 * point[0].unwrap() - 5.0, 15.0 * point[1].unwrap());
        let a = y - 5.1 / (4.0 * PI * PI) * x * x + 5.0 / PI * x - 6.0;
        a * a + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * libm::cos(x) + 10.0 - 0.397_887_357_729_739
    }

    /// Optuna's medians over 300 seeds are 0.027 without and 0.029 with a lag of 3; random search's is 0.5.
    #[test]
    fn branin_is_solved_as_well_as_by_optuna() {
        let space = reals(2, 0.0, 1.0);
        for lag in [0, 3] {
            let regrets =
                (0..40).map(|seed| best(Tpe::default(), &space, (100, lag, seed), branin));
            let regret = median(regrets.collect());
            assert!(regret < 0.06, "lag {lag}: {regret}");
        }
    }

    #[test]
    fn conditional_parameters_are_learned() {
        // The second option has the minimum, at 0.7 of a parameter that only it has.
        let when = |option| Some(Condition { parameter: 0, options: vec![option] });
        let real = Domain::Real { min: 0.0, max: 1.0, log: false };
        let space = Space::new(vec![
            Parameter::new(Domain::Choice { options: 2 }),
            Parameter { domain: real, when: when(0) },
            Parameter { domain: real, when: when(1) },
        ]);
        let objective = |point: &Point| match (point[1], point[2]) {
            (Some(x), None) => 0.5 + x,
            (None, Some(x)) => (x - 0.7) * (x - 0.7),
            _ => unreachable!("exactly one condition holds"),
        };
        let regrets = (0..20).map(|seed| best(Tpe::default(), &space, (60, 3, seed), objective));
        let regret = median(regrets.collect());
        assert!(regret < 1e-4, "{regret}");
    }

    #[test]
    fn diverged_trials_are_avoided() {
        let space = reals(1, 0.0, 1.0);
        let mut trials: Vec<Trial> = Vec::new();
        for k in 0..60 {
            let point = Tpe::default().propose(&space, &trials, &mut splitmix(k));
            let x = point[0].unwrap();
            let outcome = if x < 0.5 { Outcome::Diverged } else { Outcome::Value((x - 0.8).abs()) };
            trials.push(Trial { point, outcome });
        }
        let diverged = trials[20..].iter().filter(|trial| trial.outcome == Outcome::Diverged);
        assert!(diverged.count() < 10);
    }

    #[test]
    fn proposals_are_a_function_of_the_trials() {
        let space = reals(3, -1.0, 1.0);
        let trials: Vec<Trial> = (0..30)
            .map(|k| {
                let point = space.random(&mut splitmix(k));
                let value = point.iter().flatten().map(|x| x * x).sum();
                Trial { point, outcome: Outcome::Value(value) }
            })
            .collect();
        let propose = || Tpe::default().propose(&space, &trials, &mut splitmix(77));
        assert_eq!(propose(), propose());
    }
}
