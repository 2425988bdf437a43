//! A Parzen estimator: a mixture of one kernel per trial and a prior, each a product over parameters.
//!
//! ```text
//! p(x) = Σₖ wₖ Πⱼ pₖⱼ(xⱼ)
//! ```
//!
//! A numerical pₖⱼ is a normal distribution around the trial's value, cut to the domain; its deviation is the larger
//! gap to a neighbour. A choice's pₖⱼ is nearly all on the trial's option. The prior kernel covers the domain evenly,
//! and takes the place of a parameter that a trial lacks ([Bergstra 2011](https://papers.nips.cc/paper/4443), and
//! the settings of Optuna 5).

use crate::normal::{cdf, exp, ln, quantile};
use crate::space::{Domain, Point, Scale, Space};

/// Trials of full weight; older ones weigh less.
const FULL_WEIGHT: usize = 25;

/// A mixture over the parameters of a space.
pub(crate) struct Parzen<'a> {
    space: &'a Space,
    /// wₖ, which sum to 1; the prior's is the last.
    weights: Vec<f64>,
    /// pₖⱼ, by parameter and kernel.
    kernels: Vec<Vec<Kernel>>,
}

/// pₖⱼ.
enum Kernel {
    /// A normal distribution, cut to a scale.
    Normal {
        mean: f64,
        deviation: f64,
        below: f64,
        inside: f64,
        /// ln(`deviation` × `inside`), the part of a density that is the same everywhere.
        ln_size: f64,
    },
    /// The probabilities of one option and of each other, and their logarithms.
    Choice { option: Option<usize>, seen: f64, other: f64, ln_seen: f64, ln_other: f64 },
}

