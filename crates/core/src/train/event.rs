//! The events of a fit, and the answers of observers.

/// An event of a fit. Epochs and steps count from 0, as in Keras.
#[derive(Clone, Copy, Debug)]
pub enum FitEvent<'a> {
    /// Training is about to start.
    TrainBegin {
        /// Number of epochs to train.
        epochs: usize,
        /// Number of batches in each epoch.
        steps_per_epoch: usize,
    },
    /// An epoch is about to start.
    EpochBegin {
        /// Its index.
        epoch: usize,
    },
    /// A batch has been trained on.
    BatchEnd {
        /// The epoch.
        epoch: usize,
        /// Completed batches of this epoch.
        done: usize,
        /// Number of batches in each epoch.
        steps_per_epoch: usize,
        /// The running means over the epoch.
        logs: &'a Logs,
    },
    /// An epoch has been trained and validated.
    EpochEnd {
        /// Its index.
        epoch: usize,
        /// `loss` and the metrics, then `val_loss` and the validation metrics, then `learning_rate`.
        logs: &'a Logs,
    },
}

/// The answer of an observer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Stop at the next safe point.
    Stop,
}

/// Named numbers in display order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logs(pub Vec<(String, f64)>);

impl Logs {
    /// Sets the number called `name`; a new name goes to the end.
    pub fn set(&mut self, name: &str, value: f64) {
        match self.0.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// The number called `name`.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(key, _)| key == name).map(|&(_, value)| value)
    }
}
