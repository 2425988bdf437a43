//! The files extended with every epoch of a run. The recorder decides the order of the writes.

use anyhow::Result;

use crate::config::{Plan, TensorBoard};
use crate::experiment::csv_logger::CsvFile;
use crate::experiment::event_files::EventFiles;
use crate::experiment::model_checkpoint::CheckpointCallback;
use crate::experiment::pictures;
use crate::runs::{Folder, HistoryWriter};
use crate::train::{FitState, Logs};

/// The files of a run in training.
pub(super) struct Files {
    pub(super) events: EventFiles,
    pub(super) history: HistoryWriter,
    pub(super) checkpoints: Option<CheckpointCallback>,
    pub(super) csv: Option<CsvFile>,
    pub(super) options: TensorBoard,
    /// Height and width of a picture input.
    pub(super) shape: Option<(usize, usize)>,
}

impl Files {
    /// The files of a run after these epochs, with inputs of this shape.
    pub(super) fn new(
        folder: &Folder,
        plan: &Plan,
        shape: &[usize],
        events: EventFiles,
        history: HistoryWriter,
        logged: &[(usize, Logs)],
    ) -> Result<Files> {
        let numbers = || logged.iter().map(|(epoch, logs)| (*epoch, logs));
        let checkpoints = plan.callbacks.model_checkpoint.as_ref();
        let checkpoints =
            checkpoints.map(|rule| CheckpointCallback::new(rule, numbers().map(|(_, logs)| logs)));
        let csv = plan.callbacks.csv_logger.as_ref();
        let csv = csv.map(|rule| CsvFile::create(folder.path(), rule, numbers())).transpose()?;
        let shape = match *shape {
            [height, width] | [height, width, 1] => Some((height, width)),
            _ => None,
        };
        let options = plan.tensorboard.clone();
        Ok(Files { events, history, checkpoints, csv, options, shape })
    }

    /// Takes in histograms and pictures of the weights, if due.
    pub(super) fn weights(&mut self, epoch: usize, state: &FitState) {
        let every = self.options.histogram_freq;
        if 0 < every && epoch.is_multiple_of(every) {
            let pictures = self.options.write_images;
            let summaries = pictures::weights(&state.network, pictures, self.shape);
            self.events.add_training(epoch as i64, summaries);
        }
    }

    /// Whether all paths still lead to these files.
    pub(super) fn check_in_place(&self) -> Result<()> {
        self.events.check_in_place()?;
        self.history.check_in_place()?;
        Ok(self.csv.as_ref().map_or(Ok(()), CsvFile::check_in_place)?)
    }

    pub(super) fn sync(&self) -> Result<()> {
        self.events.sync()?;
        Ok(self.history.sync()?)
    }
}
