//! The end of a run in its files: the session's end, and the record with the status, which comes last.

use anyhow::{Error, Result};
use chrono::{DateTime, FixedOffset};

use crate::events::SessionStatus;
use crate::experiment::RunSummary;
use crate::experiment::decision::Decision;
use crate::experiment::new_run::now;
use crate::experiment::recorder::RunRecorder;
use crate::experiment::spec::Verdict;
use crate::quote::{MAX_REASON, cut};
use crate::runs::{Best, Cause, Durability, Owner, Status};
use crate::system::{is_machine_fault, sentence};
use crate::train::Diverged;

impl RunRecorder {
    /// Writes the end of the run. A write error makes the run a failure.
    ///
    /// A run that could not be resumed stays unchanged, because the next attempt may succeed.
    pub(super) fn close(mut self, ended: Result<Status>, summary: &RunSummary) -> Result<Status> {
        // Another folder at the same path does not belong to this run.
        if let Err(displaced) = self.lock.check_in_place() {
            return ended.and(Err(displaced.into()));
        }
        // Nor does a run that another process has taken.
        if let Some(Err(taken)) = self.owner.as_ref().map(Owner::check) {
            return Err(taken.into());
        }
        let path = self.folder.record();
        if let (Some(found), None, Err(_)) = (&self.found, &self.files, &ended) {
            found.save(&path, Durability::ProcessCrash)?;
            return ended;
        }
        let finished = now();
        let written = self.end_session(&ended, &finished);
        let ended = ended.and_then(|status| written.map(|()| status));
        self.record.status = ended.as_ref().map_or(Status::Failed, |status| *status);
        let error = ended.as_ref().err();
        self.record.error = error.map(|error| cut(sentence(error), MAX_REASON));
        self.record.cause = error.and_then(cause);
        self.record.finished = Some(finished);
        self.record.seconds = self.seconds();
        self.record.epochs = summary.epochs;
        self.record.metrics = summary.last.clone().unwrap_or_default();
        self.record.best = summary.best.clone().map(|(epoch, metrics)| Best { epoch, metrics });
        self.record.early_stopping = summary.early_stopping.clone();
        if let (Ok(Status::Paused | Status::Completed | Status::Pruned), Some(trial)) =
            (&ended, &mut self.record.trial)
        {
            trial.rung = self.rung;
            trial.reason = self.reason.take();
        }
        // The record is written last and despite other errors, because the record holds the status.
        let saved = self.record.save(&path, self.durability());
        self.owner.take().into_iter().for_each(Owner::release);
        let ended = ended.and_then(|status| saved.map(|()| status).map_err(Into::into));
        if let Ok(Status::Completed) = ended {
            // A checkpoint that cannot be removed costs its space and nothing else.
            let _ = self.tidy_completed();
            self.retire();
        }
        ended
    }

    /// Takes in a decision of the search. Returns the status of a run that pauses or ends by it.
    pub(super) fn end_by(
        &mut self,
        decision: &Decision,
        summary: &mut RunSummary,
    ) -> Option<Status> {
        match decision {
            Decision::Train => None,
            Decision::Pause => Some(Status::Paused),
            Decision::End(Verdict { rung, reason }) => {
                (self.rung, self.reason) = (Some(*rung), Some(reason.clone()));
                (summary.rung, summary.reason) = (self.rung, self.reason.clone());
                Some(Status::Pruned)
            }
        }
    }

    /// Writes the end of the session, unless the run is to be resumed.
    fn end_session(&mut self, ended: &Result<Status>, time: &DateTime<FixedOffset>) -> Result<()> {
        let outcome = match ended {
            Ok(Status::Completed) => SessionStatus::Success,
            Ok(Status::Pruned) => SessionStatus::Unknown,
            Ok(_) => return Ok(()),
            Err(_) => SessionStatus::Failure,
        };
        let durability = self.durability();
        let Some(files) = &mut self.files else { return Ok(()) };
        files.events.end(outcome, time)?;
        match durability {
            Durability::ProcessCrash => Ok(()),
            Durability::PowerLoss => files.sync(),
        }
    }
}

/// The cause of a failure, if known.
fn cause(error: &Error) -> Option<Cause> {
    if error.is::<Diverged>() {
        return Some(Cause::Diverged);
    }
    is_machine_fault(error).then_some(Cause::Machine)
}
