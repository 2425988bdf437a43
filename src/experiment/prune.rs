//! Ends a run that is paused at a rung for good: its search goes on without it.

use anyhow::{Result, bail};

use crate::events::SessionStatus;
use crate::experiment::event_files::EventFiles;
use crate::experiment::new_run::now;
use crate::experiment::recorder::RunRecorder;
use crate::experiment::{RunContext, RunSpec, RunSummary};
use crate::runs::{Durability, Status};

/// Records the paused run of `spec` as pruned for `reason`, and updates `summary`. History and weights stay, and
/// the checkpoint goes: no later process trains the run further.
///
/// # Errors
///
/// A folder in use by another process, a run that is not paused, unusable files.
pub fn prune(
    spec: &RunSpec<'_>,
    reason: &str,
    context: &RunContext<'_>,
    summary: &mut RunSummary,
) -> Result<()> {
    let mut recorder = RunRecorder::claim(spec, context)?;
    match recorder.record.status {
        Status::Paused => recorder.prune(spec, reason)?,
        // A process was killed between the record and the checkpoint.
        Status::Pruned => recorder.remove_checkpoint()?,
        _ => bail!("cannot end `{}` early: it is not paused", spec.dir.display()),
    }
    *summary = RunSummary::of(&recorder.record);
    Ok(())
}

impl RunRecorder {
    /// The end of the session comes first, cut off with the lengths in the checkpoint if this process is
    /// killed; then the record; the checkpoint last.
    fn prune(&mut self, spec: &RunSpec<'_>, reason: &str) -> Result<()> {
        let finished = now();
        if let Some(snapshot) = self.snapshot(spec.plan)? {
            let mut events = EventFiles::reopen(self.folder(), spec.plan, &snapshot.meta.events)?;
            events.end(SessionStatus::Unknown, &finished)?;
        }
        let path = self.folder().record();
        self.record.status = Status::Pruned;
        self.record.finished = Some(finished);
        if let Some(trial) = &mut self.record.trial {
            trial.reason = Some(reason.to_owned());
        }
        self.record.save(&path, Durability::ProcessCrash)?;
        self.remove_checkpoint()
    }
}
