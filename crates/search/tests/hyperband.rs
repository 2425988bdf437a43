//! Hyperband played on a table of 3,240 recorded runs: the epochs spent until a trial is within 1 % of the best, held to
//! those of Optuna and of Keras Tuner.
//!
//! `optuna_epochs.py` and `keras_tuner_epochs.py` record their sides.
//! `RUNNER_TEST_SEEDS` sets how many seeds ours takes, 8 if unset: 40 seeds decide, fewer only notice what is broken.

mod mlp;

use std::collections::HashSet;

use mlp::{EPOCHS, line, space, table};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use search::{
    Hyperband, Next, Outcome, Point, Proposal, Rung, Tpe, Trial, halve, known_in_brackets,
};

const STARTUP: usize = 10;
const LAG: usize = 3;

#[test]
#[expect(clippy::print_stdout, reason = "the figures, shown by --nocapture")]
fn fewer_epochs_are_spent_than_by_optuna() {
    let recorded: serde_json::Value =
        serde_json::from_str(include_str!("optuna_epochs.json")).unwrap();
    let most = recorded["most"].as_u64().unwrap() as usize;
    let keras_tuner: serde_json::Value =
        serde_json::from_str(include_str!("keras_tuner_epochs.json")).unwrap();
    let of_one = |recorded: &serde_json::Value, way: &str| -> f64 {
        let epochs = recorded["epochs"][way].as_array().unwrap().iter();
        median(epochs.map(|e| e.as_u64().map_or(most, |e| e as usize)).collect())
    };
    let of = |way| of_one(&recorded, way);
    let hyperband = of_one(&keras_tuner, "hyperband");
    let seeds = std::env::var("RUNNER_TEST_SEEDS").map_or(8, |text| text.parse().unwrap());
    let slack = if seeds < 40 { 1.5 } else { 1.0 };
    let table = table();
    let ours = |learns: bool, pruned: bool| {
        median(
            (0..seeds).map(|seed| Search::new(&table, learns, pruned, seed).spent(most)).collect(),
        )
    };
    let bohb = ours(true, true);
    println!("tpe, hyperband: {bohb}\nKeras Tuner, hyperband: {hyperband}");
    for way in ["tpe, hyperband", "random, hyperband", "tpe, median", "tpe"] {
        println!("Optuna, {way}: {}", of(way));
    }
    if 40 <= seeds {
        println!("tpe: {}\nrandom, hyperband: {}", ours(true, false), ours(false, true));
    }
    assert!(bohb < slack * of("tpe, hyperband").min(hyperband), "{bohb} epochs");
}

/// A search by one worker, in the order of `runner`: a run that goes on comes before a new one.
struct Search<'a> {
    table: &'a [Vec<f64>],
    learns: bool,
    seed: u64,
    brackets: Vec<(std::ops::Range<usize>, Vec<Rung>)>,
    points: Vec<Point>,
    known: HashSet<usize>,
    /// The epochs of each trial.
    trained: Vec<usize>,
    spent: usize,
}

impl<'a> Search<'a> {
    fn new(table: &'a [Vec<f64>], learns: bool, pruned: bool, seed: u64) -> Search<'a> {
        let min_epochs = if pruned { 1 } else { EPOCHS };
        let rule = Hyperband { max_epochs: EPOCHS, min_epochs, factor: 3 };
        let brackets = rule.schedule(4000 / rule.trials());
        let (points, known, trained) = (Vec::new(), HashSet::new(), Vec::new());
        Search { table, learns, seed, brackets, points, known, trained, spent: 0 }
    }

    fn value(&self, trial: usize, epochs: usize) -> f64 {
        self.table[line(&self.points[trial])][epochs - 1]
    }

    /// The outcome of a trial after so many epochs; right answers rise.
    fn at(&self, trial: usize, epochs: usize) -> Outcome {
        match self.trained.get(trial) {
            Some(trained) if epochs <= *trained => Outcome::Value(-self.value(trial, epochs)),
            _ => Outcome::Pending,
        }
    }

    /// The epochs until a trial of all epochs is within 1 % of the best.
    fn spent(mut self, most: usize) -> usize {
        let goal = 0.99 * self.table.iter().map(|curve| curve[EPOCHS - 1]).fold(0.0, f64::max);
        while self.spent < most {
            let (trial, epochs) = self.next().unwrap_or_else(|| self.propose());
            self.spent += epochs - self.trained[trial];
            self.trained[trial] = epochs;
            if epochs == EPOCHS && goal <= self.value(trial, epochs) {
                return self.spent;
            }
        }
        most
    }

    /// A trial that goes on, at the greatest rung.
    fn next(&self) -> Option<(usize, usize)> {
        let mut found: Option<(usize, usize)> = None;
        for (trials, rungs) in &self.brackets {
            if self.points.len() <= trials.start {
                break;
            }
            let results = trials.clone().map(|trial| {
                rungs.iter().map(|rung| self.at(trial, rung.epochs)).collect::<Vec<_>>()
            });
            let standings = halve(rungs, &results.collect::<Vec<_>>());
            for (trial, standing) in trials.clone().zip(standings) {
                if let Next::Train(epochs) = standing.next
                    && trial < self.points.len()
                    && found.is_none_or(|(_, other)| other < epochs)
                {
                    found = Some((trial, epochs));
                }
            }
        }
        found
    }

    /// A new trial and the epochs of its first rung.
    fn propose(&mut self) -> (usize, usize) {
        let (next, space) = (self.points.len(), space());
        let mut random = ChaCha8Rng::seed_from_u64(self.seed * 1_000_003 + next as u64);
        let mut unit = || (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let mut candidates = Vec::new();
        if self.learns && STARTUP <= next {
            let outcomes = self.outcomes(next);
            let trials = self.points.iter().zip(outcomes);
            let trials = trials.filter_map(|(point, outcome)| {
                Some(Trial { point: point.clone(), outcome: outcome? })
            });
            let tpe = Tpe { startup_trials: 0, ..Tpe::default() };
            candidates = tpe.candidates(&space, &trials.collect::<Vec<_>>(), &mut unit);
        }
        let fresh = candidates.into_iter().find(|point| !self.known.contains(&line(point)));
        let point = fresh.unwrap_or_else(|| {
            loop {
                let point = space.random(&mut unit);
                if !self.known.contains(&line(&point)) {
                    break point;
                }
            }
        });
        self.known.insert(line(&point));
        self.points.push(point);
        self.trained.push(0);
        let bracket = self.brackets.iter().find(|(trials, _)| trials.contains(&next)).unwrap();
        (next, bracket.1[0].epochs)
    }

    fn outcomes(&self, next: usize) -> Vec<Option<Outcome>> {
        let single = self.brackets[0].1.len() == 1;
        let of_iteration = self.brackets[0].1.len();
        let bracket = self.brackets.iter().position(|(trials, _)| trials.contains(&next)).unwrap();
        let first = self.brackets[bracket / of_iteration * of_iteration].0.start;
        let iteration = if single { 0 } else { first };
        let proposal = Proposal { next, iteration, lag: LAG, enough: STARTUP };
        known_in_brackets(&self.brackets, proposal, &|trial, epochs| self.at(trial, epochs))
            .unwrap()
    }
}

fn median(mut values: Vec<usize>) -> f64 {
    values.sort_unstable();
    let middle = values.len() / 2;
    (values[middle] + values[(values.len() - 1) / 2]) as f64 / 2.0
}
