//! Fit: epochs of steps, with validation and callbacks after each epoch, as Keras's `fit`.

use std::ops::Range;
use std::ptr;

use crate::data::DataError;
use crate::model::Network;
use crate::optim::Optimizer;
use crate::random::{RandomStream, StreamPurpose};
use crate::train::engine::{Engine, RunningMetrics};
use crate::train::objective::Objective;
use crate::train::{
    Dataset, EarlyStopping, EarlyStoppingState, FitBlocks, FitEvent, Flow, LearningRateScheduler,
    Logs, OptimizerState, Pass, ReduceLrOnPlateau, ReduceLrState,
};

/// The arguments of a fit.
#[derive(Clone, Debug)]
pub struct FitOptions<'a> {
    /// All rows; or if they are read in blocks, a batch of rows of the same form.
    pub dataset: &'a Dataset,
    /// Rows that are read in blocks, in place of those of `dataset` and `validation`.
    pub blocks: Option<FitBlocks<'a>>,
    /// Rows to train on.
    pub training: Range<usize>,
    /// Data set and rows of the validation after each epoch.
    pub validation: Option<(&'a Dataset, Range<usize>)>,
    /// Number of passes over the training rows.
    pub epochs: usize,
    /// Rows of a step.
    pub batch_size: usize,
    /// Shuffle the training rows in each epoch.
    pub shuffle: bool,
    /// The seed of the shuffling.
    pub seed: u64,
    /// Loss and metrics.
    pub objective: Objective<'a>,
    /// The optimizer.
    pub optimizer: &'a Optimizer,
    /// The callback for early stopping.
    pub early_stopping: Option<&'a EarlyStopping>,
    /// The callback for smaller learning rates.
    pub reduce_lr_on_plateau: Option<&'a ReduceLrOnPlateau>,
    /// The callback for learning rates by epoch.
    pub learning_rate_scheduler: Option<&'a LearningRateScheduler>,
    /// End the fit at a loss that is not finite.
    pub terminate_on_nan: bool,
    /// Number of threads; no bit of the result depends on them.
    pub threads: usize,
}

/// The complete state of a fit, from which the fit can continue.
#[derive(Clone, Debug, PartialEq)]
pub struct FitState {
    /// The network.
    pub network: Network,
    /// The state of the optimizer.
    pub optimizer: OptimizerState,
    /// The current epoch, or the next.
    pub epoch: usize,
    /// Completed steps of this epoch.
    pub batch: usize,
    /// The sums over these steps.
    pub totals: RunningMetrics,
    /// The state of early stopping.
    pub early_stopping: EarlyStoppingState,
    /// The state of the reduction of the learning rate.
    pub reduce_lr: ReduceLrState,
}

/// The end of a fit without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FitOutcome {
    /// All epochs are trained.
    Completed,
    /// Early stopping, after this epoch (from 0).
    Early {
        /// The last trained epoch.
        epoch: usize,
    },
    /// A request of the observer.
    Stopped,
}

/// The loss is no longer a number: the weights are lost.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("the loss became {loss} in epoch {}, step {}; a smaller learning rate may help", epoch + 1, batch + 1)]
pub struct Diverged {
    /// The epoch, from 0.
    pub epoch: usize,
    /// The step in the epoch, from 0.
    pub batch: usize,
    /// The loss.
    pub loss: f64,
}

/// An end of a fit for which it cannot continue.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// The weights are lost.
    #[error(transparent)]
    Diverged(#[from] Diverged),
    /// A block of rows cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
}

impl FitState {
    /// Turns the weights into those of an ended fit: averages, and the best epoch that early stopping kept.
    pub fn finish(&mut self) {
        self.optimizer.apply_ema(&mut self.network);
        if let Some(best) = self.early_stopping.take_best() {
            self.network = best;
        }
    }
}

