//! `[callbacks]`: the arguments of the callbacks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::train::{Direction, EarlyStopping, LearningRateScheduler, Logs, ReduceLrOnPlateau};

/// `[callbacks]`: what watches over the training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Callbacks {
    /// Stops when a number no longer improves.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = { "patience": 3 }))]
    pub early_stopping: Option<EarlyStopping>,
    /// Makes the learning rate smaller when a number no longer improves.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = { "factor": 0.5, "patience": 2 }))]
    pub reduce_lr_on_plateau: Option<ReduceLrOnPlateau>,
    /// Sets the learning rate at the beginning of certain epochs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = { "epochs": [10], "learning_rates": [0.0001] }))]
    pub learning_rate_scheduler: Option<LearningRateScheduler>,
    /// Keeps the weights of epochs in files of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = { "save_best_only": true }))]
    pub model_checkpoint: Option<ModelCheckpoint>,
    /// Writes the numbers of each epoch as Keras's CSVLogger does, beside history.csv.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = { "filename": "training.csv" }))]
    pub csv_logger: Option<CsvLogger>,
    /// Ends the run as failed when the loss is no longer a finite number.
    pub terminate_on_nan: TerminateOnNan,
}

/// The arguments of Keras's `ModelCheckpoint`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ModelCheckpoint {
    /// The file within the run's folder; `{epoch}`, from 1, and numbers such as `{val_loss:.2f}` are
    /// filled in.
    pub filepath: String,
    /// The monitored number: a name of the history, such as `val_loss` or `val_accuracy`.
    pub monitor: String,
    /// Write only when the monitored number is better than ever before, instead of after each epoch.
    pub save_best_only: bool,
    /// Whether a smaller or a greater number is better; `auto` decides by the name.
    pub mode: Direction,
    /// A value of the monitored number that the first epoch must improve on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-example" = 0.3, "x-default" = "anything is better than nothing"))]
    pub initial_value_threshold: Option<f64>,
}

/// The arguments of Keras's `CSVLogger`; the run's folder is always new, and a resumed run goes on
/// with the file, so there is nothing to append to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CsvLogger {
    /// The file within the run's folder.
    pub filename: String,
    /// What stands between two numbers: one character.
    pub separator: String,
}

/// `[callbacks.terminate_on_nan]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TerminateOnNan {
    /// `false` trains on, whatever the loss.
    pub enabled: bool,
}

impl Default for ModelCheckpoint {
    fn default() -> ModelCheckpoint {
        ModelCheckpoint {
            filepath: "checkpoints/epoch-{epoch:04d}.safetensors".to_owned(),
            monitor: "val_loss".to_owned(),
            save_best_only: false,
            mode: Direction::Auto,
            initial_value_threshold: None,
        }
    }
}

impl Default for CsvLogger {
    fn default() -> CsvLogger {
        CsvLogger { filename: "training.csv".to_owned(), separator: ",".to_owned() }
    }
}

impl Default for TerminateOnNan {
    fn default() -> TerminateOnNan {
        TerminateOnNan { enabled: true }
    }
}

impl ModelCheckpoint {
    /// The path for the weights after `epoch`, counted from 0; `None` if a number is missing, or is
    /// to be written in a way that is not known.
    pub fn path(&self, epoch: usize, logs: &Logs) -> Option<String> {
        let mut path = String::new();
        let mut rest = self.filepath.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (place, after) = after.split_once('}')?;
            let (name, form) = place.split_once(':').unwrap_or((place, ""));
            path.push_str(before);
            path.push_str(&match name {
                "epoch" => whole(epoch + 1, form)?,
                name => fraction(logs.get(name)?, form)?,
            });
            rest = after;
        }
        Some(path + rest)
    }
}

/// A whole number as Python writes it: `""`, `"d"`, `"4d"`, `"04d"`.
fn whole(n: usize, form: &str) -> Option<String> {
    let digits = form.strip_suffix('d').unwrap_or(form);
    if digits.is_empty() {
        return Some(n.to_string());
    }
    let width: usize = digits.parse().ok().filter(|width| *width <= 20)?;
    Some(if digits.starts_with('0') { format!("{n:0width$}") } else { format!("{n:width$}") })
}

/// A fraction as Python writes it: `""`, `".2f"`.
fn fraction(x: f64, form: &str) -> Option<String> {
    if form.is_empty() {
        return Some(x.to_string());
    }
    let digits = form.strip_prefix('.')?.strip_suffix('f')?;
    let digits: usize = digits.parse().ok().filter(|digits| *digits <= 20)?;
    Some(format!("{x:.digits$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_as_python_fills_them() {
        let path = |filepath: &str| {
            let rule =
                ModelCheckpoint { filepath: filepath.to_owned(), ..ModelCheckpoint::default() };
            rule.path(4, &Logs(vec![("val_loss".to_owned(), 0.12578)]))
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(path("a"), text("a"));
        assert_eq!(path("{epoch}-{epoch:02d}-{epoch:3d}"), text("5-05-  5"));
        assert_eq!(path("w.{epoch:02d}-{val_loss:.2f}.x"), text("w.05-0.13.x"));
        assert_eq!(path("{val_loss}"), text("0.12578"));
        assert_eq!(
            [path("{loss}"), path("{epoch"), path("{epoch:x}"), path("{val_loss:2f}")],
            [const { None }; 4]
        );
    }
}
