//! A pass of a batch through the network: forward to the losses and, in training, back to every
//! layer's delta; it updates nothing.
//!
//! The first layer is divided by inputs where they are sparse, and each thread's share of the
//! greatest kernel stays in its own cache. Batch normalisation sees all rows of a batch together and
//! is divided by units. All the rest concerns one row alone and is divided by rows, from one such
//! layer to the next.

use crate::kernels::{
    Arch, ByCols, ByRows, InputLayer, LANES, Matrix, Team, View, ViewMut, transpose,
};
use crate::model::{Answers, Body, Network};
use crate::train::feed::Feed;
use crate::train::goal::{EVALUATED_ROWS, Goal};
use crate::train::gradient::Gradients;
use crate::train::head::{Head, Logits};
use crate::train::input::{forward_input, input_layer};
use crate::train::page::Layout;
use crate::train::rows::{RowScore, RowWork};

/// Elements of a kernel below which one thread transposes it: a call of the team costs as much.
const SERIAL_TRANSPOSE_BELOW: usize = 1 << 14;

/// The workspace of a pass: no buffer of numbers is made while it runs.
pub(super) struct Pass {
    pub(super) arch: Arch,
    pub(super) team: Team,
    pub(super) layout: Layout,
    pub(super) pages: Matrix,
    /// The first layer, if it is dense on sparse inputs.
    pub(super) input: Option<InputLayer>,
    pub(super) gradients: Gradients,
    /// The transposed kernel of each dense layer that passes back; empty ones of the others.
    transposes: Vec<Matrix>,
    /// The layers that need a whole batch at once, each with what its last batch was like.
    meetings: Vec<(usize, Matrix)>,
    head: Head,
    smoothing: (f32, f32),
    class_weight: Vec<f32>,
    /// Whether all targets are 0 or 1.
    binary: bool,
    /// Room for outputs after the last activation, where the objective has taken it in.
    answers: Matrix,
}

/// Which rows pass, and to what end.
#[derive(Clone, Copy)]
pub(super) struct Batch<'a> {
    pub(super) feed: &'a Feed,
    pub(super) rows: &'a [u32],
    /// The number of the step, from 0; `None` outside training.
    pub(super) step: Option<u64>,
}

impl<'a> Batch<'a> {
    /// Rows of which only the scores or the answers are wanted.
    pub(super) fn outside_training(feed: &'a Feed, rows: &'a [u32]) -> Batch<'a> {
        Batch { feed, rows, step: None }
    }
}

impl Pass {
    /// A pass of at most `rows` rows through `network` on `threads` threads; it goes back in
    /// training only.
    pub(super) fn new(
        network: &Network,
        goal: Goal<'_>,
        feed: &Feed,
        rows: usize,
        (threads, training): (usize, bool),
    ) -> Pass {
        let team = Team::new(threads.min(most_threads(network, feed, rows)));
        let input = input_layer(network, feed, rows, team.size(), training);
        let inputs = if input.is_some() { 0 } else { feed.features() };
        let head = Head::new(network, goal, training);
        let layout = Layout::new(network, inputs, head.logits == Logits::Kept);
        let binary = feed.is_binary(network.outputs());
        let bodies = || network.layers.iter().map(|layer| &layer.body);
        let transposed = bodies().zip(&layout.layers).map(|(body, columns)| match body {
            Body::Dense(dense) if training && columns.passes_back => {
                Matrix::zeros(dense.kernel.cols(), dense.kernel.rows())
            }
            _ => Matrix::zeros(0, 0),
        });
        let meets = |(l, body): (usize, &Body)| match body {
            Body::BatchNormalization(_) => Some((l, Matrix::zeros(3, network.layers[l].outputs))),
            _ => None,
        };
        Pass {
            arch: Arch::detect(),
            pages: layout.pages(rows),
            transposes: transposed.collect(),
            meetings: bodies().enumerate().filter_map(meets).collect(),
            gradients: Gradients::new(&layout, input.as_ref(), team.size()),
            team,
            layout,
            input,
            smoothing: goal.loss.smoothing(network.outputs(), binary),
            class_weight: goal.class_weight.to_vec(),
            binary,
            answers: Matrix::zeros(
                if head.logits == Logits::Fused { rows } else { 0 },
                network.outputs(),
            ),
            head,
        }
    }

