//! The logbook of a run: everything it writes, from its folder's first file to its last; it
//! computes nothing, and its errors name the file.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Local};

use crate::config::{Layout, Plan};
use crate::events::{Clock, EventWriter, Outcome, keras_graph, scalar, session_end, session_start};
use crate::experiment::{Report, Setting, graph, hparams};
use crate::runs::{
    Best, DataSource, Folder, HistoryWriter, Machine, Record, Status, TensorView, save_weights,
    write_atomic,
};
use crate::train::{Logs, State};

/// The files of a run that is under way.
pub(super) struct Logbook {
    folder: Folder,
    started: DateTime<Local>,
    record: Record,
    history: HistoryWriter,
    session: EventWriter,
    scalars: Scalars,
}

/// Where the scalars of an epoch go.
enum Scalars {
    /// `train/` and `validation/`; the latter is there from its first number on.
    Keras { train: EventWriter, validation: Option<EventWriter> },
    /// The file of the session.
    Flat,
}

impl Logbook {
    /// Makes the run's folder and writes what is known before the first epoch.
    pub(super) fn open(plan: &Plan, setting: &Setting<'_>, data: &DataSource) -> Result<Logbook> {
        let started = Local::now();
        let folder = Folder::create(setting.logdir, &plan.name, &started)?;
        let record = record(plan, setting, data, &started);
        record.save(&folder.record())?;
        write_atomic(&folder.config(), plan.to_toml().as_bytes())?;
        let mut session = EventWriter::create(folder.path(), 0, Clock::System)?;
        let seconds = started.timestamp_micros() as f64 / 1e6;
        let group = hparams::group(plan);
        session.add(0, session_start(&hparams::hparams(plan), &group, seconds));
        let mut scalars = match plan.tensorboard.layout {
            Layout::Flat => Scalars::Flat,
            Layout::Keras => Scalars::Keras {
                train: EventWriter::create(&folder.train(), 0, Clock::System)?,
                validation: None,
            },
        };
        if plan.tensorboard.write_graph {
            let writer = match &mut scalars {
                Scalars::Keras { train, .. } => train,
                Scalars::Flat => &mut session,
            };
            writer.add(0, keras_graph(&graph::keras_json(plan)));
            writer.flush()?;
        }
        session.flush()?;
        let history = HistoryWriter::create(&folder.history())?;
        Ok(Logbook { folder, started, record, history, session, scalars })
    }

    /// The run's folder.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the numbers of an epoch (from 0); when it returns they are in their files.
    pub(super) fn epoch(&mut self, epoch: usize, logs: &Logs) -> Result<()> {
        match &mut self.scalars {
            Scalars::Flat => {
                for (name, value) in &logs.0 {
                    self.session.add(epoch as i64, scalar(name, *value as f32));
                }
                self.session.flush()?;
            }
            Scalars::Keras { train, validation } => {
                for (name, value) in &logs.0 {
                    let (writer, name) = match name.strip_prefix("val_") {
                        None => (&mut *train, name.as_str()),
                        Some(name) => {
                            if validation.is_none() {
                                let dir = self.folder.validation();
                                *validation = Some(EventWriter::create(&dir, 0, Clock::System)?);
                            }
                            (validation.as_mut().unwrap_or(&mut *train), name)
                        }
                    };
                    writer.add(epoch as i64, scalar(&format!("epoch_{name}"), *value as f32));
                }
                train.flush()?;
                validation.as_mut().map_or(Ok(()), EventWriter::flush)?;
            }
        }
        self.history.append(epoch, logs)?;
        Ok(())
    }

    /// Writes how the run `ended`, with its weights if they are worth keeping.
    pub(super) fn close(
        mut self,
        ended: &Result<Status>,
        state: &State,
        report: &Report,
    ) -> Result<()> {
        let finished = Local::now();
        let outcome = match ended {
            Ok(Status::Completed) => Outcome::Success,
            _ => Outcome::Failure,
        };
        self.record.status = ended.as_ref().map_or(Status::Failed, |status| *status);
        self.record.error = ended.as_ref().err().map(|error| format!("{error:#}"));
        self.record.finished = Some(finished.fixed_offset());
        self.record.seconds = (finished - self.started).as_seconds_f64();
        self.record.epochs = report.epochs;
        self.record.metrics = report.last.clone().unwrap_or_default();
        self.record.best = report.best.clone().map(|(epoch, metrics)| Best { epoch, metrics });
        self.session.add(0, session_end(outcome, finished.timestamp_micros() as f64 / 1e6));
        // The record comes last and whatever else fails: it says how the run ended.
        let events = self.session.flush().map_err(anyhow::Error::from);
        let weights = if ended.is_ok() { self.save_weights(state) } else { Ok(()) };
        let record = self.record.save(&self.folder.record()).map_err(anyhow::Error::from);
        events.and(weights).and(record)
    }

    fn save_weights(&self, state: &State) -> Result<()> {
        let weights = state.network.weights();
        let rows: Vec<Vec<f32>> = weights.iter().map(|w| w.values.to_rows()).collect();
        let tensors: Vec<TensorView<'_>> = weights
            .iter()
            .zip(&rows)
            .map(|(w, data)| TensorView { name: &w.name, shape: &w.shape, data })
            .collect();
        let metadata = BTreeMap::from([("epochs".to_owned(), state.epoch.to_string())]);
        Ok(save_weights(&self.folder.weights(), &tensors, &metadata)?)
    }
}

fn record(
    plan: &Plan,
    setting: &Setting<'_>,
    data: &DataSource,
    started: &DateTime<Local>,
) -> Record {
    Record {
        name: plan.name.clone(),
        status: Status::Running,
        error: None,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        arguments: std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect(),
        git_commit: setting.git_commit.map(str::to_owned),
        machine: Machine::here(setting.threads),
        data: data.clone(),
        seed: plan.seed,
        started: started.fixed_offset(),
        finished: None,
        seconds: 0.0,
        epochs: 0,
        metrics: Logs::default(),
        best: None,
    }
}
