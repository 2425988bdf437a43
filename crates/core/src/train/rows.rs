//! What is done for each row of a batch alone: layers there and back, and the loss between; it
//! updates nothing.

use std::ops::Range;

use crate::kernels::{Arch, InputLayer, Matrix, View, ViewMut, argmax};
use crate::model::{Activation, Body, Moment, Network};
use crate::train::feed::Feed;
use crate::train::head::{Head, Logits};
use crate::train::page::Layout;

/// Rows whose losses are worked out at a time.
const CHUNK: usize = 64;

/// A single output above it means yes, be it a probability or a logit: Keras's rule.
const THRESHOLD: f32 = 0.5;

/// What a row got.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct RowScore {
    pub(super) loss: f32,
    /// It was classified right.
    pub(super) hit: bool,
}

/// What is done for each row alone.
pub(super) struct RowWork<'a> {
    pub(super) arch: Arch,
    pub(super) layout: &'a Layout,
    /// The first layer on sparse inputs, after its product.
    pub(super) input: Option<&'a InputLayer>,
    /// The transposed kernel of each dense layer that passes back; empty ones of the others.
    pub(super) transposes: &'a [Matrix],
    pub(super) head: &'a Head,
    pub(super) smoothing: (f32, f32),
    /// What the loss of each class counts; evenly, if there are none.
    pub(super) class_weight: &'a [f32],
    pub(super) network: &'a Network,
    pub(super) feed: &'a Feed,
    /// 1 / rows of the batch: the loss is their mean.
    pub(super) scale: f32,
    pub(super) training: bool,
    /// Number of the step, from 0.
    pub(super) step: u64,
}

impl RowWork<'_> {
    /// The outputs of `layers`, for pages that stand from row `from` of the whole batch on.
    pub(super) fn forward(&self, layers: Range<usize>, from: usize, pages: &mut ViewMut<'_>) {
        for l in layers {
            let columns = &self.layout.layers[l];
            let moment = Moment {
                training: self.training,
                step: self.step,
                row: from,
                logits: self.head.is_fused(l) || self.head.is_kept(l),
            };
            let body = &self.network.layers[l].body;
            if let (0, Body::Dense(dense)) = (l, body) {
                if let Some(input) = self.input {
                    let [z] = pages.disjoint([columns.logits.clone()]);
                    input.output(self.arch, from, z);
                }
                let places = [columns.extra.clone(), columns.output.clone()];
                dense.activate(self.arch, pages.disjoint(places), moment.logits);
            } else {
                let ranges = [self.layout.below(l), columns.extra.clone(), columns.output.clone()];
                let [x, extra, y] = pages.disjoint(ranges);
                body.forward(self.arch, x.as_view(), [extra, y], moment);
            }
            if self.head.is_kept(l) {
                let ranges = [columns.output.clone(), self.layout.kept_logits.clone()];
                let [y, mut logits] = pages.disjoint(ranges);
                (0..y.rows()).for_each(|r| logits.row(r).copy_from_slice(y.as_view().row(r)));
                self.head.activation.apply(self.arch, y);
            }
        }
    }

    /// The loss of each row with its gradient by the last layer's output, and whether it was right.
    pub(super) fn score(&self, batch: &[u32], pages: &mut ViewMut<'_>, scores: &mut [RowScore]) {
        let last = &self.layout.layers[self.layout.layers.len() - 1];
        let [outputs, delta, mut targets] =
            pages.disjoint([last.output.clone(), last.delta.clone(), self.layout.targets.clone()]);
        self.feed.targets(batch, (1.0, 0.0), targets.reborrow());
        let outputs = outputs.as_view();
        let mut delta = delta;
        let answers = self.answers(outputs, &mut delta);
        for (r, (score, &row)) in scores.iter_mut().zip(batch).enumerate() {
            let (y, t) = (&answers.row(r)[..answers.cols()], &targets.row(r)[..answers.cols()]);
            score.hit = match (y, t) {
                ([y], [t]) => f32::from(u8::from(THRESHOLD < *y)) == *t,
                _ => argmax(y) == self.feed.class(row).unwrap_or_else(|| argmax(t)),
            };
        }
        if self.smoothing != (1.0, 0.0) {
            self.feed.targets(batch, self.smoothing, targets.reborrow());
        }
        let mut losses = [0.0; CHUNK];
        for from in (0..batch.len()).step_by(CHUNK) {
            let to = batch.len().min(from + CHUNK);
            let (y, t) = (outputs.row_range(from, to), targets.as_view().row_range(from, to));
            let delta = delta.row_range(from, to);
            self.head.objective.apply(self.arch, y, t, self.scale, delta, &mut losses[..to - from]);
            for (score, loss) in scores[from..to].iter_mut().zip(losses) {
                score.loss = loss;
            }
        }
        if !self.class_weight.is_empty() {
            self.weigh(batch, delta, scores);
        }
    }

    /// The outputs as accuracy takes them: behind the sigmoid that the objective has taken in, by
    /// way of `scratch`. A softmax is left out: the greatest logit is the greatest probability.
    fn answers<'v>(&self, outputs: View<'v>, scratch: &'v mut ViewMut<'_>) -> View<'v> {
        if self.head.logits != Logits::Fused || self.head.activation != Activation::Sigmoid {
            return outputs;
        }
        (0..outputs.rows()).for_each(|r| scratch.row(r).copy_from_slice(outputs.row(r)));
        self.head.activation.apply(self.arch, scratch.reborrow());
        scratch.as_view()
    }

    /// Multiplies the loss of each row, and its gradient, with the weight of its class.
    fn weigh(&self, batch: &[u32], mut delta: ViewMut<'_>, scores: &mut [RowScore]) {
        for (r, (&row, score)) in batch.iter().zip(scores).enumerate() {
            let class = self.feed.class_number(row);
            let weight = self.class_weight.get(class).copied().unwrap_or(1.0);
            score.loss *= weight;
            delta.row(r).iter_mut().for_each(|d| *d *= weight);
        }
    }

    /// The δ of `layers` from the last to the first, each from ∂L/∂y where δ will be.
    pub(super) fn backward(&self, layers: Range<usize>, pages: &mut ViewMut<'_>) {
        for l in layers.rev() {
            let columns = &self.layout.layers[l];
            let body = &self.network.layers[l].body;
            let fixed = [self.layout.below(l), columns.output.clone()];
            let [extra, delta] = [columns.extra.clone(), columns.delta.clone()];
            let weights = (&self.transposes[l], self.head.is_fused(l));
            if columns.passes_back {
                let [x, y] = fixed;
                let below = self.layout.layers[l - 1].delta.clone();
                let [x, y, extra, delta, below] = pages.disjoint([x, y, extra, delta, below]);
                let views = [x.as_view(), y.as_view()];
                body.backward(self.arch, views, [extra, delta], Some(below), weights);
            } else {
                let [x, y] = fixed;
                let [x, y, extra, delta] = pages.disjoint([x, y, extra, delta]);
                let views = [x.as_view(), y.as_view()];
                body.backward(self.arch, views, [extra, delta], None, weights);
            }
        }
    }
}
