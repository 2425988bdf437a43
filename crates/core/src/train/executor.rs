//! The pass of a batch through the network: forward to the losses and, in training, backward to the delta of every
//! layer. No parameter is updated.
//!
//! Threads divide a sparse first layer by inputs, so that the share of a thread in the largest kernel stays in its cache.
//! Batch normalization reduces over the rows of a batch and is divided by units. All other work is divided by rows, in
//! phases between the batch normalizations.

use crate::model::{BatchOutputs, LayerOp, Network};
use crate::train::dataset::Dataset;
use crate::train::gradient::GradientPlan;
use crate::train::head::{Head, Logits};
use crate::train::input::{forward_input, input_layer};
use crate::train::objective::{EVALUATED_ROWS, Objective};
use crate::train::samples::{SampleLoss, SampleWork};
use crate::train::workspace::WorkspaceLayout;
use kernels::{Arch, ByCols, ByRows, InputLayer, LANES, Matrix, Team, View, ViewMut, transpose};

/// Below this number of elements, a single thread transposes a kernel: a broadcast to the team costs as much.
const SERIAL_TRANSPOSE_BELOW: usize = 1 << 14;

/// The workspace of a pass. No buffer is allocated during a pass.
pub(super) struct Executor {
    pub(super) arch: Arch,
    pub(super) team: Team,
    pub(super) layout: WorkspaceLayout,
    pub(super) workspace: Matrix,
    /// The first layer, if it is dense on sparse inputs.
    pub(super) input: Option<InputLayer>,
    pub(super) gradients: GradientPlan,
    /// The transposed kernel of each dense layer with a backward product; empty for the others.
    transposes: Vec<Matrix>,
    /// The batch normalizations: layer, and statistics of the last batch.
    barriers: Vec<(usize, Matrix)>,
    head: Head,
    smoothing: (f32, f32),
    class_weight: Vec<f32>,
    /// Whether all targets are 0 or 1.
    binary: bool,
    /// The outputs after the last activation and in the unit of the data, if the loss contains the activation or
    /// takes scaled targets.
    activated: Matrix,
    /// The weights of the rows of the last pass.
    weights: Vec<f32>,
}

/// The rows of a pass.
#[derive(Clone, Copy)]
pub(super) struct Batch<'a> {
    pub(super) dataset: &'a Dataset,
    pub(super) rows: &'a [u32],
    /// The number of the step, from 0; `None` outside training.
    pub(super) step: Option<u64>,
}

impl<'a> Batch<'a> {
    /// Rows of an evaluation or a prediction.
    pub(super) fn outside_training(dataset: &'a Dataset, rows: &'a [u32]) -> Batch<'a> {
        Batch { dataset, rows, step: None }
    }
}

impl Executor {
    /// An executor for at most `rows` rows on `threads` threads, with a backward pass if `training`.
    pub(super) fn new(
        network: &Network,
        objective: Objective<'_>,
        dataset: &Dataset,
        rows: usize,
        (threads, training): (usize, bool),
    ) -> Executor {
        let team = Team::new(threads.min(most_threads(network, dataset, rows)));
        let input = input_layer(network, dataset, rows, team.size());
        let inputs = if input.is_some() { 0 } else { dataset.features() };
        let head = Head::new(network, objective, training);
        let layout = WorkspaceLayout::new(network, inputs, head.logits == Logits::Kept);
        let binary = dataset.is_binary(network.outputs());
        let ops = || network.layers.iter().map(|layer| &layer.op);
        let transposed = ops().zip(&layout.layers).map(|(op, columns)| match op {
            LayerOp::Dense(dense) if training && columns.needs_grad_input => {
                Matrix::zeros(dense.kernel.cols(), dense.kernel.rows())
            }
            _ => Matrix::zeros(0, 0),
        });
        let waits = |(l, op): (usize, &LayerOp)| match op {
            LayerOp::BatchNormalization(_) => {
                Some((l, Matrix::zeros(3, network.layers[l].outputs)))
            }
            _ => None,
        };
        Executor {
            arch: Arch::detect(),
            workspace: layout.allocate(rows),
            transposes: transposed.collect(),
            barriers: ops().enumerate().filter_map(waits).collect(),
            gradients: GradientPlan::new(&layout, input.as_ref(), team.size()),
            team,
            layout,
            input,
            smoothing: objective.loss.smoothing(network.outputs(), binary),
            class_weight: objective.class_weight.to_vec(),
            binary,
            activated: Matrix::zeros(
                if head.logits == Logits::Fused || dataset.has_scaled_targets() { rows } else { 0 },
                network.outputs(),
            ),
            weights: Vec::new(),
            head,
        }
    }

