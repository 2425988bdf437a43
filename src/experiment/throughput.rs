//! How fast a run trains; it is logged, and changes nothing.

use std::time::Instant;

/// When the epoch and the batch under way began.
pub(super) struct Throughput {
    epoch: Instant,
    batch: Instant,
    /// Steps of the training at the beginning of the epoch, or of this process.
    steps: u64,
}

impl Throughput {
    /// From now on, after `steps` steps.
    pub(super) fn new(steps: u64) -> Throughput {
        let now = Instant::now();
        Throughput { epoch: now, batch: now, steps }
    }

    /// The batch under way is done: steps per second, if all were like it.
    pub(super) fn batch(&mut self) -> f64 {
        let now = Instant::now();
        let took = now - std::mem::replace(&mut self.batch, now);
        1.0 / took.as_secs_f64().max(1e-9)
    }

    /// The epoch is done after `steps` steps: steps per second, validation included.
    pub(super) fn epoch(&self, steps: u64) -> f64 {
        (steps - self.steps) as f64 / self.epoch.elapsed().as_secs_f64().max(1e-9)
    }
}
