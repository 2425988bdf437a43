//! Evaluation of a trained network: loss and metrics, as after an epoch.

use std::ops::Range;

use crate::model::Network;
use crate::train::dataset::Dataset;
use crate::train::engine::Engine;
use crate::train::objective::Objective;
use crate::train::{Logs, fit};

/// `loss` and the metrics of `network` on some rows of `dataset`; the threads change no bit.
pub fn evaluate(
    network: &Network,
    objective: Objective<'_>,
    dataset: &Dataset,
    rows: Range<usize>,
    threads: usize,
) -> Logs {
    let mut engine = Engine::new(network, objective, dataset, 1, threads);
    let metrics = engine.evaluate(network, dataset, rows.start, rows.end);
    let mut logs = Logs::default();
    fit::write(&mut logs, &engine, "", &metrics);
    logs
}
