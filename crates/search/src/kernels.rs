//! The kernels of a Parzen estimator along one parameter: one around each trial's value, and the prior.
//!
//! Along a numerical parameter a kernel is a normal distribution, cut to the domain; its deviation is a share of the
//! domain that shrinks as trials come. Along a choice it is nearly all on the trial's option. The prior is even on a
//! choice, and wide on a number. This is as in Optuna 5, except for the deviation. There and in
//! [Bergstra 2011](https://papers.nips.cc/paper/4443) it is the larger gap to a neighbour, and the share is only its
//! least. On a grid of few values most trials have a neighbour at the same place, so that the gap says how many values
//! were drawn and not how the objective varies. For real numbers [Watanabe 2023](https://arxiv.org/abs/2304.11127),
//! who calls the bound magic clipping, found a greater exponent and a least share of 0.03 good.

use crate::normal::{cdf, ln, quantile};
use crate::space::{Domain, Scale};

/// The kernels along a parameter, in the order of the trials; the prior is the last.
pub(crate) enum Kernels {
    Numbers(Numbers),
    Choice(Choice),
}

impl Kernels {
    /// The kernels of trials with these values.
    pub(crate) fn new(domain: Domain, values: &[f64]) -> Kernels {
        match (domain.scale(), domain) {
            (Some(scale), _) => Kernels::Numbers(Numbers::new(domain, scale, values)),
            (None, Domain::Choice { options }) => Kernels::Choice(Choice::new(options, values)),
            (None, _) => unreachable!("only a choice has no scale"),
        }
    }

    /// The value at `u` in [0, 1) of a kernel's distribution.
    pub(crate) fn draw(&self, kernel: usize, u: f64) -> f64 {
        match self {
            Kernels::Numbers(numbers) => numbers.draw(kernel, u),
            Kernels::Choice(choice) => choice.draw(kernel, u),
        }
    }

    /// Adds the logarithm of each kernel's density at a value.
    pub(crate) fn add_log_densities(&self, value: f64, sums: &mut [f64]) {
        match self {
            Kernels::Numbers(numbers) => numbers.add_log_densities(value, sums),
            Kernels::Choice(choice) => choice.add_log_densities(value, sums),
        }
    }
}

/// The kernels along a number. Those of equal values are equal, so each is kept and computed once.
pub(crate) struct Numbers {
    domain: Domain,
    scale: Scale,
    distinct: Vec<Normal>,
    /// The distinct kernel of each trial and of the prior.
    of: Vec<usize>,
}

/// A normal distribution, cut to a scale.
struct Normal {
    mean: f64,
    deviation: f64,
    /// The shares of the normal distribution below the scale and on it.
    below: f64,
    inside: f64,
    /// ln(`deviation` × `inside` × √(2π)), the part of a density that is the same everywhere.
    ln_size: f64,
}

impl Numbers {
    fn new(domain: Domain, scale: Scale, values: &[f64]) -> Numbers {
        let places: Vec<f64> = values.iter().map(|&value| scale.place(value)).collect();
        let mut means = places.clone();
        means.sort_by(f64::total_cmp);
        means.dedup();
        let width = scale.high - scale.low;
        let deviation = width * share(&scale, places.len());
        let around = means.iter().map(|&mean| Normal::new(&scale, mean, deviation));
        let prior = Normal::new(&scale, (scale.low + scale.high) / 2.0, width);
        let distinct = around.chain([prior]).collect();
        let of = places.iter().map(|place| means.partition_point(|mean| mean < place));
        Numbers { domain, scale, distinct, of: of.chain([means.len()]).collect() }
    }

    fn draw(&self, kernel: usize, u: f64) -> f64 {
        let Normal { mean, deviation, below, inside, .. } = self.distinct[self.of[kernel]];
        let p = (below + inside * u).clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON);
        self.domain.snap(mean + deviation * quantile(p))
    }

    fn add_log_densities(&self, value: f64, sums: &mut [f64]) {
        let logs: Vec<f64> = if self.scale.half_step == 0.0 {
            let place = self.scale.place(value);
            self.distinct.iter().map(|normal| normal.log_density(place)).collect()
        } else {
            let cell = self.scale.cell(value);
            self.distinct.iter().map(|normal| normal.log_share(cell)).collect()
        };
        sums.iter_mut().zip(&self.of).for_each(|(sum, &of)| *sum += logs[of]);
    }
}

