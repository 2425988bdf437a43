//! A batch: the runs of one invocation, each with its folder, and the right to write there; it
//! makes folders and plans, and starts nothing.

use std::path::{Path, PathBuf};

use chrono::Local;

use crate::config::{Change, Experiment, Plan, Variant};
use crate::experiment::Feeds;
use crate::runs::{Annotations, Folder, Lock, RunsError, Survives, git_commit, write_atomic};
use crate::sweep::{Frozen, RunResult, Status};

/// One run that is to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// The name of its experiment.
    pub name: String,
    /// Its name within the sweep; empty if there is no sweep.
    pub label: String,
    /// What it is.
    pub plan: Plan,
    /// Its folder, which a run of a sweep makes when it starts.
    pub dir: PathBuf,
    /// The folder to resume: that of its sweep, or its own.
    pub root: PathBuf,
    /// What makes it different from the other runs of its sweep.
    pub changes: Vec<Change>,
    /// The SHA-256 of the data that it was planned for, if that is known.
    pub data: Option<String>,
    /// Why it cannot be started: its folder could not be made.
    pub blocked: Option<String>,
}

/// The runs of one invocation.
#[derive(Debug)]
pub struct Batch {
    /// The runs, in the order in which they start.
    pub jobs: Vec<Job>,
    /// The folders of sweeps are ours as long as these are.
    pub(super) locks: Vec<Lock>,
    pub(super) feeds: Feeds,
    /// The commit of the current folder, if that is a repository.
    pub(super) commit: Option<String>,
}

impl Batch {
    /// The batch of these runs.
    pub(super) fn new(jobs: Vec<Job>, locks: Vec<Lock>) -> Batch {
        let commit = std::env::current_dir().ok().and_then(|dir| git_commit(&dir));
        Batch { jobs, locks, feeds: Feeds::default(), commit }
    }

    /// Makes the folder of every experiment below `logdir`, with all in it that a later process
    /// needs to start what this one may not get to. If that cannot be done for one, its runs fail.
    pub fn plan(experiments: &[Experiment], logdir: &Path) -> Batch {
        let mut batch = Batch::new(Vec::new(), Vec::new());
        for experiment in experiments {
            let planned = match experiment.sweep {
                true => batch.plan_sweep(experiment, logdir),
                false => batch.plan_runs(experiment, logdir),
            };
            if let Err(error) = planned {
                let blocked = |run: &Variant| Job {
                    label: run.label.clone(),
                    changes: run.changes.clone(),
                    blocked: Some(error.to_string()),
                    ..single_job(run.plan.clone(), logdir)
                };
                batch.jobs.extend(experiment.runs.iter().map(blocked));
            }
        }
        batch
    }

    /// A sweep's folder has its plan from the first moment.
    fn plan_sweep(&mut self, experiment: &Experiment, logdir: &Path) -> Result<(), RunsError> {
        let now = Local::now();
        let commit = self.commit.as_deref();
        let frozen = Frozen::new(experiment, now.fixed_offset(), commit, &self.feeds);
        let folder = Folder::create(logdir, &experiment.name, &now, |folder| frozen.save(folder))?;
        self.locks.push(Lock::take(folder.path())?);
        self.jobs.extend(sweep_jobs(&frozen, &folder));
        Ok(())
    }

    /// The folder of a run of its own has its config from the first moment.
    fn plan_runs(&mut self, experiment: &Experiment, logdir: &Path) -> Result<(), RunsError> {
        let jobs = experiment.runs.iter().map(|run| {
            let config = run.plan.to_toml();
            let folder = Folder::create(logdir, &experiment.name, &Local::now(), |folder| {
                write_atomic(&folder.config(), config.as_bytes(), Survives::Kill)
            })?;
            Ok(single_job(run.plan.clone(), folder.path()))
        });
        self.jobs.extend(jobs.collect::<Result<Vec<_>, _>>()?);
        Ok(())
    }

    /// Writes what the user says of the runs into the folder of each run of its own and of each sweep.
    pub fn annotate(&mut self, annotations: &Annotations) -> Result<(), RunsError> {
        if let Some(name) = &annotations.name {
            self.jobs.iter_mut().for_each(|job| job.name.clone_from(name));
        }
        if *annotations == Annotations::default() {
            return Ok(());
        }
        let mut roots: Vec<&Path> = Vec::new();
        for job in self.jobs.iter().filter(|job| job.blocked.is_none()) {
            if roots.last() != Some(&&*job.root) {
                roots.push(&job.root);
            }
        }
        roots.into_iter().try_for_each(|root| annotations.save(&Folder::at(root)))
    }

    /// The folders to resume after an invocation that ended so, each once.
    pub fn unfinished(&self, results: &[RunResult]) -> Vec<&Path> {
        let mut roots: Vec<&Path> = Vec::new();
        for (job, result) in self.jobs.iter().zip(results) {
            let left = matches!(result.status, Status::Stopped | Status::Skipped);
            if left && !roots.contains(&&*job.root) {
                roots.push(&job.root);
            }
        }
        roots
    }
}

/// The run of its own in `dir`.
pub(super) fn single_job(plan: Plan, dir: &Path) -> Job {
    Job {
        name: plan.name.clone(),
        label: String::new(),
        plan,
        dir: dir.to_owned(),
        root: dir.to_owned(),
        changes: Vec::new(),
        data: None,
        blocked: None,
    }
}

/// The runs of a sweep in `folder`.
pub(super) fn sweep_jobs(frozen: &Frozen, folder: &Folder) -> Vec<Job> {
    let job = |run: &Variant| Job {
        name: frozen.experiment.name.clone(),
        label: run.label.clone(),
        plan: run.plan.clone(),
        dir: folder.child(&run.label).path().to_owned(),
        root: folder.path().to_owned(),
        changes: run.changes.clone(),
        data: frozen.data.get(&run.plan.data.identity()).cloned(),
        blocked: None,
    };
    frozen.experiment.runs.iter().map(job).collect()
}
