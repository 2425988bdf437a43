//! The training speed of a run, for logging only.

use std::time::Instant;

/// The start times of the current epoch and batch.
pub(super) struct Throughput {
    epoch: Instant,
    batch: Instant,
    /// Steps of the training at the start of the epoch, or of this process.
    steps: u64,
}

impl Throughput {
    /// Starts now, after `steps` steps.
    pub(super) fn new(steps: u64) -> Throughput {
        let now = Instant::now();
        Throughput { epoch: now, batch: now, steps }
    }

    /// Ends the current batch. Returns the steps per second at the speed of this batch.
    pub(super) fn batch(&mut self) -> f64 {
        let now = Instant::now();
        let took = now - std::mem::replace(&mut self.batch, now);
        1.0 / took.as_secs_f64().max(1e-9)
    }

    /// Ends the epoch after `steps` steps. Returns the steps per second, validation included.
    pub(super) fn epoch(&self, steps: u64) -> f64 {
        (steps - self.steps) as f64 / self.epoch.elapsed().as_secs_f64().max(1e-9)
    }
}
