//! Progress in permanent lines, for files, pipes and dumb terminals.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use super::keras::metrics;
use super::renderer::{Renderer, write_escaped};
use super::tally::FinishedRuns;
use crate::cli::display::console::{Stream, Style};
use crate::cli::display::format::{count, duration, per_step};
use crate::cli::display::labels::Labels;
use crate::sweep::{RunResult, Status, SweepEvent};
use crate::train::{FitEvent, Logs};

/// One run: a line per epoch, after Keras's `verbose=2`.
pub(crate) struct Epochs<W> {
    out: W,
    epochs: usize,
    steps: usize,
    start: Duration,
}

/// Several runs: a line per run.
pub(crate) struct Runs<W> {
    out: W,
    stream: Stream,
    labels: Labels,
    tally: FinishedRuns,
}

impl<W: Write> Epochs<W> {
    pub(crate) fn new(out: W) -> Epochs<W> {
        Epochs { out, epochs: 0, steps: 0, start: Duration::ZERO }
    }

    fn line(&self, epoch: usize, elapsed: Duration, logs: &Logs) -> String {
        let seconds = elapsed.as_secs_f64();
        let step = per_step(seconds / self.steps.max(1) as f64);
        format!("Epoch {}/{} - {seconds:.0}s - {step}{}", epoch + 1, self.epochs, metrics(logs))
    }
}

impl<W: Write + Send> Renderer for Epochs<W> {
    fn notice(&mut self, notice: &SweepEvent<'_>, now: Duration) {
        let SweepEvent::Training { event, .. } = notice else { return };
        match *event {
            FitEvent::TrainBegin { epochs, steps_per_epoch } => {
                (self.epochs, self.steps) = (epochs, steps_per_epoch);
            }
            FitEvent::EpochBegin { .. } => self.start = now,
            FitEvent::BatchEnd { .. } => {}
            FitEvent::EpochEnd { epoch, logs } => {
                let line = self.line(epoch, now - self.start, logs);
                self.message(&line);
            }
        }
    }

    fn message(&mut self, text: &str) {
        write_escaped(&mut self.out, &format!("{text}\n"));
    }
}

impl<W: Write> Runs<W> {
    pub(crate) fn new(out: W, names: Vec<Arc<str>>, stream: Stream) -> Runs<W> {
        let labels = Labels::new(names);
        let tally = FinishedRuns::new(labels.len());
        Runs { out, stream, labels, tally }
    }
}

impl<W: Write + Send> Renderer for Runs<W> {
    fn notice(&mut self, notice: &SweepEvent<'_>, _: Duration) {
        let SweepEvent::Finished { run, result } = notice else { return };
        let label = self.labels.get(*run, result.dir.as_deref());
        self.tally.count(&label, result);
        if let Some(line) = outcome(&label, result, self.stream) {
            let line = format!("[{}] {line}", self.tally.fraction());
            self.message(&line);
        }
    }

    fn message(&mut self, text: &str) {
        write_escaped(&mut self.out, &format!("{text}\n"));
    }
}

/// How a run ended, in a line; one that never started has nothing to tell.
pub(crate) fn outcome(label: &str, result: &RunResult, stream: Stream) -> Option<String> {
    let logs = result.last.as_ref().map(metrics).unwrap_or_default();
    let dir = result.dir.as_ref().map_or(String::new(), |dir| format!(" - {}", dir.display()));
    let epochs = count(result.epochs, "epoch");
    let time = duration(result.seconds);
    match &result.status {
        Status::Completed => {
            let early = if stopped_early(result) { ", stopped early" } else { "" };
            Some(format!("{label}: {epochs}{early} - {time}{logs}{dir}"))
        }
        Status::Stopped => Some(format!("{label}: stopped after {epochs} - {time}{logs}{dir}")),
        Status::Failed(error) => {
            Some(format!("{label}: {} {error}{dir}", stream.paint(Style::Bad, "failed:")))
        }
        Status::Diverged(error) => Some(format!("{label}: diverged: {error}{dir}")),
        Status::Paused => Some(format!("{label}: paused after {epochs} - {time}{logs}{dir}")),
        Status::Pruned(why) => Some(format!("{label}: pruned after {epochs}: {why}{logs}{dir}")),
        Status::Busy(why) => Some(format!("{label}: left alone: {why}")),
        Status::Skipped => None,
    }
}

/// Whether early stopping ended the run.
fn stopped_early(result: &RunResult) -> bool {
    result.early_stopping.as_ref().is_some_and(|stop| stop.stopped_epoch.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::display::progress::script;

    #[test]
    fn a_line_per_epoch() {
        let mut plain = Epochs::new(Vec::new());
        script::two_epochs(&mut plain);
        insta::assert_snapshot!(String::from_utf8_lossy(&plain.out), @r"
        Epoch 1/2 - 0s - 12ms/step - loss: 0.6000 - accuracy: 0.9000 - val_loss: 0.5000 - val_accuracy: 0.9375
        Epoch 2/2 - 2s - 75ms/step - loss: 0.2000 - accuracy: 0.9000 - val_loss: 9.0000e-04 - val_accuracy: 0.9375
        ");
    }

    #[test]
    fn a_line_per_run() {
        let mut plain = Runs::new(Vec::new(), script::names(), Stream::default());
        script::four_runs(&mut plain);
        insta::assert_snapshot!(String::from_utf8_lossy(&plain.out), @r"
        [1/4] sgd: failed: loss is nan at step 12 - logs/sgd/20261123-210800
        [2/4] adam: 2 epochs - 1.2s - loss: 0.2000 - val_loss: 0.1182 - logs/adam/20261123-210800
        [3/4] rmsprop: 2 epochs - 1.2s - loss: 0.2500 - val_loss: 0.2500 - logs/rmsprop/20261123-210800
        [4/4] adam-with-a-very-long-name-that-says-everything: stopped after 2 epochs - 1.2s - loss: 0.9000 - logs/adam-with-a-very-long-name-that-says-everything/20261123-210800
        ");
    }
}
