//! The work on independent rows of a batch: forward, loss and backward. No parameter is updated.

use std::ops::Range;

use crate::model::{Activation, LayerOp, Network, PassContext};
use crate::train::dataset::Dataset;
use crate::train::head::{Head, Logits};
use crate::train::workspace::WorkspaceLayout;
use kernels::{Arch, InputLayer, Matrix, View, ViewMut, argmax};

/// Rows per call of the loss kernel.
const CHUNK: usize = 64;

/// A single output above this threshold means yes, for probabilities and logits alike, as in Keras.
const THRESHOLD: f32 = 0.5;

/// The loss of a row, its weight in the loss, and whether its class was right.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct SampleLoss {
    pub(super) loss: f32,
    pub(super) weight: f32,
    pub(super) correct: bool,
}

/// The work on independent rows.
pub(super) struct SampleWork<'a> {
    pub(super) arch: Arch,
    pub(super) layout: &'a WorkspaceLayout,
    /// The first layer on sparse inputs, after its product.
    pub(super) input: Option<&'a InputLayer>,
    /// The transposed kernel of each dense layer that has a backward product; empty for the others.
    pub(super) transposes: &'a [Matrix],
    pub(super) head: &'a Head,
    pub(super) smoothing: (f32, f32),
    /// The weight of each class; empty for equal weights.
    pub(super) class_weight: &'a [f32],
    pub(super) network: &'a Network,
    pub(super) dataset: &'a Dataset,
    /// 1 / rows of the batch, for the mean.
    pub(super) scale: f32,
    pub(super) training: bool,
    /// Number of the step, from 0.
    pub(super) step: u64,
}

impl SampleWork<'_> {
    /// The outputs of `layers`. `workspace` begins at row `from` of the batch.
    pub(super) fn forward(&self, layers: Range<usize>, from: usize, workspace: &mut ViewMut<'_>) {
        for l in layers {
            let columns = &self.layout.layers[l];
            let context = PassContext {
                training: self.training,
                step: self.step,
                row: from,
                logits: self.head.is_fused(l) || self.head.is_kept(l),
            };
            let op = &self.network.layers[l].op;
            if let (0, LayerOp::Dense(dense)) = (l, op) {
                if let Some(input) = self.input {
                    let [z] = workspace.disjoint([columns.logits.clone()]);
                    input.output(self.arch, from, z);
                }
                let places = [columns.saved.clone(), columns.output.clone()];
                dense.activate(self.arch, workspace.disjoint(places), context.logits);
            } else {
                let ranges =
                    [self.layout.layer_input(l), columns.saved.clone(), columns.output.clone()];
                let [x, saved, y] = workspace.disjoint(ranges);
                op.forward(self.arch, x.as_view(), [saved, y], context);
            }
            if self.head.is_kept(l) {
                let ranges = [columns.output.clone(), self.layout.kept_logits.clone()];
                let [y, mut logits] = workspace.disjoint(ranges);
                (0..y.rows()).for_each(|r| logits.row(r).copy_from_slice(y.as_view().row(r)));
                self.head.activation.apply(self.arch, y);
            }
        }
    }

    /// The loss of each row, its gradient by the last layer's output, and whether the class was right.
    pub(super) fn loss(
        &self,
        batch: &[u32],
        workspace: &mut ViewMut<'_>,
        sample_losses: &mut [SampleLoss],
    ) {
        let last = &self.layout.layers[self.layout.layers.len() - 1];
        let [outputs, delta, mut targets] = workspace.disjoint([
            last.output.clone(),
            last.delta.clone(),
            self.layout.targets.clone(),
        ]);
        self.dataset.targets(batch, (1.0, 0.0), targets.reborrow());
        let outputs = outputs.as_view();
        let mut delta = delta;
        let predicted = self.predicted(outputs, &mut delta);
        for (r, (sample, &row)) in sample_losses.iter_mut().zip(batch).enumerate() {
            let (y, t) =
                (&predicted.row(r)[..predicted.cols()], &targets.row(r)[..predicted.cols()]);
            sample.correct = match (y, t) {
                ([y], [t]) => f32::from(u8::from(THRESHOLD < *y)) == *t,
                _ => argmax(y) == self.dataset.class(row).unwrap_or_else(|| argmax(t)),
            };
        }
        if self.smoothing != (1.0, 0.0) {
            self.dataset.targets(batch, self.smoothing, targets.reborrow());
        }
        let mut losses = [0.0; CHUNK];
        for from in (0..batch.len()).step_by(CHUNK) {
            let to = batch.len().min(from + CHUNK);
            let (y, t) = (outputs.row_range(from, to), targets.as_view().row_range(from, to));
            let delta = delta.row_range(from, to);
            self.head.loss.apply(self.arch, y, t, self.scale, delta, &mut losses[..to - from]);
            for (sample, loss) in sample_losses[from..to].iter_mut().zip(losses) {
                (sample.loss, sample.weight) = (loss, 1.0);
            }
        }
        if !self.class_weight.is_empty() || self.dataset.is_weighted() {
            self.apply_weights(batch, delta, sample_losses);
        }
    }

    /// The outputs for accuracy, in `scratch` after a sigmoid fused into the loss. A softmax needs no pass:
    /// the largest logit is the largest probability.
    fn predicted<'v>(&self, outputs: View<'v>, scratch: &'v mut ViewMut<'_>) -> View<'v> {
        if self.head.logits != Logits::Fused || self.head.activation != Activation::Sigmoid {
            return outputs;
        }
        (0..outputs.rows()).for_each(|r| scratch.row(r).copy_from_slice(outputs.row(r)));
        self.head.activation.apply(self.arch, scratch.reborrow());
        scratch.as_view()
    }

    /// Multiplies the loss and the gradient of each row by the weight of the row and of the row's class.
    fn apply_weights(
        &self,
        batch: &[u32],
        mut delta: ViewMut<'_>,
        sample_losses: &mut [SampleLoss],
    ) {
        for (r, (&row, sample)) in batch.iter().zip(sample_losses).enumerate() {
            let of_class = match self.class_weight {
                [] => 1.0,
                weights => weights.get(self.dataset.class_number(row)).copied().unwrap_or(1.0),
            };
            let weight = of_class * self.dataset.weight(row);
            sample.weight = weight;
            sample.loss *= weight;
            delta.row(r).iter_mut().for_each(|d| *d *= weight);
        }
    }

    /// The δ of `layers` from the last to the first, in the place of ∂L/∂y.
    pub(super) fn backward(&self, layers: Range<usize>, workspace: &mut ViewMut<'_>) {
        for l in layers.rev() {
            let columns = &self.layout.layers[l];
            let op = &self.network.layers[l].op;
            let fixed = [self.layout.layer_input(l), columns.output.clone()];
            let [saved, delta] = [columns.saved.clone(), columns.delta.clone()];
            let weights = (&self.transposes[l], self.head.is_fused(l));
            if columns.needs_grad_input {
                let [x, y] = fixed;
                let grad_input = self.layout.layers[l - 1].delta.clone();
                let [x, y, saved, delta, grad_input] =
                    workspace.disjoint([x, y, saved, delta, grad_input]);
                let views = [x.as_view(), y.as_view()];
                op.backward(self.arch, views, [saved, delta], Some(grad_input), weights);
            } else {
                let [x, y] = fixed;
                let [x, y, saved, delta] = workspace.disjoint([x, y, saved, delta]);
                let views = [x.as_view(), y.as_view()];
                op.backward(self.arch, views, [saved, delta], None, weights);
            }
        }
    }
}
