//! What a trained network makes of rows: the outputs of one of its layers; it judges nothing.

use std::ops::Range;

use crate::kernels::{Arch, ByRows, Matrix, Team};
use crate::model::{Loss, Network};
use crate::train::feed::Feed;
use crate::train::goal::Goal;
use crate::train::pass::{Batch, Pass};
use crate::train::rows::RowScore;

/// Rows that pass at a time.
const ROWS: usize = 64;

/// The outputs (rows × units) of `network` for some rows of `feed`, as probabilities where `loss`
/// takes them for logits.
pub fn predict_probabilities(
    network: &Network,
    loss: &Loss,
    feed: &Feed,
    rows: Range<usize>,
    threads: usize,
) -> Matrix {
    let mut outputs = predict(network, feed, rows, network.layers.len() - 1, threads);
    if let Some(link) = loss.link() {
        let n = outputs.rows();
        link.apply(Arch::detect(), outputs.view_mut(n));
    }
    outputs
}

/// The outputs (rows × units) of layer `layer` of `network` for some rows of `feed`, as they are
/// after training: nothing random, and the last activation applied.
pub fn predict(
    network: &Network,
    feed: &Feed,
    rows: Range<usize>,
    layer: usize,
    threads: usize,
) -> Matrix {
    // A loss that takes the outputs as they are; its value is not used.
    let goal = Goal { loss: &Loss::MeanSquaredError {}, metrics: &[], class_weight: &[] };
    let units = network.layers[layer].outputs;
    let mut outputs = Matrix::zeros(rows.len(), units);
    let rows: Vec<u32> = rows.map(|row| row as u32).collect();
    let mut team = Team::new(threads.min(rows.len().div_ceil(ROWS)));
    let n = outputs.rows();
    team.parallel_for(ByRows(outputs.view_mut(n)), |mut part, from| {
        let mut pass = Pass::new(network, goal, feed, ROWS, (1, false));
        let mut scores = [RowScore::default(); ROWS];
        let batches = rows[from..from + part.0.rows()].chunks(ROWS);
        for (i, batch) in batches.enumerate() {
            let scores = &mut scores[..batch.len()];
            pass.run(network, Batch::outside_training(feed, batch), scores);
            let made = pass.pages.view(batch.len());
            let made = made.columns_range(pass.layout.layers[layer].output.clone());
            for r in 0..batch.len() {
                part.0.row(i * ROWS + r)[..units].copy_from_slice(&made.row(r)[..units]);
            }
        }
    });
    outputs
}
