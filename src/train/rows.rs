//! What is done for each row of a batch alone: the layers above the first, the loss, and the way
//! back down to the first layer's delta; it updates nothing.

use crate::kernels::{
    Cpu, Matrix, Operand, ViewMut, activate, argmax, differentiate, product, softmax,
    softmax_differentiate,
};
use crate::model::{Network, Objective};
use crate::train::feed::Feed;
use crate::train::first::First;
use crate::train::page::{Layout, keeps_logits};

/// Rows whose losses are worked out at a time.
const CHUNK: usize = 64;

/// What a row got.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct RowScore {
    pub(super) loss: f32,
    /// It was classified right.
    pub(super) hit: bool,
}

/// What is done for each row alone.
pub(super) struct RowWork<'a> {
    pub(super) cpu: Cpu,
    pub(super) layout: &'a Layout,
    pub(super) first: &'a First,
    pub(super) transposes: &'a [Matrix],
    pub(super) objective: Objective,
    pub(super) fused: bool,
    pub(super) smoothing: (f32, f32),
    pub(super) network: &'a Network,
    pub(super) feed: &'a Feed,
    /// 1 / rows of the batch: the loss is their mean.
    pub(super) scale: f32,
    pub(super) training: bool,
}

impl RowWork<'_> {
    /// Takes the rows `batch`, which stand from row `from` of the whole batch on.
    pub(super) fn run(
        &self,
        batch: &[u32],
        from: usize,
        pages: &mut ViewMut<'_>,
        scores: &mut [RowScore],
    ) {
        let [z] = pages.disjoint([self.layout.layers[0].logits.clone()]);
        self.first.sum(from, z);
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
    fn score(&self, batch: &[u32], pages: &mut ViewMut<'_>, scores: &mut [RowScore]) {
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
            score.hit = hit;
        }
        if self.smoothing != (1.0, 0.0) {
            self.feed.targets(batch, self.smoothing, targets.reborrow());
        }
        let mut losses = [0.0; CHUNK];
        let mut delta = delta;
        for from in (0..batch.len()).step_by(CHUNK) {
            let to = batch.len().min(from + CHUNK);
            let (y, t) = (outputs.row_range(from, to), targets.as_view().row_range(from, to));
            let delta = delta.row_range(from, to);
            self.objective.apply(self.cpu, y, t, self.scale, delta, &mut losses[..to - from]);
            for (score, loss) in scores[from..to].iter_mut().zip(losses) {
                score.loss = loss;
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
