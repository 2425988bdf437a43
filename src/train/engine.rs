//! The engine: one step of training or evaluation on a batch, divided among a team; it knows no
//! epoch and no observer.
//!
//! A step has three parts, and the team meets between them:
//!
//! 1. the first layer, divided by units: each thread's columns of the greatest kernel stay in its
//!    own cache;
//! 2. everything that concerns one row alone, divided by rows: the other layers, the loss, and the
//!    way back down to the first layer's delta;
//! 3. the updates, divided by units again: a gradient is consumed where it is summed.
//!
//! Every number is the work of one thread and has one fixed order of operations, so that the size
//! of the team changes no bit.

use crate::kernels::{
    Columns, Cpu, FeatureMajor, LANES, Matrix, Operand, Rows, Team, ViewMut, activate, argmax,
    differentiate, product, softmax, softmax_differentiate, sparse_product, transpose,
};
use crate::model::{Loss, Network, Objective};
use crate::optim::{Hands, Optimizer};
use crate::train::feed::{Feed, FeedInputs};
use crate::train::page::{Layout, keeps_logits};
use crate::train::state::OptimizerState;
use crate::train::update::{Room, Update, average};

/// Rows that a thread evaluates at a time.
const EVALUATED_ROWS: usize = 128;

/// The workspace of a run: after the first step nothing is allocated any more.
pub struct Engine {
    pub(super) cpu: Cpu,
    pub(super) team: Team,
    pub(super) layout: Layout,
    pub(super) pages: Matrix,
    scores: Vec<Score>,
    pub(super) turned: Vec<FeatureMajor>,
    /// For rules that have to visit the weights of inputs that are always 0.
    pub(super) every_feature: Vec<u16>,
    pub(super) room: Room,
    /// Each kernel but the first, transposed.
    transposes: Vec<Matrix>,
    objective: Objective,
    /// The last activation is part of the objective.
    fused: bool,
    smoothing: (f32, f32),
}

