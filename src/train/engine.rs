//! The engine: one step of training, or an evaluation, divided among a team; it knows no epoch and
//! no observer.
//!
//! A step is a pass (`pass.rs`) and an update (`update.rs`). Every number is the work of one thread
//! and has one fixed order of operations, so that the size of the team changes no bit.

use crate::kernels::Rows;
use crate::model::{Loss, Network};
use crate::optim::{Hands, Optimizer};
use crate::train::feed::Feed;
use crate::train::pass::Pass;
use crate::train::rows::RowScore;
use crate::train::state::OptimizerState;
use crate::train::update::{Room, Update, average};

/// Rows that a thread evaluates at a time.
const EVALUATED_ROWS: usize = 64;

/// The workspace of a run: after the first step nothing is allocated any more.
pub struct Engine {
    training: Pass,
    /// One for each thread, which evaluates rows of its own.
    evaluation: Vec<Pass>,
    scores: Vec<RowScore>,
    room: Room,
}

/// What many rows together got.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// The mean loss.
    pub loss: f64,
    /// Rows that were classified right.
    pub hits: f64,
    /// Rows.
    pub rows: f64,
}

impl Score {
    /// Takes the rows of `other` in: the mean is weighted by rows.
    pub fn add(&mut self, other: Score) {
        let rows = self.rows + other.rows;
        self.loss = (self.loss * self.rows + other.loss * other.rows) / rows.max(1.0);
        self.hits += other.hits;
        self.rows = rows;
    }
}

impl Engine {
    /// An engine for `network` with at most `batch_size` rows a step, on `threads` threads.
    pub fn new(
        network: &Network,
        loss: &Loss,
        feed: &Feed,
        batch_size: usize,
        threads: usize,
    ) -> Engine {
        let rows = batch_size.min(feed.rows()).max(1);
        let training = Pass::new(network, loss, feed, rows, threads);
        let evaluation = || Pass::new(network, loss, feed, EVALUATED_ROWS, 1);
        Engine {
            evaluation: (0..training.team.size()).map(|_| evaluation()).collect(),
            scores: vec![RowScore::default(); rows],
            room: Room::default(),
            training,
        }
    }

    /// Makes ready to evaluate rows of `feed`, and no longer of the data that are trained on.
    pub fn evaluate_on(&mut self, network: &Network, loss: &Loss, feed: &Feed) {
        for pass in &mut self.evaluation {
            *pass = Pass::new(network, loss, feed, EVALUATED_ROWS, 1);
        }
    }

    /// Trains on the rows `batch` of `feed`; the rows `ahead` will be next. Returns the score on
    /// the weights before the update.
    pub fn step(
        &mut self,
        network: &mut Network,
        optimizer: &Optimizer,
        state: &mut OptimizerState,
        feed: &Feed,
        batch: &[u32],
        ahead: &[u32],
    ) -> Score {
        let scores = &mut self.scores[..batch.len()];
        self.training.run(network, feed, batch, true, scores);
        let Engine { training: pass, room, .. } = self;
        let n_rows = batch.len();
        let update = Update { pass, room, network, optimizer, state, feed, n_rows, ahead };
        optimizer.at(update.state.iterations, update);
        let mut hands = Hands { cpu: pass.cpu, team: &mut pass.team, sums: &mut room.sums };
        average(&mut hands, network, optimizer.shared(), state);
        state.iterations += 1;
        total(&self.scores[..batch.len()])
    }

    /// The score of `network` on the rows `from..to` of `feed`.
    pub fn evaluate(&mut self, network: &Network, feed: &Feed, from: usize, to: usize) -> Score {
        let rows: Vec<u32> = (from as u32..to as u32).collect();
        if self.scores.len() < rows.len() {
            self.scores.resize(rows.len(), RowScore::default());
        }
        let scores = &mut self.scores[..rows.len()];
        let share = rows.len().div_ceil(self.evaluation.len()).next_multiple_of(EVALUATED_ROWS);
        let mut shares: Vec<_> = self
            .evaluation
            .iter_mut()
            .zip(rows.chunks(share))
            .zip(scores.chunks_mut(share))
            .collect();
        self.training.team.divide(Rows(&mut shares[..]), |shares, _| {
            for ((pass, rows), scores) in shares.0 {
                let chunks = rows.chunks(EVALUATED_ROWS);
                for (batch, scores) in chunks.zip(scores.chunks_mut(EVALUATED_ROWS)) {
                    pass.run(network, feed, batch, false, scores);
                }
            }
        });
        total(&self.scores[..rows.len()])
    }
}

/// The mean loss and the hits of some rows, summed from the first to the last.
fn total(scores: &[RowScore]) -> Score {
    let rows = scores.len() as f64;
    let loss = scores.iter().map(|s| f64::from(s.loss)).sum::<f64>() / rows;
    Score { loss, hits: scores.iter().filter(|s| s.hit).count() as f64, rows }
}
