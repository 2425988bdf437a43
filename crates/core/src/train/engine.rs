//! The engine: one step of training, or an evaluation, divided among a team; it knows no epoch and
//! no observer.
//!
//! A step is a pass (`pass.rs`) and an update (`update.rs`). Every number is the work of one thread
//! and has one fixed order of operations, so that the size of the team changes no bit.

use crate::kernels::{ByRows, Parallelism};
use crate::model::Network;
use crate::optim::{ExecContext, Optimizer};
use crate::train::feed::Feed;
use crate::train::goal::{EVALUATED_ROWS, Goal};
use crate::train::pass::{Batch, Pass};
use crate::train::rows::RowScore;
use crate::train::state::OptimizerState;
use crate::train::tally::Tally;
use crate::train::update::{Room, Update, average, constrain, fade, penalty};

/// The workspace of a run: after the first step no buffer of numbers is made any more.
pub struct Engine {
    training: Pass,
    /// One for each thread, which evaluates rows of its own.
    evaluation: Vec<Pass>,
    scores: Vec<RowScore>,
    tally: Tally,
    /// The sums of each piece of an evaluation.
    pieces: Vec<f64>,
    room: Room,
    /// Whether some weight adds to the loss, and whether some is kept to something.
    regularized: bool,
    constrained: bool,
}

/// What many rows together got.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score {
    /// The mean loss.
    pub loss: f64,
    /// Rows that were classified right.
    pub hits: f64,
    /// Rows.
    pub rows: f64,
    /// What the metrics have summed up.
    pub sums: Vec<f64>,
}

impl Score {
    /// Takes the rows of `other` in: the mean is weighted by rows.
    pub fn add(&mut self, other: &Score) {
        let rows = self.rows + other.rows;
        self.loss = (self.loss * self.rows + other.loss * other.rows) / rows.max(1.0);
        self.hits += other.hits;
        self.rows = rows;
        self.sums.resize(other.sums.len(), 0.0);
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, more)| *sum += more);
    }
}

impl Engine {
    /// An engine for `network` with at most `batch_size` rows a step, on `threads` threads.
    pub fn new(
        network: &Network,
        goal: Goal<'_>,
        feed: &Feed,
        batch_size: usize,
        threads: usize,
    ) -> Engine {
        let rows = batch_size.min(feed.rows()).max(1);
        let training = Pass::new(network, goal, feed, rows, (threads, true));
        let evaluation = || Pass::new(network, goal, feed, EVALUATED_ROWS, (1, false));
        Engine {
            evaluation: (0..training.team.size()).map(|_| evaluation()).collect(),
            scores: vec![RowScore::default(); rows],
            tally: Tally::new(goal.metrics, network.outputs()),
            pieces: Vec::new(),
            room: Room::default(),
            regularized: network.regularized().next().is_some(),
            constrained: network.constrained(),
            training,
        }
    }

