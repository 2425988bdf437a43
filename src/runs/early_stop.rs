//! The effect of early stopping on a run: an early end, or restored weights. `run.json` stores the
//! fields; the user reads a sentence.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The effect of early stopping on the end of a run. Epochs count from 0, as in Keras.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlyStop {
    /// The name of the monitored number.
    pub monitor: String,
    /// The last epoch, if early stopping ended the run; absent if every epoch was trained.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stopped_epoch: Option<usize>,
    /// The best epoch; absent if the number was never finite.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub best_epoch: Option<usize>,
    /// The monitored number of the best epoch; absent likewise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub best: Option<f64>,
    /// Whether the run ended with the weights of the best epoch.
    pub restored: bool,
}

/// `stopped early after epoch 7: val_loss was best in epoch 4 (0.0712), whose weights were
/// restored`. Epochs count from 1 here.
impl fmt::Display for EarlyStop {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let monitor = &self.monitor;
        let best = self.best_epoch.zip(self.best);
        let best = best.map(|(epoch, best)| {
            if 1e-3 <= best.abs() {
                format!("epoch {} ({best:.4})", epoch + 1)
            } else {
                format!("epoch {} ({best:.4e})", epoch + 1)
            }
        });
        match (self.stopped_epoch, best) {
            (Some(last), Some(best)) => {
                write!(
                    out,
                    "stopped early after epoch {}: {monitor} was best in {best}",
                    last + 1
                )?;
            }
            (Some(last), None) => {
                return write!(
                    out,
                    "stopped early after epoch {}: {monitor} was never a number",
                    last + 1
                );
            }
            (None, Some(best)) => write!(out, "trained every epoch: {monitor} was best in {best}")?,
            (None, None) => return write!(out, "trained every epoch"),
        }
        if self.restored { write!(out, ", whose weights were restored") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentence_counts_epochs_from_one() {
        let stop = EarlyStop {
            monitor: "val_loss".to_owned(),
            stopped_epoch: Some(6),
            best_epoch: Some(3),
            best: Some(0.0712),
            restored: true,
        };
        let said = "stopped early after epoch 7: val_loss was best in epoch 4 (0.0712), whose weights \
                    were restored";
        assert_eq!(stop.to_string(), said);
        let last = EarlyStop { restored: false, ..stop.clone() };
        assert_eq!(
            last.to_string(),
            "stopped early after epoch 7: val_loss was best in epoch 4 (0.0712)"
        );
        let whole = EarlyStop { stopped_epoch: None, ..stop.clone() };
        assert!(whole.to_string().starts_with("trained every epoch: val_loss was best in epoch 4"));
        let nan = EarlyStop { best_epoch: None, best: None, restored: false, ..stop };
        assert!(nan.to_string().ends_with("val_loss was never a number"));
    }
}