    /// Passes `batch` through `network`. Losses go to `sample_losses`, deltas of a training step to the workspace.
    pub(super) fn run(
        &mut self,
        network: &Network,
        batch: Batch<'_>,
        sample_losses: &mut [SampleLoss],
    ) {
        let Batch { dataset, rows, step, .. } = batch;
        dataset.prefetch_targets(rows);
        let mut workspace = self.workspace.view_mut(rows.len());
        let columns = [self.layout.input.clone(), self.layout.layers[0].logits.clone()];
        let views = workspace.disjoint(columns);
        let training = step.is_some();
        let exec = (self.arch, &mut self.team);
        forward_input(exec, self.input.as_mut(), &network.layers[0].op, (dataset, rows), views);
        for (kernel, transposed) in
            kernels_to_transpose(network, &mut self.transposes).filter(|_| training)
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
        let work = SampleWork {
            arch: self.arch,
            layout: &self.layout,
            input: self.input.as_ref(),
            transposes: &self.transposes,
            head: &self.head,
            smoothing: self.smoothing,
            class_weight: if training { &self.class_weight } else { &[] },
            network,
            dataset,
            scale: 1.0 / rows.len() as f32,
            training,
            step: step.unwrap_or(0),
        };
        let mut phases = Phases {
            work,
            team: &mut self.team,
            workspace: &mut self.workspace,
            barriers: match step {
                Some(_) => &mut self.barriers,
                None => &mut [],
            },
        };
        phases.run(rows, sample_losses);
    }

    /// The outputs of the last pass after the last activation, the targets without smoothing, and the weights in
    /// `sample_losses`.
    pub(super) fn outputs(
        &mut self,
        dataset: &Dataset,
        rows: &[u32],
        sample_losses: &[SampleLoss],
    ) -> BatchOutputs<'_> {
        let n = rows.len();
        self.weights.clear();
        self.weights.extend(sample_losses.iter().map(|sample| sample.weight));
        let mut workspace = self.workspace.view_mut(n);
        let last = self.layout.layers[self.layout.layers.len() - 1].output.clone();
        let [made, mut targets] = workspace.disjoint([last.clone(), self.layout.targets.clone()]);
        let is_scaled = dataset.has_scaled_targets();
        if self.smoothing != (1.0, 0.0) || is_scaled {
            dataset.unscaled_targets(rows, targets.reborrow());
        }
        let (is_fused, activation) = (self.head.logits == Logits::Fused, self.head.activation);
        if is_fused || is_scaled {
            let mut activated = self.activated.view_mut(n);
            (0..n).for_each(|r| activated.row(r).copy_from_slice(made.as_view().row(r)));
            if is_fused {
                activation.apply(self.arch, activated.reborrow());
            }
            dataset.unscale(activated);
        }
        let workspace = self.workspace.view(n);
        let made = workspace.columns_range(last);
        let (outputs, logits) = match self.head.logits {
            Logits::Fused => (self.activated.view(n), Some(made)),
            Logits::Kept => {
                let logits = workspace.columns_range(self.layout.kept_logits.clone());
                (if is_scaled { self.activated.view(n) } else { made }, Some(logits))
            }
            Logits::Unused if is_scaled => (self.activated.view(n), None),
            Logits::Unused => (made, None),
        };
        let logits = logits.map(|logits| (logits, activation));
        let targets = workspace.columns_range(self.layout.targets.clone());
        BatchOutputs { outputs, logits, targets, weights: Some(&self.weights), binary: self.binary }
    }

    /// Updates the running statistics of the batch normalizations after a training step.
    pub(super) fn update_running_stats(&self, network: &mut Network) {
        for (l, stats) in &self.barriers {
            if let LayerOp::BatchNormalization(layer) = &mut network.layers[*l].op {
                layer.update_running_stats(stats);
            }
        }
    }
}

/// The largest number of threads with work in a step or an evaluation.
fn most_threads(network: &Network, dataset: &Dataset, rows: usize) -> usize {
    let vectors = |w: &Matrix| w.as_slice().len() / LANES;
    let weights = network.weights().iter().map(|weights| vectors(weights.values)).sum();
    rows.max(dataset.rows().div_ceil(EVALUATED_ROWS)).max(weights)
}