impl<'a> Parzen<'a> {
    /// The mixture of these points, oldest first.
    pub(crate) fn new(space: &'a Space, points: &[&Point]) -> Parzen<'a> {
        let parameters = space.parameters().iter().enumerate();
        let kernels = parameters.map(|(at, parameter)| {
            let values: Vec<_> = points.iter().map(|point| point[at]).collect();
            match parameter.domain.scale() {
                Some(scale) => normals(&scale, &values),
                None => choices(&parameter.domain, &values),
            }
        });
        Parzen { space, weights: weights(points.len()), kernels: kernels.collect() }
    }

    /// A point drawn from the mixture. Parameters share a kernel if they are `joint`, and each has its own otherwise.
    pub(crate) fn draw(&self, joint: bool, unit: &mut dyn FnMut() -> f64) -> Point {
        let shared = self.pick(unit());
        self.space.fill(|at, domain| {
            let kernel = if joint { shared } else { self.pick(unit()) };
            self.kernels[at][kernel].draw(domain, unit())
        })
    }

    /// ln p(x), of the product of the parameters' own mixtures unless they are `joint`.
    pub(crate) fn log_density(&self, point: &Point, joint: bool) -> f64 {
        let parts = self.space.parameters().iter().enumerate().filter_map(|(at, parameter)| {
            let value = point[at]?;
            let place = Place::of(&parameter.domain, value);
            let kernels = self.kernels[at].iter();
            Some(kernels.map(|kernel| kernel.log_density(place)).collect::<Vec<_>>())
        });
        if !joint {
            return parts.map(|part| self.log_mixture(&part)).sum();
        }
        let zeros = vec![0.0; self.weights.len()];
        let product = parts.fold(zeros, |mut sums, part| {
            sums.iter_mut().zip(&part).for_each(|(sum, part)| *sum += part);
            sums
        });
        self.log_mixture(&product)
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

/// The weights of `n` trials, oldest first, and of the prior: 1 for the newest and the prior, less with age.
fn weights(n: usize) -> Vec<f64> {
    let ramp = n.saturating_sub(FULL_WEIGHT);
    let least = 1.0 / n.max(1) as f64;
    let rise = (1.0 - least) / ramp.saturating_sub(1).max(1) as f64;
    let raw: Vec<f64> =
        (0..=n).map(|at| if at < ramp { least + rise * at as f64 } else { 1.0 }).collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|weight| weight / sum).collect()
}

/// The kernels of a numerical parameter; the prior is the last.
fn normals(scale: &Scale, values: &[Option<f64>]) -> Vec<Kernel> {
    let (middle, width) = ((scale.low + scale.high) / 2.0, scale.high - scale.low);
    let mut places: Vec<f64> = values.iter().flatten().map(|&value| scale.place(value)).collect();
    places.sort_by(f64::total_cmp);
    let least = width / 100.0_f64.min(2.0 + places.len() as f64);
    let kernel = |value: &Option<f64>| match value {
        None => Kernel::normal(scale, middle, width),
        Some(value) => {
            let place = scale.place(*value);
            Kernel::normal(scale, place, gap(scale, &places, place).clamp(least, width))
        }
    };
    values.iter().chain([&None]).map(kernel).collect()
}

/// The larger distance of `place` to a neighbour among the sorted `places`. At the ends of at least two
/// places the domain's bound is no neighbour.
fn gap(scale: &Scale, places: &[f64], place: f64) -> f64 {
    let at = places.partition_point(|other| *other < place);
    let below = at.checked_sub(1).map(|at| places[at]);
    let above = places.get(at + 1).copied();
    match (below, above) {
        (Some(below), Some(above)) => (place - below).max(above - place),
        (None, Some(above)) if 1 < places.len() => above - place,
        (Some(below), None) if 1 < places.len() => place - below,
        (below, above) => {
            (place - below.unwrap_or(scale.low)).max(above.unwrap_or(scale.high) - place)
        }
    }
}

/// The kernels of a choice; the prior is the last.
fn choices(domain: &Domain, values: &[Option<f64>]) -> Vec<Kernel> {
    let Domain::Choice { options } = *domain else { unreachable!("numbers have a scale") };
    let other = 1.0 / (values.len() + 1) as f64;
    let sum = 1.0 + options as f64 * other;
    let kernel = |value: &Option<f64>| match value {
        None => {
            let even = 1.0 / options as f64;
            Kernel::choice(None, even, even)
        }
        Some(value) => Kernel::choice(Some(*value as usize), (1.0 + other) / sum, other / sum),
    };
    values.iter().chain([&None]).map(kernel).collect()
}

impl Kernel {
    fn normal(scale: &Scale, mean: f64, deviation: f64) -> Kernel {
        let below = cdf((scale.low - mean) / deviation);
        let inside = cdf((scale.high - mean) / deviation) - below;
        Kernel::Normal { mean, deviation, below, inside, ln_size: ln(deviation * inside) }
    }

    fn choice(option: Option<usize>, seen: f64, other: f64) -> Kernel {
        Kernel::Choice { option, seen, other, ln_seen: ln(seen), ln_other: ln(other) }
    }

    /// The value at `u` in [0, 1) of the distribution.
    fn draw(&self, domain: &Domain, u: f64) -> f64 {
        match *self {
            Kernel::Normal { mean, deviation, below, inside, .. } => {
                let p = (below + inside * u).clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON);
                domain.snap(mean + deviation * quantile(p))
            }
            Kernel::Choice { option, seen, other, .. } => {
                let Domain::Choice { options } = *domain else {
                    unreachable!("numbers have a scale")
                };
                let mut sum = 0.0;
                let share = |at| if Some(at) == option { seen } else { other };
                let found = (0..options).position(|at| {
                    sum += share(at);
                    u < sum
                });
                found.unwrap_or(options - 1) as f64
            }
        }
    }

    /// ln pₖⱼ of a place.
    fn log_density(&self, place: Place) -> f64 {
        match (self, place) {
            (&Kernel::Normal { mean, deviation, ln_size, .. }, Place::Point(x)) => {
                let z = (x - mean) / deviation;
                -0.5 * z * z - LN_SQRT_TAU - ln_size
            }
            (&Kernel::Normal { mean, deviation, inside, .. }, Place::Cell(ends)) => {
                let [low, high] = ends.map(|end| (end - mean) / deviation);
                ln(((cdf(high) - cdf(low)) / inside).max(f64::MIN_POSITIVE))
            }
            (&Kernel::Choice { option, ln_seen, ln_other, .. }, Place::Option(value)) => {
                if option == Some(value) { ln_seen } else { ln_other }
            }
            _ => unreachable!("kernels and places are of one domain"),
        }
    }
}

/// A value as the kernels of its parameter see it.
#[derive(Clone, Copy)]
enum Place {
    /// A real number on its scale.
    Point(f64),
    /// The ends of the cell of an integer on its scale.
    Cell([f64; 2]),
    /// An option.
    Option(usize),
}

impl Place {
    fn of(domain: &Domain, value: f64) -> Place {
        match domain.scale() {
            None => Place::Option(value as usize),
            Some(scale) if scale.half_step == 0.0 => Place::Point(scale.place(value)),
            Some(scale) => Place::Cell(scale.cell(value)),
        }
    }
}

/// ln √(2π)
const LN_SQRT_TAU: f64 = 0.918_938_533_204_672_8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Parameter;

