//! The objective of a search, and its values in a history.

use serde::{Deserialize, Serialize};

use super::history::History;

/// The number that a search makes small or great.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objective {
    /// Its name in the history.
    pub name: String,
    /// Whether greater is better.
    pub rises: bool,
    /// Whether the best epoch counts, not the last.
    pub at_best: bool,
}

impl Objective {
    /// The value of a history, not a number if the run diverged; none without a column of the name.
    pub fn value(&self, history: &History) -> Option<f64> {
        Some(self.values(history)?.last().copied().unwrap_or(f64::NAN))
    }

    /// The value that a run has if it ends after its first, second, ... epoch.
    pub fn values(&self, history: &History) -> Option<Vec<f64>> {
        let column = history.columns.iter().position(|column| *column == self.name)?;
        let values = history.epochs.iter().filter_map(|(_, numbers)| numbers.get(column)).copied();
        if !self.at_best {
            return Some(values.collect());
        }
        let better = |best: &mut f64, value: f64| {
            *best = if self.rises { best.max(value) } else { best.min(value) };
            Some(*best)
        };
        Some(values.scan(f64::NAN, better).collect())
    }

    /// Whether `value` is better than `other`.
    pub fn improves(&self, value: f64, other: f64) -> bool {
        if self.rises { other < value } else { value < other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_or_the_best_epoch_counts() {
        let history = |numbers: &[f64]| History {
            columns: vec!["loss".to_owned(), "acc".to_owned()],
            epochs: numbers.iter().map(|x| (0, vec![0.0, *x])).collect(),
        };
        let objective =
            |name: &str, at_best| Objective { name: name.to_owned(), rises: true, at_best };
        let numbers = history(&[0.1, 0.7, 0.5]);
        assert_eq!(objective("acc", false).value(&numbers), Some(0.5));
        assert_eq!(objective("acc", true).value(&numbers), Some(0.7));
        assert_eq!(objective("acc", true).values(&numbers), Some(vec![0.1, 0.7, 0.7]));
        assert_eq!(objective("auc", true).value(&numbers), None);
        let diverged = history(&[0.1, f64::NAN]);
        assert!(objective("acc", false).value(&diverged).unwrap().is_nan());
        assert_eq!(objective("acc", true).value(&diverged), Some(0.1));
        assert!(objective("acc", true).value(&history(&[])).unwrap().is_nan());
    }
}
