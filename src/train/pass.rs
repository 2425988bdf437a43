//! A pass of a batch through the network: forward to the losses and, in training, back to every
//! layer's delta; it updates nothing.
//!
//! The first layer is divided by inputs, and each thread's share of the greatest kernel stays in
//! its own cache; all the rest concerns one row of the batch alone and is divided by rows.

use crate::kernels::{Columns, Cpu, LANES, Matrix, Rows, Team, transpose};
use crate::model::{Loss, Network, Objective};
use crate::train::feed::{Feed, FeedInputs};
use crate::train::first::First;
use crate::train::page::Layout;
use crate::train::rows::{RowScore, RowWork};

/// Numbers of a kernel from which on its transposition is shared: fewer are sooner done than called
/// out.
const SHARED: usize = 1 << 14;

/// The workspace of a pass: nothing is allocated while it runs.
pub(super) struct Pass {
    pub(super) cpu: Cpu,
    pub(super) team: Team,
    pub(super) layout: Layout,
    pub(super) pages: Matrix,
    pub(super) first: First,
    /// Each kernel but the first, transposed.
    transposes: Vec<Matrix>,
    objective: Objective,
    /// The last activation is part of the objective.
    fused: bool,
    smoothing: (f32, f32),
}

impl Pass {
    /// A pass of at most `rows` rows through `network` on `threads` threads.
    pub(super) fn new(
        network: &Network,
        loss: &Loss,
        feed: &Feed,
        rows: usize,
        threads: usize,
    ) -> Pass {
        let inputs = match &feed.inputs {
            FeedInputs::Sparse(_) => 0,
            FeedInputs::Dense(dense) => dense.features,
        };
        let layout = Layout::new(network, inputs);
        let last = &network.layers[network.layers.len() - 1];
        let (objective, fused) = loss.objective(last.activation);
        let transposed =
            network.layers[1..].iter().map(|l| Matrix::zeros(l.kernel.cols(), l.kernel.rows()));
        Pass {
            cpu: Cpu::detect(),
            team: Team::new(threads),
            pages: layout.pages(rows),
            layout,
            first: First::new(feed, network.layers[0].kernel.cols(), rows),
            transposes: transposed.collect(),
            objective,
            fused,
            smoothing: loss.smoothing(last.kernel.cols()),
        }
    }

    /// Passes the rows `batch` of `feed` through `network`. Each row's score goes to `scores`, its deltas, when `training`, to its page.
    pub(super) fn run(
        &mut self,
        network: &Network,
        feed: &Feed,
        batch: &[u32],
        training: bool,
        scores: &mut [RowScore],
    ) {
        let mut pages = self.pages.view_mut(batch.len());
        let columns = [self.layout.input.clone(), self.layout.layers[0].logits.clone()];
        let views = pages.disjoint(columns);
        let (cpu, team) = (self.cpu, &mut self.team);
        self.first.forward(cpu, team, &network.layers[0], feed, batch, views);
        if training {
            self.transpose_kernels(network);
        }
        let work = RowWork {
            cpu,
            layout: &self.layout,
            first: &self.first,
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
        self.team.divide((Rows(pages), Rows(scores)), |mut part, from| {
            let batch = &batch[from..from + part.0.0.rows()];
            work.run(batch, from, &mut part.0.0, part.1.0);
        });
    }

    fn transpose_kernels(&mut self, network: &Network) {
        for (layer, transposed) in network.layers[1..].iter().zip(&mut self.transposes) {
            let (kernel, rows) = (&layer.kernel, transposed.rows());
            let mut transposed = transposed.view_mut(rows);
            if kernel.rows() * kernel.cols() < SHARED {
                transpose(kernel.view(kernel.rows()), transposed.reborrow());
                continue;
            }
            self.team.divide(Columns(transposed), |part, from| {
                let from = from * LANES;
                let kernel = kernel.view(kernel.rows()).row_range(from, from + part.0.cols());
                transpose(kernel, part.0);
            });
        }
    }
}