impl FitOptions<'_> {
    /// The state before the first step.
    pub fn start(&self, network: Network) -> FitState {
        let optimizer = OptimizerState::new(self.optimizer, &network);
        let (totals, early_stopping) = (RunningMetrics::default(), EarlyStoppingState::default());
        let reduce_lr = ReduceLrState::default();
        FitState { network, optimizer, epoch: 0, batch: 0, totals, early_stopping, reduce_lr }
    }

    /// Number of steps in an epoch; the last may have fewer rows.
    pub fn steps_per_epoch(&self) -> usize {
        self.training.len().div_ceil(self.batch_size)
    }

    /// Trains from `state` on and calls `observe` at each event.
    pub fn fit(
        &self,
        state: &mut FitState,
        observe: &mut dyn FnMut(FitEvent<'_>, &FitState) -> Flow,
    ) -> Result<FitOutcome, FitError> {
        let mut engine = Engine::new(
            &state.network,
            self.objective,
            self.dataset,
            self.batch_size.min(self.training.len()),
            self.threads,
        );
        if let Some((dataset, _)) = self.validation.as_ref().filter(|v| !ptr::eq(v.0, self.dataset))
        {
            engine.evaluate_on(&state.network, self.objective, dataset);
        }
        let begin =
            FitEvent::TrainBegin { epochs: self.epochs, steps_per_epoch: self.steps_per_epoch() };
        if observe(begin, state) == Flow::Stop {
            return Ok(FitOutcome::Stopped);
        }
        let mut ended = if state.early_stopping.stopped {
            FitOutcome::Early { epoch: state.epoch.saturating_sub(1) }
        } else {
            FitOutcome::Completed
        };
        while state.epoch < self.epochs && ended == FitOutcome::Completed {
            if self.train_epoch(&mut engine, state, observe)? == Flow::Stop {
                return Ok(FitOutcome::Stopped);
            }
            ended = self.end_epoch(&mut engine, state, observe)?;
        }
        if ended != FitOutcome::Stopped {
            state.finish();
        }
        Ok(ended)
    }

    /// The remaining steps of the current epoch.
    fn train_epoch(
        &self,
        engine: &mut Engine,
        state: &mut FitState,
        observe: &mut dyn FnMut(FitEvent<'_>, &FitState) -> Flow,
    ) -> Result<Flow, FitError> {
        let epoch = state.epoch;
        if let Some(rate) = self.learning_rate_scheduler.and_then(|table| table.change(epoch))
            && state.batch == 0
        {
            state.optimizer.rate = Some(rate as f32);
        }
        if observe(FitEvent::EpochBegin { epoch }, state) == Flow::Stop {
            return Ok(Flow::Stop);
        }
        let from = state.batch * self.batch_size;
        let Some(blocks) = self.blocks else {
            let order = self.order(epoch);
            let rows = order.get(from..).unwrap_or_default();
            return Ok(self.train_rows(engine, state, observe, (self.dataset, rows))?);
        };
        let shuffle = self.shuffle.then_some((self.seed, epoch));
        let mut trained = Ok(Flow::Continue);
        let pass = Pass { shuffle, from, multiple: self.batch_size };
        blocks.training.visit(pass, &mut |dataset, rows| {
            trained = self.train_rows(engine, state, observe, (dataset, rows));
            *trained.as_ref().unwrap_or(&Flow::Stop)
        })?;
        Ok(trained?)
    }

    /// The steps on some rows of an epoch, which follow those of `state`.
    fn train_rows(
        &self,
        engine: &mut Engine,
        state: &mut FitState,
        observe: &mut dyn FnMut(FitEvent<'_>, &FitState) -> Flow,
        (dataset, rows): (&Dataset, &[u32]),
    ) -> Result<Flow, Diverged> {
        let epoch = state.epoch;
        let batches: Vec<&[u32]> = rows.chunks(self.batch_size).collect();
        let mut logs = Logs::default();
        for (at, batch) in batches.iter().enumerate() {
            let next_rows = batches.get(at + 1).copied().unwrap_or_default();
            let FitState { network, optimizer, .. } = state;
            let metrics =
                engine.step(network, self.optimizer, optimizer, dataset, batch, next_rows);
            if self.terminate_on_nan && !metrics.loss.is_finite() {
                return Err(Diverged { epoch, batch: state.batch, loss: metrics.loss });
            }
            state.totals.add(&metrics);
            state.batch += 1;
            write(&mut logs, engine, "", &state.totals);
            let event = FitEvent::BatchEnd {
                epoch,
                done: state.batch,
                steps_per_epoch: self.steps_per_epoch(),
                logs: &logs,
            };
            if observe(event, state) == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }

    /// Validation and callbacks at the end of an epoch.
    fn end_epoch(
        &self,
        engine: &mut Engine,
        state: &mut FitState,
        observe: &mut dyn FnMut(FitEvent<'_>, &FitState) -> Flow,
    ) -> Result<FitOutcome, FitError> {
        let epoch = state.epoch;
        let mut logs = Logs::default();
        write(&mut logs, engine, "", &state.totals);
        if let Some(metrics) = self.validate(engine, &state.network)? {
            write(&mut logs, engine, "val_", &metrics);
        }
        let rate = state.optimizer.learning_rate(self.optimizer);
        logs.set("learning_rate", f64::from(rate));
        (state.epoch, state.batch, state.totals) = (epoch + 1, 0, RunningMetrics::default());
        let early = self.early_stopping.is_some_and(|rule| {
            state.early_stopping.on_epoch_end(rule, epoch, &logs, &state.network)
        });
        let reduce = self.reduce_lr_on_plateau;
        if let Some(rate) = reduce.and_then(|rule| state.reduce_lr.on_epoch_end(rule, &logs, rate))
        {
            state.optimizer.rate = Some(rate);
        }
        Ok(match observe(FitEvent::EpochEnd { epoch, logs: &logs }, state) {
            Flow::Stop if state.epoch < self.epochs && !early => FitOutcome::Stopped,
            _ if early => FitOutcome::Early { epoch },
            _ => FitOutcome::Completed,
        })
    }

    /// The metrics of the rows that validate, if there are some.
    fn validate(
        &self,
        engine: &mut Engine,
        network: &Network,
    ) -> Result<Option<RunningMetrics>, DataError> {
        Ok(match (&self.blocks, &self.validation) {
            (Some(FitBlocks { validation: Some(blocks), .. }), _) => {
                Some(engine.evaluate_blocks(network, *blocks)?)
            }
            (None, Some((dataset, rows))) => {
                Some(engine.evaluate(network, dataset, rows.start, rows.end))
            }
            _ => None,
        })
    }

    /// The training rows in the order of epoch `epoch`.
    fn order(&self, epoch: usize) -> Vec<u32> {
        let mut order: Vec<u32> = self.training.clone().map(|row| row as u32).collect();
        if self.shuffle {
            RandomStream::new(self.seed, StreamPurpose::Shuffle, epoch as u64).shuffle(&mut order);
        }
        order
    }
}

/// The loss and the metrics of `metrics`, their names after `prefix`.
pub(super) fn write(logs: &mut Logs, engine: &Engine, prefix: &str, metrics: &RunningMetrics) {
    let mut set = |name: &str, value: f64| {
        let value = f64::from(value as f32);
        // Each step has an empty prefix: no allocation.
        match prefix {
            "" => logs.set(name, value),
            _ => logs.set(&format!("{prefix}{name}"), value),
        }
    };
    set("loss", metrics.loss);
    engine.named_metrics(metrics).for_each(|(name, value)| set(name, value));
}
