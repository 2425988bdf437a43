//! The inputs of a batch and the dense layer that stands on them: a sum over so many inputs that it
//! is divided by inputs where they are sparse, in bands whose sums are added in a fixed order; it
//! knows no other layer.

use std::ops::Range;

use crate::kernels::{
    BANDS, Columns, Cpu, Groups, LANES, Matrix, Operand, Rows, Rule, Target, Team, Turned, View,
    ViewMut, bias_update, matrix_sum, product, product_update, share, sparse_product,
    sparse_update,
};
use crate::model::{Body, BuiltLayer, DenseLayer};
use crate::train::feed::{Feed, FeedInputs};

/// Pieces of a band's weights for each member: who has done its own helps the others.
const PIECES: usize = 4;

/// The workspace of the first layer.
pub(super) struct First {
    /// Empty where the inputs are dense, or are to be seen one by one by another kind of layer.
    bands: Vec<Band>,
}

/// A range of the inputs, worked on apart.
struct Band {
    turned: Turned,
    /// The groups of each piece of the weights, and how many features they have.
    pieces: Vec<(Range<usize>, usize)>,
    /// The band's share of z (batch × units); the first one's has the bias.
    sums: Matrix,
}

/// What is to be done while the first layer reads its inputs.
enum Task<'a, F> {
    Band(&'a mut Band),
    Beside(F),
}

impl First {
    /// Room for batches of at most `rows` rows of `feed`, for the layer that stands on them and a
    /// team of `size`.
    pub(super) fn new(feed: &Feed, layer: &BuiltLayer, rows: usize, size: usize) -> First {
        let n_pieces = if size == 1 { 1 } else { PIECES * size.div_ceil(BANDS) };
        let band = |x: &Groups, band| Band {
            turned: Turned::new(x, band, rows),
            pieces: x
                .pieces(band, n_pieces)
                .map(|p| (p.clone(), x.features_of(&p).len()))
                .collect(),
            sums: Matrix::zeros(rows, layer.outputs),
        };
        let bands = match (&feed.inputs, &layer.body) {
            (FeedInputs::Sparse(groups), Body::Dense(_)) => {
                (0..BANDS).map(|b| band(groups, b)).collect()
            }
            _ => Vec::new(),
        };
        First { bands }
    }

    /// Whether the inputs are read where they lie.
    pub(super) fn reads_sparse(&self) -> bool {
        !self.bands.is_empty()
    }

    /// The inputs of the rows `batch`, and z = x W + b of a dense `layer`: of sparse inputs in parts,
    /// which [`First::sum`] adds; of others at once, the inputs being copied to `input`. Some member
    /// of the team does what there is to do `beside` it.
    pub(super) fn forward(
        &mut self,
        (cpu, team): (Cpu, &mut Team),
        layer: &Body,
        feed: &Feed,
        batch: &[u32],
        [mut input, z]: [ViewMut<'_>; 2],
        beside: impl FnOnce() + Send,
    ) {
        if let (FeedInputs::Sparse(groups), Body::Dense(dense)) = (&feed.inputs, layer) {
            return self.sparse_forward((cpu, team), affine(dense), groups, batch, beside);
        }
        beside();
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
        (cpu, team): (Cpu, &mut Team),
        (kernel, bias): (View<'_>, Option<&[f32]>),
        groups: &Groups,
        batch: &[u32],
        beside: impl FnOnce() + Send,
    ) {
        let n = batch.len();
        let whole = team.size() <= BANDS;
        let mut hands: Vec<Vec<_>> = self.bands.iter_mut().map(|b| vec![Task::Band(b)]).collect();
        hands[0].push(Task::Beside(beside));
        team.work_through(hands, |task| match task {
            Task::Band(Band { turned, sums, .. }) => {
                turned.fill(groups, batch);
                if whole {
                    let bias = bias.filter(|_| turned.band() == 0);
                    sparse_product(cpu, groups, turned, kernel, bias, sums.view_mut(n));
                }
            }
            Task::Beside(beside) => beside(),
        });
        // A team of more members than bands divides each band by units.
        for Band { turned, sums, .. } in self.bands.iter_mut().filter(|_| !whole) {
            let bias = bias.filter(|_| turned.band() == 0);
            team.divide(Columns(sums.view_mut(n)), |part, from| {
                let (kernel, bias) = columns((kernel, bias), from, part.0.cols());
                sparse_product(cpu, groups, turned, kernel, bias, part.0);
            });
        }
    }

    /// Adds the bands' shares of z for the rows from `from` of the batch on, from the first band to
    /// the last; nothing when the inputs are dense.
    pub(super) fn sum(&self, cpu: Cpu, from: usize, z: ViewMut<'_>) {
        if let Ok(bands) = <&[Band; BANDS]>::try_from(&self.bands[..]) {
            let to = from + z.rows();
            let shares = bands.each_ref().map(|band| band.sums.view(to).row_range(from, to));
            matrix_sum(cpu, shares, z);
        }
    }

    /// Cuts the kernel into parts for `size` members, each with what its gradient is made of.
    pub(super) fn parts<'a>(
        &'a self,
        feed: &'a Feed,
        [input, delta]: [View<'a>; 2],
        kernel: Target<'a>,
        size: usize,
    ) -> Vec<Part<'a>> {
        match &feed.inputs {
            FeedInputs::Sparse(x) => self.pieces(x, delta, kernel),
            FeedInputs::Dense(_) => columns_of(kernel, delta, size)
                .into_iter()
                .map(|(kernel, delta)| Part::Dense { input, delta, kernel })
                .collect(),
        }
    }

    /// Cuts the kernel on sparse inputs into pieces of bands.
    fn pieces<'a>(&'a self, x: &'a Groups, delta: View<'a>, kernel: Target<'a>) -> Vec<Part<'a>> {
        let mut parts = Vec::with_capacity(self.bands.iter().map(|band| band.pieces.len()).sum());
        let mut rest = kernel;
        for Band { turned, pieces, .. } in &self.bands {
            for (i, (groups, n_features)) in pieces.iter().enumerate() {
                let (groups, share) = (groups.clone(), (i, pieces.len()));
                let (kernel, tail) = rest.split_rows(*n_features);
                parts.push(Part::Sparse { x, turned, groups, share, delta, kernel });
                rest = tail;
            }
        }
        parts
    }
}

/// Some weights with what their gradient is made of.
pub(super) enum Part<'a> {
    /// Of a band of sparse inputs.
    Sparse {
        x: &'a Groups,
        turned: &'a Turned,
        groups: Range<usize>,
        /// Which piece of the band it is, and of how many.
        share: (usize, usize),
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
            Part::Sparse { x, turned, groups, share: (i, n), delta, kernel } => {
                let (from, to) = share(ahead.len(), i, n);
                let ahead = &ahead[from..to];
                sparse_update(cpu, rule, x, (turned, groups), ahead, delta, kernel);
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
