//! One experiment: a plan becomes data, a network and observers, is trained, and leaves its folder;
//! it prints nothing, and what fails here, a panic too, fails this run alone.

mod dataset_cache;
mod graph;
mod hparams;
mod weights;

mod csv_logger;
mod event_files;
mod growing_files;
mod model_checkpoint;
mod new_run;
mod pictures;
mod predictions;
mod recorder;
mod replicates;
mod snapshot;
mod spec;
mod throughput;
mod trained_model;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

pub use dataset_cache::DatasetCache;
pub use predictions::Prediction;
pub use replicates::{Replicates, set_visible, write_charts};
pub use spec::{RunContext, RunEvent, RunSpec, RunSummary};
pub use trained_model::{Evaluation, Mistake, Split, TrainedModel};

use anyhow::{Result, anyhow};

use crate::config::Plan;
use crate::experiment::pictures::Validation;
use crate::experiment::recorder::RunRecorder;
use crate::memory::{self, Bytes, OutOfMemory};
use crate::model::Network;
use crate::quote::clip;
pub use crate::runs::monitored;
use crate::runs::{EarlyStop, History, Status};
use crate::train::{Ended, Event, Flow, Goal, State, Task};

/// A kill costs no more than this, which is trained again to the same bits; and where an epoch takes
/// less, a checkpoint after each would cost some hundredths of it.
pub const SAVE_EVERY: Duration = Duration::from_millis(500);

/// What a kill leaves is whole anyway; this is for the power, and costs nothing to the many runs
/// that are shorter.
pub const SYNC_EVERY: Duration = Duration::from_secs(10);

/// Trains what `spec` describes, from where an earlier process left it if there was one, and
/// fills `summary` as it goes; `Ok(Status::Stopped)` when it was asked to stop.
///
/// # Errors
///
/// A folder that another process has; data, weights, a checkpoint or files that cannot be used; a
/// loss that is no longer a number; a panic. The folder then records the run as failed with the
/// error's text, unless it could not even be taken up again.
pub fn run(
    spec: &RunSpec<'_>,
    context: &RunContext<'_>,
    summary: &mut RunSummary,
    tell: &mut dyn FnMut(RunEvent<'_>),
) -> Result<Status> {
    let mut recorder = contain(|| RunRecorder::claim(spec, context))?;
    if let Some(record) = contain(|| recorder.completed(spec.plan))? {
        *summary = RunSummary::of(record);
        return Ok(Status::Completed);
    }
    let ended = contain(|| train(spec, context, &mut recorder, summary, tell));
    recorder.close(ended, summary)
}

/// Makes an error of a panic. What it leaves half done is this run's alone.
fn contain<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(bug(&*panic)))
}

fn bug(panic: &(dyn Any + Send)) -> anyhow::Error {
    if let Some(error) = panic.downcast_ref::<OutOfMemory>() {
        return (*error).into();
    }
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    anyhow!("a bug in runner: {}", clip(text))
}

