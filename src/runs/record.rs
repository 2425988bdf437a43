//! `run.json`: the origin and the result of a run. The history holds the numbers of each epoch.

use std::path::Path;

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use super::atomic::{Durability, write_atomic};
use super::decimal;
use super::early_stop::EarlyStop;
use super::error::RunsError;
use super::provenance::MachineInfo;
use crate::system;
use crate::train::Logs;

/// The origin and the result of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The plan's name.
    pub name: String,
    /// The status of the run.
    pub status: Status,
    /// The reason of a failure.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// The cause of the failure, if not the experiment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<Cause>,
    /// The program version.
    pub version: String,
    /// The command line, without the program's name.
    pub arguments: Vec<String>,
    /// The commit checked out in the current folder.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub git_commit: Option<String>,
    /// The machine of the run.
    pub machine: MachineInfo,
    /// The trial of a search that the run belongs to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trial: Option<TrialNote>,
    /// The source of the data.
    pub data: DataSource,
    /// The seed of all its random numbers.
    pub seed: u64,
    /// The start time.
    pub started: DateTime<FixedOffset>,
    /// Every resumption.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub resumed: Vec<Resumed>,
    /// The end time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub finished: Option<DateTime<FixedOffset>>,
    /// Training time in seconds, without interruptions.
    pub seconds: f64,
    /// Epochs trained.
    pub epochs: usize,
    /// The numbers of the last epoch.
    #[serde(with = "numbers")]
    pub metrics: Logs,
    /// The epoch with the best monitored number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub best: Option<Best>,
    /// The effect of early stopping on the end.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub early_stopping: Option<EarlyStop>,
}

/// The status of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The run is training. If the folder's lock is free, the process died.
    Running,
    /// The run completed.
    Completed,
    /// The run failed.
    Failed,
    /// The run stopped on request and can be resumed.
    Stopped,
    /// The run is at a rung of its search, which decides whether the run goes on.
    Paused,
    /// Its search went on without the run, which has fewer epochs than planned.
    Pruned,
}

/// The cause of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The machine lacked space, memory, permission or threads, or a disk is broken. The same run
    /// may succeed later, so `resume` treats the run as interrupted.
    Machine,
    /// The loss is not a number any more.
    Diverged,
    /// A cause from a later version of the program.
    #[serde(other)]
    Other,
}

impl Record {
    /// Whether the run diverged and a search proposed it: a result, the worst there is.
    pub fn is_diverged_trial(&self) -> bool {
        self.status == Status::Failed && self.cause == Some(Cause::Diverged) && self.trial.is_some()
    }

    /// Whether the run failed for a reason possibly absent at the next attempt.
    pub fn is_machine_fault(&self) -> bool {
        self.status == Status::Failed && self.cause == Some(Cause::Machine)
    }
}

/// The numbers of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Seconds of training.
    pub seconds: f64,
    /// Epochs trained.
    pub epochs: usize,
    /// The numbers of the last epoch.
    #[serde(with = "numbers")]
    pub metrics: Logs,
    /// The epoch with the best monitored number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub best: Option<Best>,
    /// The effect of early stopping on the end.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub early_stopping: Option<EarlyStop>,
    /// The number of the trial, of a search.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trial: Option<usize>,
    /// The last rung of the trial, of a search with a pruner.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rung: Option<RungNote>,
}

impl From<Record> for Outcome {
    fn from(record: Record) -> Outcome {
        let Record { seconds, epochs, metrics, best, early_stopping, trial, .. } = record;
        let rung = trial.as_ref().and_then(|trial| trial.rung);
        let trial = trial.map(|trial| trial.number);
        Outcome { seconds, epochs, metrics, best, early_stopping, trial, rung }
    }
}

/// The trial of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialNote {
    /// The number of the trial, from 0.
    pub number: usize,
    /// The values of the keys that the search varies, by dotted path.
    pub values: serde_json::Map<String, serde_json::Value>,
    /// The last rung that the run has reached, of a search with a pruner.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rung: Option<RungNote>,
    /// The reason why the run was pruned.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// A rung of a search: the epoch at which a pruner compares trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RungNote {
    /// The number of the rung in its bracket, from 1.
    pub number: usize,
    /// The epochs trained when the rung is reached.
    pub epochs: usize,
}

/// A resumption of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resumed {
    /// The time.
    pub at: DateTime<FixedOffset>,
    /// The epoch of the resumption, from 0.
    pub epoch: usize,
    /// Steps of the epoch already done.
    pub batch: usize,
    /// The program version at the resumption.
    pub version: String,
}

/// The source of a run's data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSource {
    /// A description, such as `mnist: 48000 training and 12000 validation rows`.
    pub description: String,
    /// The hash of the contents; empty until the data are read.
    pub sha256: String,
}

/// The best epoch of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// The index, from 0.
    pub epoch: usize,
    /// The numbers of the epoch.
    #[serde(with = "numbers")]
    pub metrics: Logs,
}

/// The monitored number for comparing epochs and runs, by name and value.
pub fn monitored(logs: &Logs) -> Option<(&'static str, f64)> {
    ["val_loss", "loss"].into_iter().find_map(|name| Some((name, logs.get(name)?)))
}

impl Record {
    /// Writes the record to `path`, replacing an earlier record.
    pub fn save(&self, path: &Path, durability: Durability) -> Result<(), RunsError> {
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|source| RunsError::Record { path: path.to_owned(), source })?;
        bytes.push(b'\n');
        write_atomic(path, &bytes, durability)
    }

    /// Reads the record at `path` and ignores fields of later versions.
    pub fn load(path: &Path) -> Result<Record, RunsError> {
        let bytes = system::read(path).map_err(RunsError::io("read", path))?;
        serde_json::from_slice(&bytes)
            .map_err(|source| RunsError::Record { path: path.to_owned(), source })
    }
}

/// Named 32-bit numbers as an ordered JSON object: the shortest decimal of each, or a word for
/// non-finite values.
mod numbers {
    use std::fmt;

    use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
    use serde::ser::Serializer;

    use super::{Logs, decimal};

    pub(super) fn serialize<S: Serializer>(logs: &Logs, serializer: S) -> Result<S::Ok, S::Error> {
        let number = |value: f64| -> serde_json::Value {
            let text = decimal::to_text(value);
            // JSON numbers have 64 bits. The shortest 32-bit decimal parses to 64 bits and prints
            // unchanged.
            text.parse().ok().and_then(serde_json::Number::from_f64).map_or(text.into(), Into::into)
        };
        serializer.collect_map(logs.0.iter().map(|(name, value)| (name, number(*value))))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Logs, D::Error> {
        input.deserialize_map(Numbers)
    }

    struct Numbers;

    impl<'de> Visitor<'de> for Numbers {
        type Value = Logs;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("named numbers")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Logs, A::Error> {
            let mut logs = Vec::new();
            while let Some((name, Number(value))) = map.next_entry()? {
                logs.push((name, value));
            }
            Ok(Logs(logs))
        }
    }

    struct Number(f64);

    impl<'de> Deserialize<'de> for Number {
        fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Number, D::Error> {
            let text = match serde_json::Value::deserialize(input)? {
                serde_json::Value::Number(number) => number.to_string(),
                serde_json::Value::String(text) => text,
                other => return Err(D::Error::custom(format!("got {other}, want a number"))),
            };
            let wrong = || D::Error::custom(format!("got `{text}`, want a number"));
            decimal::from_text(&text).map(Number).ok_or_else(wrong)
        }
    }
}