/// What a row, or many rows together, got.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// The loss; of many rows, their mean.
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
        let team = Team::new(threads);
        let inputs = match &feed.inputs {
            FeedInputs::Sparse(_) => 0,
            FeedInputs::Dense(dense) => dense.features,
        };
        let layout = Layout::new(network, inputs);
        let rows = batch_size.max(EVALUATED_ROWS * team.size()).min(feed.rows().max(1));
        let last = &network.layers[network.layers.len() - 1];
        let (objective, fused) = loss.objective(last.activation);
        let transposed =
            network.layers[1..].iter().map(|l| Matrix::zeros(l.kernel.cols(), l.kernel.rows()));
        let turned = (0..team.size()).map(|_| FeatureMajor::with_capacity(feed.features(), 0));
        let every_feature = (0..feed.features()).map_while(|i| u16::try_from(i).ok());
        Engine {
            cpu: Cpu::detect(),
            pages: layout.pages(rows),
            layout,
            scores: vec![Score::default(); rows],
            turned: turned.collect(),
            every_feature: every_feature.collect(),
            room: Room::default(),
            transposes: transposed.collect(),
            objective,
            fused,
            smoothing: loss.smoothing(last.kernel.cols()),
            team,
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
        self.first_layer(network, feed, batch, ahead);
        self.transpose_kernels(network);
        self.rows(network, feed, batch, true);
        let n_rows = batch.len();
        let update = Update { engine: self, network, optimizer, state, feed, n_rows };
        optimizer.at(update.state.iterations, update);
        let mut hands = Hands { cpu: self.cpu, team: &mut self.team, sums: &mut self.room.sums };
        average(&mut hands, network, optimizer.shared(), state);
        state.iterations += 1;
        self.total(batch.len())
    }

    /// The score of `network` on the rows `from..to` of `feed`.
    pub fn evaluate(&mut self, network: &Network, feed: &Feed, from: usize, to: usize) -> Score {
        let rows: Vec<u32> = (from as u32..to as u32).collect();
        let mut total = Score::default();
        for chunk in rows.chunks(self.pages.rows()) {
            self.rows(network, feed, chunk, false);
            total.add(self.total(chunk.len()));
        }
        total
    }

    /// The mean loss and the hits of the last `n` rows, summed from the first row to the last.
    fn total(&self, n: usize) -> Score {
        let scores = &self.scores[..n];
        let loss = scores.iter().map(|s| s.loss).sum::<f64>() / n as f64;
        Score { loss, hits: scores.iter().map(|s| s.hits).sum(), rows: n as f64 }
    }

    /// Part 1: z of the first layer for a batch, and the batch turned for part 3.
    fn first_layer(&mut self, network: &Network, feed: &Feed, batch: &[u32], ahead: &[u32]) {
        let (cpu, team) = (self.cpu, &mut self.team);
        let layer = &network.layers[0];
        let (kernel, bias) =
            (layer.kernel.view(layer.kernel.rows()), layer.bias.as_ref().map(|b| b.row(0)));
        let mut pages = self.pages.view_mut(batch.len());
        let [input, z] =
            pages.disjoint([self.layout.input.clone(), self.layout.layers[0].logits.clone()]);
        match &feed.inputs {
            FeedInputs::Sparse(entries) => {
                let n_parts = self.turned.len();
                team.divide(Rows(&mut self.turned[..]), |parts, first| {
                    for (i, part) in parts.0.iter_mut().enumerate() {
                        let from = batch.len() * (first + i) / n_parts;
                        let to = batch.len() * (first + i + 1) / n_parts;
                        part.fill(entries, &batch[from..to], from);
                    }
                });
                team.divide(Columns(z), |part, from| {
                    let columns = kernel.columns(from * LANES, from * LANES + part.0.cols());
                    let bias = bias.map(|b| &b[from * LANES..]);
                    sparse_product(cpu, entries, batch, ahead, columns, bias, part.0);
                });
            }
            FeedInputs::Dense(dense) => {
                let mut input = input;
                team.divide(Rows(input.reborrow()), |part, from| {
                    dense.gather(&batch[from..from + part.0.rows()], part.0);
                });
                let input = input.as_view();
                team.divide(Columns(z), |part, from| {
                    let columns = kernel.columns(from * LANES, from * LANES + part.0.cols());
                    let bias = bias.map(|b| &b[from * LANES..]);
                    product(cpu, Operand::new(input), columns, bias, part.0);
                });
            }
        }
    }

    fn transpose_kernels(&mut self, network: &Network) {
        for (layer, transposed) in network.layers[1..].iter().zip(&mut self.transposes) {
            let (kernel, rows) = (&layer.kernel, transposed.rows());
            self.team.divide(Columns(transposed.view_mut(rows)), |part, from| {
                let from = from * LANES;
                let kernel = kernel.view(kernel.rows()).row_range(from, from + part.0.cols());
                transpose(kernel, part.0);
            });
        }
    }

    /// Part 2: forward through the other layers, the loss, and, when `training`, back down.
    fn rows(&mut self, network: &Network, feed: &Feed, batch: &[u32], training: bool) {
        let work = RowWork {
            cpu: self.cpu,
            layout: &self.layout,
            transposes: &self.transposes,
            objective: self.objective,
            fused: self.fused,
            smoothing: self.smoothing,
            network,
            feed,
            scale: 1.0 / batch.len() as f32,
            training,
        };
        let pages = self.pages.view_mut(batch.len());
        let scores = &mut self.scores[..batch.len()];
        self.team.divide((Rows(pages), Rows(scores)), |mut part, from| {
            let batch = &batch[from..from + part.0.0.rows()];
            work.run(batch, &mut part.0.0, part.1.0);
        });
    }
}

/// What is done for each row alone.
struct RowWork<'a> {
    cpu: Cpu,
    layout: &'a Layout,
    transposes: &'a [Matrix],
    objective: Objective,
    fused: bool,
    smoothing: (f32, f32),
    network: &'a Network,
    feed: &'a Feed,
    /// 1 / rows of the batch: the loss is their mean.
    scale: f32,
    training: bool,
}