/// The kernel of each dense layer with a backward product, and the matrix for its transpose.
fn kernels_to_transpose<'a>(
    network: &'a Network,
    transposes: &'a mut [Matrix],
) -> impl Iterator<Item = (View<'a>, ViewMut<'a>)> {
    let layers = network.layers.iter().zip(transposes);
    layers.filter_map(|(layer, transposed)| match &layer.op {
        LayerOp::Dense(dense) if 0 < transposed.rows() => {
            let (kernel, rows) = (&dense.kernel, transposed.rows());
            Some((kernel.view(kernel.rows()), transposed.view_mut(rows)))
        }
        _ => None,
    })
}

/// The phases of a pass, separated by the batch normalizations.
struct Phases<'a> {
    work: SampleWork<'a>,
    team: &'a mut Team,
    workspace: &'a mut Matrix,
    barriers: &'a mut [(usize, Matrix)],
}

impl Phases<'_> {
    fn run(&mut self, batch: &[u32], sample_losses: &mut [SampleLoss]) {
        let n = batch.len();
        let end = self.work.network.layers.len();
        let mut from = 0;
        for barrier in 0..self.barriers.len() {
            let l = self.barriers[barrier].0;
            self.by_rows(n, |work, workspace, row| work.forward(from..l, row, workspace));
            self.normalize_batch(n, barrier);
            from = l + 1;
        }
        let work = &self.work;
        let workspace = self.workspace.view_mut(n);
        self.team.parallel_for((ByRows(workspace), ByRows::of(sample_losses)), |mut part, row| {
            let (workspace, sample_losses) = (&mut part.0.0, &mut *part.1.0);
            work.forward(from..end, row, workspace);
            work.loss(&batch[row..row + workspace.rows()], workspace, sample_losses);
            if work.training {
                work.backward(from..end, workspace);
            }
        });
        for barrier in (0..self.barriers.len()).rev() {
            self.normalize_batch_backward(n, barrier);
            let from = barrier.checked_sub(1).map_or(0, |earlier| self.barriers[earlier].0 + 1);
            let l = self.barriers[barrier].0;
            self.by_rows(n, |work, workspace, _| work.backward(from..l, workspace));
        }
    }

    fn by_rows(
        &mut self,
        n: usize,
        work: impl Fn(&SampleWork<'_>, &mut ViewMut<'_>, usize) + Sync,
    ) {
        let this = &self.work;
        self.team.parallel_for(ByRows(self.workspace.view_mut(n)), |mut part, row| {
            work(this, &mut part.0, row);
        });
    }

    fn normalize_batch(&mut self, n: usize, barrier: usize) {
        let l = self.barriers[barrier].0;
        let LayerOp::BatchNormalization(layer) = &self.work.network.layers[l].op else { return };
        let (layout, stats) = (self.work.layout, &mut self.barriers[barrier].1);
        let columns = &layout.layers[l];
        let mut workspace = self.workspace.view_mut(n);
        let ranges = [layout.layer_input(l), columns.saved.clone(), columns.output.clone()];
        let [x, saved, y] = workspace.disjoint(ranges);
        let exec = (self.work.arch, &mut *self.team);
        layer.forward(exec, x.as_view(), [saved, y], stats.view_mut(3));
    }

    fn normalize_batch_backward(&mut self, n: usize, barrier: usize) {
        let (l, stats) = &self.barriers[barrier];
        let LayerOp::BatchNormalization(layer) = &self.work.network.layers[*l].op else { return };
        let columns = &self.work.layout.layers[*l];
        let mut workspace = self.workspace.view_mut(n);
        let [saved, delta] = [columns.saved.clone(), columns.delta.clone()];
        let exec = (self.work.arch, &mut *self.team);
        if columns.needs_grad_input {
            let grad_input = self.work.layout.layers[l - 1].delta.clone();
            let [saved, delta, grad_input] = workspace.disjoint([saved, delta, grad_input]);
            layer.backward(exec, [stats.view(3), delta.as_view()], saved, Some(grad_input));
        } else {
            let [saved, delta] = workspace.disjoint([saved, delta]);
            layer.backward(exec, [stats.view(3), delta.as_view()], saved, None);
        }
    }
}
