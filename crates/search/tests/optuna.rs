//! The search held to Optuna's TPE: the regrets after 100 trials on test functions, compared by
//! [Mann and Whitney's](https://doi.org/10.1214/aoms/1177730491) probability that ours is smaller.
//!
//! `optuna_regrets.py` records Optuna's side, 300 seeds each. `RUNNER_TEST_SEEDS` sets how many seeds ours takes,
//! 30 if unset: 300 seeds decide (at least 0.45 is wanted), fewer only notice what is broken.

use std::f64::consts::{E, PI};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use search::{Domain, Outcome, Parameter, Point, Space, Tpe, Trial};

#[test]
#[expect(clippy::print_stdout, reason = "the figures, shown by --nocapture")]
fn regrets_are_no_worse_than_those_of_optuna() {
    let recorded: serde_json::Value =
        serde_json::from_str(include_str!("optuna_regrets.json")).unwrap();
    let seeds = std::env::var("RUNNER_TEST_SEEDS").map_or(30, |text| text.parse().unwrap());
    // Three standard deviations of the probability below one half, or the wanted 0.45.
    let want = (0.5 - 3.0 * (1.0 / (12.0 * seeds as f64)).sqrt()).min(0.45);
    let mut problems = Vec::new();
    for (name, dimensions, function) in FUNCTIONS {
        for lag in [0, 3] {
            let theirs: Vec<f64> = recorded["regrets"][format!("{name} lag {lag}")]
                .as_array()
                .unwrap()
                .iter()
                .map(|regret| regret.as_f64().unwrap())
                .collect();
            let ours: Vec<f64> =
                (0..seeds).map(|seed| regret(function, dimensions, lag, seed)).collect();
            let p = probability_smaller(&ours, &theirs);
            println!(
                "{name}, lag {lag}: {:.4} against {:.4}, P {p:.3}",
                median(&ours),
                median(&theirs)
            );
            if p < want {
                problems.push(format!("{name}, lag {lag}: P {p:.3}, want {want:.3}"));
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

type Function = fn(&[f64]) -> f64;

/// The functions on the unit cube, with the minimum 0.
const FUNCTIONS: [(&str, usize, Function); 3] =
    [("branin", 2, branin), ("hartmann6", 6, hartmann6), ("ackley5", 5, ackley5)];

fn branin(x: &[f64]) -> f64 {
    let (x, y) = (15.0 * x[0] - 5.0, 15.0 * x[1]);
    let a = y - 5.1 / (4.0 * PI * PI) * x * x + 5.0 / PI * x - 6.0;
    a * a + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x.cos() + 10.0 - 0.397887357729739
}

fn hartmann6(x: &[f64]) -> f64 {
    const A: [[f64; 6]; 4] = [
        [10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
        [0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
        [3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
        [17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
    ];
    const P: [[f64; 6]; 4] = [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
        [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
        [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ];
    const ALPHA: [f64; 4] = [1.0, 1.2, 3.0, 3.2];
    let distance = |i: usize| (0..6).map(|j| A[i][j] * (x[j] - P[i][j]).powi(2)).sum::<f64>();
    3.32236801141551 - (0..4).map(|i| ALPHA[i] * (-distance(i)).exp()).sum::<f64>()
}

fn ackley5(x: &[f64]) -> f64 {
    let x: Vec<f64> = x.iter().map(|x| 65.536 * x - 32.768).collect();
    let n = x.len() as f64;
    let mean_square = x.iter().map(|x| x * x).sum::<f64>() / n;
    let mean_cosine = x.iter().map(|x| (2.0 * PI * x).cos()).sum::<f64>() / n;
    20.0 + E - 20.0 * (-0.2 * mean_square.sqrt()).exp() - mean_cosine.exp()
}

/// The least value of 100 trials whose results arrive `lag` trials late.
fn regret(function: Function, dimensions: usize, lag: usize, seed: u64) -> f64 {
    let parameter = Parameter::new(Domain::Real { min: 0.0, max: 1.0, log: false });
    let space = Space::new(vec![parameter; dimensions]);
    let mut trials: Vec<Trial> = Vec::new();
    let mut values = Vec::new();
    for k in 0..100_u64 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(k);
        let mut unit = || (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let point: Point = Tpe::default().propose(&space, &trials, &mut unit);
        let x: Vec<f64> = point.iter().map(|x| x.unwrap()).collect();
        values.push(function(&x));
        trials.push(Trial { point, outcome: Outcome::Pending });
        if let Some(known) = trials.len().checked_sub(lag + 1) {
            trials[known].outcome = Outcome::Value(values[known]);
        }
    }
    values.into_iter().fold(f64::INFINITY, f64::min)
}

fn probability_smaller(ours: &[f64], theirs: &[f64]) -> f64 {
    let wins = |a: &f64| {
        theirs
            .iter()
            .map(|b| {
                if a < b {
                    1.0
                } else if a == b {
                    0.5
                } else {
                    0.0
                }
            })
            .sum::<f64>()
    };
    ours.iter().map(wins).sum::<f64>() / (ours.len() * theirs.len()) as f64
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
