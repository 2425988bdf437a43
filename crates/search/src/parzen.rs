//! A Parzen estimator: a mixture of one kernel per trial and a prior, each a product over parameters.
//!
//! ```text
//! p(x) = Σₖ wₖ Πⱼ pₖⱼ(xⱼ)
//! ```
//!
//! [Bergstra 2011](https://papers.nips.cc/paper/4443), with the kernels of Optuna 5.

use crate::kernels::Kernels;
use crate::normal::{exp, ln};
use crate::space::{Point, Space};

/// A point and its weight; the prior has the weight 1.
pub(crate) type Weighted<'a> = (&'a Point, f64);

/// A mixture over some parameters of a space.
pub(crate) struct Parzen {
    /// wₖ, which sum to 1; the prior's is the last.
    weights: Vec<f64>,
    /// pₖⱼ, by parameter.
    kernels: Vec<Kernels>,
}

impl Parzen {
    /// The mixture over these parameters of the points that have them all.
    pub(crate) fn new(space: &Space, parameters: &[usize], points: &[Weighted<'_>]) -> Parzen {
        let has_all = |point: &Point| parameters.iter().all(|&at| point[at].is_some());
        let points: Vec<_> = points.iter().filter(|(point, _)| has_all(point)).collect();
        let kernels = parameters.iter().map(|&at| {
            let values: Vec<f64> = points.iter().filter_map(|(point, _)| point[at]).collect();
            Kernels::new(space.parameters()[at].domain, &values)
        });
        let raw = || points.iter().map(|(_, weight)| *weight).chain([1.0]);
        let sum: f64 = raw().sum();
        Parzen { weights: raw().map(|weight| weight / sum).collect(), kernels: kernels.collect() }
    }

    /// Values of the parameters, drawn from the mixture.
    pub(crate) fn draw(&self, unit: &mut dyn FnMut() -> f64) -> Vec<f64> {
        let kernel = self.pick(unit());
        self.kernels.iter().map(|kernels| kernels.draw(kernel, unit())).collect()
    }

    /// ln p(x) of values of the parameters.
    pub(crate) fn log_density(&self, values: &[f64]) -> f64 {
        let mut logs = vec![0.0; self.weights.len()];
        for (kernels, &value) in self.kernels.iter().zip(values) {
            kernels.add_log_densities(value, &mut logs);
        }
        self.log_mixture(&logs)
    }

    /// ln Σₖ wₖ exp(lₖ), from the first kernel to the last.
    fn log_mixture(&self, log: &[f64]) -> f64 {
        let max = log.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if max == f64::NEG_INFINITY {
            return max;
        }
        let sum: f64 = self.weights.iter().zip(log).map(|(w, l)| w * exp(l - max)).sum();
        max + ln(sum)
    }

    /// The kernel at `u` in [0, 1) of the weights.
    fn pick(&self, u: f64) -> usize {
        let mut sum = 0.0;
        let found = self.weights.iter().position(|weight| {
            sum += weight;
            u < sum
        });
        found.unwrap_or(self.weights.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Domain, Parameter};

    fn parzen(domain: Domain, values: &[f64]) -> Parzen {
        let points: Vec<Point> = values.iter().map(|&value| vec![Some(value)]).collect();
        let weighted: Vec<_> = points.iter().zip([1.0, 2.0, 0.5, 1.0]).collect();
        Parzen::new(&Space::new(vec![Parameter::new(domain)]), &[0], &weighted)
    }

    #[test]
    fn densities_sum_to_one() {
        let domains = [
            Domain::Integer { min: 1, max: 9, step: 2, log: false },
            Domain::Integer { min: 1, max: 64, step: 1, log: true },
            Domain::Choice { options: 5 },
        ];
        for domain in domains {
            let parzen = parzen(domain, &[0.1, 0.4, 0.45, 0.9].map(|u| domain.random(u)));
            let mut values: Vec<f64> =
                (0..10_000).map(|i| domain.random(f64::from(i) / 1e4)).collect();
            values.dedup();
            let sum: f64 = values.iter().map(|&x| exp(parzen.log_density(&[x]))).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{domain:?}: {sum}");
        }
    }

    #[test]
    fn draws_follow_the_density() {
        let parzen = parzen(Domain::Real { min: -1.0, max: 3.0, log: false }, &[0.0, 0.2, 2.5]);
        let n = 2000;
        // The even grid of the unit square stands for random numbers.
        let mut drawn = [0.0; 4];
        for i in 0..n {
            let mut turn =
                [(f64::from(i) * 0.618_033_988_75).fract(), (f64::from(i) + 0.5) / f64::from(n)]
                    .into_iter();
            let x = parzen.draw(&mut || turn.next().unwrap())[0];
            drawn[(x + 1.0).min(3.999) as usize] += 1.0 / f64::from(n);
        }
        for (at, share) in drawn.iter().enumerate() {
            let places = (0..100).map(|i| -1.0 + at as f64 + (f64::from(i) + 0.5) / 100.0);
            let want: f64 = places.map(|x| exp(parzen.log_density(&[x])) / 100.0).sum();
            assert!((share - want).abs() < 0.02, "{at}: got {share}, want {want}");
        }
    }
}
