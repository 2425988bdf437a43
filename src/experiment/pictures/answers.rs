//! What the network answers to the validation rows at the end, and all that is drawn of it.

use std::ops::Range;
use std::path::Path;

use anyhow::Result;

use super::{confusion, embeddings, mistakes};
use crate::config::TensorBoard;
use crate::events::{Summary, pr_curve};
use crate::kernels::{Matrix, argmax};
use crate::model::{Body, Loss, Network};
use crate::train::{Feed, predict, predict_probabilities};

/// The validation rows and what the network answers.
pub(super) struct Look<'a> {
    pub(super) feed: &'a Feed,
    /// The first row.
    pub(super) from: usize,
    /// The names of the classes, if they have any.
    pub(super) names: &'a [String],
    /// Rows × outputs, after the last activation.
    pub(super) outputs: Matrix,
}

/// Who is asked what.
pub(in crate::experiment) struct Answers<'a> {
    /// The trained network.
    pub(in crate::experiment) network: &'a Network,
    /// The loss that it was trained with.
    pub(in crate::experiment) loss: &'a Loss,
    /// The data.
    pub(in crate::experiment) feed: &'a Feed,
    /// The validation rows.
    pub(in crate::experiment) rows: Range<usize>,
    /// The shape of one input.
    pub(in crate::experiment) shape: &'a [usize],
    /// The names of the classes, if they have any.
    pub(in crate::experiment) names: &'a [String],
    /// Threads to compute with.
    pub(in crate::experiment) threads: usize,
}

/// All that `options` want to be logged of the answers; the projector's files go to `folder`.
pub(in crate::experiment) fn look(
    options: &TensorBoard,
    answers: &Answers<'_>,
    folder: &Path,
) -> Result<Vec<Summary>> {
    let Answers { network, loss, feed, rows, shape, names, threads } = answers;
    let outputs = predict_probabilities(network, loss, feed, rows.clone(), *threads);
    let look = Look { feed, from: rows.start, names, outputs };
    let mut summaries = Vec::new();
    if options.confusion_matrix {
        summaries.push(confusion::confusion_matrix(&look));
    }
    if let [height, width, ..] = shape[..]
        && 0 < options.mistakes
    {
        summaries.extend(mistakes::mistakes(&look, options.mistakes, (height, width)));
    }
    if options.pr_curves {
        summaries.extend(look.pr_curves());
    }
    if 0 < options.embeddings {
        let rows = rows.start..rows.end.min(rows.start + options.embeddings);
        let layer = last_hidden(network);
        let units = predict(network, feed, rows.clone(), layer, *threads);
        embeddings::write(folder, &network.layers[layer].name, &units, &look, shape)?;
    }
    Ok(summaries)
}

/// The layer below the last dense one, or the last where there is none.
fn last_hidden(network: &Network) -> usize {
    let dense = network.layers.iter().rposition(|layer| matches!(layer.body, Body::Dense(_)));
    dense.and_then(|last| last.checked_sub(1)).unwrap_or(network.layers.len() - 1)
}

impl Look<'_> {
    /// Number of classes: one for each output, or two told apart by one.
    pub(super) fn classes(&self) -> usize {
        self.outputs.cols().max(2)
    }

    /// The outputs for row `r`.
    pub(super) fn row(&self, r: usize) -> &[f32] {
        &self.outputs.row(r)[..self.outputs.cols()]
    }

    /// How much the network takes row `r` for `class`.
    pub(super) fn share(&self, r: usize, class: usize) -> f32 {
        match (self.row(r), class) {
            ([y], 0) => 1.0 - y,
            ([y], _) => *y,
            (outputs, class) => outputs[class],
        }
    }

    /// The class that row `r` is taken for.
    pub(super) fn answer(&self, r: usize) -> usize {
        match self.row(r) {
            [y] => usize::from(0.5 < *y),
            outputs => argmax(outputs),
        }
    }

    /// The class that row `r` is.
    pub(super) fn truth(&self, r: usize) -> usize {
        self.feed.class((self.from + r) as u32).unwrap_or(0)
    }

    /// The name of a class, or its number.
    pub(super) fn name(&self, class: usize) -> String {
        self.names.get(class).cloned().unwrap_or_else(|| class.to_string())
    }

    fn pr_curves(&self) -> impl Iterator<Item = Summary> {
        let classes = if self.outputs.cols() == 1 { 1..2 } else { 0..self.classes() };
        classes.map(|class| {
            let answer = |r| (self.share(r, class), self.truth(r) == class);
            let answers: Vec<_> = (0..self.outputs.rows()).map(answer).collect();
            pr_curve(&format!("pr_curve/class_{class}"), &answers)
        })
    }
}
