//! The sums of all metrics, side by side in a list. Accuracy has no sum: the loss counts correct rows.

use std::ops::Range;

use crate::model::{BatchOutputs, NamedMetric};
use kernels::Arch;

/// The metrics with their ranges in the list, and the names of their numbers.
pub(super) struct MetricSums {
    metrics: Vec<(NamedMetric, Range<usize>, Vec<String>)>,
    size: usize,
}

impl MetricSums {
    /// For a network with `outputs` outputs.
    pub(super) fn new(metrics: &[NamedMetric], outputs: usize) -> MetricSums {
        let mut size = 0;
        let place = |metric: &NamedMetric| {
            let start = size;
            size += metric.sums(outputs);
            (metric.clone(), start..size, metric.names())
        };
        MetricSums { metrics: metrics.iter().map(place).collect(), size }
    }

    /// Number of sums; with 0, no outputs are read.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Adds some rows to `sums`.
    pub(super) fn add(&self, arch: Arch, batch: BatchOutputs<'_>, sums: &mut [f64]) {
        for (metric, range, _) in self.metrics.iter().filter(|(_, range, _)| !range.is_empty()) {
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
        self.metrics.iter().flat_map(move |(metric, range, names)| {
            let sums = sums.get(range.clone()).unwrap_or_default();
            let value = move |at: usize| {
                if sums.is_empty() && !range.is_empty() {
                    0.0
                } else {
                    metric.value(at, sums, rows, correct)
                }
            };
            names.iter().enumerate().map(move |(at, name)| (&**name, value(at)))
        })
    }
}
