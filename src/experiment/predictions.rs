//! The predictions of a network for rows of a data set: classes with probabilities, or values. Also
//! the counts of a confusion matrix, and the worst mistakes.

use std::ops::Range;

use crate::kernels::{Matrix, argmax};
use crate::model::{Loss, Network};
use crate::train::{Dataset, predict_probabilities};

/// The prediction for one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The predicted class; none for real values.
    pub class: Option<usize>,
    /// The probability of each class, or the values.
    pub outputs: Vec<f32>,
    /// The standard deviation of each output among several networks; empty for one network.
    pub deviations: Vec<f32>,
}

/// The predictions for some rows of a data set. Rows are counted from the first of them.
pub(super) struct Predictions<'a> {
    pub(super) dataset: &'a Dataset,
    /// The number of row 0 in the data set.
    pub(super) from: usize,
    /// Number of classes; none for real values.
    classes: Option<usize>,
    /// Rows × outputs: probabilities, or values.
    outputs: Matrix,
}

impl<'a> Predictions<'a> {
    /// Predicts `rows` of `dataset`, with this many classes. `loss` tells whether the outputs are
    /// logits; logits become probabilities here.
    pub(super) fn new(
        network: &Network,
        loss: &Loss,
        dataset: &'a Dataset,
        rows: Range<usize>,
        classes: Option<usize>,
        threads: usize,
    ) -> Predictions<'a> {
        let from = rows.start;
        let outputs = predict_probabilities(network, loss, dataset, rows, threads);
        // A single output separates two classes, and is a value for more classes.
        let classes = classes.filter(|classes| 1 < outputs.cols() || *classes == 2);
        Predictions { dataset, from, classes, outputs }
    }

    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        self.outputs.rows()
    }

    /// Number of classes; none for real values.
    pub(super) fn classes(&self) -> Option<usize> {
        self.classes
    }

    /// Number of outputs.
    pub(super) fn width(&self) -> usize {
        self.outputs.cols()
    }

    /// The outputs for row `r`.
    pub(super) fn row(&self, r: usize) -> &[f32] {
        &self.outputs.row(r)[..self.outputs.cols()]
    }

    /// The probability of `class` for row `r`.
    pub(super) fn probability(&self, r: usize, class: usize) -> f32 {
        match (self.row(r), class) {
            ([y], 0) => 1.0 - y,
            ([y], _) => *y,
            (outputs, class) => outputs[class],
        }
    }

    /// The predicted class of row `r`.
    pub(super) fn predicted(&self, r: usize) -> usize {
        match self.row(r) {
            [y] => usize::from(0.5 < *y),
            outputs => argmax(outputs),
        }
    }

    /// The true class of row `r`.
    pub(super) fn label(&self, r: usize) -> usize {
        self.dataset.class((self.from + r) as u32).unwrap_or(0)
    }

    /// The prediction for row `r`.
    pub(super) fn prediction(&self, r: usize) -> Prediction {
        let (class, outputs) = match self.classes {
            None => (None, self.row(r).to_vec()),
            Some(classes) => (
                Some(self.predicted(r)),
                (0..classes).map(|class| self.probability(r, class)).collect(),
            ),
        };
        Prediction { class, outputs, deviations: Vec::new() }
    }

    /// For each true class, the number of rows of each predicted class; none for real values.
    pub(super) fn confusion(&self) -> Option<Vec<Vec<u64>>> {
        let n = self.classes?;
        let mut counts = vec![vec![0; n]; n];
        (0..self.rows()).for_each(|r| counts[self.label(r)][self.predicted(r)] += 1);
        Some(counts)
    }

    /// At most `n` rows with wrong predictions, those of the highest probability first.
    pub(super) fn worst_mistakes(&self, n: usize) -> Vec<usize> {
        let probability = |r: usize| self.probability(r, self.predicted(r));
        let mut wrong: Vec<usize> =
            (0..self.rows()).filter(|r| self.predicted(*r) != self.label(*r)).collect();
        wrong.sort_by(|a, b| probability(*b).total_cmp(&probability(*a)));
        wrong.truncate(n);
        wrong
    }
}