impl Normal {
    fn new(scale: &Scale, mean: f64, deviation: f64) -> Normal {
        let below = cdf((scale.low - mean) / deviation);
        let inside = cdf((scale.high - mean) / deviation) - below;
        Normal { mean, deviation, below, inside, ln_size: ln(deviation * inside) + LN_SQRT_TAU }
    }

    /// The logarithm of the density at a place.
    fn log_density(&self, place: f64) -> f64 {
        let z = (place - self.mean) / self.deviation;
        -0.5 * z * z - self.ln_size
    }

    /// The logarithm of the share of a cell between two places.
    fn log_share(&self, ends: [f64; 2]) -> f64 {
        let [low, high] = ends.map(|end| cdf((end - self.mean) / self.deviation));
        ln(((high - low) / self.inside).max(f64::MIN_POSITIVE))
    }
}

/// The deviation of `n` trials' kernels, as a share of the scale: (n + 2)⁻¹ and at least 0.05 for integers,
/// (n + 2)⁻⁵ᐟ⁴ and at least 0.03 for real numbers.
fn share(scale: &Scale, n: usize) -> f64 {
    let kernels = n as f64 + 2.0;
    if scale.half_step == 0.0 {
        (1.0 / (kernels * libm::sqrt(libm::sqrt(kernels)))).max(0.03)
    } else {
        (1.0 / kernels).max(0.05)
    }
}

/// The kernels along a choice.
pub(crate) struct Choice {
    options: usize,
    /// The option of each trial; the prior has none.
    of: Vec<Option<usize>>,
    /// The probabilities of a trial's option and of each other.
    seen: f64,
    other: f64,
}

impl Choice {
    fn new(options: usize, values: &[f64]) -> Choice {
        let share = 1.0 / (values.len() + 1) as f64;
        let sum = 1.0 + options as f64 * share;
        let of = values.iter().map(|&value| Some(value as usize)).chain([None]).collect();
        Choice { options, of, seen: (1.0 + share) / sum, other: share / sum }
    }

    fn probability(&self, kernel: usize, option: usize) -> f64 {
        match self.of[kernel] {
            None => 1.0 / self.options as f64,
            Some(of) if of == option => self.seen,
            Some(_) => self.other,
        }
    }

    fn draw(&self, kernel: usize, u: f64) -> f64 {
        let mut sum = 0.0;
        let found = (0..self.options).position(|option| {
            sum += self.probability(kernel, option);
            u < sum
        });
        found.unwrap_or(self.options - 1) as f64
    }

    fn add_log_densities(&self, value: f64, sums: &mut [f64]) {
        let option = value as usize;
        let [even, seen, other] = [1.0 / self.options as f64, self.seen, self.other].map(ln);
        for (sum, of) in sums.iter_mut().zip(&self.of) {
            *sum += match of {
                None => even,
                Some(of) if *of == option => seen,
                Some(_) => other,
            };
        }
    }
}

/// ln √(2π)
const LN_SQRT_TAU: f64 = 0.918_938_533_204_672_8;

#[cfg(test)]
mod tests {
    use super::*;

    /// Widths by the gap to a neighbour differed between equal values at the lower and the upper end.
    #[test]
    fn a_mirrored_grid_has_mirrored_densities() {
        let domain = Domain::Integer { min: 0, max: 5, step: 1, log: false };
        let densities = |values: [f64; 4], value| {
            let mut sums = [0.0; 5];
            Kernels::new(domain, &values).add_log_densities(value, &mut sums);
            sums
        };
        let values = [0.0, 0.0, 3.0, 4.0];
        for value in 0..6 {
            let value = f64::from(value);
            let mirrored = densities(values.map(|value| 5.0 - value), 5.0 - value);
            for (got, want) in mirrored.into_iter().zip(densities(values, value)) {
                assert!((got - want).abs() < 1e-9, "{value}: got {got}, want {want}");
            }
        }
    }
}