    /// Passes `batch` through `network`. Each row's score goes to `scores`, its deltas, in training,
    /// to its page.
    pub(super) fn run(&mut self, network: &Network, batch: Batch<'_>, scores: &mut [RowScore]) {
        let Batch { feed, rows, step, .. } = batch;
        feed.prefetch_targets(rows);
        let mut pages = self.pages.view_mut(rows.len());
        let columns = [self.layout.input.clone(), self.layout.layers[0].logits.clone()];
        let views = pages.disjoint(columns);
        let training = step.is_some();
        let exec = (self.arch, &mut self.team);
        forward_input(exec, self.input.as_mut(), &network.layers[0].body, (feed, rows), views);
        for (kernel, transposed) in passed_back(network, &mut self.transposes).filter(|_| training)
        {
            if kernel.rows() * kernel.cols() < SERIAL_TRANSPOSE_BELOW {
                transpose(kernel, transposed);
                continue;
            }
            self.team.parallel_for(ByCols(transposed), |part, from| {
                let from = from * LANES;
                transpose(kernel.row_range(from, from + part.0.cols()), part.0);
            });
        }
        let work = RowWork {
            arch: self.arch,
            layout: &self.layout,
            input: self.input.as_ref(),
            transposes: &self.transposes,
            head: &self.head,
            smoothing: self.smoothing,
            class_weight: if training { &self.class_weight } else { &[] },
            network,
            feed,
            scale: 1.0 / rows.len() as f32,
            training,
            step: step.unwrap_or(0),
        };
        let mut stages = Stages {
            work,
            team: &mut self.team,
            pages: &mut self.pages,
            meetings: match step {
                Some(_) => &mut self.meetings,
                None => &mut [],
            },
        };
        stages.run(rows, scores);
    }

    /// The outputs of the rows that have just passed, after the last activation, and their targets as
    /// they are.
    pub(super) fn answers(&mut self, feed: &Feed, rows: &[u32]) -> Answers<'_> {
        let n = rows.len();
        let mut pages = self.pages.view_mut(n);
        let last = self.layout.layers[self.layout.layers.len() - 1].output.clone();
        let [made, mut targets] = pages.disjoint([last.clone(), self.layout.targets.clone()]);
        if self.smoothing != (1.0, 0.0) {
            feed.targets(rows, (1.0, 0.0), targets.reborrow());
        }
        let (is_fused, activation) = (self.head.logits == Logits::Fused, self.head.activation);
        if is_fused {
            let mut answers = self.answers.view_mut(n);
            (0..n).for_each(|r| answers.row(r).copy_from_slice(made.as_view().row(r)));
            activation.apply(self.arch, answers);
        }
        let pages = self.pages.view(n);
        let made = pages.columns_range(last);
        let (outputs, logits) = match self.head.logits {
            Logits::Fused => (self.answers.view(n), Some(made)),
            Logits::Kept => (made, Some(pages.columns_range(self.layout.kept_logits.clone()))),
            Logits::Unused => (made, None),
        };
        let logits = logits.map(|logits| (logits, activation));
        let targets = pages.columns_range(self.layout.targets.clone());
        Answers { outputs, logits, targets, binary: self.binary }
    }

    /// Tells the layers that follow the data what the batch was like that has just been trained on.
    pub(super) fn absorb(&self, network: &mut Network) {
        for (l, stats) in &self.meetings {
            if let Body::BatchNormalization(layer) = &mut network.layers[*l].body {
                layer.absorb(stats);
            }
        }
    }
}

/// The pieces that the greatest part of a step or of an evaluation can be cut into: more threads
/// would have no work.
fn most_threads(network: &Network, feed: &Feed, rows: usize) -> usize {
    let vectors = |w: &Matrix| w.as_slice().len() / LANES;
    let weights = network.weights().iter().map(|weights| vectors(weights.values)).sum();
    rows.max(feed.rows().div_ceil(EVALUATED_ROWS)).max(weights)
}

