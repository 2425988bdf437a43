//! The predictions for the validation rows at the end of a run, as pictures, curves and embeddings.

use std::ops::Range;
use std::path::Path;

use anyhow::Result;

use super::view::PredictionView;
use super::{confusion, embeddings, mistakes};
use crate::config::TensorBoard;
use crate::events::{Summary, pr_curve};
use crate::experiment::predictions::Predictions;
use crate::model::{LayerOp, Loss, Network};
use crate::train::{Dataset, predict};

/// A trained network and its validation rows.
pub(in crate::experiment) struct Validation<'a> {
    /// The trained network.
    pub(in crate::experiment) network: &'a Network,
    /// The training loss.
    pub(in crate::experiment) loss: &'a Loss,
    /// The data.
    pub(in crate::experiment) dataset: &'a Dataset,
    /// The validation rows.
    pub(in crate::experiment) rows: Range<usize>,
    /// The shape of one input.
    pub(in crate::experiment) shape: &'a [usize],
    /// Number of classes; none for real values.
    pub(in crate::experiment) classes: Option<usize>,
    /// The names of the classes, if any.
    pub(in crate::experiment) names: &'a [String],
    /// Threads to compute with.
    pub(in crate::experiment) threads: usize,
}

/// The summaries of the predictions enabled in `options`; the projector's files go to `folder`.
pub(in crate::experiment) fn log_predictions(
    options: &TensorBoard,
    validation: &Validation<'_>,
    folder: &Path,
) -> Result<Vec<Summary>> {
    let &Validation { network, loss, dataset, ref rows, shape, classes, names, threads } =
        validation;
    let of = Predictions::new(network, loss, dataset, rows.clone(), classes, threads);
    let view = PredictionView { of, names };
    let mut summaries = Vec::new();
    if options.confusion_matrix {
        summaries.extend(confusion::confusion_matrix(&view));
    }
    if let [height, width, ..] = shape[..]
        && 0 < options.mistakes
    {
        summaries.extend(mistakes::mistakes(&view, options.mistakes, height, width));
    }
    if options.pr_curves {
        summaries.extend(pr_curves(&view));
    }
    if 0 < options.embeddings {
        let rows = rows.start..rows.end.min(rows.start + options.embeddings);
        let layer = last_hidden(network);
        let units = predict(network, dataset, rows, layer, threads);
        embeddings::write(folder, &network.layers[layer].name, &units, &view, shape)?;
    }
    Ok(summaries)
}

/// The layer below the last dense layer, or the last layer if no layer is dense.
fn last_hidden(network: &Network) -> usize {
    let dense = network.layers.iter().rposition(|layer| matches!(layer.op, LayerOp::Dense(_)));
    dense.and_then(|last| last.checked_sub(1)).unwrap_or(network.layers.len() - 1)
}

/// A precision-recall curve for each class. Two classes with a single output have a curve for the
/// second class only.
fn pr_curves(view: &PredictionView<'_>) -> impl Iterator<Item = Summary> {
    let predictions = &view.of;
    let is_single = 0 < predictions.rows() && predictions.row(0).len() == 1;
    let classes = if is_single { 1..2 } else { 0..view.classes() };
    classes.map(|class| {
        let row = |r| (predictions.probability(r, class), predictions.label(r) == class);
        let rows: Vec<_> = (0..predictions.rows()).map(row).collect();
        pr_curve(&format!("pr_curve/class_{class}"), &rows)
    })
}
