//! The objective of a search, and its value in a history.

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
        let column = history.columns.iter().position(|column| *column == self.name)?;
        let values = history.epochs.iter().filter_map(|(_, numbers)| numbers.get(column)).copied();
        let value = match (self.at_best, self.rises) {
            (false, _) => values.last(),
            (true, false) => values.filter(|value| !value.is_nan()).min_by(f64::total_cmp),
            (true, true) => values.filter(|value| !value.is_nan()).max_by(f64::total_cmp),
        };
        Some(value.unwrap_or(f64::NAN))
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
        assert_eq!(objective("auc", true).value(&numbers), None);
        let diverged = history(&[0.1, f64::NAN]);
        assert!(objective("acc", false).value(&diverged).unwrap().is_nan());
        assert_eq!(objective("acc", true).value(&diverged), Some(0.1));
        assert!(objective("acc", true).value(&history(&[])).unwrap().is_nan());
    }
}
