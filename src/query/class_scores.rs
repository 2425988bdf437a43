//! Precision, recall, F1 and support of each class, from a confusion matrix.

/// Precision, recall and their harmonic mean for a class, 0 where there is nothing to divide by, as
/// scikit-learn's classification report has them; and how often the class occurs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassScores {
    /// Of the rows that are said to be of the class, how many are.
    pub precision: f64,
    /// Of the rows that are of the class, how many are said to be.
    pub recall: f64,
    /// 2 precision recall / (precision + recall).
    pub f1: f64,
    /// Rows that are of the class.
    pub support: u64,
}

impl ClassScores {
    /// Of each class; `confusion` has a row for what a class is, a column for what is said.
    pub fn of(confusion: &[Vec<u64>]) -> Vec<ClassScores> {
        let share = |a: u64, b: u64| if b == 0 { 0.0 } else { a as f64 / b as f64 };
        let score = |class: usize| {
            let support = confusion[class].iter().sum();
            let said = confusion.iter().map(|row| row[class]).sum();
            let right = confusion[class][class];
            let (precision, recall) = (share(right, said), share(right, support));
            let both = precision + recall;
            let f1 = if both == 0.0 { 0.0 } else { 2.0 * precision * recall / both };
            ClassScores { precision, recall, f1, support }
        };
        (0..confusion.len()).map(score).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_that_never_occurs_scores_nothing() {
        let scores = ClassScores::of(&[vec![3, 1, 0], vec![0, 2, 0], vec![0, 0, 0]]);
        assert_eq!(
            scores[0],
            ClassScores { precision: 1.0, recall: 0.75, f1: 6.0 / 7.0, support: 4 }
        );
        assert_eq!(scores[1].precision, 2.0 / 3.0);
        assert_eq!(scores[2], ClassScores { precision: 0.0, recall: 0.0, f1: 0.0, support: 0 });
    }
}
