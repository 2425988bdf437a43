//! The dense layer on sparse inputs: forward product, and weight update fused with its gradient.
//!
//! ```text
//! forward   for each split s, in parallel:  transpose the batch;  zₛ ← X[:, s] W[s, :]   (z₀ has the bias)
//! output    for some rows:  z ← z₀ + z₁
//! update    for each weight block, in parallel:  W[block] ← rule(W[block], Xᵀ δ)
//! ```
//!
//! With more threads than splits, each split is transposed in several ranges of block columns, and its
//! product is divided by units. Neither changes the order of an addition.

use std::ops::Range;

use crate::linalg::matrix_sum;
use crate::parallel::chunk_range;
use crate::simd::Arch;
use crate::sparse::batch_csc::{BatchCsc, PREFETCH_ROWS};
use crate::sparse::block_csr::BlockCsr;
use crate::sparse::shape::K_SPLITS;
use crate::sparse::spmm::spmm;
use crate::sparse::spmm_t_update::{InputGradient, spmm_t_update};
use crate::{
    ByCols, ByRows, Chunk, LANES, Matrix, ParamMut, Team, UpdateRule, View, ViewMut, WorkSchedule,
};

/// Weight blocks of each [`BatchCsc`] in a team of several threads: a thread that is done takes over blocks
/// of the others.
const BLOCKS_PER_CSC: usize = 4;

/// The workspace of the layer: no buffer is allocated after the first batches.
pub struct InputLayer {
    /// Equally many for each split.
    cscs: Vec<BatchCsc>,
    /// zₛ [batch × units] of each split.
    partials: Vec<Matrix>,
    weight_blocks: Vec<WeightBlock>,
    /// The tasks of the first phase of `forward`, one for each CSC.
    schedule: WorkSchedule,
}

/// A range of block columns, whose weights one thread updates.
struct WeightBlock {
    cols: Range<usize>,
    features: Range<usize>,
    /// The index of the [`BatchCsc`] with these columns.
    csc: usize,
}

impl InputLayer {
    /// A layer of `units` units on batches of at most `max_rows` rows of `x`, for a team of `threads`.
    pub fn new(x: &BlockCsr, units: usize, max_rows: usize, threads: usize) -> InputLayer {
        let per_split = threads.div_ceil(K_SPLITS);
        let csc_cols: Vec<_> = (0..K_SPLITS)
            .flat_map(|s| x.cut(s, per_split).into_iter().map(move |c| (s, c)))
            .collect();
        let blocks_per_csc = if threads == 1 { 1 } else { BLOCKS_PER_CSC };
        let weight_block =
            |csc, cols: Range<usize>| WeightBlock { features: x.features_of(&cols), cols, csc };
        let weight_blocks = (0..K_SPLITS).flat_map(|s| {
            let blocks = x.cut(s, per_split * blocks_per_csc).into_iter().enumerate();
            blocks.map(move |(i, cols)| weight_block(s * per_split + i / blocks_per_csc, cols))
        });
        let task = |i| Chunk { target: 0, index: i, from: i, to: i + 1 };
        let mut tasks = vec![Vec::new(); threads];
        (0..csc_cols.len()).for_each(|i| tasks[i % threads].push(task(i)));
        InputLayer {
            weight_blocks: weight_blocks.collect(),
            cscs: csc_cols.into_iter().map(|(s, c)| BatchCsc::new(x, s, c, max_rows)).collect(),
            partials: (0..K_SPLITS).map(|_| Matrix::zeros(max_rows, units)).collect(),
            schedule: WorkSchedule::new(tasks),
        }
    }

    /// zₛ for the rows `rows` of `x`, with W [features × units] and b [units, padded to whole vectors].
    pub fn forward(
        &mut self,
        arch: Arch,
        team: &mut Team,
        x: &BlockCsr,
        rows: &[u32],
        w: View<'_>,
        b: Option<&[f32]>,
    ) {
        if self.cscs.len() == K_SPLITS {
            self.multiply_by_split(arch, team, x, rows, w, b);
        } else {
            self.multiply_by_units(arch, team, x, rows, w, b);
        }
    }

