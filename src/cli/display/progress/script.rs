//! Test scripts: runs and a clock for the progress styles, and a small terminal emulator.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::renderer::Renderer;
use crate::sweep::{RunResult, Status, SweepEvent};
use crate::train::{FitEvent, Logs};

pub(crate) fn logs(values: &[(&str, f64)]) -> Logs {
    Logs(values.iter().map(|&(name, value)| (name.to_owned(), value)).collect())
}

pub(crate) fn ended(name: &str, status: Status, last: &[(&str, f64)]) -> RunResult {
    RunResult {
        name: name.into(),
        label: String::new(),
        root: PathBuf::from(format!("logs/{name}/20261123-210800")),
        changes: Vec::new(),
        dir: Some(PathBuf::from(format!("logs/{name}/20261123-210800"))),
        status,
        epochs: 2,
        last: Some(logs(last)),
        best: None,
        early_stopping: None,
        seconds: 1.25,
        trial: None,
        rung: None,
    }
}

pub(crate) fn completed(name: &str, last: &[(&str, f64)]) -> RunResult {
    ended(name, Status::Completed, last)
}

pub(crate) fn failed(name: &str, error: &str) -> RunResult {
    RunResult { last: None, ..ended(name, Status::Failed(error.to_owned()), &[]) }
}

pub(crate) fn names() -> Vec<Arc<str>> {
    ["adam", "sgd", "rmsprop", "adam-with-a-very-long-name-that-says-everything"]
        .map(Arc::from)
        .into()
}

fn tell(style: &mut dyn Renderer, ms: u64, run: usize, event: FitEvent<'_>) {
    style.notice(&SweepEvent::Training { run, event }, Duration::from_millis(ms));
}

fn start(style: &mut dyn Renderer, ms: u64, run: usize) {
    let dir = format!("logs/{}/20261123-210800", names()[run]);
    style.notice(&SweepEvent::Started { run, dir: Path::new(&dir) }, Duration::from_millis(ms));
    tell(style, ms, run, FitEvent::TrainBegin { epochs: 2, steps_per_epoch: 20 });
    tell(style, ms, run, FitEvent::EpochBegin { epoch: 0 });
}

fn finish(style: &mut dyn Renderer, ms: u64, run: usize, result: &RunResult) {
    style.notice(&SweepEvent::Finished { run, result }, Duration::from_millis(ms));
}

/// 20 steps of 10 ms; the loss falls from 1 by 0.02 each.
fn epoch(style: &mut dyn Renderer, from: u64, run: usize, epoch: usize, steps: usize) {
    for done in 1..=steps {
        let step = (epoch * 20 + done) as f64;
        let logs = logs(&[("loss", 1.0 - step * 0.02), ("accuracy", 0.5 + step * 0.01)]);
        let event = FitEvent::BatchEnd { epoch, done, steps_per_epoch: 20, logs: &logs };
        tell(style, from + done as u64 * 10, run, event);
    }
}

/// The end of an epoch, with validation.
fn validated(style: &mut dyn Renderer, ms: u64, run: usize, epoch: usize, val_loss: f64) {
    let logs = logs(&[
        ("loss", 0.6 - epoch as f64 * 0.4),
        ("accuracy", 0.9),
        ("val_loss", val_loss),
        ("val_accuracy", 0.9375),
        ("learning_rate", 0.001),
    ]);
    tell(style, ms, run, FitEvent::EpochEnd { epoch, logs: &logs });
}

/// One run of two epochs from start to end.
pub(crate) fn two_epochs(style: &mut dyn Renderer) {
    start(style, 1000, 0);
    epoch(style, 1000, 0, 0, 20);
    validated(style, 1250, 0, 0, 0.5);
    tell(style, 1250, 0, FitEvent::EpochBegin { epoch: 1 });
    epoch(style, 1250, 0, 1, 20);
    validated(style, 2750, 0, 1, 0.0009);
    finish(style, 2750, 0, &completed("adam", &[("loss", 0.2), ("val_loss", 0.0009)]));
}

/// One run that has got into its first epoch.
pub(crate) fn half_an_epoch(style: &mut dyn Renderer) {
    start(style, 0, 0);
    epoch(style, 0, 0, 0, 15);
}

/// One of four runs is done, one has failed, two train.
pub(crate) fn four_runs_until_the_middle(style: &mut dyn Renderer) {
    start(style, 0, 0);
    start(style, 0, 1);
    epoch(style, 0, 0, 0, 20);
    validated(style, 250, 0, 0, 0.5);
    finish(style, 1000, 1, &failed("sgd", "loss is nan at step 12"));
    start(style, 1000, 2);
    finish(style, 1500, 0, &completed("adam", &[("loss", 0.2), ("val_loss", 0.1182)]));
    start(style, 1500, 3);
    epoch(style, 1500, 3, 0, 5);
    epoch(style, 2000, 2, 0, 20);
    validated(style, 2250, 2, 0, 0.25);
    tell(style, 2300, 2, FitEvent::EpochBegin { epoch: 1 });
    epoch(style, 2300, 2, 1, 10);
}

/// Four runs, one of which fails and one of which is stopped.
pub(crate) fn four_runs(style: &mut dyn Renderer) {
    four_runs_until_the_middle(style);
    finish(style, 3000, 2, &completed("rmsprop", &[("loss", 0.25), ("val_loss", 0.25)]));
    finish(style, 3000, 3, &ended(&names()[3], Status::Stopped, &[("loss", 0.9)]));
}

/// What a user sees of what was written, on a terminal as wide and high as it takes.
pub(crate) fn screen(written: &[u8]) -> String {
    let mut rows: Vec<Vec<char>> = vec![Vec::new()];
    let (mut row, mut column) = (0, 0);
    let text = String::from_utf8_lossy(written);
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\n' => (row, column) = (row + 1, 0),
            '\r' => column = 0,
            '\x1b' => match code(&mut rest) {
                (n, 'A') => row -= n,
                (_, 'K') => rows[row].truncate(column),
                (_, 'J') => {
                    rows.truncate(row + 1);
                    rows[row].truncate(column);
                }
                other => panic!("no such code: {other:?}"),
            },
            c => {
                let length = rows[row].len().max(column + 1);
                rows[row].resize(length, ' ');
                rows[row][column] = c;
                column += 1;
            }
        }
        rows.resize(rows.len().max(row + 1), Vec::new());
    }
    let lines = rows.iter().map(|row| row.iter().collect::<String>().trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// The number and the letter of `[12A`; the number may be missing.
fn code(rest: &mut std::str::Chars<'_>) -> (usize, char) {
    assert_eq!(rest.next(), Some('['));
    let mut number = 0;
    for c in rest {
        match c.to_digit(10) {
            Some(digit) => number = number * 10 + digit as usize,
            None => return (number, c),
        }
    }
    panic!("an escape code without an end")
}
