//! The event files of a run: the destination of each number, and the length of each file. The
//! module does not interpret the numbers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, FixedOffset};

use crate::config::{Layout, Plan, TensorBoard};
use crate::events::{
    self, Clock, EventWriter, SessionStatus, Summary, keras_graph, scalar, session_end,
    session_start, text,
};
use crate::experiment::graph;
use crate::experiment::hparams::{Session, annotate};
use crate::runs::{Annotations, Folder, remove_files};
use crate::system::Displaced;
use crate::train::Logs;

/// The event files of a run in progress.
pub(super) struct EventFiles {
    folder: Folder,
    session: EventWriter,
    scalars: Scalars,
    options: TensorBoard,
}

/// The destination of an epoch's scalars.
enum Scalars {
    /// `train/` and `validation/`; the latter exists from the first validation number on.
    Keras { train: EventWriter, validation: Option<EventWriter> },
    /// The file of the session, with a prefix before the name of each number.
    Flat { prefix: &'static str },
}

/// The tag prefix of a run in a sweep: the pages then draw all tags in a single open group.
pub(super) const GROUP: &str = "epoch/";

/// Event files by path relative to the run's folder, with lengths in bytes.
pub(super) type Lengths = BTreeMap<String, u64>;

impl EventFiles {
    /// Creates the files of a run started at `started`, and removes earlier event files.
    pub(super) fn create(
        folder: &Folder,
        plan: &Plan,
        told: &Session,
        started: &DateTime<FixedOffset>,
    ) -> Result<EventFiles> {
        remove_others(folder, &Lengths::new())?;
        let mut session = EventWriter::create(folder.path(), 0, Clock::System)?;
        let Session { trial, hparams } = told;
        let mut hparams = hparams.clone();
        annotate(&mut hparams, &annotations(folder)?);
        session.add(0, session_start(&hparams, trial, seconds(started)));
        let mut scalars = match flat(folder, plan) {
            Some(prefix) => Scalars::Flat { prefix },
            None => Scalars::Keras {
                train: EventWriter::create(&folder.train(), 0, Clock::System)?,
                validation: None,
            },
        };
        let writer = match &mut scalars {
            Scalars::Keras { train, .. } => train,
            Scalars::Flat { .. } => &mut session,
        };
        if plan.tensorboard.write_graph {
            writer.add_graph(events::graph(&graph::nodes(plan)));
            writer.add(0, keras_graph(&graph::keras_json(plan)));
        }
        if plan.tensorboard.write_config {
            writer.add(0, text("config", &format!("```toml\n{}```\n", plan.to_toml())));
        }
        writer.flush()?;
        session.flush()?;
        let options = plan.tensorboard.clone();
        Ok(EventFiles { folder: folder.clone(), session, scalars, options })
    }

    /// Continues the files at these lengths, and removes everything later.
    pub(super) fn reopen(folder: &Folder, plan: &Plan, lengths: &Lengths) -> Result<EventFiles> {
        // A failed run may have been hidden before the retry.
        set_visible(folder, true)?;
        remove_others(folder, lengths)?;
        let open = |dir: &Path| {
            let found = lengths.iter().map(|(name, length)| (folder.path().join(name), *length));
            let mut found = found.filter(|(path, _)| path.parent() == Some(dir));
            found.next().map(|(path, at)| EventWriter::reopen(&path, at, Clock::System)).transpose()
        };
        let missing = |what| move || format!("it names no event file of {what}");
        let session = open(folder.path())?.with_context(missing("the session"))?;
        let scalars = match flat(folder, plan) {
            Some(prefix) => Scalars::Flat { prefix },
            None => Scalars::Keras {
                train: open(&folder.train())?.with_context(missing("the training"))?,
                validation: open(&folder.validation())?,
            },
        };
        let options = plan.tensorboard.clone();
        Ok(EventFiles { folder: folder.clone(), session, scalars, options })
    }

    /// Takes in the numbers after batch `step` (from 1), if due for logging. The numbers reach the
    /// file with the next epoch or with [`EventFiles::flush`].
    pub(super) fn batch(&mut self, step: u64, logs: &Logs, steps_per_second: f64) {
        if !self.options.update_freq.falls_on(step) {
            return;
        }
        let rate = self.options.write_steps_per_second.then_some(steps_per_second as f32);
        let writer = self.training();
        if let Some(rate) = rate {
            writer.add(step as i64, scalar("batch_steps_per_second", rate));
        }
        for (name, value) in &logs.0 {
            writer.add(step as i64, scalar(&format!("batch_{name}"), *value as f32));
        }
    }

    /// Writes the numbers of an epoch (from 0) with its end after `steps` steps. On return the
    /// numbers are in their files.
    pub(super) fn epoch(
        &mut self,
        (epoch, steps): (usize, u64),
        logs: &Logs,
        steps_per_second: f64,
    ) -> Result<()> {
        let step = epoch as i64;
        if self.options.evaluation_vs_iterations {
            for (name, value) in
                logs.0.iter().filter_map(|(n, v)| Some((n.strip_prefix("val_")?, v)))
            {
                let tag = format!("evaluation_{name}_vs_iterations");
                self.validation()?.add(steps as i64, scalar(&tag, *value as f32));
            }
        }
        for (name, value) in &logs.0 {
            let (writer, tag) = match (&self.scalars, name.strip_prefix("val_")) {
                (Scalars::Flat { prefix }, _) => {
                    let tag = format!("{prefix}{name}");
                    (&mut self.session, tag)
                }
                (_, None) => (self.training(), format!("epoch_{name}")),
                (_, Some(name)) => (self.validation()?, format!("epoch_{name}")),
            };
            writer.add(step, scalar(&tag, *value as f32));
        }
        if self.options.write_steps_per_second {
            self.training().add(step, scalar("epoch_steps_per_second", steps_per_second as f32));
        }
        self.flush()
    }

