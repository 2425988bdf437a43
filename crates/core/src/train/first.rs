//! The inputs of a batch and the dense layer that stands on them: a sum over so many inputs that it
//! is divided by inputs where they are sparse, in bands whose sums are added in a fixed order; it
//! knows no other layer.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::kernels::{
    Arch, BANDS, ByCols, ByRows, Chunk, Dormitory, Due, Fastest, Groups, LANES, Lhs, Naps, Needs,
    ParamMut, Team, Turned, UpdateRule, View, ViewMut, WorkSchedule, chunk_range, direct_product,
    is_direct, matrix_sum, product, sparse_product, sparse_update,
};
use crate::model::{Body, BuiltLayer, DenseLayer};
use crate::train::feed::{Feed, FeedInputs};
use crate::train::pass::Batch;

/// Pieces of a band's weights for each member: who has done its own helps the others.
const PIECES: usize = 4;

/// The workspace of the first layer.
pub(super) struct First {
    /// Empty where the inputs are dense, or are to be seen one by one by another kind of layer.
    bands: Vec<Band>,
    /// The pieces of the weights on sparse inputs.
    pieces: Vec<GroupPiece>,
    /// What the last steps come to for weights that have slept.
    naps: Naps,
    asleep: bool,
    /// Who reads which band, and who does what is to be done beside that.
    reading: WorkSchedule,
}

/// Some of the groups of a band, with the weights of their features.
struct GroupPiece {
    band: usize,
    groups: Range<usize>,
    /// Which piece of the band it is, and of how many.
    share: (usize, usize),
    /// Locked by who has the piece in hand; nobody waits.
    dormitory: Mutex<Dormitory>,
}

/// A range of the inputs, worked on apart.
struct Band {
    turned: Turned,
    needs: Needs,
    /// The band's share of z (batch × units); the first one's has the bias.
    sums: Fastest,
}

/// What is to be done while the first layer reads its inputs.
enum Task<'a, F> {
    Band(&'a mut Band),
    Beside(Option<F>),
}

impl First {
    /// Room for batches of at most `rows` rows of `feed`, for the layer that stands on them and a
    /// team of `size`.
    pub(super) fn new(feed: &Feed, layer: &BuiltLayer, rows: usize, size: usize) -> First {
        let (FeedInputs::Sparse(x), Body::Dense(_)) = (&feed.inputs, &layer.body) else {
            let (bands, pieces) = (Vec::new(), Vec::new());
            let (naps, reading) = (Naps::new(), WorkSchedule::new(Vec::new()));
            return First { bands, pieces, naps, asleep: false, reading };
        };
        let band = |band| Band {
            turned: Turned::new(x, band, rows),
            needs: Needs::new(x, band),
            sums: Fastest::new(rows, layer.outputs),
        };
        let n = if size == 1 { 1 } else { PIECES * size.div_ceil(BANDS) };
        let pieces = (0..BANDS).flat_map(|band| {
            let pieces = x.pieces(band, n).enumerate();
            pieces.map(move |(i, groups)| {
                let dormitory = Mutex::new(Dormitory::new(x, groups.clone()));
                GroupPiece { band, groups, share: (i, n), dormitory }
            })
        });
        let task = |i| Chunk { target: 0, index: i, from: i, to: i + 1 };
        let mut reading: Vec<_> = (0..BANDS).map(|band| vec![task(band)]).collect();
        reading[BANDS - 1].push(task(BANDS));
        First {
            bands: (0..BANDS).map(band).collect(),
            pieces: pieces.collect(),
            naps: Naps::new(),
            asleep: false,
            reading: WorkSchedule::new(reading),
        }
    }

    /// Whether the inputs are read where they lie.
    pub(super) fn reads_sparse(&self) -> bool {
        !self.bands.is_empty()
    }

