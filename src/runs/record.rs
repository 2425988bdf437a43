//! `run.json`: how a run came about and how it ended; the numbers in between are the history's.

use std::path::Path;

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use super::atomic::{Durability, write_atomic};
use super::decimal;
use super::early_stop::EarlyStop;
use super::error::RunsError;
use super::provenance::Machine;
use crate::system;
use crate::train::Logs;

/// How a run came about and how it ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What the plan is called.
    pub name: String,
    /// How far it got.
    pub status: Status,
    /// Why it could not go on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// Who is to blame for that, if it is not the experiment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<Cause>,
    /// The version of this program.
    pub version: String,
    /// The command line, without the program's name.
    pub arguments: Vec<String>,
    /// The commit that was checked out in the current folder.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub git_commit: Option<String>,
    /// Where it took place.
    pub machine: Machine,
    /// What it learned from.
    pub data: DataSource,
    /// The seed of all its random numbers.
    pub seed: u64,
    /// When it began.
    pub started: DateTime<FixedOffset>,
    /// When it was taken up again, each time.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub resumed: Vec<Resumed>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub finished: Option<DateTime<FixedOffset>>,
    /// How long it trained, in seconds, interruptions not counted.
    pub seconds: f64,
    /// How many epochs it trained.
    pub epochs: usize,
    /// The numbers of the last epoch.
    #[serde(with = "numbers")]
    pub metrics: Logs,
    /// The epoch with the best monitored number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub best: Option<Best>,
    /// How early stopping took part in the end.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub early_stopping: Option<EarlyStop>,
}

/// How far a run got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is training; or, if nobody has its folder's lock, its process died.
    Running,
    /// It got to its end.
    Completed,
    /// It could not go on.
    Failed,
    /// It was asked to stop and can be resumed.
    Stopped,
}

/// Who is to blame for a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The machine: it had no room, no memory, no permission or no threads, or a disk is broken. The
    /// run may succeed as it is, so that it is taken up like one that was interrupted.
    Machine,
    /// What a later version of this program may know beside it.
    #[serde(other)]
    Other,
}

impl Record {
    /// Whether the run failed for a reason that the next attempt may not meet.
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
    /// How early stopping took part in the end.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub early_stopping: Option<EarlyStop>,
}

impl From<Record> for Outcome {
    fn from(record: Record) -> Outcome {
        let Record { seconds, epochs, metrics, best, early_stopping, .. } = record;
        Outcome { seconds, epochs, metrics, best, early_stopping }
    }
}

/// One time that a run was taken up again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resumed {
    /// When.
    pub at: DateTime<FixedOffset>,
    /// The epoch, from 0, in which it went on.
    pub epoch: usize,
    /// Steps of that epoch that were done.
    pub batch: usize,
    /// The version of the program that went on.
    pub version: String,
}

/// What a run learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSource {
    /// In words, such as `mnist: 48000 training and 12000 validation rows`.
    pub description: String,
    /// The hash of the contents; empty until they are read.
    pub sha256: String,
}

/// The best epoch of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Its index, from 0.
    pub epoch: usize,
    /// Its numbers.
    #[serde(with = "numbers")]
    pub metrics: Logs,
}

/// The number by which the epochs of a run, and runs, are compared, and its value.
pub fn monitored(logs: &Logs) -> Option<(&'static str, f64)> {
    ["val_loss", "loss"].into_iter().find_map(|name| Some((name, logs.get(name)?)))
}

impl Record {
    /// Writes the record to `path`, in the place of an earlier one.
    pub fn save(&self, path: &Path, durability: Durability) -> Result<(), RunsError> {
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|source| RunsError::Record { path: path.to_owned(), source })?;
        bytes.push(b'\n');
        write_atomic(path, &bytes, durability)
    }

    /// Reads the record at `path`; what later versions may add to it is ignored.
    pub fn load(path: &Path) -> Result<Record, RunsError> {
        let bytes = system::read(path).map_err(RunsError::io("read", path))?;
        serde_json::from_slice(&bytes)
            .map_err(|source| RunsError::Record { path: path.to_owned(), source })
    }
}

/// Named 32-bit numbers as a JSON object in their order: the shortest decimal of each, and a word
/// for what JSON has no number for.
mod numbers {
    use std::fmt;

    use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
    use serde::ser::Serializer;

    use super::{Logs, decimal};

    pub(super) fn serialize<S: Serializer>(logs: &Logs, serializer: S) -> Result<S::Ok, S::Error> {
        let number = |value: f64| -> serde_json::Value {
            let text = decimal::to_text(value);
            // JSON's numbers have 64 bits: the shortest decimal of 32 reads as one and prints the
            // same.
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
