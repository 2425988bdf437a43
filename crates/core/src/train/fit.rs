//! Fit: epochs of steps, validation after each, told to an observer as it goes; by Keras's rules.

use std::ops::Range;
use std::ptr;

use crate::model::Network;
use crate::optim::Optimizer;
use crate::random::{Purpose, Stream};
use crate::train::engine::{Engine, Score};
use crate::train::goal::Goal;
use crate::train::{
    EarlyStopping, Event, Feed, Flow, LearningRateScheduler, Logs, OptimizerState, Plateau,
    ReduceLrOnPlateau, Watch,
};

/// What is trained on what.
#[derive(Clone, Debug)]
pub struct Task<'a> {
    /// All rows.
    pub feed: &'a Feed,
    /// Rows to train on.
    pub training: Range<usize>,
    /// Rows to validate on after each epoch, and the data that they are of.
    pub validation: Option<(&'a Feed, Range<usize>)>,
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows of a step.
    pub batch_size: usize,
    /// A new order of the training rows for each epoch.
    pub shuffle: bool,
    /// Every order derives from it.
    pub seed: u64,
    /// What training makes small, and what is reported.
    pub goal: Goal<'a>,
    /// How gradients become steps.
    pub optimizer: &'a Optimizer,
    /// When to stop early.
    pub early_stopping: Option<&'a EarlyStopping>,
    /// When to take smaller steps.
    pub reduce_lr_on_plateau: Option<&'a ReduceLrOnPlateau>,
    /// When to take steps of another size.
    pub learning_rate_scheduler: Option<&'a LearningRateScheduler>,
    /// Whether a loss that is not finite ends the fit.
    pub terminate_on_nan: bool,
    /// Threads to compute with; they change no bit of the result.
    pub threads: usize,
}

/// Everything that a fit changes: enough to continue the fit.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The network.
    pub network: Network,
    /// What the optimizer remembers.
    pub optimizer: OptimizerState,
    /// The epoch that is under way, or comes next.
    pub epoch: usize,
    /// Steps of it that are done.
    pub batch: usize,
    /// The sums over them.
    pub totals: Score,
    /// What early stopping has seen.
    pub watch: Watch,
    /// What the reduction of the learning rate has seen.
    pub plateau: Plateau,
}

/// How a fit ended that met no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All epochs are trained.
    Completed,
    /// Early stopping ended it after this epoch (from 0).
    Early {
        /// The last epoch that was trained.
        epoch: usize,
    },
    /// The observer asked for it.
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

