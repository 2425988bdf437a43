//! The recorder of a run: writes all files of the run's folder, from the first to the last. The
//! order of the writes permits a resumption at any moment. The recorder computes nothing.
//!
//! At the end of an epoch, the event files grow first, then the history. A checkpoint follows, if
//! due, with the lengths of the event files. A resumed run cuts the event files to these lengths.
//! The last epoch always has a checkpoint. This checkpoint stays, so that the run can have more
//! epochs later. At the end of the run, the weights precede the record of completion.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::config::{Plan, saved_plan};
use crate::data::Preprocessing;
use crate::experiment::event_files::EventFiles;
use crate::experiment::growing_files::Files;
use crate::experiment::hparams::Session;
use crate::experiment::model_checkpoint::save_network;
use crate::experiment::new_run::{fingerprint, is_of, now, record, refuse_links, remove};
use crate::experiment::pictures::{self, Validation};
use crate::experiment::snapshot::{self, CheckpointMeta, Logged, Snapshot};
use crate::experiment::throughput::Throughput;
use crate::experiment::trained_model::PREPARATION;
use crate::experiment::{RunContext, RunSpec};
use crate::runs::{
    Checkpoint, DataSource, Durability, Folder, History, HistoryWriter, Lock, Owner, Record,
    Resumed, RungNote, Status, remove_leftovers, sums_of, write_atomic,
};
use crate::system::{self, sentence};
use crate::train::{FitState, Logs};

/// The files of a run in progress.
pub(super) struct RunRecorder {
    pub(super) folder: Folder,
    /// Excludes other processes from the folder.
    pub(super) lock: Lock,
    /// The claim on the run where the lock may not exclude others.
    pub(super) owner: Option<Owner>,
    pub(super) record: Record,
    /// The record of an earlier process.
    pub(super) found: Option<Record>,
    checkpoint: Checkpoint,
    /// The fingerprint of the plan.
    plan: String,
    /// The number of epochs of the plan.
    epochs: usize,
    /// Whether the checkpoint goes once the run is completed. No trial of a search is trained further.
    discards_checkpoint: bool,
    /// The rung that the run reaches, if it trains as far.
    pub(super) rung: Option<RungNote>,
    /// The reason of an early end by the search.
    pub(super) reason: Option<String>,
    session: Session,
    pub(super) files: Option<Files>,
    /// The preprocessing of rows, for the metadata of weights.
    preprocessing: String,
    /// The shape of one input.
    shape: Vec<usize>,
    /// Seconds of training up to the checkpoint of the resumption.
    before: f64,
    begun: Instant,
    saved: Instant,
    save_every: Duration,
    synced: Instant,
    sync_every: Duration,
    throughput: Throughput,
}

impl RunRecorder {
    /// Locks the run's folder, creates the folder if missing, and reads the record of an earlier
    /// process.
    pub(super) fn claim(spec: &RunSpec<'_>, context: &RunContext<'_>) -> Result<RunRecorder> {
        let folder = Folder::at(spec.dir);
        folder.make()?;
        let lock = Lock::take_within(folder.path(), context.patience, context.stop)?;
        let owner = Owner::claim(folder.path(), &lock, context.stop)?;
        refuse_links(&folder)?;
        let found = match fs::exists(folder.record()) {
            Ok(false) => None,
            _ => Some(Record::load(&folder.record())?),
        };
        Ok(RunRecorder {
            record: found.clone().unwrap_or_else(|| record(spec, context)),
            found,
            checkpoint: Checkpoint::at(folder.checkpoint()),
            plan: fingerprint(spec.plan),
            epochs: spec.plan.training.epochs,
            discards_checkpoint: context.discard_checkpoints || spec.trial.is_some(),
            rung: spec.rung,
            reason: None,
            session: Session::new(spec.plan, spec.changes, spec.trial),
            folder,
            lock,
            owner,
            files: None,
            preprocessing: String::new(),
            shape: Vec::new(),
            before: 0.0,
            begun: Instant::now(),
            saved: Instant::now(),
            save_every: context.save_every,
            synced: Instant::now(),
            sync_every: context.sync_every,
            throughput: Throughput::new(0),
        })
    }

    /// The record of a completed run, unless the plan now has more epochs. Removes the leftovers of
    /// a process killed at the end.
    pub(super) fn completed(&self, plan: &Plan) -> Result<Option<&Record>> {
        if self.record.status != Status::Completed {
            return Ok(None);
        }
        if self.is_extended(plan) {
            let state = self.checkpoint.path();
            if !state.is_file() {
                bail!(
                    "cannot train it further: its last state, `{}`, is not there",
                    state.display()
                );
            }
            return Ok(None);
        }
        remove_leftovers(self.folder.path())?;
        self.tidy_completed()?;
        Ok(Some(&self.record))
    }