/// The kernel of each dense layer that passes back, with the room for its transpose.
fn passed_back<'a>(
    network: &'a Network,
    transposes: &'a mut [Matrix],
) -> impl Iterator<Item = (View<'a>, ViewMut<'a>)> {
    let layers = network.layers.iter().zip(transposes);
    layers.filter_map(|(layer, transposed)| match &layer.body {
        Body::Dense(dense) if 0 < transposed.rows() => {
            let (kernel, rows) = (&dense.kernel, transposed.rows());
            Some((kernel.view(kernel.rows()), transposed.view_mut(rows)))
        }
        _ => None,
    })
}

/// A pass cut where all rows must be seen together.
struct Stages<'a> {
    work: RowWork<'a>,
    team: &'a mut Team,
    pages: &'a mut Matrix,
    meetings: &'a mut [(usize, Matrix)],
}

impl Stages<'_> {
    fn run(&mut self, batch: &[u32], scores: &mut [RowScore]) {
        let n = batch.len();
        let end = self.work.network.layers.len();
        let mut from = 0;
        for meeting in 0..self.meetings.len() {
            let l = self.meetings[meeting].0;
            self.by_rows(n, |work, pages, row| work.forward(from..l, row, pages));
            self.meet(n, meeting);
            from = l + 1;
        }
        let work = &self.work;
        let pages = self.pages.view_mut(n);
        self.team.parallel_for((ByRows(pages), ByRows::of(scores)), |mut part, row| {
            let (pages, scores) = (&mut part.0.0, &mut *part.1.0);
            work.forward(from..end, row, pages);
            work.score(&batch[row..row + pages.rows()], pages, scores);
            if work.training {
                work.backward(from..end, pages);
            }
        });
        for meeting in (0..self.meetings.len()).rev() {
            self.meet_back(n, meeting);
            let from = meeting.checked_sub(1).map_or(0, |below| self.meetings[below].0 + 1);
            let l = self.meetings[meeting].0;
            self.by_rows(n, |work, pages, _| work.backward(from..l, pages));
        }
    }

    fn by_rows(&mut self, n: usize, work: impl Fn(&RowWork<'_>, &mut ViewMut<'_>, usize) + Sync) {
        let this = &self.work;
        self.team.parallel_for(ByRows(self.pages.view_mut(n)), |mut part, row| {
            work(this, &mut part.0, row);
        });
    }

    fn meet(&mut self, n: usize, meeting: usize) {
        let l = self.meetings[meeting].0;
        let Body::BatchNormalization(layer) = &self.work.network.layers[l].body else { return };
        let (layout, stats) = (self.work.layout, &mut self.meetings[meeting].1);
        let columns = &layout.layers[l];
        let mut pages = self.pages.view_mut(n);
        let ranges = [layout.below(l), columns.extra.clone(), columns.output.clone()];
        let [x, extra, y] = pages.disjoint(ranges);
        let exec = (self.work.arch, &mut *self.team);
        layer.forward(exec, x.as_view(), [extra, y], stats.view_mut(3));
    }

    fn meet_back(&mut self, n: usize, meeting: usize) {
        let (l, stats) = &self.meetings[meeting];
        let Body::BatchNormalization(layer) = &self.work.network.layers[*l].body else { return };
        let columns = &self.work.layout.layers[*l];
        let mut pages = self.pages.view_mut(n);
        let [extra, delta] = [columns.extra.clone(), columns.delta.clone()];
        let exec = (self.work.arch, &mut *self.team);
        if columns.passes_back {
            let below = self.work.layout.layers[l - 1].delta.clone();
            let [extra, delta, below] = pages.disjoint([extra, delta, below]);
            layer.backward(exec, [stats.view(3), delta.as_view()], extra, Some(below));
        } else {
            let [extra, delta] = pages.disjoint([extra, delta]);
            layer.backward(exec, [stats.view(3), delta.as_view()], extra, None);
        }
    }
}