impl RowWork<'_> {
    fn run(&self, batch: &[u32], pages: &mut ViewMut<'_>, scores: &mut [Score]) {
        if !self.training {
            self.first_layer(batch, pages);
        }
        let last = self.network.layers.len() - 1;
        for l in 0..=last {
            self.forward(l, pages, l == last && self.fused);
        }
        self.score(batch, pages, scores);
        if self.training {
            for l in (0..=last).rev() {
                self.backward(l, pages, l == last && self.fused);
            }
        }
    }

    /// z of the first layer, for evaluation: here it is divided by rows like all the rest.
    fn first_layer(&self, batch: &[u32], pages: &mut ViewMut<'_>) {
        let layer = &self.network.layers[0];
        let (kernel, bias) =
            (layer.kernel.view(layer.kernel.rows()), layer.bias.as_ref().map(|b| b.row(0)));
        let [mut input, z] =
            pages.disjoint([self.layout.input.clone(), self.layout.layers[0].logits.clone()]);
        match &self.feed.inputs {
            FeedInputs::Sparse(entries) => {
                sparse_product(self.cpu, entries, batch, &[], kernel, bias, z);
            }
            FeedInputs::Dense(dense) => {
                dense.gather(batch, input.reborrow());
                product(self.cpu, Operand::new(input.as_view()), kernel, bias, z);
            }
        }
    }

    /// z (but of the first layer) and a of layer `l`; a stays z where the objective takes it so.
    fn forward(&self, l: usize, pages: &mut ViewMut<'_>, fused: bool) {
        let layer = &self.network.layers[l];
        let columns = &self.layout.layers[l];
        if l > 0 {
            let below = self.layout.layers[l - 1].output.clone();
            let [x, z] = pages.disjoint([below, columns.logits.clone()]);
            let kernel = layer.kernel.view(layer.kernel.rows());
            let bias = layer.bias.as_ref().map(|b| b.row(0));
            product(self.cpu, Operand::new(x.as_view()), kernel, bias, z);
        }
        if keeps_logits(layer.activation) {
            let [z, mut a] = pages.disjoint([columns.logits.clone(), columns.output.clone()]);
            let z = z.as_view();
            (0..z.rows()).for_each(|r| a.row(r).copy_from_slice(z.row(r)));
        }
        if !fused {
            let [a] = pages.disjoint([columns.output.clone()]);
            match layer.activation.curve() {
                Some(curve) => activate(self.cpu, curve, a),
                None => softmax(self.cpu, a),
            }
        }
    }

    /// The loss of each row with its gradient by the last layer's output, and whether it was right.
    fn score(&self, batch: &[u32], pages: &mut ViewMut<'_>, scores: &mut [Score]) {
        let last = &self.layout.layers[self.layout.layers.len() - 1];
        let [outputs, delta, mut targets] =
            pages.disjoint([last.output.clone(), last.delta.clone(), self.layout.targets.clone()]);
        self.feed.targets(batch, (1.0, 0.0), targets.reborrow());
        let n = outputs.cols();
        let outputs = outputs.as_view();
        for (r, score) in scores.iter_mut().enumerate() {
            let (y, t) = (&outputs.row(r)[..n], &targets.row(r)[..n]);
            let hit = match (y, t) {
                ([y], [t]) => f32::from(u8::from(self.objective.threshold() < *y)) == *t,
                _ => argmax(y) == argmax(t),
            };
            score.hits = f64::from(u8::from(hit));
        }
        if self.smoothing != (1.0, 0.0) {
            self.feed.targets(batch, self.smoothing, targets.reborrow());
        }
        let mut losses = [0.0; EVALUATED_ROWS];
        let mut delta = delta;
        for from in (0..batch.len()).step_by(EVALUATED_ROWS) {
            let to = batch.len().min(from + EVALUATED_ROWS);
            let (y, t) = (outputs.row_range(from, to), targets.as_view().row_range(from, to));
            let delta = delta.row_range(from, to);
            self.objective.apply(self.cpu, y, t, self.scale, delta, &mut losses[..to - from]);
            for (score, loss) in scores[from..to].iter_mut().zip(losses) {
                score.loss = f64::from(loss);
            }
        }
    }

    /// δ of layer `l`, from ∂L/∂a where it stands, then ∂L/∂a of the layer below.
    fn backward(&self, l: usize, pages: &mut ViewMut<'_>, fused: bool) {
        let columns = &self.layout.layers[l];
        if !fused {
            let ranges = [columns.output.clone(), columns.delta.clone()];
            match self.network.layers[l].activation.curve() {
                None => {
                    let [p, delta] = pages.disjoint(ranges);
                    softmax_differentiate(self.cpu, p.as_view(), delta);
                }
                Some(curve) if curve.needs_logits() => {
                    let [a, delta] = ranges;
                    let [z, a, delta] = pages.disjoint([columns.logits.clone(), a, delta]);
                    differentiate(self.cpu, curve, z.as_view(), a.as_view(), delta);
                }
                Some(curve) => {
                    let [a, delta] = pages.disjoint(ranges);
                    differentiate(self.cpu, curve, a.as_view(), a.as_view(), delta);
                }
            }
        }
        if l > 0 {
            let below = self.layout.layers[l - 1].delta.clone();
            let [delta, below] = pages.disjoint([columns.delta.clone(), below]);
            let transposed = &self.transposes[l - 1];
            let transposed = transposed.view(transposed.rows());
            product(self.cpu, Operand::new(delta.as_view()), transposed, None, below);
        }
    }
}