    /// Removes the checkpoint of a completed run, if it is not to stay.
    pub(super) fn tidy_completed(&self) -> Result<()> {
        if self.discards_checkpoint { self.remove_checkpoint() } else { Ok(()) }
    }

    /// Ends claim and lock of a completed run. In a sweep, the file of the lock is removed.
    pub(super) fn retire(self) {
        self.owner.into_iter().for_each(Owner::release);
        if self.folder.is_in_sweep() {
            self.lock.retire();
        }
    }

    /// Whether the plan has more epochs than the run's own config.
    fn is_extended(&self, plan: &Plan) -> bool {
        let text = system::read_to_string(&self.folder.config()).ok();
        let followed = text.and_then(|text| saved_plan(&text).ok());
        followed.is_some_and(|followed| followed.training.epochs < plan.training.epochs)
    }

    /// Records the run as running.
    pub(super) fn begin(&mut self, plan: &Plan) -> Result<()> {
        remove_leftovers(self.folder.path())?;
        self.checkpoint.tidy()?;
        if !fs::exists(self.folder.config()).unwrap_or(false) {
            write_atomic(
                &self.folder.config(),
                plan.to_toml().as_bytes(),
                Durability::ProcessCrash,
            )?;
        }
        self.record.status = Status::Running;
        (self.record.error, self.record.cause, self.record.finished) = (None, None, None);
        Ok(self.record.save(&self.folder.record(), Durability::ProcessCrash)?)
    }

    /// Records the data source and the preprocessing of rows. Data other than at the start or at
    /// planning time are an error.
    pub(super) fn data(
        &mut self,
        data: DataSource,
        want: Option<&str>,
        preprocessing: &Preprocessing,
    ) -> Result<()> {
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
        self.preprocessing = serde_json::to_string(preprocessing)?;
        self.shape.clone_from(&preprocessing.shape);
        Ok(())
    }

    /// The checkpoint of an earlier process, if any. A checkpoint of another plan is an error.
    pub(super) fn snapshot(&self, plan: &Plan) -> Result<Option<Snapshot>> {
        let snapshot = Snapshot::load(self.checkpoint.clone())?;
        if snapshot.as_ref().is_some_and(|snapshot| !is_of(&snapshot.meta.plan, plan)) {
            let what = format!("`{}` has changed since", self.folder.config().display());
            return Err(self.checkpoint.unusable(what).into());
        }
        Ok(snapshot)
    }

    /// Creates the run's files, or continues them from the checkpoint of `meta`.
    pub(super) fn open(&mut self, plan: &Plan, meta: Option<&CheckpointMeta>) -> Result<()> {
        self.check_owner()?;
        // A run that goes on from a rung was not interrupted.
        if self.found.as_ref().is_some_and(|found| found.status != Status::Paused) {
            self.record.resumed.push(Resumed {
                at: now(),
                epoch: meta.map_or(0, |meta| meta.epoch),
                batch: meta.map_or(0, |meta| meta.batch),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            });
        }
        self.record.save(&self.folder.record(), Durability::ProcessCrash)?;
        if self.is_extended(plan) {
            // The record, no longer completed, and the verification of the checkpoint come first.
            self.replace_config(plan)?;
        }
        if meta.is_none() {
            remove(&self.folder.weights())?;
        }
        self.files = Some(match meta {
            None => self.create(plan)?,
            Some(meta) => {
                self.before = meta.seconds;
                let opened = self.reopen(plan, meta);
                opened.map_err(|error| self.checkpoint.unusable(sentence(&error)))?
            }
        });
        Ok(())
    }

    fn create(&self, plan: &Plan) -> Result<Files> {
        let events = EventFiles::create(&self.folder, plan, &self.session, &self.record.started)?;
        remove(&self.folder.history())?;
        let history = HistoryWriter::create(&self.folder.history())?;
        Files::new(&self.folder, plan, &self.shape, events, history, &[])
    }

    fn reopen(&self, plan: &Plan, meta: &CheckpointMeta) -> Result<Files> {
        let path = self.folder.history();
        let events = EventFiles::reopen(&self.folder, plan, &meta.events)?;
        let history = HistoryWriter::reopen(&path, meta.epoch, meta.history.as_deref())?;
        let logged = History::load(&path)?.logs();
        Files::new(&self.folder, plan, &self.shape, events, history, &logged)
    }

    /// Replaces the config with the config of an extended plan, and also an existing digest. A
    /// crash in between leaves a config without a digest.
    fn replace_config(&self, plan: &Plan) -> Result<()> {
        let config = plan.to_toml();
        let (sums, text) = sums_of(&self.folder.config(), config.as_bytes());
        let had_sums = sums.is_file();
        remove(&sums)?;
        write_atomic(&self.folder.config(), config.as_bytes(), self.durability())?;
        if had_sums {
            write_atomic(&sums, text.as_bytes(), self.durability())?;
        }
        Ok(())
    }