fn train(
    spec: &RunSpec<'_>,
    context: &RunContext<'_>,
    recorder: &mut RunRecorder,
    summary: &mut RunSummary,
    tell: &mut dyn FnMut(RunEvent<'_>),
) -> Result<Status> {
    let plan = spec.plan;
    recorder.begin(plan)?;
    tell(RunEvent::Started(spec.dir));
    let loaded = context.datasets.get(plan, (context.threads)())?;
    recorder.data(loaded.data_source(plan), spec.data, &loaded.preprocessing)?;
    let class_weight = loaded.class_weights(plan)?;
    let layers = &plan.model.layers;
    let outputs = layers.iter().fold(loaded.feed.features(), |n, layer| layer.outputs(n));
    let metrics = plan.training.metrics_of(loaded.preprocessing.output_names(), outputs);
    let threads = (context.threads)();
    memory::check(Bytes(plan.footprint(loaded.feed.rows()).total()))?;
    let task = Task {
        feed: &loaded.feed,
        training: loaded.parts(plan).training,
        validation: loaded.validation(plan),
        epochs: plan.training.epochs,
        batch_size: plan.training.batch_size,
        shuffle: plan.training.shuffle,
        seed: plan.seed,
        goal: Goal { loss: &plan.training.loss, metrics: &metrics, class_weight: &class_weight },
        optimizer: &plan.optimizer,
        early_stopping: plan.callbacks.early_stopping.as_ref(),
        reduce_lr_on_plateau: plan.callbacks.reduce_lr_on_plateau.as_ref(),
        learning_rate_scheduler: plan.callbacks.learning_rate_scheduler.as_ref(),
        terminate_on_nan: plan.callbacks.terminate_on_nan.enabled,
        threads,
    };
    let mut state = start(&task, plan, recorder, summary)?;
    let status = fit(task, &mut state, context, recorder, summary, tell)?;
    match status {
        Status::Stopped => recorder.save(&state)?,
        _ if plan.tensorboard.looks_at_answers() => {
            if let Some((feed, rows)) = loaded.validation(plan) {
                let names = loaded.preprocessing.class_names().unwrap_or_default();
                let validation = Validation {
                    network: &state.network,
                    loss: &plan.training.loss,
                    feed,
                    rows,
                    shape: &loaded.preprocessing.shape,
                    classes: loaded.preprocessing.classes,
                    names: &names,
                    threads,
                };
                recorder.predictions(state.epoch.saturating_sub(1), &validation)?;
            }
        }
        _ => {}
    }
    recorder.weights(&state)?;
    if status == Status::Completed {
        summary.early_stopping = early_stop(plan, &state);
    }
    Ok(status)
}

/// How early stopping took part in the end of a run: it ended the fit, or restored weights.
fn early_stop(plan: &Plan, state: &State) -> Option<EarlyStop> {
    let rule = plan.callbacks.early_stopping.as_ref()?;
    let watch = &state.watch;
    let restored = rule.restore_best_weights && watch.best.is_some();
    (watch.stopped || restored).then(|| EarlyStop {
        monitor: rule.monitor.clone(),
        stopped_epoch: watch.stopped.then(|| state.epoch.saturating_sub(1)),
        best_epoch: watch.best.map(|(_, epoch)| epoch),
        best: watch.best.map(|(value, _)| value),
        restored,
    })
}

/// The state to train from, with the run's files open for what comes.
fn start(
    task: &Task<'_>,
    plan: &Plan,
    recorder: &mut RunRecorder,
    summary: &mut RunSummary,
) -> Result<State> {
    let mut network = Network::new(task.feed.features(), &plan.model.layers, plan.seed);
    if let Some(snapshot) = recorder.snapshot(plan)? {
        let (state, meta) = snapshot.restore(task.start(network))?;
        recorder.open(plan, Some(&meta))?;
        summary.recall(&History::load(&recorder.folder().history())?);
        return Ok(state);
    }
    if let Some(path) = &plan.model.weights {
        weights::read(path, &mut network)?;
    }
    recorder.open(plan, None)?;
    Ok(task.start(network))
}

/// Runs the fit with everyone who watches it: the recorder, the summary, and whoever is told.
fn fit(
    mut task: Task<'_>,
    state: &mut State,
    context: &RunContext<'_>,
    recorder: &mut RunRecorder,
    summary: &mut RunSummary,
    tell: &mut dyn FnMut(RunEvent<'_>),
) -> Result<Status> {
    let (mut begun, mut stopped) = (false, false);
    loop {
        let mut broken = None;
        let threads = task.threads;
        let ended = task.fit(state, &mut |event, state| {
            let mut another_share = false;
            match event {
                Event::TrainBegin { .. } if begun => return Flow::Continue,
                Event::EpochBegin { .. } => recorder.epoch_begins(state.optimizer.iterations),
                Event::BatchEnd { logs, .. } => recorder.batch(state.optimizer.iterations, logs),
                Event::EpochEnd { epoch, logs } => {
                    if let Err(error) = recorder.epoch(epoch, logs, state) {
                        broken = Some(error);
                        return Flow::Stop;
                    }
                    summary.take(epoch, logs);
                    another_share = (context.threads)() != threads;
                }
                _ => {}
            }
            begun = true;
            tell(RunEvent::Training(event));
            // The fit stops when it can, perhaps some steps later.
            stopped |= (context.stop)();
            if stopped || another_share { Flow::Stop } else { Flow::Continue }
        })?;
        return match (broken, ended) {
            (Some(error), _) => Err(error),
            (None, Ended::Stopped) if stopped => Ok(Status::Stopped),
            (None, Ended::Completed | Ended::Early { .. }) => Ok(Status::Completed),
            (None, Ended::Stopped) => {
                task.threads = (context.threads)();
                continue;
            }
        };
    }
}
