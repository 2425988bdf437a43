//! The other workers of a search: the results of their trials are read from the folder of the sweep.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::runs::{Folder, Lock, Record, Status};
use crate::sweep::run_state::{RunOutcome, RunState};
use crate::sweep::shard::Shard;
use crate::sweep::trial_result::state_in;
use crate::sweep::trials::{Readiness, Trials};

/// The first interval between two looks at a missing result; it doubles up to [`LAST_INTERVAL`].
pub(super) const FIRST_INTERVAL: Duration = Duration::from_millis(10);
pub(super) const LAST_INTERVAL: Duration = Duration::from_secs(1);
/// The time after which a wait for a trial that no process trains is reported.
pub(super) const REPORT_AFTER: Duration = Duration::from_secs(5);

/// The other workers of a search.
#[derive(Debug)]
pub(super) struct Peers {
    /// The folder of the sweep.
    root: PathBuf,
    /// The trials of this worker.
    shard: Shard,
    /// The time in which a failed trial may be tried again.
    patience: Duration,
    /// Whether the worker gives its place up when no process trains a trial that it needs within `patience`: the
    /// engine may then start the worker of that trial, and this one again.
    gives_up: bool,
    /// Whether it has done so.
    has_given_up: AtomicBool,
    /// The trial whose wait is reported, so that it is reported once.
    reported: Mutex<Option<usize>>,
}

/// The progress of a trial of another worker.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// All runs have a result.
    Ended,
    /// A process trains a run.
    Training,
    /// No process trains a run; the reason, as the end of a sentence.
    Idle(&'static str),
    /// A run failed, with the reason.
    Failed(String),
}

impl Peers {
    /// The workers of the other shards of the search in `root`. A failed trial is waited for within `patience`,
    /// and any idle one if this worker `gives_up`.
    pub(super) fn new(root: PathBuf, shard: Shard, patience: Duration, gives_up: bool) -> Peers {
        let (has_given_up, reported) = (AtomicBool::new(false), Mutex::default());
        Peers { root, shard, patience, gives_up, has_given_up, reported }
    }

    /// The trials of this worker.
    pub(super) fn shard(&self) -> Shard {
        self.shard
    }

    /// Whether a wait has been as long as a trial may be tried again.
    pub(super) fn has_no_patience(&self, waited: Duration) -> bool {
        self.patience < waited
    }

    /// Gives the place up, if the engine starts the worker again. Returns whether it does.
    pub(super) fn give_up(&self) -> bool {
        self.has_given_up.store(self.gives_up, Ordering::Relaxed);
        self.gives_up
    }

    /// Whether the worker has given its place up.
    pub(super) fn has_given_up(&self) -> bool {
        self.has_given_up.load(Ordering::Relaxed)
    }

    /// Waits until the trial of `run` is proposed, cannot be, or `stop` returns true. `report` takes the reason of
    /// a long wait.
    pub(super) fn wait(
        &self,
        trials: &Trials,
        run: usize,
        stop: &dyn Fn() -> bool,
        report: &dyn Fn(&str),
    ) -> Readiness {
        let (mut interval, mut since, mut last) = (FIRST_INTERVAL, Instant::now(), None);
        loop {
            let readiness = trials.prepare(run);
            let Readiness::Waiting(missing) = readiness else { return readiness };
            if last.replace(missing) != Some(missing) {
                (interval, since) = (FIRST_INTERVAL, Instant::now());
            }
            if stop() || self.has_given_up() {
                return readiness;
            }
            if !self.shard.has(missing) {
                let (known, progress) = self.progress(trials, missing);
                match progress {
                    Progress::Ended => {
                        trials.tell_trial(missing, known);
                        continue;
                    }
                    Progress::Training => since = Instant::now(),
                    Progress::Idle(why) if self.gives_up && self.patience < since.elapsed() => {
                        self.report(missing, why, report);
                        self.has_given_up.store(true, Ordering::Relaxed);
                    }
                    Progress::Idle(why) if REPORT_AFTER < since.elapsed() => {
                        self.report(missing, why, report);
                    }
                    Progress::Failed(why) if self.patience < since.elapsed() => {
                        self.report(missing, &format!("failed there: {why}"), report);
                        return Readiness::Blocked(missing);
                    }
                    Progress::Idle(_) | Progress::Failed(_) => {}
                }
            }
            trials.pause(interval, stop);
            interval = (2 * interval).min(LAST_INTERVAL);
        }
    }

    /// Takes in the result of a trial of another worker, if it is there; with a pruner, the values at its rungs too.
    pub(super) fn look(&self, trials: &Trials, trial: usize) {
        let (known, progress) = self.progress(trials, trial);
        if trials.pruning.is_some() || progress == Progress::Ended {
            trials.tell_trial(trial, known);
        }
    }

    /// What is known of the runs of a trial, and its progress, by their files.
    fn progress(&self, trials: &Trials, trial: usize) -> (Vec<RunState>, Progress) {
        let (mut states, mut progress) = (Vec::new(), Progress::Ended);
        for label in trials.labels(trial) {
            let folder = Folder::at(&self.root).child(&label);
            let mut known = state_in(folder.path(), trials.search().objective());
            // Whether a result is lost is known to the worker of the trial only.
            if known.is_lost() {
                known.outcome = RunOutcome::Open;
            }
            if !known.is_settled() && progress == Progress::Ended {
                progress = progress_of(&folder);
            }
            states.push(known);
        }
        (states, progress)
    }

    /// Looks at some trials. Returns whether anything is new, and the trials with their progress.
    pub(super) fn look_at(
        &self,
        trials: &Trials,
        some: &[usize],
    ) -> (bool, Vec<(usize, Progress)>) {
        let mut is_new = false;
        let look = |trial: &usize| {
            let (known, progress) = self.progress(trials, *trial);
            is_new |= trials.tell_news(*trial, known);
            (*trial, progress)
        };
        let found = some.iter().map(look).collect();
        (is_new, found)
    }

    /// Reports the wait for a trial, once.
    pub(super) fn report(&self, trial: usize, why: &str, report: &dyn Fn(&str)) {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        if reported.replace(trial) != Some(trial) {
            let worker = self.shard.of(trial);
            report(&format!("waiting for trial {trial} of worker {worker}, which {why}"));
        }
    }
}

/// The progress of a run without a result.
fn progress_of(folder: &Folder) -> Progress {
    let record = Record::load(&folder.record());
    match record {
        _ if Lock::is_held_in(folder.path()) => Progress::Training,
        Err(_) => Progress::Idle("has not begun it"),
        Ok(record) if record.status == Status::Failed => {
            Progress::Failed(record.error.unwrap_or_default())
        }
        Ok(record) if record.status == Status::Paused => Progress::Idle("has paused it"),
        Ok(_) => Progress::Idle("has stopped"),
    }
}