    /// Removes the checkpoint.
    pub(super) fn remove_checkpoint(&self) -> Result<()> {
        Ok(self.checkpoint.remove()?)
    }

    /// The run's folder.
    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Begins an epoch after `steps` steps of the training.
    pub(super) fn epoch_begins(&mut self, steps: u64) {
        self.throughput = Throughput::new(steps);
    }

    /// Takes in the numbers after batch `step` of the training, from 1.
    pub(super) fn batch(&mut self, step: u64, logs: &Logs) {
        if let Some(files) = &mut self.files {
            files.events.batch(step, logs, self.throughput.batch());
        }
    }

    /// Writes the numbers of an epoch (from 0), and a checkpoint if due. On return they are in
    /// their files.
    pub(super) fn epoch(&mut self, epoch: usize, logs: &Logs, state: &FitState) -> Result<()> {
        self.check_in_place()?;
        let (durability, steps) = (self.durability(), state.optimizer.iterations);
        if let Some(files) = &mut self.files {
            files.events.epoch((epoch, steps), logs, self.throughput.epoch(steps))?;
            files.weights(epoch, state);
            files.history.append(epoch, logs)?;
            if let Some(checkpoints) = &mut files.checkpoints {
                let known = Some((PREPARATION.to_owned(), self.preprocessing.clone()));
                let numbers = (epoch, logs);
                checkpoints.epoch(&self.folder, numbers, &state.network, known, durability)?;
            }
            if let Some(csv) = &mut files.csv {
                csv.epoch(epoch, logs)?;
            }
            files.events.flush()?;
        }
        let is_last = self.epochs <= epoch + 1 || state.early_stopping.stopped;
        if is_last || self.save_every <= self.saved.elapsed() {
            self.save(state)?;
            self.saved = Instant::now();
        }
        Ok(())
    }

    /// Whether this process still owns the run.
    fn check_owner(&self) -> Result<()> {
        Ok(self.owner.as_ref().map_or(Ok(()), Owner::check)?)
    }

    /// Whether all paths still lead to the open files, at the cost of a few calls of `stat`, and no other process
    /// has taken the run.
    fn check_in_place(&self) -> Result<()> {
        self.owner.as_ref().map_or(Ok(()), Owner::check_at_times)?;
        self.lock.check_in_place()?;
        self.files.as_ref().map_or(Ok(()), Files::check_in_place)
    }

    /// Writes the predictions for the validation rows after the last epoch, from 0.
    pub(super) fn predictions(&mut self, epoch: usize, of: &Validation<'_>) -> Result<()> {
        let Some(files) = &mut self.files else { return Ok(()) };
        let folder = files.events.validation_folder();
        let summaries = pictures::log_predictions(&files.options, of, &folder)?;
        files.events.add_validation(epoch as i64, summaries)?;
        files.events.flush()
    }

    /// Writes the checkpoint of `state`.
    pub(super) fn save(&mut self, state: &FitState) -> Result<()> {
        self.check_owner()?;
        let is_last = state.epoch == self.epochs || state.early_stopping.stopped;
        let is_forced = is_last && self.durability() == Durability::PowerLoss;
        let Some(files) = &mut self.files else { return Ok(()) };
        files.events.flush()?;
        let durability = if !(is_forced || self.sync_every <= self.synced.elapsed()) {
            Durability::ProcessCrash
        } else {
            // The files reach the disk before the checkpoint with their lengths.
            files.sync()?;
            self.synced = Instant::now();
            Durability::PowerLoss
        };
        let events = files.events.lengths();
        let history = files.history.digest();
        let logged = Logged { plan: &self.plan, seconds: self.seconds(), events, history };
        Ok(snapshot::save(&self.checkpoint, state, logged, durability)?)
    }

    /// Writes the weights of the network, and the preprocessing of rows.
    pub(super) fn weights(&self, state: &FitState) -> Result<()> {
        self.check_in_place()?;
        let preprocessing = (PREPARATION.to_owned(), self.preprocessing.clone());
        let path = self.folder.weights();
        save_network(&path, &state.network, state.epoch, Some(preprocessing), self.durability())
    }

    /// The durability of the last files of a run.
    pub(super) fn durability(&self) -> Durability {
        if self.sync_every <= self.begun.elapsed() {
            Durability::PowerLoss
        } else {
            Durability::ProcessCrash
        }
    }

    pub(super) fn seconds(&self) -> f64 {
        self.before + self.begun.elapsed().as_secs_f64()
    }
}
