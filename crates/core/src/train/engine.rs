//! The engine: one step of training, or an evaluation, divided among a team of threads.
//!
//! A step is a forward and backward pass (`executor.rs`) and an update (`update.rs`). A single thread computes
//! each number in a fixed order of operations, so the size of the team changes no bit.

use std::ops::Range;

use crate::data::DataError;
use crate::model::Network;
use crate::optim::{ExecContext, Optimizer};
use crate::train::dataset::Dataset;
use crate::train::event::Flow;
use crate::train::executor::{Batch, Executor};
use crate::train::metric_sums::MetricSums;
use crate::train::objective::{EVALUATED_ROWS, Objective};
use crate::train::row_blocks::{Pass, RowBlocks};
use crate::train::samples::SampleLoss;
use crate::train::state::OptimizerState;
use crate::train::update::{GradientBuffers, Update, constrain, flush_tiny, penalty, update_ema};
use kernels::{ByRows, Parallelism};

/// The workspace of a run. After the first step, no buffer is allocated.
pub struct Engine {
    training: Executor,
    /// An executor per thread, for disjoint rows.
    evaluation: Vec<Executor>,
    sample_losses: Vec<SampleLoss>,
    metric_sums: MetricSums,
    /// The metric sums of each evaluation batch.
    pieces: Vec<f64>,
    buffers: GradientBuffers,
    /// Whether some parameter has a regularizer, and whether some has a constraint.
    regularized: bool,
    constrained: bool,
}

/// Loss and metric sums of some rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunningMetrics {
    /// The mean loss.
    pub loss: f64,
    /// Correctly classified rows.
    pub correct: f64,
    /// Rows.
    pub rows: f64,
    /// The sums of the metrics.
    pub sums: Vec<f64>,
}

impl RunningMetrics {
    /// Adds the rows of `other`; the mean is weighted by rows.
    pub fn add(&mut self, other: &RunningMetrics) {
        let rows = self.rows + other.rows;
        self.loss = (self.loss * self.rows + other.loss * other.rows) / rows.max(1.0);
        self.correct += other.correct;
        self.rows = rows;
        self.sums.resize(other.sums.len(), 0.0);
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, more)| *sum += more);
    }
}

impl Engine {
    /// An engine for `network` with at most `batch_size` rows a step, on `threads` threads.
    pub fn new(
        network: &Network,
        objective: Objective<'_>,
        dataset: &Dataset,
        batch_size: usize,
        threads: usize,
    ) -> Engine {
        let rows = batch_size.max(1);
        let training = Executor::new(network, objective, dataset, rows, (threads, true));
        let evaluation = || Executor::new(network, objective, dataset, EVALUATED_ROWS, (1, false));
        Engine {
            evaluation: (0..training.team.size()).map(|_| evaluation()).collect(),
            sample_losses: vec![SampleLoss::default(); rows],
            metric_sums: MetricSums::new(objective.metrics, network.outputs()),
            pieces: Vec::new(),
            buffers: GradientBuffers::default(),
            regularized: network.regularized().next().is_some(),
            constrained: network.constrained(),
            training,
        }
    }

