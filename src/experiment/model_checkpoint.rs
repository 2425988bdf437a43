//! Keeps the weights of epochs in separate files, as Keras's `ModelCheckpoint`. Decisions depend
//! only on logged numbers, so a resumed run decides as an uninterrupted run.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use crate::config::ModelCheckpoint;
use crate::model::Network;
use crate::runs::{Durability, Folder, TensorView, save_weights};
use crate::system;
use crate::train::Logs;

/// The callback with the best value so far.
pub(super) struct CheckpointCallback {
    rule: ModelCheckpoint,
    best: Option<f64>,
}

impl CheckpointCallback {
    /// The callback after the epochs with these numbers.
    pub(super) fn new<'a>(
        rule: &ModelCheckpoint,
        logged: impl IntoIterator<Item = &'a Logs>,
    ) -> CheckpointCallback {
        let mut checkpoints =
            CheckpointCallback { best: rule.initial_value_threshold, rule: rule.clone() };
        logged.into_iter().for_each(|logs| {
            checkpoints.improves(logs);
        });
        checkpoints
    }

    /// Writes the weights after `epoch` (from 0) with metadata, if they are to be kept.
    pub(super) fn epoch(
        &mut self,
        folder: &Folder,
        (epoch, logs): (usize, &Logs),
        network: &Network,
        known: Option<(String, String)>,
        durability: Durability,
    ) -> Result<()> {
        if !self.improves(logs) {
            return Ok(());
        }
        let name = self.rule.path(epoch, logs).context("a place in `filepath` has no number")?;
        let path = folder.path().join(name);
        if let Some(parent) = path.parent() {
            let cannot = || format!("cannot create the folder `{}`", parent.display());
            system::make_below(folder.path(), parent).with_context(cannot)?;
        }
        save_network(&path, network, epoch + 1, known, durability)
    }

    /// Takes in the numbers of an epoch; true if the weights are to be kept.
    fn improves(&mut self, logs: &Logs) -> bool {
        let ModelCheckpoint { monitor, mode, save_best_only, .. } = &self.rule;
        let Some(value) = logs.get(monitor) else { return !save_best_only };
        let better = !value.is_nan()
            && self.best.is_none_or(|best| mode.improves(monitor, value, best, 0.0));
        if better {
            self.best = Some(value);
        }
        better || !save_best_only
    }
}

/// Writes the weights of a network after `epochs` epochs, with metadata.
pub(super) fn save_network(
    path: &Path,
    network: &Network,
    epochs: usize,
    known: Option<(String, String)>,
    durability: Durability,
) -> Result<()> {
    let weights = network.weights();
    let rows: Vec<Vec<f32>> = weights.iter().map(|w| w.values.to_rows()).collect();
    let tensors: Vec<TensorView<'_>> = weights
        .iter()
        .zip(&rows)
        .map(|(w, data)| TensorView { name: &w.name, shape: &w.shape, data })
        .collect();
    let epochs = ("epochs".to_owned(), epochs.to_string());
    let metadata: BTreeMap<_, _> = [epochs].into_iter().chain(known).collect();
    Ok(save_weights(path, &tensors, &metadata, durability)?)
}
