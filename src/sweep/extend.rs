//! Plans more epochs for finished and interrupted runs, or reports the reasons against them.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Error, Result, bail};

use crate::runs::{Checkpoint, Folder, Lock, Record, Status};
use crate::sweep::planned::{PlannedExperiment, QueuedRun};
use crate::sweep::resumable::{Resumable, ResumableRun, RunProgress};
use crate::sweep::{ResumeScan, plan_of};

/// The reason why a trial of a search cannot have more epochs.
const NO_TRIALS: &str = "the trials of a search are not trained further, because later trials depend \
                         on their results; `runner run SWEEP/best --set training.epochs=N` repeats \
                         the best with more";

impl ResumeScan {
    /// Plans `epochs` epochs in all for the named runs and the runs of named sweeps. Returns a note
    /// for each unchanged run.
    ///
    /// # Errors
    ///
    /// A folder without a run or sweep, or no run that can have more epochs.
    pub fn extend(&mut self, epochs: usize, retry_failed: bool) -> Result<Vec<String>> {
        if let Some(found) = self.found.iter().find(|found| !found.named) {
            bail!(
                "more epochs are for runs and sweeps that are named, such as `{}`",
                found.dir.display()
            );
        }
        let (mut notes, mut extended) = (Vec::new(), 0);
        for found in &mut self.found {
            let (n, kept) = found.extend(epochs, retry_failed)?;
            extended += n;
            notes.extend(kept);
        }
        match notes.first() {
            Some(first) if extended == 0 => bail!("{first}"),
            _ => Ok(notes),
        }
    }
}

impl Resumable {
    /// Plans the epochs of each run. Returns the number of extended runs and a note for each other
    /// run.
    fn extend(&mut self, epochs: usize, retry_failed: bool) -> Result<(usize, Vec<String>)> {
        if self.is_sweep && self.lock.is_none() {
            self.lock = Some(Lock::take(&self.dir)?);
        }
        if self.runs.iter().flat_map(|run| &run.queued).any(QueuedRun::is_trial) {
            bail!("{}; got the search `{}`", NO_TRIALS, self.dir.display());
        }
        let (mut extended, mut notes) = (0, Vec::new());
        for run in &mut self.runs {
            let dir = run.queued.as_ref().map_or_else(|| self.dir.clone(), QueuedRun::dir);
            match run.extend(&dir, epochs, retry_failed)? {
                None => extended += 1,
                Some(why) => notes.push(format!("`{}` stays as it is: {why}", dir.display())),
            }
        }
        Ok((extended, notes))
    }
}

impl ResumableRun {
    /// Plans `epochs` epochs in all, or returns the reason against them.
    fn extend(&mut self, dir: &Path, epochs: usize, retry_failed: bool) -> Result<Option<String>> {
        if self.progress == RunProgress::Failed && !retry_failed {
            return Ok(Some("it failed; --retry-failed tries it again".to_owned()));
        }
        let folder = Folder::at(dir);
        if folder.record().is_file()
            && let Some(why) = obstacle(&folder, &Record::load(&folder.record())?, epochs)?
        {
            return Ok(Some(why));
        }
        let alone = || {
            let planned = Arc::new(PlannedExperiment::single(plan_of(&folder)?, dir));
            PlannedExperiment::queue(planned).next().context("a run of its own is one run")
        };
        let queued = self.queued.take().map_or_else(alone, Ok)?;
        let queued = self.queued.insert(queued);
        let planned = queued.job().map_err(Error::msg)?.run.plan.training.epochs;
        if epochs < planned {
            return Ok(Some(format!("{planned} epochs are planned, want more than that")));
        }
        queued.extend(epochs);
        if self.progress == RunProgress::Done {
            self.progress = RunProgress::Interrupted;
        }
        Ok(None)
    }
}

/// The reason why a run cannot have `epochs` epochs.
fn obstacle(folder: &Folder, record: &Record, epochs: usize) -> Result<Option<String>> {
    if record.trial.is_some() {
        return Ok(Some(NO_TRIALS.to_owned()));
    }
    if record.status != Status::Completed {
        return Ok(None);
    }
    let trained = record.epochs;
    if epochs <= trained {
        return Ok(Some(format!("it has {trained} epochs, want more than that")));
    }
    if trained < plan_of(folder)?.training.epochs {
        return Ok(Some(format!(
            "early stopping ended it after epoch {trained}, as it would end a run of {epochs} epochs"
        )));
    }
    let checkpoint = Checkpoint::at(folder.checkpoint()).path();
    Ok((!checkpoint.is_file()).then(|| {
        format!(
            "its last state, `{}`, is not there, as after `submit` without `--keep-checkpoints`; \
             `model.weights` starts a new run from its weights",
            checkpoint.display()
        )
    }))
}
