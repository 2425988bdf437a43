//! The sums of all metrics, side by side in a list. Accuracy has no sum: the loss counts correct rows.

use std::ops::Range;

use crate::model::{BatchOutputs, NamedMetric};
use kernels::Arch;

/// The metrics and their ranges in the list.
pub(super) struct MetricSums {
    metrics: Vec<(NamedMetric, Range<usize>)>,
    size: usize,
}

impl MetricSums {
    /// For a network with `outputs` outputs.
    pub(super) fn new(metrics: &[NamedMetric], outputs: usize) -> MetricSums {
        let mut size = 0;
        let place = |metric: &NamedMetric| {
            let start = size;
            size += metric.sums(outputs);
            (metric.clone(), start..size)
        };
        MetricSums { metrics: metrics.iter().map(place).collect(), size }
    }

    /// Number of sums; with 0, no outputs are read.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Adds some rows to `sums`.
    pub(super) fn add(&self, arch: Arch, batch: BatchOutputs<'_>, sums: &mut [f64]) {
        for (metric, range) in self.metrics.iter().filter(|(_, range)| !range.is_empty()) {
            metric.add(arch, batch, &mut sums[range.clone()]);
        }
    }

    /// Name and value of each metric after `rows` rows with these sums, `correct` of them classified right.
    pub(super) fn values<'a>(
        &'a self,
        sums: &'a [f64],
        rows: f64,
        correct: f64,
    ) -> impl Iterator<Item = (&'a str, f64)> + 'a {
        self.metrics.iter().map(move |(metric, range)| {
            let sums = sums.get(range.clone()).unwrap_or_default();
            let value = if sums.is_empty() && !range.is_empty() {
                0.0
            } else {
                metric.value(sums, rows, correct)
            };
            (metric.name(), value)
        })
    }
}
