//! The logbook of a run: everything it writes, from its folder's first file to its last, in an
//! order that leaves at any moment what a later process needs to go on; it computes nothing.
//!
//! At the end of an epoch the event files grow, then the history, then the checkpoint notes their
//! lengths: whoever goes on cuts them there. At the end of the run the weights come before the
//! record that says so, and the checkpoint goes only after it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use chrono::{DateTime, FixedOffset, Local};
use sha2::{Digest, Sha256};

use crate::config::Plan;
use crate::data::Preparation;
use crate::events::Outcome;
use crate::experiment::event_files::EventFiles;
use crate::experiment::snapshot::{self, Logged, Note, Snapshot};
use crate::experiment::{Order, Report, Setting};
use crate::runs::{
    Best, Checkpoint, DataSource, Folder, HistoryWriter, Lock, Machine, Record, Resumed, Status,
    Survives, TensorView, remove_leftovers, save_weights, write_atomic,
};
use crate::train::{Logs, State};

/// What the preparation of the data is called in the metadata of the weights.
pub(super) const PREPARATION: &str = "preparation";

/// The files of a run that is under way.
pub(super) struct Logbook {
    folder: Folder,
    /// No other process writes here.
    _lock: Lock,
    record: Record,
    /// What an earlier process had recorded.
    found: Option<Record>,
    checkpoint: Checkpoint,
    /// The fingerprint of the plan.
    plan: String,
    files: Option<Files>,
    /// Seconds of training up to the checkpoint that the run went on from.
    before: f64,
    begun: Instant,
    synced: Instant,
    sync_every: Duration,
}

struct Files {
    events: EventFiles,
    history: HistoryWriter,
}

impl Logbook {
    /// Takes the run's folder for this process, makes it if need be, and reads how far an earlier
    /// one got.
    pub(super) fn claim(order: &Order<'_>, setting: &Setting<'_>) -> Result<Logbook> {
        let folder = Folder::at(order.dir);
        folder.make()?;
        let lock = Lock::take(folder.path())?;
        let found = match fs::exists(folder.record()) {
            Ok(false) => None,
            _ => Some(Record::load(&folder.record())?),
        };
        Ok(Logbook {
            record: found.clone().unwrap_or_else(|| record(order.plan, setting)),
            found,
            checkpoint: Checkpoint::at(folder.checkpoint()),
            plan: fingerprint(order.plan),
            folder,
            _lock: lock,
            files: None,
            before: 0.0,
            begun: Instant::now(),
            synced: Instant::now(),
            sync_every: setting.sync_every,
        })
    }

    /// The record of a run that is done. A process that died just then may have left things to
    /// tidy up.
    pub(super) fn completed(&self) -> Result<Option<&Record>> {
        if self.record.status != Status::Completed {
            return Ok(None);
        }
        remove_leftovers(self.folder.path())?;
        self.checkpoint.remove()?;
        Ok(Some(&self.record))
    }

    /// Writes that the run is under way.
    pub(super) fn begin(&mut self, plan: &Plan) -> Result<()> {
        remove_leftovers(self.folder.path())?;
        self.checkpoint.tidy()?;
        if !fs::exists(self.folder.config()).unwrap_or(false) {
            write_atomic(&self.folder.config(), plan.to_toml().as_bytes(), Survives::Kill)?;
        }
        self.record.status = Status::Running;
        (self.record.error, self.record.finished) = (None, None);
        Ok(self.record.save(&self.folder.record(), Survives::Kill)?)
    }

    /// Notes what the run learns from; that it began with other data is an error.
    pub(super) fn data(&mut self, data: DataSource, want: Option<&str>) -> Result<()> {
        let noted = Some(&*self.record.data.sha256).filter(|sha256| !sha256.is_empty());
        if let Some(want) = noted.or(want).filter(|want| *want != data.sha256) {
            bail!(
                "the data has changed since the run was planned: got {} with the SHA-256 {}, want \
                 {want}; put the old data back, or start anew with `runner run {}`",
                data.description,
                data.sha256,
                self.folder.config().display()
            );
        }
        self.record.data = data;
        Ok(())
    }

    /// The checkpoint that an earlier process left, if it is one of this plan.
    pub(super) fn snapshot(&self, plan: &Plan) -> Result<Option<Snapshot>> {
        let snapshot = Snapshot::load(self.checkpoint.clone())?;
        if snapshot.as_ref().is_some_and(|snapshot| snapshot.note.plan != fingerprint(plan)) {
            let what = format!("`{}` has changed since", self.folder.config().display());
            return Err(self.checkpoint.unusable(what).into());
        }
        Ok(snapshot)
    }

    /// Starts the run's files, or goes on with them where the checkpoint that has this note was
    /// made.
    pub(super) fn open(&mut self, plan: &Plan, note: Option<&Note>) -> Result<()> {
        if self.found.is_some() {
            self.record.resumed.push(Resumed {
                at: now(),
                epoch: note.map_or(0, |note| note.epoch),
                batch: note.map_or(0, |note| note.batch),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            });
        }
        self.record.save(&self.folder.record(), Survives::Kill)?;
        remove(&self.folder.weights())?;
        self.files = Some(match note {
            None => self.create(plan)?,
            Some(note) => {
                self.before = note.seconds;
                let opened = self.reopen(plan, note);
                opened.map_err(|error| self.checkpoint.unusable(format!("{error:#}")))?
            }
        });
        Ok(())
    }

    fn create(&self, plan: &Plan) -> Result<Files> {
        let events = EventFiles::create(&self.folder, plan, &self.record.started)?;
        remove(&self.folder.history())?;
        Ok(Files { events, history: HistoryWriter::create(&self.folder.history())? })
    }