    /// Takes in summaries of the weights after an epoch.
    pub(super) fn add_training(&mut self, step: i64, summaries: Vec<Summary>) {
        let writer = self.training();
        summaries.into_iter().for_each(|summary| writer.add(step, summary));
    }

    /// Takes in summaries of the validation rows.
    pub(super) fn add_validation(&mut self, step: i64, summaries: Vec<Summary>) -> Result<()> {
        let writer = self.validation()?;
        summaries.into_iter().for_each(|summary| writer.add(step, summary));
        Ok(())
    }

    /// Writes all buffered events to the files.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.session.flush()?;
        if let Scalars::Keras { train, validation } = &mut self.scalars {
            train.flush()?;
            validation.as_mut().map_or(Ok(()), EventWriter::flush)?;
        }
        Ok(())
    }

    /// The file of the training events.
    fn training(&mut self) -> &mut EventWriter {
        match &mut self.scalars {
            Scalars::Keras { train, .. } => train,
            Scalars::Flat { .. } => &mut self.session,
        }
    }

    /// The file of the validation events.
    fn validation(&mut self) -> Result<&mut EventWriter> {
        let Scalars::Keras { validation, .. } = &mut self.scalars else {
            return Ok(&mut self.session);
        };
        if validation.is_none() {
            *validation = Some(EventWriter::create(&self.folder.validation(), 0, Clock::System)?);
        }
        validation.as_mut().context("an event file that has just been made")
    }

    /// The folder of the validation events.
    pub(super) fn validation_folder(&self) -> PathBuf {
        match self.scalars {
            Scalars::Keras { .. } => self.folder.validation(),
            Scalars::Flat { .. } => self.folder.path().to_owned(),
        }
    }

    /// Writes the outcome and the time of the session's end.
    pub(super) fn end(
        &mut self,
        outcome: SessionStatus,
        time: &DateTime<FixedOffset>,
    ) -> Result<()> {
        self.session.add(0, session_end(outcome, seconds(time)));
        Ok(self.session.flush()?)
    }

    /// The lengths of the files, for [`EventFiles::reopen`].
    pub(super) fn lengths(&self) -> Lengths {
        let name = |path: &Path| -> PathBuf {
            path.strip_prefix(self.folder.path()).unwrap_or(path).to_owned()
        };
        // Paths have the same slash on every system; the program's own names are always UTF-8.
        let text = |path: &Path| {
            let parts = name(path);
            let parts: Vec<_> = parts.iter().map(|part| part.to_string_lossy()).collect();
            parts.join("/")
        };
        self.all().map(|writer| (text(writer.path()), writer.offset())).collect()
    }

    /// Whether all paths still lead to these files.
    pub(super) fn check_in_place(&self) -> Result<(), Displaced> {
        self.all().try_for_each(EventWriter::check_in_place)
    }

    /// Forces all files to the disk.
    pub(super) fn sync(&self) -> Result<()> {
        self.all().try_for_each(|writer| Ok(writer.sync()?))
    }

    fn all(&self) -> impl Iterator<Item = &EventWriter> {
        let scalars = match &self.scalars {
            Scalars::Flat { .. } => [None, None],
            Scalars::Keras { train, validation } => [Some(train), validation.as_ref()],
        };
        [Some(&self.session)].into_iter().chain(scalars).flatten()
    }
}

/// The annotations of the run in the folder, or else of its sweep.
fn annotations(folder: &Folder) -> Result<Annotations> {
    let above = folder.path().parent().filter(|_| folder.is_in_sweep());
    Ok(Annotations::of_run(folder.path(), above)?)
}

/// The tag prefix of a run with a single event file; `None` for Keras's layout.
fn flat(folder: &Folder, plan: &Plan) -> Option<&'static str> {
    match plan.tensorboard.layout {
        Layout::Auto => folder.is_in_sweep().then_some(GROUP),
        Layout::Keras => None,
        Layout::Flat => Some(""),
    }
}

/// The possible folders of a run's event files, each with the path relative to the run's folder.
fn places(folder: &Folder) -> [(&'static str, PathBuf); 3] {
    [
        ("", folder.path().to_owned()),
        ("train/", folder.train()),
        ("validation/", folder.validation()),
    ]
}

/// Hides all event files of a run from TensorBoard, or shows them.
pub(super) fn set_visible(folder: &Folder, visible: bool) -> Result<()> {
    places(folder).iter().try_for_each(|(_, dir)| Ok(events::set_visible(dir, visible)?))
}

/// Removes all other event files: files begun after the last checkpoint are begun again.
fn remove_others(folder: &Folder, kept: &Lengths) -> Result<()> {
    for (prefix, dir) in places(folder) {
        remove_files(&dir, |name| {
            let ours =
                [events::VISIBLE, events::HIDDEN].iter().any(|start| name.starts_with(start));
            ours && !kept.contains_key(&format!("{prefix}{name}"))
        })?;
    }
    Ok(())
}

pub(super) fn seconds(time: &DateTime<FixedOffset>) -> f64 {
    time.timestamp_micros() as f64 / 1e6
}
