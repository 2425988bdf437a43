//! How many trials a search needs for the best of 400 random trials, on the table of recorded runs.
//!
//! `RUNNER_TEST_SEEDS` sets how many searches are played, 20 if unset.

mod mlp;

use std::collections::HashSet;

use mlp::{EPOCHS, line, space, table};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use search::{Outcome, Point, Space, Tpe, Trial};

/// The trials of a random search, and the most that ours may need.
const RANDOM: usize = 400;
const GOAL: usize = 100;
/// The results that a proposal lacks with `parallel = 4`.
const LAG: usize = 3;

#[test]
#[expect(clippy::print_stdout, reason = "the figures, shown by --nocapture")]
fn the_best_of_400_random_trials_is_reached_in_100() {
    let seeds: u64 = std::env::var("RUNNER_TEST_SEEDS").map_or(20, |text| text.parse().unwrap());
    let table = table();
    let right = |point: &Point| table[line(point)][EPOCHS - 1];
    let mut needed: Vec<usize> = (0..seeds)
        .map(|seed| {
            // No trials give the random search, whose every draw is even; another seed makes it independent.
            let random = Search::new(space(), seed + 1_000_000, |_, _| Vec::new());
            let best = random.take(RANDOM).map(|point| right(&point)).fold(0.0, f64::max);
            trials_until(best, seed, &right)
        })
        .collect();
    needed.sort_unstable();
    let median = needed[needed.len() / 2];
    let within = needed.iter().filter(|&&trials| trials <= GOAL).count();
    println!(
        "the best of {RANDOM} random trials: after {median} trials (median of {seeds} searches)"
    );
    println!("{within} of {seeds} searches need at most {GOAL}");
    assert!(median <= GOAL, "{median} trials");
}

/// The trials until one has so many right answers, at most `RANDOM`.
fn trials_until(goal: f64, seed: u64, right: &dyn Fn(&Point) -> f64) -> usize {
    let mut trials: Vec<Trial> = Vec::new();
    let found = Search::new(space(), seed, |points: &[Point], unit: &mut dyn FnMut() -> f64| {
        trials.extend(points[trials.len()..].iter().cloned().map(pending));
        if let Some(known) = trials.len().checked_sub(LAG) {
            for trial in &mut trials[..known] {
                trial.outcome = Outcome::Value(-right(&trial.point));
            }
        }
        Tpe::default().candidates(&space(), &trials, unit)
    })
    .take(RANDOM)
    .position(|point| goal <= right(&point));
    found.map_or(RANDOM, |at| at + 1)
}

fn pending(point: Point) -> Trial {
    Trial { point, outcome: Outcome::Pending }
}

/// The points of a search: the first new one that is proposed, or a random one; none comes twice.
struct Search<F> {
    space: Space,
    seed: u64,
    points: Vec<Point>,
    known: HashSet<usize>,
    propose: F,
}

impl<F: FnMut(&[Point], &mut dyn FnMut() -> f64) -> Vec<Point>> Search<F> {
    fn new(space: Space, seed: u64, propose: F) -> Search<F> {
        Search { space, seed, points: Vec::new(), known: HashSet::new(), propose }
    }
}

impl<F: FnMut(&[Point], &mut dyn FnMut() -> f64) -> Vec<Point>> Iterator for Search<F> {
    type Item = Point;

    fn next(&mut self) -> Option<Point> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(self.points.len() as u64);
        let mut unit = || (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let proposed = (self.propose)(&self.points, &mut unit);
        let mut all = proposed.into_iter();
        let mut next = || all.next().unwrap_or_else(|| self.space.random(&mut unit));
        let point =
            std::iter::from_fn(|| Some(next())).find(|point| self.known.insert(line(point)))?;
        self.points.push(point.clone());
        Some(point)
    }
}