    fn reopen(&self, plan: &Plan, note: &Note) -> Result<Files> {
        let events = EventFiles::reopen(&self.folder, plan, &note.events)?;
        Ok(Files { events, history: HistoryWriter::reopen(&self.folder.history(), note.epoch)? })
    }

    /// The run's folder.
    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Writes the numbers of an epoch (from 0) and what the fit needs to go on after it; when it
    /// returns they are in their files.
    pub(super) fn epoch(&mut self, epoch: usize, logs: &Logs, state: &State) -> Result<()> {
        if let Some(files) = &mut self.files {
            files.events.epoch(epoch, logs)?;
            files.history.append(epoch, logs)?;
        }
        self.save(state)
    }

    /// Writes what the fit needs to go on from `state`.
    pub(super) fn save(&mut self, state: &State) -> Result<()> {
        let Some(files) = &self.files else { return Ok(()) };
        let survives = match self.sync_every <= self.synced.elapsed() {
            false => Survives::Kill,
            true => {
                // Before the checkpoint that tells their lengths.
                files.sync()?;
                self.synced = Instant::now();
                Survives::PowerLoss
            }
        };
        let seconds = self.seconds();
        let logged = Logged { plan: &self.plan, seconds, events: files.events.lengths() };
        Ok(snapshot::save(&self.checkpoint, state, logged, survives)?)
    }

    /// Writes the weights of the network, and how rows are made inputs for it.
    pub(super) fn weights(&self, state: &State, preparation: &Preparation) -> Result<()> {
        let weights = state.network.weights();
        let rows: Vec<Vec<f32>> = weights.iter().map(|w| w.values.to_rows()).collect();
        let tensors: Vec<TensorView<'_>> = weights
            .iter()
            .zip(&rows)
            .map(|(w, data)| TensorView { name: &w.name, shape: &w.shape, data })
            .collect();
        let metadata = BTreeMap::from([
            ("epochs".to_owned(), state.epoch.to_string()),
            (PREPARATION.to_owned(), serde_json::to_string(preparation)?),
        ]);
        Ok(save_weights(&self.folder.weights(), &tensors, &metadata, self.survives())?)
    }

    /// Writes how the run ended; what cannot be written makes it a failure.
    ///
    /// A run that could not even be taken up again is as it was: the next attempt may do better.
    pub(super) fn close(mut self, ended: Result<Status>, report: &Report) -> Result<Status> {
        let path = self.folder.record();
        if let (Some(found), None, Err(_)) = (&self.found, &self.files, &ended) {
            found.save(&path, Survives::Kill)?;
            return ended;
        }
        let finished = now();
        let written = self.end_session(&ended, &finished);
        let ended = ended.and_then(|status| written.map(|()| status));
        self.record.status = ended.as_ref().map_or(Status::Failed, |status| *status);
        self.record.error = ended.as_ref().err().map(|error| format!("{error:#}"));
        self.record.finished = Some(finished);
        self.record.seconds = self.seconds();
        self.record.epochs = report.epochs;
        self.record.metrics = report.last.clone().unwrap_or_default();
        self.record.best = report.best.clone().map(|(epoch, metrics)| Best { epoch, metrics });
        // The record comes last and whatever else fails: it says how the run ended.
        let saved = self.record.save(&path, self.survives());
        let ended = ended.and_then(|status| saved.map(|()| status).map_err(Into::into));
        if let Ok(Status::Completed) = ended {
            // Nobody needs it any more; should it stay, nobody minds it either.
            let _ = self.checkpoint.remove();
        }
        ended
    }

    /// Writes the end of the session, unless it is to be resumed.
    fn end_session(&mut self, ended: &Result<Status>, time: &DateTime<FixedOffset>) -> Result<()> {
        let outcome = match ended {
            Ok(Status::Completed) => Outcome::Success,
            Ok(_) => return Ok(()),
            Err(_) => Outcome::Failure,
        };
        let survives = self.survives();
        let Some(files) = &mut self.files else { return Ok(()) };
        files.events.end(outcome, time)?;
        match survives {
            Survives::Kill => Ok(()),
            Survives::PowerLoss => files.sync(),
        }
    }

    /// What the last files of a run are to survive.
    fn survives(&self) -> Survives {
        match self.sync_every <= self.begun.elapsed() {
            true => Survives::PowerLoss,
            false => Survives::Kill,
        }
    }

    fn seconds(&self) -> f64 {
        self.before + self.begun.elapsed().as_secs_f64()
    }
}

impl Files {
    fn sync(&self) -> Result<()> {
        self.events.sync()?;
        Ok(self.history.sync()?)
    }
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            bail!("cannot remove `{}`: {error}", path.display())
        }
        _ => Ok(()),
    }
}

fn now() -> DateTime<FixedOffset> {
    Local::now().fixed_offset()
}

/// What tells one plan from another.
fn fingerprint(plan: &Plan) -> String {
    let text = serde_json::to_string(plan).unwrap_or_default();
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn record(plan: &Plan, setting: &Setting<'_>) -> Record {
    Record {
        name: plan.name.clone(),
        status: Status::Running,
        error: None,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        arguments: std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()).collect(),
        git_commit: setting.git_commit.map(str::to_owned),
        machine: Machine::here((setting.threads)()),
        data: DataSource { description: plan.data.dataset.clone(), sha256: String::new() },
        seed: plan.seed,
        started: now(),
        resumed: Vec::new(),
        finished: None,
        seconds: 0.0,
        epochs: 0,
        metrics: Logs::default(),
        best: None,
    }
}