    /// The inputs of `batch`, and z = x W + b of a dense `layer`: of sparse inputs in parts,
    /// which [`First::sum`] adds; of others at once, the inputs being copied to `input`. Some member
    /// of the team does what there is to do `beside` it.
    pub(super) fn forward(
        &mut self,
        (arch, team): (Arch, &mut Team),
        layer: &Body,
        batch: Batch<'_>,
        [mut input, z]: [ViewMut<'_>; 2],
        beside: impl FnOnce() + Send + Sync,
    ) {
        let Batch { feed, rows, .. } = batch;
        if let (FeedInputs::Sparse(groups), Body::Dense(dense)) = (&feed.inputs, layer) {
            return self.sparse_forward((arch, team), affine(dense), groups, batch, beside);
        }
        beside();
        team.parallel_for(ByRows(input.reborrow()), |part, from| {
            feed.inputs.gather(&rows[from..from + part.0.rows()], part.0);
        });
        if let Body::Dense(dense) = layer {
            let (input, weights) = (input.as_view(), affine(dense));
            team.parallel_for(ByCols(z), |part, from| {
                let (kernel, bias) = columns(weights, from, part.0.cols());
                product(arch, Lhs::new(input), kernel, bias, part.0);
            });
        }
    }

    fn sparse_forward(
        &mut self,
        (arch, team): (Arch, &mut Team),
        (kernel, bias): (View<'_>, Option<&[f32]>),
        groups: &Groups,
        batch: Batch<'_>,
        beside: impl FnOnce() + Send + Sync,
    ) {
        let (n, members) = (batch.rows.len(), team.size());
        let whole = members <= BANDS;
        // The update needs them turned.
        let is_turned = batch.step.is_some();
        let direct = whole && is_direct(n, kernel.cols(), is_turned);
        let (mut bands, mut beside) = (self.bands.iter_mut(), Some(beside));
        let task = |_| bands.next().map_or_else(|| Task::Beside(beside.take()), Task::Band);
        let mut tasks: [_; BANDS + 1] = std::array::from_fn(task);
        let tasks = [ByRows::of(&mut tasks)];
        team.run(&mut self.reading, tasks, |mut task, _| match &mut task.0[0] {
            Task::Band(Band { turned, needs, sums }) => {
                // By each member once: its own cache is to have them when it asks for the rows.
                if turned.band() < members {
                    groups.prefetch_places(batch.ahead);
                }
                if is_turned || !direct {
                    turned.fill(groups, batch.rows);
                }
                let bias = bias.filter(|_| turned.band() == 0);
                if direct {
                    let rows = (batch.rows, turned.band(), turned.listing());
                    let sums = sums.current();
                    direct_product(arch, groups, rows, kernel, bias, sums.view_mut(n));
                } else if whole {
                    sums.fill(|sums| {
                        sparse_product(arch, groups, turned, kernel, bias, sums.view_mut(n));
                    });
                }
                if is_turned {
                    needs.look(groups, batch.rows, batch.soon);
                }
            }
            Task::Beside(beside) => beside.take().into_iter().for_each(|beside| beside()),
        });
        // A team of more members than bands divides each band by units.
        for Band { turned, sums, .. } in self.bands.iter_mut().filter(|_| !whole) {
            let bias = bias.filter(|_| turned.band() == 0);
            team.parallel_for(ByCols(sums.current().view_mut(n)), |part, from| {
                let (kernel, bias) = columns((kernel, bias), from, part.0.cols());
                sparse_product(arch, groups, turned, kernel, bias, part.0);
            });
        }
    }

    /// Adds the bands' shares of z for the rows from `from` of the batch on, from the first band to
    /// the last; nothing when the inputs are dense.
    pub(super) fn sum(&self, arch: Arch, from: usize, z: ViewMut<'_>) {
        if let Ok(bands) = <&[Band; BANDS]>::try_from(&self.bands[..]) {
            let to = from + z.rows();
            let shares =
                bands.each_ref().map(|band| band.sums.filled().view(to).row_range(from, to));
            matrix_sum(arch, shares, z);
        }
    }

    /// The features of each piece of the weights on sparse inputs.
    pub(super) fn pieces(&self, x: &Groups) -> Vec<Range<usize>> {
        self.pieces.iter().map(|piece| x.features_of(&piece.groups)).collect()
    }

    /// Makes ready for the update by `rule`.
    pub(super) fn begin_update<R: UpdateRule>(&mut self, arch: Arch, rule: &R) {
        let naps = rule.naps() && self.reads_sparse();
        if naps {
            self.naps.step(arch, rule);
        }
        self.asleep = naps && self.bands.iter().any(|band| band.needs.are_known());
    }

    /// Whether some of the weights may be asleep.
    pub(super) fn is_asleep(&self) -> bool {
        self.asleep
    }

    /// Updates piece `number` of the weights on the sparse inputs `x` by its gradient Xᵀ δ; the rows
    /// `ahead` of `x` will be read next.
    pub(super) fn update<R: UpdateRule>(
        &self,
        (arch, rule): (Arch, &R),
        number: usize,
        (x, ahead): (&Groups, &[u32]),
        delta: View<'_>,
        kernel: ParamMut<'_>,
    ) {
        let GroupPiece { band, share: (i, n), dormitory, .. } = &self.pieces[number];
        let (from, to) = chunk_range(ahead.len(), *i, *n);
        let band = &self.bands[*band];
        let mut dormitory = dormitory.lock().unwrap_or_else(PoisonError::into_inner);
        let due = Due {
            visits: dormitory.visits(rule, &band.needs),
            naps: &self.naps,
            ahead: &ahead[from..to],
        };
        sparse_update(arch, rule, (x, &band.turned), due, delta, kernel);
    }
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
