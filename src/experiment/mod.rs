//! One experiment: builds data, network and observers from a plan, trains, and writes the run's
//! folder. The module prints nothing. An error or a panic fails this run alone.

mod answers;
mod calibration;
mod dataset_cache;
mod graph;
mod hparams;
mod weights;

mod csv_logger;
mod decision;
mod ensemble;
mod event_files;
mod growing_files;
mod importance;
mod model_checkpoint;
mod new_run;
mod out_of_fold;
mod pictures;
mod pool;
mod predictions;
mod prune;
mod recorder;
mod replicates;
mod row_block;
mod run_end;
mod sharded;
mod sharded_rows;
mod snapshot;
mod spec;
mod target_scores;
mod throughput;
mod trained_model;
mod unseen_words;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

pub use answers::Answers;
pub use calibration::{Calibration, CalibrationBin};
pub use dataset_cache::DatasetCache;
pub use ensemble::{Ensemble, EnsembleEvaluation};
pub use importance::{ColumnImportance, Importance, Permutations};
pub use predictions::Prediction;
pub use prune::prune;
pub use replicates::{Replicates, set_visible, write_charts};
pub use spec::{RunContext, RunEvent, RunSpec, RunSummary, Verdict, VerdictOf};
pub use target_scores::TargetScores;
pub use trained_model::{Evaluation, Mistake, Split, TrainedModel};
pub use unseen_words::UnseenWords;

use anyhow::{Result, anyhow};

use crate::config::Plan;
use crate::experiment::dataset_cache::LoadedDataset;
use crate::experiment::decision::{Decision, decide};
use crate::experiment::pictures::Validation;
use crate::experiment::recorder::RunRecorder;
use crate::memory::{self, Bytes, OutOfMemory};
use crate::model::Network;
use crate::quote::clip;
pub use crate::runs::monitored;
use crate::runs::{EarlyStop, History, Status};
use crate::train::{FitError, FitEvent, FitOptions, FitOutcome, FitState, Flow, Objective};

/// The minimum training time between checkpoints. A kill costs no more than this time, trained
/// again to the same bits. For shorter epochs, a checkpoint after each would cost some hundredths
/// of an epoch.
pub const SAVE_EVERY: Duration = Duration::from_millis(500);

/// Files survive a crash of the process without fsync. An fsync every 10 s guards against power
/// loss and costs nothing in the many shorter runs.
pub const SYNC_EVERY: Duration = Duration::from_secs(10);

/// Trains the run of `spec`, from the state of an earlier process if any, and updates `summary`.
/// Returns `Ok(Status::Stopped)` after a stop request, `Ok(Status::Paused)` at the rung of `spec`, and
/// `Ok(Status::Pruned)` by the verdict of `spec`.
///
/// # Errors
///
/// A folder in use by another process; unusable data, weights, checkpoint or files; a loss that is
/// not a number; a panic. The record then has the status failed and the error's text, unless the
/// run could not be resumed.
pub fn run(
    spec: &RunSpec<'_>,
    context: &RunContext<'_>,
    summary: &mut RunSummary,
    tell: &mut dyn FnMut(RunEvent<'_>),
) -> Result<Status> {
    let mut recorder = contain(|| RunRecorder::claim(spec, context))?;
    if let Some(record) = contain(|| recorder.completed(spec.plan))? {
        *summary = RunSummary::of(record);
        recorder.retire();
        return Ok(Status::Completed);
    }
    let ended = contain(|| train(spec, context, &mut recorder, summary, tell));
    recorder.close(ended, summary)
}

/// Converts a panic to an error. Half-done work belongs to this run alone.
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
    let layers = &plan.model.all_layers();
    let outputs = layers.iter().fold(loaded.dataset.features(), |n, layer| layer.outputs(n));
    let metrics = plan.training.metrics_of(loaded.preprocessing.output_names(), outputs);
    let threads = (context.threads)();
    memory::check(Bytes(plan.footprint(loaded.rows).total()))?;
    let options = FitOptions {
        dataset: &loaded.dataset,
        blocks: loaded.blocks(),
        training: loaded.parts(plan).training,
        validation: loaded.validation(plan),
        epochs: plan.training.epochs,
        batch_size: plan.training.batch_size,
        shuffle: plan.training.shuffle,
        seed: plan.seed,
        objective: Objective {
            loss: &plan.training.loss,
            metrics: &metrics,
            class_weight: &class_weight,
        },
        optimizer: &plan.optimizer,
        early_stopping: plan.callbacks.early_stopping.as_ref(),
        reduce_lr_on_plateau: plan.callbacks.reduce_lr_on_plateau.as_ref(),
        learning_rate_scheduler: plan.callbacks.learning_rate_scheduler.as_ref(),
        terminate_on_nan: plan.callbacks.terminate_on_nan.enabled,
        threads,
    };
    let mut state = start(&options, plan, recorder, summary)?;
    let status = fit(options, &mut state, (spec, context), recorder, summary, tell)?;
    end(status, &mut state, (plan, &loaded, threads), recorder)?;
    if status == Status::Completed {
        summary.early_stopping = early_stop(plan, &state);
    }
    Ok(status)
}