    fn space(domain: Domain) -> Space {
        Space::new(vec![Parameter::new(domain)])
    }

    /// `optuna.samplers._tpe.parzen_estimator.default_weights` of 27 trials.
    #[test]
    fn old_trials_weigh_less() {
        let weights = weights(27);
        let ratio = |at: usize| weights[at] / weights[27];
        assert!((ratio(0) - 1.0 / 27.0).abs() < 1e-12 && (ratio(1) - 1.0).abs() < 1e-12);
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn densities_sum_to_one() {
        let domains = [
            Domain::Integer { min: 1, max: 9, step: 2, log: false },
            Domain::Integer { min: 1, max: 64, step: 1, log: true },
            Domain::Choice { options: 5 },
        ];
        for domain in domains {
            let space = space(domain);
            let points: Vec<Point> =
                [0.1, 0.4, 0.45, 0.9].iter().map(|u| vec![Some(domain.random(*u))]).collect();
            let parzen = Parzen::new(&space, &points.iter().collect::<Vec<_>>());
            let mut values: Vec<f64> =
                (0..10_000).map(|i| domain.random(f64::from(i) / 1e4)).collect();
            values.dedup();
            let sum: f64 =
                values.iter().map(|&x| exp(parzen.log_density(&vec![Some(x)], true))).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{domain:?}: {sum}");
        }
    }

    #[test]
    fn draws_follow_the_density() {
        let space = space(Domain::Real { min: -1.0, max: 3.0, log: false });
        let points = [vec![Some(0.0)], vec![Some(0.2)], vec![Some(2.5)]];
        let parzen = Parzen::new(&space, &points.iter().collect::<Vec<_>>());
        let n = 2000;
        // The even grid of the unit square stands for random numbers.
        let mut drawn = [0.0; 4];
        for i in 0..n {
            let mut turn =
                [(f64::from(i) * 0.618_033_988_75).fract(), (f64::from(i) + 0.5) / f64::from(n)]
                    .into_iter();
            let x = parzen.draw(true, &mut || turn.next().unwrap())[0].unwrap();
            drawn[(x + 1.0).min(3.999) as usize] += 1.0 / f64::from(n);
        }
        for (at, share) in drawn.iter().enumerate() {
            let places = (0..100).map(|i| -1.0 + at as f64 + (f64::from(i) + 0.5) / 100.0);
            let want: f64 =
                places.map(|x| exp(parzen.log_density(&vec![Some(x)], true)) / 100.0).sum();
            assert!((share - want).abs() < 0.02, "{at}: got {share}, want {want}");
        }
    }
}