    /// Name and value of each metric.
    pub fn named_metrics<'a>(
        &'a self,
        metrics: &'a RunningMetrics,
    ) -> impl Iterator<Item = (&'a str, f64)> + 'a {
        self.metric_sums.values(&metrics.sums, metrics.rows, metrics.correct)
    }

    /// Prepares the evaluation of `dataset` instead of the training data.
    pub fn evaluate_on(&mut self, network: &Network, objective: Objective<'_>, dataset: &Dataset) {
        for executor in &mut self.evaluation {
            *executor = Executor::new(network, objective, dataset, EVALUATED_ROWS, (1, false));
        }
    }

    /// Trains on the rows `batch` of `dataset`; `next_rows` are the rows of the next step, if known. Returns the
    /// metrics of the weights before the update.
    pub fn step(
        &mut self,
        network: &mut Network,
        optimizer: &Optimizer,
        state: &mut OptimizerState,
        dataset: &Dataset,
        batch: &[u32],
        next_rows: &[u32],
    ) -> RunningMetrics {
        self.training.team.begin_step();
        let sample_losses = &mut self.sample_losses[..batch.len()];
        let step = Some(state.iterations);
        self.training.run(network, Batch { dataset, rows: batch, step }, sample_losses);
        let mut metrics = total(sample_losses);
        metrics.loss += self.penalty(network);
        let Engine { training: executor, buffers, metric_sums, regularized, sample_losses, .. } =
            self;
        let regularized = *regularized;
        if 0 < metric_sums.size() {
            metrics.sums = vec![0.0; metric_sums.size()];
            let arch = executor.arch;
            let outputs = executor.outputs(dataset, batch, &sample_losses[..batch.len()]);
            metric_sums.add(arch, outputs, &mut metrics.sums);
        }
        executor.update_running_stats(network);
        let n_rows = batch.len();
        let update = Update {
            executor,
            buffers,
            network,
            optimizer,
            state,
            dataset,
            n_rows,
            next_rows,
            regularized,
        };
        let (iterations, rate) = (update.state.iterations, update.state.rate);
        optimizer.with_rule(iterations, rate, update);
        let mut context =
            ExecContext { arch: executor.arch, team: &mut executor.team, sums: &mut buffers.sums };
        update_ema(&mut context, network, optimizer.common_args(), state);
        flush_tiny(&mut context, optimizer, state);
        if self.constrained {
            constrain(network);
        }
        state.iterations += 1;
        self.training.team.end_step();
        metrics
    }

    /// Sets the threads of the next steps. No bit of a result depends on them.
    pub fn set_parallelism(&mut self, parallelism: Parallelism) {
        self.training.team.set_parallelism(parallelism);
    }

    /// The bytes of all workspaces.
    #[cfg(test)]
    pub(super) fn workspace_bytes(&self) -> usize {
        let passes = std::iter::once(&self.training).chain(&self.evaluation);
        passes.map(|executor| size_of_val(executor.workspace.as_slice())).sum()
    }

    /// The penalties of the regularizers.
    fn penalty(&mut self, network: &Network) -> f64 {
        if !self.regularized {
            return 0.0;
        }
        let Engine { training: executor, buffers, .. } = self;
        let mut context =
            ExecContext { arch: executor.arch, team: &mut executor.team, sums: &mut buffers.sums };
        penalty(&mut context, network)
    }

    /// The metrics of `network` on the rows `from..to` of `dataset`.
    pub fn evaluate(
        &mut self,
        network: &Network,
        dataset: &Dataset,
        from: usize,
        to: usize,
    ) -> RunningMetrics {
        let mut sums = RunningMetrics::default();
        self.add_rows(network, (dataset, from..to), &mut sums);
        self.mean(network, sums)
    }

    /// The metrics of `network` on all rows of `blocks`, with the same bits as if they were in memory.
    pub(super) fn evaluate_blocks(
        &mut self,
        network: &Network,
        blocks: &dyn RowBlocks,
    ) -> Result<RunningMetrics, DataError> {
        let mut sums = RunningMetrics::default();
        let pass = Pass { shuffle: None, from: 0, multiple: EVALUATED_ROWS };
        blocks.visit(pass, &mut |dataset, _| {
            self.add_rows(network, (dataset, 0..dataset.rows()), &mut sums);
            Flow::Continue
        })?;
        Ok(self.mean(network, sums))
    }

    /// The metrics of sums of losses and metrics.
    fn mean(&mut self, network: &Network, sums: RunningMetrics) -> RunningMetrics {
        RunningMetrics { loss: sums.loss / sums.rows + self.penalty(network), ..sums }
    }

    /// Adds the losses and the metrics of `network` on rows of a data set to sums.
    fn add_rows(
        &mut self,
        network: &Network,
        (dataset, range): (&Dataset, Range<usize>),
        sums: &mut RunningMetrics,
    ) {
        let rows: Vec<u32> = (range.start as u32..range.end as u32).collect();
        if self.sample_losses.len() < rows.len() {
            self.sample_losses.resize(rows.len(), SampleLoss::default());
        }
        let sample_losses = &mut self.sample_losses[..rows.len()];
        let share = rows.len().div_ceil(self.evaluation.len()).next_multiple_of(EVALUATED_ROWS);
        // Each evaluation batch has its own sums, added in the same order on any number of threads.
        let metric_sums = &self.metric_sums;
        let size = metric_sums.size().max(1);
        self.pieces.clear();
        self.pieces.resize(size * rows.len().div_ceil(EVALUATED_ROWS), 0.0);
        let mut shares: Vec<_> = self
            .evaluation
            .iter_mut()
            .zip(rows.chunks(share))
            .zip(sample_losses.chunks_mut(share))
            .zip(self.pieces.chunks_mut(size * share / EVALUATED_ROWS))
            .collect();
        self.training.team.parallel_for(ByRows::of(&mut shares), |mut shares, _| {
            for (((executor, rows), sample_losses), pieces) in shares.0.iter_mut() {
                let sample_losses =
                    sample_losses.chunks_mut(EVALUATED_ROWS).zip(pieces.chunks_mut(size));
                for (batch, (sample_losses, sums)) in rows.chunks(EVALUATED_ROWS).zip(sample_losses)
                {
                    executor.run(network, Batch::outside_training(dataset, batch), sample_losses);
                    if 0 < metric_sums.size() {
                        let arch = executor.arch;
                        let outputs = executor.outputs(dataset, batch, sample_losses);
                        metric_sums.add(arch, outputs, sums);
                    }
                }
            }
        });
        let sample_losses = &self.sample_losses[..rows.len()];
        sums.loss = sample_losses.iter().fold(sums.loss, |sum, s| sum + f64::from(s.loss));
        sums.correct += sample_losses.iter().filter(|s| s.correct).count() as f64;
        sums.rows += rows.len() as f64;
        sums.sums.resize(self.metric_sums.size(), 0.0);
        for piece in self.pieces.chunks(size) {
            sums.sums.iter_mut().zip(piece).for_each(|(sum, more)| *sum += more);
        }
    }
}

/// The mean loss and the correct rows, summed from the first row to the last.
fn total(sample_losses: &[SampleLoss]) -> RunningMetrics {
    let rows = sample_losses.len() as f64;
    let loss = sample_losses.iter().map(|s| f64::from(s.loss)).sum::<f64>() / rows;
    let correct = sample_losses.iter().filter(|s| s.correct).count() as f64;
    RunningMetrics { loss, correct, rows, sums: Vec::new() }
}
