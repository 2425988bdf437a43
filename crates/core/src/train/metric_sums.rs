//! The sums that metrics are made of, side by side in one list; accuracy, which is counted with the
//! loss, has none.

use std::ops::Range;

use crate::kernels::Arch;
use crate::model::{BatchOutputs, NamedMetric};

/// Which sums belong to which metric.
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

    /// Number of sums; without any, no answers are looked at.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Adds some rows to `sums`.
    pub(super) fn add(&self, arch: Arch, batch: BatchOutputs<'_>, sums: &mut [f64]) {
        for (metric, range) in self.metrics.iter().filter(|(_, range)| !range.is_empty()) {
            metric.add(arch, batch, &mut sums[range.clone()]);
        }
    }

    /// The name and the value of each metric after `rows` rows with these sums, of which `correct` were
    /// classified right.
    pub(super) fn values<'a>(
        &'a self,
        sums: &'a [f64],
        rows: f64,
        correct: f64,
    ) -> impl Iterator<Item = (&'static str, f64)> + 'a {
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
