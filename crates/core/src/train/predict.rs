//! Prediction: the outputs of a layer of a trained network.

use std::ops::Range;

use crate::model::{Loss, Network};
use crate::train::dataset::Dataset;
use crate::train::executor::{Batch, Executor};
use crate::train::objective::Objective;
use crate::train::samples::SampleLoss;
use kernels::{Arch, ByRows, Matrix, Team};

/// Rows per batch.
const ROWS: usize = 64;

/// The outputs [rows × units] of `network` for some rows of `dataset`; logits by `loss` become probabilities, and values
/// for scaled targets get the unit of the data.
pub fn predict_probabilities(
    network: &Network,
    loss: &Loss,
    dataset: &Dataset,
    rows: Range<usize>,
    threads: usize,
) -> Matrix {
    let mut outputs = predict(network, dataset, rows, network.layers.len() - 1, threads);
    if let Some(link) = loss.link() {
        let n = outputs.rows();
        link.apply(Arch::detect(), outputs.view_mut(n));
    }
    let n = outputs.rows();
    dataset.unscale(outputs.view_mut(n));
    outputs
}

/// The outputs [rows × units] of layer `layer` of `network` for some rows of `dataset`: as in evaluation, with the last
/// activation applied.
pub fn predict(
    network: &Network,
    dataset: &Dataset,
    rows: Range<usize>,
    layer: usize,
    threads: usize,
) -> Matrix {
    // A loss without logits; its value is not used.
    let objective = Objective { loss: &Loss::MeanSquaredError {}, metrics: &[], class_weight: &[] };
    let units = network.layers[layer].outputs;
    let mut outputs = Matrix::zeros(rows.len(), units);
    let rows: Vec<u32> = rows.map(|row| row as u32).collect();
    let mut team = Team::new(threads.min(rows.len().div_ceil(ROWS)));
    let n = outputs.rows();
    team.parallel_for(ByRows(outputs.view_mut(n)), |mut part, from| {
        let mut executor = Executor::new(network, objective, dataset, ROWS, (1, false));
        let mut sample_losses = [SampleLoss::default(); ROWS];
        let batches = rows[from..from + part.0.rows()].chunks(ROWS);
        for (i, batch) in batches.enumerate() {
            let sample_losses = &mut sample_losses[..batch.len()];
            executor.run(network, Batch::outside_training(dataset, batch), sample_losses);
            let made = executor.workspace.view(batch.len());
            let made = made.columns_range(executor.layout.layers[layer].output.clone());
            for r in 0..batch.len() {
                part.0.row(i * ROWS + r)[..units].copy_from_slice(&made.row(r)[..units]);
            }
        }
    });
    outputs
}
