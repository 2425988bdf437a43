//! Metrics that are the mean of a number of each row: accuracies, and losses as metrics.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::batch_outputs::BatchOutputs;
use crate::model::{Activation, Loss};
use kernels::{Arch, Matrix, argmax};

/// How many outputs count as an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopK {
    /// How many of the greatest outputs count.
    #[serde(default = "five")]
    #[schemars(range(min = 1))]
    pub k: usize,
}

fn five() -> usize {
    5
}

/// A number of each row.
pub(super) enum RowMean {
    /// 1 where argmax y = argmax t
    Categorical,
    /// 1 where fewer than k outputs are greater than that of the class
    Top { k: usize },
    /// The share of the outputs with (y > threshold) = t
    Binary { threshold: f32 },
    /// A loss, times a factor.
    Loss(Loss, f64),
}

impl RowMean {
    /// The weighted sum over some rows, from the first to the last.
    pub(super) fn sum(&self, arch: Arch, batch: BatchOutputs<'_>) -> f64 {
        if let RowMean::Loss(loss, factor) = self {
            return factor * sum_losses(arch, loss, batch);
        }
        let BatchOutputs { outputs, targets, .. } = batch;
        let n = outputs.cols();
        let row = |r: usize| self.row(&outputs.row(r)[..n], &targets.row(r)[..n]);
        (0..outputs.rows()).map(|r| batch.weight(r) * row(r)).sum()
    }

    fn row(&self, y: &[f32], t: &[f32]) -> f64 {
        let one_if = |yes: bool| f64::from(u8::from(yes));
        match *self {
            RowMean::Categorical => one_if(argmax(y) == argmax(t)),
            RowMean::Top { k } => {
                let answer = y[argmax(t)];
                one_if(answer.is_finite() && y.iter().filter(|y| answer < **y).count() < k)
            }
            RowMean::Binary { threshold } => {
                let right = |(y, t): (&f32, &f32)| one_if(threshold < *y) == f64::from(*t);
                y.iter().zip(t).filter(|pair| right(*pair)).count() as f64 / y.len() as f64
            }
            RowMean::Loss(..) => 0.0,
        }
    }
}

fn sum_losses(arch: Arch, loss: &Loss, batch: BatchOutputs<'_>) -> f64 {
    let BatchOutputs { outputs, logits, targets, binary, .. } = batch;
    let (rows, n) = (outputs.rows(), outputs.cols());
    let (kernel, outputs) = match logits {
        Some((logits, activation)) if loss.is_crossentropy_of_logits() => {
            (loss.kernel_after(activation).0, logits)
        }
        _ => (loss.kernel_after(Activation::Linear).0, outputs),
    };
    let (factor, shift) = loss.smoothing(n, binary);
    let mut wanted = Matrix::zeros(rows, n);
    for r in 0..rows {
        let wanted = wanted.row_mut(r)[..n].iter_mut().zip(targets.row(r));
        wanted.for_each(|(wanted, t)| *wanted = t.mul_add(factor, shift));
    }
    let (mut slopes, mut losses) = (Matrix::zeros(rows, n), vec![0.0; rows]);
    let slopes = slopes.view_mut(rows);
    kernel.apply(arch, outputs, wanted.view(rows), 0.0, slopes, &mut losses);
    losses.into_iter().enumerate().map(|(r, loss)| batch.weight(r) * f64::from(loss)).sum()
}
