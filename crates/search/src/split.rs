//! The good trials and the others, each with its weight in a Parzen estimator.
//!
//! Good are the best 15 %. They weigh as much as they improve on the best of the others, so that the search follows
//! the expected improvement and not only its probability; of the others, old ones weigh less. Both are settings that
//! [Watanabe 2023](https://arxiv.org/abs/2304.11127) found good: a linear quantile, and weights by expected
//! improvement.

use crate::parzen::Weighted;
use crate::trial::{Outcome, Trial};

/// The largest number of good trials.
const MAX_GOOD: usize = 25;
/// Trials of full weight among the others; older ones weigh less.
const FULL_WEIGHT: usize = 25;

/// The points of the good trials and of the others, both oldest first.
pub(crate) fn split(trials: &[Trial]) -> [Vec<Weighted<'_>>; 2] {
    let value = |at: usize| trials[at].outcome.value();
    let mut known: Vec<usize> =
        (0..trials.len()).filter(|&at| trials[at].outcome != Outcome::Pending).collect();
    let n_good = (3 * known.len()).div_ceil(20).min(MAX_GOOD);
    // Stable: of equals, the earlier trial is better.
    known.sort_by(|&a, &b| value(a).total_cmp(&value(b)));
    let threshold = known.get(n_good).map_or(f64::INFINITY, |&at| value(at));
    let mut good = known[..n_good].to_vec();
    good.sort_unstable();
    let others: Vec<usize> =
        (0..trials.len()).filter(|at| good.binary_search(at).is_err()).collect();
    let values: Vec<f64> = good.iter().map(|&at| value(at)).collect();
    let weighted = |chosen: &[usize], weights: Vec<f64>| {
        chosen.iter().map(|&at| &trials[at].point).zip(weights).collect()
    };
    [weighted(&good, by_improvement(&values, threshold)), weighted(&others, by_age(others.len()))]
}

/// How much values are below a threshold, as shares of the mean; all 1 if that is no positive number.
fn by_improvement(values: &[f64], threshold: f64) -> Vec<f64> {
    let improvements = values.iter().map(|value| threshold - value);
    let mean = improvements.clone().sum::<f64>() / values.len() as f64;
    if mean.is_finite() && 0.0 < mean {
        improvements.map(|improvement| improvement / mean).collect()
    } else {
        vec![1.0; values.len()]
    }
}

/// The weights of `n` trials, oldest first: 1 for the newest, less with age.
fn by_age(n: usize) -> Vec<f64> {
    let ramp = n.saturating_sub(FULL_WEIGHT);
    let least = 1.0 / n.max(1) as f64;
    let rise = (1.0 - least) / ramp.saturating_sub(1).max(1) as f64;
    (0..n).map(|at| if at < ramp { least + rise * at as f64 } else { 1.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `optuna.samplers._tpe.parzen_estimator.default_weights` of 27 trials.
    #[test]
    fn old_trials_weigh_less() {
        let weights = by_age(27);
        assert!((weights[0] - 1.0 / 27.0).abs() < 1e-12);
        assert!(weights[1..].iter().all(|weight| (weight - 1.0).abs() < 1e-12));
    }

    #[test]
    fn good_trials_weigh_by_their_improvement() {
        let outcomes = [4.0, 1.0, 7.0, 3.0, 9.0, 8.0, 6.0].map(Outcome::Value);
        let mut trials: Vec<Trial> =
            outcomes.map(|outcome| Trial { point: vec![], outcome }).into();
        trials.insert(2, Trial { point: vec![], outcome: Outcome::Pending });
        let weights = |rows: &[Weighted<'_>]| rows.iter().map(|row| row.1).collect::<Vec<_>>();
        // Of seven values two are good, 1 and 3; the best of the others is 4.
        let [good, others] = split(&trials);
        assert_eq!((weights(&good), others.len()), (vec![1.5, 0.5], 6));
        // Nothing improves on equals, and nothing is known of improvements on a diverged trial.
        assert_eq!(by_improvement(&[2.0, 2.0], 2.0), [1.0, 1.0]);
        assert_eq!(by_improvement(&[2.0, 1.0], f64::INFINITY), [1.0, 1.0]);
        assert_eq!(by_improvement(&[f64::INFINITY; 2], f64::INFINITY), [1.0, 1.0]);
        assert_eq!(by_improvement(&[-f64::MAX, -f64::MAX], f64::MAX), [1.0, 1.0]);
    }
}
