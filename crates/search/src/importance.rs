//! The importance of each parameter, from the trials of a search.
//!
//! ```text
//! p ← density of a parameter's values in all trials, q ← in the best ones
//! v = Σ p(x) (q(x) / p(x) − 1)²
//! ```
//!
//! PED-ANOVA ([Watanabe 2023](https://arxiv.org/abs/2304.10255)): a parameter is important if the good trials have other
//! values of it than all trials. The densities are those of a normal kernel per trial, in cells of equal width, with
//! Scott's bandwidth; each has one even kernel besides. The result is a function of the trials alone.

use crate::normal::cdf;
use crate::space::{Domain, Space};
use crate::trial::Trial;

/// The trials below which nothing is said.
const MIN_TRIALS: usize = 20;
/// The best trials, at least; else a tenth.
const MIN_BEST: usize = 10;
/// The cells of a numerical parameter.
const CELLS: usize = 50;

impl Space {
    /// The share of each parameter in the importance of all, which sum to 1. `None` below 20 known trials, or if all
    /// parameters are the same in good trials and others.
    ///
    /// A parameter with a condition counts by the share of the good trials in which it exists.
    pub fn importance(&self, trials: &[Trial]) -> Option<Vec<f64>> {
        let mut known: Vec<&Trial> = trials.iter().filter(|trial| trial.is_known()).collect();
        if known.len() < MIN_TRIALS {
            return None;
        }
        // Stable: of equals, the earlier trial is better.
        known.sort_by(|a, b| a.outcome.value().total_cmp(&b.outcome.value()));
        let best = &known[..known.len().div_ceil(10).max(MIN_BEST)];
        let parameters = self.parameters().iter().enumerate();
        let importance = parameters.map(|(at, parameter)| {
            let values = |trials: &[&Trial]| -> Vec<f64> {
                trials.iter().filter_map(|trial| trial.point[at]).collect()
            };
            let (all, good) = (values(&known), values(best));
            let share = good.len() as f64 / best.len() as f64;
            share
                * divergence(&density(&parameter.domain, &good), &density(&parameter.domain, &all))
        });
        let importance: Vec<f64> = importance.collect();
        let sum: f64 = importance.iter().sum();
        (0.0 < sum).then(|| importance.iter().map(|value| value / sum).collect())
    }
}

/// Σ p (q / p − 1)², Pearson's χ² divergence.
fn divergence(q: &[f64], p: &[f64]) -> f64 {
    q.iter().zip(p).map(|(q, p)| p * (q / p - 1.0) * (q / p - 1.0)).sum()
}

/// The probability of each cell of a domain, of the options for a choice.
fn density(domain: &Domain, values: &[f64]) -> Vec<f64> {
    let kernels = values.len() as f64 + 1.0;
    let Some(scale) = domain.scale() else {
        let Domain::Choice { options } = *domain else { unreachable!("numbers have a scale") };
        let count = |option| values.iter().filter(|value| **value as usize == option).count();
        let even = 1.0 / options as f64;
        return (0..options).map(|option| (count(option) as f64 + even) / kernels).collect();
    };
    let width = (scale.high - scale.low) / CELLS as f64;
    let places: Vec<f64> = values.iter().map(|value| scale.place(*value)).collect();
    let deviation = bandwidth(&places).max(width);
    let mut cells = vec![1.0 / CELLS as f64; CELLS];
    for place in places {
        let below = |x: f64| cdf((x - place) / deviation);
        let inside = below(scale.high) - below(scale.low);
        let mut last = below(scale.low);
        for (at, cell) in cells.iter_mut().enumerate() {
            let next = below(scale.low + width * (at + 1) as f64);
            *cell += (next - last) / inside;
            last = next;
        }
    }
    cells.iter().map(|cell| cell / kernels).collect()
}

/// Scott's rule, 1.059 σ n^(−1/5).
fn bandwidth(places: &[f64]) -> f64 {
    let n = places.len().max(1) as f64;
    let mean = places.iter().sum::<f64>() / n;
    let variance = places.iter().map(|place| (place - mean) * (place - mean)).sum::<f64>() / n;
    1.059 * libm::sqrt(variance) * libm::pow(n, -0.2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Condition, Parameter};
    use crate::trial::Outcome;

    fn trials(space: &Space, n: u32, value: impl Fn(&[Option<f64>]) -> f64) -> Vec<Trial> {
        let trial = |i: u32| {
            // Halton's sequence stands for random numbers.
            let mut bases = [2, 3, 5, 7].into_iter().cycle();
            let point = space.random(&mut || radical_inverse(i + 1, bases.next().unwrap()));
            let outcome = Outcome::Value(value(&point));
            Trial { point, outcome }
        };
        (0..n).map(trial).collect()
    }

    fn radical_inverse(mut i: u32, base: u32) -> f64 {
        let (mut sum, mut part) = (0.0, 1.0);
        while 0 < i {
            part /= f64::from(base);
            sum += part * f64::from(i % base);
            i /= base;
        }
        sum
    }

    #[test]
    fn a_parameter_that_decides_is_important() {
        let real = Domain::Real { min: 0.0, max: 1.0, log: false };
        let log = Domain::Integer { min: 1, max: 1000, step: 1, log: true };
        let choice = Domain::Choice { options: 3 };
        let space = Space::new([real, log, choice].map(Parameter::new).to_vec());
        let by = |f: fn(&[Option<f64>]) -> f64| {
            let shares = space.importance(&trials(&space, 100, f)).unwrap();
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            shares
        };
        let first = by(|x| (x[0].unwrap() - 0.3).abs());
        assert!(0.7 < first[0], "{first:?}");
        let second = by(|x| (libm::log(x[1].unwrap()) - 3.0).abs());
        assert!(0.7 < second[1], "{second:?}");
        let third = by(|x| f64::from(x[2].unwrap() != 1.0) + 0.01 * x[0].unwrap());
        assert!(third[2] > third[1], "{third:?}");
        let both =
            by(|x| 10.0 * (x[0].unwrap() - 0.3).abs() + (libm::log(x[1].unwrap()) - 3.0).abs());
        assert!(both[0] > both[1] && both[1] > both[2], "{both:?}");
    }

    #[test]
    fn a_parameter_that_the_good_trials_lack_is_unimportant() {
        let when = Some(Condition { parameter: 0, options: vec![1] });
        let domain = Domain::Real { min: 0.0, max: 1.0, log: false };
        let space = Space::new(vec![
            Parameter::new(Domain::Choice { options: 2 }),
            Parameter { domain, when },
        ]);
        let trials = trials(&space, 60, |x| x[0].unwrap());
        let shares = space.importance(&trials).unwrap();
        assert!(0.99 < shares[0], "{shares:?}");
        assert_eq!(space.importance(&trials[..19]), None);
    }
}
