//! What a trained network is worth on rows: the loss and the metrics, as after an epoch.

use std::ops::Range;

use crate::model::Network;
use crate::train::engine::Engine;
use crate::train::feed::Feed;
use crate::train::goal::Goal;
use crate::train::{Logs, fit};

/// `loss` and the metrics of `network` on some rows of `feed`; the threads change no bit.
pub fn evaluate(
    network: &Network,
    goal: Goal<'_>,
    feed: &Feed,
    rows: Range<usize>,
    threads: usize,
) -> Logs {
    let mut engine = Engine::new(network, goal, feed, 1, threads);
    let score = engine.evaluate(network, feed, rows.start, rows.end);
    let mut logs = Logs::default();
    fit::write(&mut logs, &engine, "", &score);
    logs
}