impl Task<'_> {
    /// The state before the first step.
    pub fn start(&self, network: Network) -> State {
        let optimizer = OptimizerState::new(self.optimizer, &network);
        let (totals, watch) = (Score::default(), Watch::default());
        let plateau = Plateau::default();
        State { network, optimizer, epoch: 0, batch: 0, totals, watch, plateau }
    }

    /// Number of steps in an epoch: the last may be smaller, none is left out.
    pub fn steps_per_epoch(&self) -> usize {
        self.training.len().div_ceil(self.batch_size)
    }

    /// Trains from `state` on, and tells `observe` with the network as it then is.
    pub fn fit(
        &self,
        state: &mut State,
        observe: &mut dyn FnMut(Event<'_>, &State) -> Flow,
    ) -> Result<Ended, Diverged> {
        let mut engine =
            Engine::new(&state.network, self.goal, self.feed, self.batch_size, self.threads);
        if let Some((feed, _)) = self.validation.as_ref().filter(|v| !ptr::eq(v.0, self.feed)) {
            engine.evaluate_on(&state.network, self.goal, feed);
        }
        let begin =
            Event::TrainBegin { epochs: self.epochs, steps_per_epoch: self.steps_per_epoch() };
        if observe(begin, state) == Flow::Stop {
            return Ok(Ended::Stopped);
        }
        let mut ended = match state.watch.stopped {
            true => Ended::Early { epoch: state.epoch.saturating_sub(1) },
            false => Ended::Completed,
        };
        while state.epoch < self.epochs && ended == Ended::Completed {
            if self.train_epoch(&mut engine, state, observe)? == Flow::Stop {
                return Ok(Ended::Stopped);
            }
            ended = self.end_epoch(&mut engine, state, observe);
        }
        if ended != Ended::Stopped {
            state.optimizer.settle(&mut state.network);
            if let Some(best) = state.watch.take_best() {
                state.network = best;
            }
        }
        Ok(ended)
    }

    /// The steps of the epoch under way that are not done yet.
    fn train_epoch(
        &self,
        engine: &mut Engine,
        state: &mut State,
        observe: &mut dyn FnMut(Event<'_>, &State) -> Flow,
    ) -> Result<Flow, Diverged> {
        let epoch = state.epoch;
        if let Some(rate) = self.learning_rate_scheduler.and_then(|table| table.at(epoch))
            && state.batch == 0
        {
            state.optimizer.rate = Some(rate as f32);
        }
        if observe(Event::EpochBegin { epoch }, state) == Flow::Stop {
            return Ok(Flow::Stop);
        }
        let order = self.order(epoch);
        let batches: Vec<&[u32]> = order.chunks(self.batch_size).collect();
        let mut logs = Logs::default();
        for done in state.batch..batches.len() {
            let ahead = batches.get(done + 1).copied().unwrap_or_default();
            let State { network, optimizer, .. } = state;
            let score =
                engine.step(network, self.optimizer, optimizer, self.feed, batches[done], ahead);
            if self.terminate_on_nan && !score.loss.is_finite() {
                return Err(Diverged { epoch, batch: done, loss: score.loss });
            }
            state.totals.add(&score);
            state.batch = done + 1;
            write(&mut logs, engine, "", &state.totals);
            let event = Event::BatchEnd {
                epoch,
                done: state.batch,
                steps_per_epoch: batches.len(),
                logs: &logs,
            };
            if observe(event, state) == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Continue)
    }

    /// Validation, the epoch's numbers, and whether they are the last.
    fn end_epoch(
        &self,
        engine: &mut Engine,
        state: &mut State,
        observe: &mut dyn FnMut(Event<'_>, &State) -> Flow,
    ) -> Ended {
        let epoch = state.epoch;
        let mut logs = Logs::default();
        write(&mut logs, engine, "", &state.totals);
        if let Some((feed, Range { start, end })) = self.validation.clone() {
            let score = engine.evaluate(&state.network, feed, start, end);
            write(&mut logs, engine, "val_", &score);
        }
        let rate = state.optimizer.learning_rate(self.optimizer);
        logs.set("learning_rate", f64::from(rate));
        (state.epoch, state.batch, state.totals) = (epoch + 1, 0, Score::default());
        let early = self
            .early_stopping
            .is_some_and(|rule| state.watch.see(rule, epoch, &logs, &state.network));
        let reduce = self.reduce_lr_on_plateau;
        if let Some(rate) = reduce.and_then(|rule| state.plateau.see(rule, &logs, rate)) {
            state.optimizer.rate = Some(rate);
        }
        match observe(Event::EpochEnd { epoch, logs: &logs }, state) {
            Flow::Stop if state.epoch < self.epochs && !early => Ended::Stopped,
            _ if early => Ended::Early { epoch },
            _ => Ended::Completed,
        }
    }

    /// The training rows in the order of epoch `epoch`.
    fn order(&self, epoch: usize) -> Vec<u32> {
        let mut order: Vec<u32> = self.training.clone().map(|row| row as u32).collect();
        if self.shuffle {
            Stream::new(self.seed, Purpose::Shuffle, epoch as u64).shuffle(&mut order);
        }
        order
    }
}

/// The loss and the metrics of `score`, their names after `prefix`.
pub(super) fn write(logs: &mut Logs, engine: &Engine, prefix: &str, score: &Score) {
    let mut set = |name: &str, value: f64| {
        let value = f64::from(value as f32);
        // Every step comes by without a prefix.
        match prefix {
            "" => logs.set(name, value),
            _ => logs.set(&format!("{prefix}{name}"), value),
        }
    };
    set("loss", score.loss);
    engine.metrics(score).for_each(|(name, value)| set(name, value));
}
