//! The files that grow with every epoch of a run; the order in which they do is the recorder's.

use anyhow::Result;

use crate::config::TensorBoard;
use crate::experiment::csv_logger::CsvFile;
use crate::experiment::event_files::EventFiles;
use crate::experiment::model_checkpoint::CheckpointCallback;
use crate::experiment::pictures;
use crate::runs::HistoryWriter;
use crate::train::State;

/// The files that grow while a run trains.
pub(super) struct Files {
    pub(super) events: EventFiles,
    pub(super) history: HistoryWriter,
    pub(super) checkpoints: Option<CheckpointCallback>,
    pub(super) csv: Option<CsvFile>,
    pub(super) options: TensorBoard,
    /// Height and width of an input that is a picture.
    pub(super) shape: Option<(usize, usize)>,
}

impl Files {
    /// Takes in histograms and pictures of the weights, if it is time for them.
    pub(super) fn weights(&mut self, epoch: usize, state: &State) {
        let every = self.options.histogram_freq;
        if 0 < every && epoch.is_multiple_of(every) {
            let pictures = self.options.write_images;
            let summaries = pictures::weights(&state.network, pictures, self.shape);
            self.events.add_training(epoch as i64, summaries);
        }
    }

    /// Whether all of them are still at their paths.
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
