//! The median rule: a trial stops if its best value so far is worse than the median of the earlier trials at the
//! same epoch.
//!
//! The rule of Vizier ([Golovin 2017](https://doi.org/10.1145/3097983.3098043), section 3.2.2) with the settings of
//! Optuna's `MedianPruner`.

/// The settings of the median rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Median {
    /// No trial is stopped before so many have been trained to their end.
    pub startup_trials: usize,
    /// No trial is stopped in its first epochs.
    pub warmup_epochs: usize,
    /// The epochs from one check to the next, above 0.
    pub interval_epochs: usize,
    /// A check needs so many values of earlier trials, above 0.
    pub min_trials: usize,
}

impl Median {
    /// The epochs after which a trial of `max_epochs` is checked.
    pub fn checks(&self, max_epochs: usize) -> impl Iterator<Item = usize> + use<> {
        (self.warmup_epochs + 1..max_epochs).step_by(self.interval_epochs)
    }

    /// The median at epoch `epochs` (from 1) of the earlier trials that were trained to their end, each with its
    /// values by epoch; none if they are too few.
    pub fn threshold(&self, epochs: usize, earlier: &[Vec<f64>]) -> Option<f64> {
        if earlier.len() < self.startup_trials.max(1) {
            return None;
        }
        let at = |curve: &Vec<f64>| curve.get(epochs - 1).copied().filter(|value| !value.is_nan());
        let mut values: Vec<f64> = earlier.iter().filter_map(at).collect();
        if values.len() < self.min_trials.max(1) {
            return None;
        }
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        Some(if values.len().is_multiple_of(2) {
            (values[middle - 1] + values[middle]) / 2.0
        } else {
            values[middle]
        })
    }

    /// Whether a trial with these values so far, smaller being better, stops at a threshold.
    pub fn prunes(curve: &[f64], threshold: f64) -> bool {
        let best = curve.iter().copied().filter(|value| !value.is_nan()).reduce(f64::min);
        best.is_none_or(|best| threshold < best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEDIAN: Median =
        Median { startup_trials: 2, warmup_epochs: 1, interval_epochs: 2, min_trials: 2 };

    #[test]
    fn checks_begin_after_the_warmup() {
        assert_eq!(MEDIAN.checks(7).collect::<Vec<_>>(), [2, 4, 6]);
        assert_eq!(MEDIAN.checks(2).count(), 0);
    }

    /// Values of `numpy.nanpercentile(values, 50)`, by which Optuna decides.
    #[test]
    fn thresholds_are_medians_of_enough_trials() {
        let curves =
            |ends: &[f64]| ends.iter().map(|end| vec![9.0, *end]).collect::<Vec<Vec<f64>>>();
        assert_eq!(MEDIAN.threshold(2, &curves(&[1.0])), None);
        assert_eq!(MEDIAN.threshold(2, &curves(&[1.0, 4.0])), Some(2.5));
        assert_eq!(MEDIAN.threshold(2, &curves(&[5.0, 1.0, 4.0])), Some(4.0));
        assert_eq!(MEDIAN.threshold(2, &curves(&[5.0, f64::NAN])), None);
        assert_eq!(MEDIAN.threshold(3, &curves(&[5.0, 1.0, 4.0])), None);
    }

    #[test]
    fn the_best_value_so_far_counts() {
        assert!(!Median::prunes(&[3.0, 1.0, 9.0], 1.0), "an equal value goes on");
        assert!(Median::prunes(&[3.0, 1.5, f64::NAN], 1.0));
        assert!(Median::prunes(&[f64::NAN], 1.0));
    }
}
