//! The inputs of a batch and the dense layer that stands on them; it knows no other layer.
//!
//! The layer is divided by units: each thread reads all inputs, and has its own share of the weights
//! and of what the optimizer keeps for them in its own cache, forward as in the update.

use std::ops::Range;

use crate::kernels::{
    Columns, Cpu, Evenly, Groups, LANES, Operand, Rows, Rule, Target, Team, Turned, View, ViewMut,
    bias_update, product, product_update, share, sparse_product, sparse_update,
};
use crate::model::{Body, BuiltLayer, DenseLayer};
use crate::train::feed::{Feed, FeedInputs};

/// The workspace of the first layer.
pub(super) struct First {
    /// The batch, turned, once for each thread: that is sooner done than fetched from another
    /// thread's cache. Empty where the inputs are dense, or are to be seen one by one by another kind
    /// of layer.
    turned: Vec<Turned>,
}

impl First {
    /// Room for batches of at most `rows` rows of `feed`, for the layer that stands on them, on
    /// `threads` threads.
    pub(super) fn new(feed: &Feed, layer: &BuiltLayer, rows: usize, threads: usize) -> First {
        let turned = match (&feed.inputs, &layer.body) {
            (FeedInputs::Sparse(groups), Body::Dense(_)) => {
                (0..threads).map(|_| Turned::new(groups, rows)).collect()
            }
            _ => Vec::new(),
        };
        First { turned }
    }

    /// Whether the inputs are read where they lie.
    pub(super) fn reads_sparse(&self) -> bool {
        !self.turned.is_empty()
    }

    /// The inputs of the rows `batch`, copied to `input` unless they are sparse, and z = x W + b of a
    /// dense `layer`.
    pub(super) fn forward(
        &mut self,
        cpu: Cpu,
        team: &mut Team,
        layer: &Body,
        feed: &Feed,
        batch: &[u32],
        [mut input, z]: [ViewMut<'_>; 2],
    ) {
        if let (FeedInputs::Sparse(groups), Body::Dense(dense)) = (&feed.inputs, layer) {
            return self.sparse_forward(cpu, team, affine(dense), groups, batch, z);
        }
        team.divide(Rows(input.reborrow()), |part, from| {
            feed.inputs.gather(&batch[from..from + part.0.rows()], part.0);
        });
        if let Body::Dense(dense) = layer {
            let (input, weights) = (input.as_view(), affine(dense));
            team.divide(Columns(z), |part, from| {
                let (kernel, bias) = columns(weights, from, part.0.cols());
                product(cpu, Operand::new(input), kernel, bias, part.0);
            });
        }
    }

    fn sparse_forward(
        &mut self,
        cpu: Cpu,
        team: &mut Team,
        weights: (View<'_>, Option<&[f32]>),
        groups: &Groups,
        batch: &[u32],
        z: ViewMut<'_>,
    ) {
        let n = self.turned.len();
        let vectors = z.cols().div_ceil(LANES);
        team.divide((Rows(&mut self.turned[..]), Evenly(Columns(z), n)), |part, member| {
            let (turned, z) = (&mut part.0.0[0], part.1.0.0);
            turned.fill(groups, batch);
            let (from, _) = share(vectors, member, n);
            let (kernel, bias) = columns(weights, from, z.cols());
            sparse_product(cpu, groups, turned, kernel, bias, z);
        });
    }

    /// Cuts the kernel into parts for the members of the team, each with what its gradient is made of.
    pub(super) fn parts<'a>(
        &'a self,
        feed: &'a Feed,
        [input, delta]: [View<'a>; 2],
        kernel: Target<'a>,
        size: usize,
    ) -> Vec<Part<'a>> {
        match &feed.inputs {
            FeedInputs::Sparse(groups) if delta.cols().div_ceil(LANES) < size => {
                self.ranges(groups, delta, kernel)
            }
            FeedInputs::Sparse(groups) => columns_of(kernel, delta, size)
                .into_iter()
                .zip(&self.turned)
                .map(|((kernel, delta), turned)| Part::Sparse {
                    x: (groups, 0..groups.features()),
                    turned,
                    delta,
                    kernel,
                })
                .collect(),
            FeedInputs::Dense(_) => columns_of(kernel, delta, size)
                .into_iter()
                .map(|(kernel, delta)| Part::Dense { input, delta, kernel })
                .collect(),
        }
    }

    /// Cuts a kernel of fewer vectors of units than there are members by features.
    fn ranges<'a>(
        &'a self,
        groups: &'a Groups,
        delta: View<'a>,
        kernel: Target<'a>,
    ) -> Vec<Part<'a>> {
        let mut rest = Some(kernel);
        let part = |(i, turned): (usize, &'a Turned)| {
            let n = self.turned.len();
            let features = groups.cut(i, n)..groups.cut(i + 1, n);
            let (kernel, tail) = rest.take()?.split_rows(features.len());
            rest = Some(tail);
            Some(Part::Sparse { x: (groups, features), turned, delta, kernel })
        };
        self.turned.iter().enumerate().filter_map(part).collect()
    }
}

/// Some weights with what their gradient is made of.
pub(super) enum Part<'a> {
    /// Of some features of sparse inputs.
    Sparse {
        x: (&'a Groups, Range<usize>),
        turned: &'a Turned,
        delta: View<'a>,
        kernel: Target<'a>,
    },
    /// xᵀ δ
    Dense { input: View<'a>, delta: View<'a>, kernel: Target<'a> },
    /// The column sums of δ, or of what a layer has made of it.
    Vector { delta: View<'a>, vector: Target<'a> },
}

impl Part<'_> {
    /// Updates the weights by their gradient; the rows `ahead` of the feed will be read next.
    pub(super) fn update<R: Rule>(self, cpu: Cpu, rule: &R, ahead: &[u32]) {
        match self {
            Part::Sparse { x, turned, delta, kernel } => {
                sparse_update(cpu, rule, x, turned, ahead, delta, kernel);
            }
            Part::Dense { input, delta, kernel } => {
                product_update(cpu, rule, Operand::transposed(input), delta, kernel);
            }
            Part::Vector { delta, vector } => bias_update(cpu, rule, delta, vector),
        }
    }
}

/// Cuts `kernel` and δ into at most `n` ranges of the same columns.
fn columns_of<'a>(kernel: Target<'a>, delta: View<'a>, n: usize) -> Vec<(Target<'a>, View<'a>)> {
    let vectors = delta.cols().div_ceil(LANES);
    let n = n.clamp(1, vectors.max(1));
    let mut rest = Some(kernel);
    let cut = |i| {
        let (from, to) = share(vectors, i, n);
        let (from, to) = (from * LANES, delta.cols().min(to * LANES));
        let (head, tail) = rest.take()?.split_columns(to - from);
        rest = Some(tail);
        Some((head, delta.columns(from, to)))
    };
    (0..n).filter_map(cut).collect()
}

/// W and b.
fn affine(dense: &DenseLayer) -> (View<'_>, Option<&[f32]>) {
    (dense.kernel.view(dense.kernel.rows()), dense.bias.as_ref().map(|b| b.row(0)))
}

/// The columns of a layer's weights from vector `from` on.
fn columns<'a>(
    (kernel, bias): (View<'a>, Option<&'a [f32]>),
    from: usize,
    cols: usize,
) -> (View<'a>, Option<&'a [f32]>) {
    let from = from * LANES;
    (kernel.columns(from, from + cols), bias.map(|b| &b[from..]))
}