    /// z ← x W + b [rows × units] for the rows of the last batch from `from` on. A function of its own, so that
    /// the threads need not meet between the sum and the next layer.
    pub fn output(&self, arch: Arch, from: usize, z: ViewMut<'_>) {
        let to = from + z.rows();
        let terms: [_; K_SPLITS] =
            std::array::from_fn(|s| self.partials[s].view(to).row_range(from, to));
        matrix_sum(arch, terms, z);
    }

    /// One task for each split: transposition and product.
    fn multiply_by_split(
        &mut self,
        arch: Arch,
        team: &mut Team,
        x: &BlockCsr,
        rows: &[u32],
        w: View<'_>,
        b: Option<&[f32]>,
    ) {
        let n = rows.len();
        let whole = (ByRows::of(&mut self.cscs), ByRows::of(&mut self.partials));
        team.run(&mut self.schedule, [whole], |(mut csc, mut partial), task| {
            let (csc, partial) = (&mut csc.0[0], &mut partial.0[0]);
            csc.rebuild(x, rows);
            init_rows(partial.view_mut(n), b.filter(|_| task.index == 0));
            spmm(arch, csc, w, partial.view_mut(n));
        });
    }

    /// Transposes all ranges of columns, then divides the product of each split by units.
    fn multiply_by_units(
        &mut self,
        arch: Arch,
        team: &mut Team,
        x: &BlockCsr,
        rows: &[u32],
        w: View<'_>,
        b: Option<&[f32]>,
    ) {
        let n = rows.len();
        let cscs = [ByRows::of(&mut self.cscs)];
        team.run(&mut self.schedule, cscs, |mut csc, _| csc.0[0].rebuild(x, rows));
        let per_split = self.cscs.len() / K_SPLITS;
        let splits = self.cscs.chunks(per_split).zip(&mut self.partials).enumerate();
        for (s, (cscs, partial)) in splits {
            let b = b.filter(|_| s == 0);
            team.parallel_for(ByCols(partial.view_mut(n)), |mut part, from| {
                let (from, to) = (from * LANES, from * LANES + part.0.cols());
                init_rows(part.0.reborrow(), b.map(|b| &b[from..]));
                for csc in cscs {
                    spmm(arch, csc, w.columns(from, to), part.0.reborrow());
                }
            });
        }
    }

    /// The rows of W of each weight block; together they are all of W, in order.
    pub fn weight_blocks(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.weight_blocks.iter().map(|block| block.features.clone())
    }

    /// Applies `rule` to weight block `number`, with its rows of W and their state in `w`, and the gradient
    /// Xᵀ δ of the batch of the last [`InputLayer::forward`].
    pub fn update<R: UpdateRule>(
        &self,
        arch: Arch,
        rule: &R,
        number: usize,
        gradient: InputGradient<'_>,
        w: ParamMut<'_>,
    ) {
        let WeightBlock { cols, csc, .. } = &self.weight_blocks[number];
        // The weight blocks of a split share the prefetches of its rows.
        let per_split = self.weight_blocks.len() / K_SPLITS;
        let n = gradient.next_rows.len().min(PREFETCH_ROWS);
        let (from, to) = chunk_range(n, number % per_split, per_split);
        let gradient = InputGradient { next_rows: &gradient.next_rows[from..to], ..gradient };
        spmm_t_update(arch, rule, gradient, &self.cscs[*csc], cols, w);
    }
}

/// Sets every row of `z` to the bias, or to 0.
fn init_rows(mut z: ViewMut<'_>, b: Option<&[f32]>) {
    for r in 0..z.rows() {
        let row = z.row(r);
        match b {
            Some(b) => row.copy_from_slice(&b[..row.len()]),
            None => row.fill(0.0),
        }
    }
}
