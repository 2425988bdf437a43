//! The predictions for rows with their true values: what confusion, calibration and out-of-fold files are
//! made of.

use crate::experiment::predictions::{Prediction, Predictions};
use crate::kernels::argmax;

/// The predictions for rows, with their true values.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// The number of each row in its file, from 0.
    pub rows: Vec<u32>,
    truth: Truth,
    /// Rows × width: the probability of each class, or the values.
    outputs: Vec<f32>,
    width: usize,
}

/// The true values of rows.
#[derive(Clone, Debug, PartialEq)]
enum Truth {
    /// A class for each row.
    Classes(Vec<u32>),
    /// Real values, rows × width.
    Values(Vec<f32>),
}

impl Answers {
    /// The answers of `predictions`; `number` is the number in its file of a row of the data set.
    pub(super) fn of(predictions: &Predictions<'_>, number: impl Fn(usize) -> usize) -> Answers {
        let rows = 0..predictions.rows();
        let place = |r: usize| predictions.from + r;
        let outputs = rows.clone().flat_map(|r| predictions.prediction(r).outputs).collect();
        let truth = match predictions.classes() {
            Some(_) => Truth::Classes(rows.clone().map(|r| predictions.label(r) as u32).collect()),
            None => Truth::Values(rows.clone().flat_map(|r| values(predictions, r)).collect()),
        };
        let width = predictions.classes().unwrap_or(predictions.width());
        let rows = rows.map(|r| number(place(r)) as u32).collect();
        Answers { rows, truth, outputs, width }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The number of classes; none for real values.
    pub fn classes(&self) -> Option<usize> {
        matches!(self.truth, Truth::Classes(_)).then_some(self.width)
    }

    /// The probability of each class for the row at `place`, or the values.
    pub fn outputs(&self, place: usize) -> &[f32] {
        &self.outputs[place * self.width..][..self.width]
    }

    /// The true class of the row at `place`; none for real values.
    pub fn class(&self, place: usize) -> Option<usize> {
        match &self.truth {
            Truth::Classes(classes) => Some(classes[place] as usize),
            Truth::Values(_) => None,
        }
    }

    /// The true values of the row at `place`; none for classes.
    pub fn values(&self, place: usize) -> Option<&[f32]> {
        match &self.truth {
            Truth::Classes(_) => None,
            Truth::Values(values) => values.get(place * self.width..(place + 1) * self.width),
        }
    }

    /// The class of the highest probability for the row at `place`.
    pub fn predicted(&self, place: usize) -> usize {
        argmax(self.outputs(place))
    }

    /// The prediction for the row at `place`.
    pub fn prediction(&self, place: usize) -> Prediction {
        let class = self.classes().map(|_| self.predicted(place));
        Prediction { class, outputs: self.outputs(place).to_vec(), deviations: Vec::new() }
    }

    /// For each true class, the number of rows of each predicted class; none for real values.
    pub fn confusion(&self) -> Option<Vec<Vec<u64>>> {
        let n = self.classes()?;
        let mut counts = vec![vec![0; n]; n];
        for place in 0..self.len() {
            counts[self.class(place)?][self.predicted(place)] += 1;
        }
        Some(counts)
    }

    /// The answers of several networks for different rows, in the order of the rows.
    pub(super) fn joined(all: &[Answers]) -> Option<Answers> {
        let first = all.first()?;
        let mut places: Vec<(u32, usize, usize)> = Vec::new();
        for (at, answers) in all.iter().enumerate() {
            places.extend(answers.rows.iter().enumerate().map(|(place, row)| (*row, at, place)));
        }
        places.sort_unstable();
        let each = || places.iter().map(|(_, at, place)| (&all[*at], *place));
        let truth = match &first.truth {
            Truth::Classes(_) => {
                let class = |(answers, place): (&Answers, usize)| answers.class(place);
                Truth::Classes(each().filter_map(class).map(|class| class as u32).collect())
            }
            Truth::Values(_) => {
                let values = |(answers, place): (&Answers, usize)| {
                    answers.values(place).map(<[f32]>::to_vec)
                };
                Truth::Values(each().filter_map(values).flatten().collect())
            }
        };
        let outputs = each().flat_map(|(answers, place)| answers.outputs(place).to_vec()).collect();
        let rows = places.iter().map(|(row, ..)| *row).collect();
        Some(Answers { rows, truth, outputs, width: first.width })
    }

    /// The mean answers of several networks for the same rows.
    pub(super) fn mean(all: &[Answers]) -> Option<Answers> {
        let first = all.first()?;
        let outputs = (0..first.outputs.len()).map(|at| {
            let sum: f64 = all.iter().map(|answers| f64::from(answers.outputs[at])).sum();
            (sum / all.len() as f64) as f32
        });
        Some(Answers { outputs: outputs.collect(), ..first.clone() })
    }
}

/// The true values of row `r`; of a class with a single output its number.
fn values(predictions: &Predictions<'_>, r: usize) -> Vec<f32> {
    let row = predictions.from + r;
    match predictions.dataset.values(row) {
        Some(values) => values.to_vec(),
        None => vec![predictions.label(r) as f32],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Calibration;

    fn answers(rows: &[u32], classes: &[u32], first: &[f32]) -> Answers {
        Answers {
            rows: rows.to_vec(),
            truth: Truth::Classes(classes.to_vec()),
            outputs: first.iter().flat_map(|p| [*p, 1.0 - p]).collect(),
            width: 2,
        }
    }

    #[test]
    fn folds_are_joined_in_the_order_of_the_rows() {
        let all = [answers(&[0, 3], &[0, 1], &[0.9, 0.8]), answers(&[1, 2], &[1, 0], &[0.25, 0.6])];
        let joined = Answers::joined(&all).unwrap();
        assert_eq!(joined, answers(&[0, 1, 2, 3], &[0, 1, 0, 1], &[0.9, 0.25, 0.6, 0.8]));
        assert_eq!(joined.confusion().unwrap(), [[2, 0], [1, 1]]);
        let again = answers(&[0, 3], &[0, 1], &[0.7, 0.6]);
        let mean = Answers::mean(&[all[0].clone(), again]).unwrap();
        assert!((mean.outputs(0)[0] - 0.8).abs() < 1e-6 && (mean.outputs(1)[1] - 0.3).abs() < 1e-6);
    }

    #[test]
    fn calibration_compares_probabilities_with_shares() {
        // Confidence 0.75 and one of two right; confidence 1, right.
        let found = answers(&[0, 1, 2], &[0, 1, 1], &[0.75, 0.75, 0.0]);
        let Calibration { error, bins } = Calibration::of(&found).unwrap();
        let shares: Vec<_> =
            bins.iter().map(|bin| (bin.rows, bin.confidence, bin.accuracy)).collect();
        assert_eq!(shares, [(2, 0.75, 0.5), (1, 1.0, 1.0)]);
        assert!((error - 0.25 * 2.0 / 3.0).abs() < 1e-12);
    }
}