    /// The name and the value of each metric that `score` tells of.
    pub fn metrics<'a>(
        &'a self,
        score: &'a Score,
    ) -> impl Iterator<Item = (&'static str, f64)> + 'a {
        self.tally.values(&score.sums, score.rows, score.hits)
    }

    /// Makes ready to evaluate rows of `feed`, and no longer of the data that are trained on.
    pub fn evaluate_on(&mut self, network: &Network, goal: Goal<'_>, feed: &Feed) {
        for pass in &mut self.evaluation {
            *pass = Pass::new(network, goal, feed, EVALUATED_ROWS, (1, false));
        }
    }

    /// Trains on the rows `batch` of `feed`; the rows `ahead` will be next, in this engine, unless there are
    /// none. Returns the score on the weights before the update.
    pub fn step(
        &mut self,
        network: &mut Network,
        optimizer: &Optimizer,
        state: &mut OptimizerState,
        feed: &Feed,
        batch: &[u32],
        ahead: &[u32],
    ) -> Score {
        self.training.team.begin_step();
        let scores = &mut self.scores[..batch.len()];
        let step = Some(state.iterations);
        self.training.run(network, Batch { feed, rows: batch, step }, scores);
        let mut score = total(scores);
        score.loss += self.penalty(network);
        let Engine { training: pass, room, tally, regularized, .. } = self;
        let regularized = *regularized;
        if 0 < tally.size() {
            score.sums = vec![0.0; tally.size()];
            tally.add(pass.arch, pass.answers(feed, batch), &mut score.sums);
        }
        pass.absorb(network);
        let n_rows = batch.len();
        let update =
            Update { pass, room, network, optimizer, state, feed, n_rows, ahead, regularized };
        let (iterations, rate) = (update.state.iterations, update.state.rate);
        optimizer.with_rule(iterations, rate, update);
        let mut context =
            ExecContext { arch: pass.arch, team: &mut pass.team, sums: &mut room.sums };
        average(&mut context, network, optimizer.common_args(), state);
        fade(&mut context, optimizer, state);
        if self.constrained {
            constrain(network);
        }
        state.iterations += 1;
        self.training.team.end_step();
        score
    }

    /// Which threads run the steps from now on. No bit of a result depends on it.
    pub fn set_parallelism(&mut self, parallelism: Parallelism) {
        self.training.team.set_parallelism(parallelism);
    }

    /// The bytes of the workspaces of all passes.
    #[cfg(test)]
    pub(super) fn workspace_bytes(&self) -> usize {
        let passes = std::iter::once(&self.training).chain(&self.evaluation);
        passes.map(|pass| size_of_val(pass.pages.as_slice())).sum()
    }

    /// What the weights as they are add to the loss.
    fn penalty(&mut self, network: &Network) -> f64 {
        if !self.regularized {
            return 0.0;
        }
        let Engine { training: pass, room, .. } = self;
        let mut context =
            ExecContext { arch: pass.arch, team: &mut pass.team, sums: &mut room.sums };
        penalty(&mut context, network)
    }

    /// The score of `network` on the rows `from..to` of `feed`.
    pub fn evaluate(&mut self, network: &Network, feed: &Feed, from: usize, to: usize) -> Score {
        let rows: Vec<u32> = (from as u32..to as u32).collect();
        if self.scores.len() < rows.len() {
            self.scores.resize(rows.len(), RowScore::default());
        }
        let scores = &mut self.scores[..rows.len()];
        let share = rows.len().div_ceil(self.evaluation.len()).next_multiple_of(EVALUATED_ROWS);
        // Each piece of rows has sums of its own, so that they are added in one order on any number
        // of threads.
        let tally = &self.tally;
        let size = tally.size().max(1);
        self.pieces.clear();
        self.pieces.resize(size * rows.len().div_ceil(EVALUATED_ROWS), 0.0);
        let mut shares: Vec<_> = self
            .evaluation
            .iter_mut()
            .zip(rows.chunks(share))
            .zip(scores.chunks_mut(share))
            .zip(self.pieces.chunks_mut(size * share / EVALUATED_ROWS))
            .collect();
        self.training.team.parallel_for(ByRows::of(&mut shares), |mut shares, _| {
            for (((pass, rows), scores), pieces) in shares.0.iter_mut() {
                let scores = scores.chunks_mut(EVALUATED_ROWS).zip(pieces.chunks_mut(size));
                for (batch, (scores, sums)) in rows.chunks(EVALUATED_ROWS).zip(scores) {
                    pass.run(network, Batch::outside_training(feed, batch), scores);
                    if 0 < tally.size() {
                        tally.add(pass.arch, pass.answers(feed, batch), sums);
                    }
                }
            }
        });
        let mut score = total(&self.scores[..rows.len()]);
        score.loss += self.penalty(network);
        score.sums = vec![0.0; self.tally.size()];
        for piece in self.pieces.chunks(size) {
            score.sums.iter_mut().zip(piece).for_each(|(sum, more)| *sum += more);
        }
        score
    }
}

/// The mean loss and the hits of some rows, summed from the first to the last.
fn total(scores: &[RowScore]) -> Score {
    let rows = scores.len() as f64;
    let loss = scores.iter().map(|s| f64::from(s.loss)).sum::<f64>() / rows;
    let hits = scores.iter().filter(|s| s.hit).count() as f64;
    Score { loss, hits, rows, sums: Vec::new() }
}
