//! One experiment: a plan becomes data, a network and observers, is trained, and leaves its folder;
//! it prints nothing, and what fails here fails this run alone.

mod feeds;
mod graph;
mod hparams;
mod logbook;
mod weights;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use feeds::Feeds;

use anyhow::Context as _;

use crate::config::Plan;
use crate::experiment::logbook::Logbook;
use crate::model::Network;
use crate::runs::Status;
use crate::train::{Direction, Ended, Event, Flow, Logs, State, Task};

/// What a run is given beside its plan.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// The folder in which every run makes its own.
    pub logdir: &'a Path,
    /// Threads to compute with; they change no bit of the result.
    pub threads: usize,
    /// The data sets that are in memory already.
    pub feeds: &'a Feeds,
    /// The commit of the folder that the program was started in, if that is a repository.
    pub git_commit: Option<&'a str>,
    /// Set by whoever wants all runs to stop after their step.
    pub stop: &'a AtomicBool,
}

/// How a run ended.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Its folder, once there is one.
    pub dir: Option<PathBuf>,
    /// Epochs trained.
    pub epochs: usize,
    /// The numbers of the last epoch.
    pub last: Option<Logs>,
    /// The best epoch, from 0, and its numbers.
    pub best: Option<(usize, Logs)>,
}

/// What a run tells while it is under way.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    /// Its folder is there.
    Started(&'a Path),
    /// Something happened in its fit.
    Training(Event<'a>),
}

/// Trains what `plan` describes and fills `report` as it goes; `Ok(Status::Stopped)` when it was
/// asked to stop.
///
/// # Errors
///
/// Data, weights or files that cannot be used, and a loss that is no longer a number; the folder,
/// where there is one, then records the run as failed with the error's text.
pub fn run(
    plan: &Plan,
    setting: &Setting<'_>,
    report: &mut Report,
    tell: &mut dyn FnMut(News<'_>),
) -> anyhow::Result<Status> {
    let loaded = setting.feeds.get(plan)?;
    let mut network = Network::new(loaded.feed.features(), &plan.model.layers, plan.seed);
    if let Some(path) = &plan.model.weights {
        let cannot = || format!("cannot start from the weights in `{}`", path.display());
        network.load(&weights::read(path)?).with_context(cannot)?;
    }
    let rows = plan.data.limit.unwrap_or(usize::MAX).min(loaded.feed.rows());
    let split = plan.data.training_rows(rows);
    let feed = Arc::clone(&loaded.feed);
    let task = Task {
        feed: &feed,
        training: 0..split,
        validation: split..rows,
        epochs: plan.training.epochs,
        batch_size: plan.training.batch_size,
        shuffle: plan.training.shuffle,
        seed: plan.seed,
        loss: &plan.training.loss,
        metrics: &plan.training.metrics,
        optimizer: &plan.optimizer,
        early_stopping: plan.callbacks.early_stopping.as_ref(),
        terminate_on_nan: plan.callbacks.terminate_on_nan.enabled,
        threads: setting.threads,
    };
    let mut logbook = Logbook::open(plan, setting, &loaded.data_source(split, rows - split))?;
    report.dir = Some(logbook.folder().to_owned());
    tell(News::Started(logbook.folder()));
    let mut state = task.start(network);
    let ended = fit(&task, &mut state, setting.stop, &mut logbook, report, tell);
    logbook.close(&ended, &state, report)?;
    ended
}

/// Runs the fit with everyone who watches it: the logbook, the report, and whoever is told.
fn fit(
    task: &Task<'_>,
    state: &mut State,
    stop: &AtomicBool,
    logbook: &mut Logbook,
    report: &mut Report,
    tell: &mut dyn FnMut(News<'_>),
) -> anyhow::Result<Status> {
    let mut broken = None;
    let ended = task.fit(state, &mut |event, _| {
        if let Event::EpochEnd { epoch, logs } = event {
            report.take(epoch, logs);
            if let Err(error) = logbook.epoch(epoch, logs) {
                broken = Some(error);
                return Flow::Stop;
            }
        }
        tell(News::Training(event));
        if stop.load(Ordering::Relaxed) { Flow::Stop } else { Flow::Continue }
    });
    match (broken, ended?) {
        (Some(error), _) => Err(error),
        (None, Ended::Stopped) => Ok(Status::Stopped),
        (None, Ended::Completed | Ended::Early { .. }) => Ok(Status::Completed),
    }
}

/// The number by which the epochs of a run, and runs, are compared, and its value.
pub fn monitored(logs: &Logs) -> Option<(&'static str, f64)> {
    ["val_loss", "loss"].into_iter().find_map(|name| Some((name, logs.get(name)?)))
}

impl Report {
    fn take(&mut self, epoch: usize, logs: &Logs) {
        self.epochs = epoch + 1;
        self.last = Some(logs.clone());
        let Some((name, value)) = monitored(logs) else { return };
        let best = self.best.as_ref().and_then(|(_, best)| best.get(name));
        let better = |best| match Direction::Auto.of(name) {
            Direction::Max => best < value,
            _ => value < best,
        };
        if !value.is_nan() && best.is_none_or(better) {
            self.best = Some((epoch, logs.clone()));
        }
    }
}