/// Writes the checkpoint or the predictions, and the weights. A run that its search ends has no checkpoint.
fn end(
    status: Status,
    state: &mut FitState,
    (plan, loaded, threads): (&Plan, &LoadedDataset, usize),
    recorder: &mut RunRecorder,
) -> Result<()> {
    match status {
        Status::Stopped => recorder.save(state)?,
        Status::Paused => {
            recorder.save(state)?;
            // The weights are those of a run that ends here; the checkpoint has those to go on with.
            state.finish();
        }
        Status::Pruned => state.finish(),
        _ => {
            log_predictions(plan, loaded, state, threads, recorder)?;
            out_of_fold::write(plan, loaded, state, threads, recorder.folder())?;
        }
    }
    recorder.weights(state)?;
    // Before the record: a process killed between the two leaves a run that starts anew, to the same bits.
    if status == Status::Pruned { recorder.remove_checkpoint() } else { Ok(()) }
}

/// Logs the predictions of the validation rows, if the plan has summaries of them.
fn log_predictions(
    plan: &Plan,
    data: &LoadedDataset,
    state: &FitState,
    threads: usize,
    recorder: &mut RunRecorder,
) -> Result<()> {
    let validation = data.validation(plan).filter(|_| plan.tensorboard.looks_at_answers());
    let Some((dataset, rows)) = validation else { return Ok(()) };
    let names = data.preprocessing.class_names().unwrap_or_default();
    let validation = Validation {
        network: &state.network,
        loss: &plan.training.loss,
        dataset,
        rows,
        shape: &data.preprocessing.shape,
        classes: data.preprocessing.classes,
        names: &names,
        threads,
    };
    recorder.predictions(state.epoch.saturating_sub(1), &validation)
}

/// The effect of early stopping on a run: an early end of the fit, or restored weights.
fn early_stop(plan: &Plan, state: &FitState) -> Option<EarlyStop> {
    let rule = plan.callbacks.early_stopping.as_ref()?;
    let early_stopping = &state.early_stopping;
    let restored = rule.restore_best_weights && early_stopping.best.is_some();
    (early_stopping.stopped || restored).then(|| EarlyStop {
        monitor: rule.monitor.clone(),
        stopped_epoch: early_stopping.stopped.then(|| state.epoch.saturating_sub(1)),
        best_epoch: early_stopping.best.map(|(_, epoch)| epoch),
        best: early_stopping.best.map(|(value, _)| value),
        restored,
    })
}

/// The start state, with the run's files open for writing.
fn start(
    options: &FitOptions<'_>,
    plan: &Plan,
    recorder: &mut RunRecorder,
    summary: &mut RunSummary,
) -> Result<FitState> {
    let mut network = Network::new(options.dataset.features(), &plan.model.all_layers(), plan.seed);
    if let Some(snapshot) = recorder.snapshot(plan)? {
        let (state, meta) = snapshot.restore(options.start(network))?;
        recorder.open(plan, Some(&meta))?;
        summary.recall(&History::load(&recorder.folder().history())?);
        return Ok(state);
    }
    if let Some(path) = &plan.model.weights {
        weights::read(path, &mut network)?;
    }
    recorder.open(plan, None)?;
    Ok(options.start(network))
}

/// The error of the loss, or of the data.
fn cause(error: FitError) -> anyhow::Error {
    match error {
        FitError::Diverged(error) => error.into(),
        FitError::Data(error) => error.into(),
    }
}

/// Runs the fit with all observers: the recorder, the summary and `tell`.
fn fit(
    mut options: FitOptions<'_>,
    state: &mut FitState,
    (spec, context): (&RunSpec<'_>, &RunContext<'_>),
    recorder: &mut RunRecorder,
    summary: &mut RunSummary,
    tell: &mut dyn FnMut(RunEvent<'_>),
) -> Result<Status> {
    let (mut begun, mut stopped) = (false, false);
    let mut next = decide(spec, state, recorder.folder())?;
    loop {
        if let Some(status) = recorder.end_by(&next, summary) {
            return Ok(status);
        }
        let mut broken = None;
        let threads = options.threads;
        let ended = options.fit(state, &mut |event, state| {
            let mut another_share = false;
            match event {
                FitEvent::TrainBegin { .. } if begun => return Flow::Continue,
                FitEvent::EpochBegin { .. } => recorder.epoch_begins(state.optimizer.iterations),
                FitEvent::BatchEnd { logs, .. } => recorder.batch(state.optimizer.iterations, logs),
                FitEvent::EpochEnd { epoch, logs } => {
                    let written = recorder.epoch(epoch, logs, state);
                    next = match written.and_then(|()| decide(spec, state, recorder.folder())) {
                        Ok(decision) => decision,
                        Err(error) => {
                            broken = Some(error);
                            return Flow::Stop;
                        }
                    };
                    summary.take(epoch, logs);
                    another_share = next != Decision::Train || (context.threads)() != threads;
                }
                _ => {}
            }
            begun = true;
            tell(RunEvent::Training(event));
            // The fit stops after the step under way.
            stopped |= (context.stop)();
            if stopped || another_share { Flow::Stop } else { Flow::Continue }
        });
        let ended = ended.map_err(cause)?;
        if let Some(error) = broken {
            return Err(error);
        }
        if ended != FitOutcome::Stopped {
            return Ok(Status::Completed);
        }
        if stopped && next == Decision::Train {
            return Ok(Status::Stopped);
        }
        options.threads = (context.threads)();
    }
}
