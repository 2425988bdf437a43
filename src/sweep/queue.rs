//! A queue: the runs of one invocation, each with its folder, and the right to write there; it
//! makes folders and plans, and starts nothing.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use chrono::Local;
use serde::Serialize;

use crate::config::{Change, Experiment, LineCache, PackedLines, Plan, Runs, Variant};
use crate::experiment::DatasetCache;
use crate::runs::{
    Annotations, Durability, Folder, Lock, Outcome, RunIndex, RunsError, git_commit, sums_of,
    write_atomic,
};
use crate::sweep::extend::as_extended;
use crate::sweep::results::{Ending, RunResults};
use crate::sweep::{Status, SweepManifest};

/// One run that is to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// What it is, and what makes it different from the other runs of its sweep.
    pub run: Variant,
    /// Its folder, which a run of a sweep makes when it starts.
    pub dir: PathBuf,
    /// The SHA-256 of the data that it was planned for, if that is known.
    pub data: Option<String>,
}

/// The runs of one experiment, with their folder.
#[derive(Debug)]
pub struct PlannedExperiment {
    name: Arc<str>,
    /// The name that the user has given to its runs.
    alias: OnceLock<Arc<str>>,
    /// The folder to resume: that of the sweep, or of the only run.
    pub root: PathBuf,
    sweep: bool,
    runs: Runs,
    /// The SHA-256 of the data that the runs were planned for, by its name in the plans.
    data: BTreeMap<String, String>,
    /// Why no run can be started: the folder could not be made.
    pub(super) blocked: Option<String>,
    /// How its runs ended, in the order of their ends, see [`RunResults`].
    outcomes: Mutex<PackedLines>,
    pub(super) index: RunIndex,
}

/// A run that waits: 16 bytes, whatever it is.
#[derive(Clone, Debug)]
pub struct QueuedRun {
    /// The experiment that it is of.
    pub experiment: Arc<PlannedExperiment>,
    index: u32,
    /// Epochs in place of those of the plan, if it is given more.
    epochs: Option<NonZero<u32>>,
}

/// The runs of one invocation.
#[derive(Debug)]
pub struct RunQueue {
    /// The runs, in the order in which they start.
    pub runs: Vec<QueuedRun>,
    /// The folders of sweeps are ours as long as these are.
    pub(super) locks: Vec<Lock>,
    pub(super) datasets: DatasetCache,
    /// The commit of the current folder, if that is a repository.
    pub(super) commit: Option<String>,
    /// The results of the runs and of those around them; those of the queue are pending, in its order.
    pub(super) results: RunResults,
}

impl RunQueue {
    /// The queue of these runs, with the results of the runs around them.
    pub(super) fn new(queue: Vec<QueuedRun>, locks: Vec<Lock>, results: RunResults) -> RunQueue {
        let commit = std::env::current_dir().ok().and_then(|dir| git_commit(&dir));
        RunQueue { runs: queue, locks, datasets: DatasetCache::default(), commit, results }
    }

    /// The results of the runs and of those around them, in the order of their plans.
    pub fn results(&self) -> &RunResults {
        &self.results
    }

    /// Reads the data of all experiments, on `threads` threads, before any folder is made.
    ///
    /// # Errors
    ///
    /// One for each data set that cannot be used.
    pub fn read(
        experiments: &[Experiment],
        threads: usize,
    ) -> Result<DatasetCache, Vec<anyhow::Error>> {
        let (datasets, mut errors, mut read) =
            (DatasetCache::default(), Vec::new(), HashSet::new());
        for runs in experiments.iter().map(|experiment| &experiment.runs) {
            for run in runs.first_of_each("data").into_iter().flat_map(|index| runs.get(index)) {
                if read.insert(run.plan.data.identity()) {
                    errors.extend(datasets.get(&run.plan, threads).err());
                }
            }
        }
        if errors.is_empty() { Ok(datasets) } else { Err(errors) }
    }

    /// Makes the folder of every experiment below `logdir`, with all in it that a later process
    /// needs to start what this one may not get to. If that cannot be done for one, its runs fail.
    pub fn plan(experiments: Vec<Experiment>, logdir: &Path, datasets: DatasetCache) -> RunQueue {
        let results = RunResults::default();
        let mut queue = RunQueue { datasets, ..RunQueue::new(Vec::new(), Vec::new(), results) };
        for experiment in experiments {
            let planned = match experiment.sweep {
                true => queue.plan_sweep(experiment, logdir),
                false => plan_run(experiment, logdir),
            };
            queue.runs.extend(PlannedExperiment::queue(Arc::new(planned)));
        }
        queue.runs.iter().for_each(|_| queue.results.push_pending());
        queue
    }

    /// A sweep's folder has its plan from the first moment.
    fn plan_sweep(&mut self, experiment: Experiment, logdir: &Path) -> PlannedExperiment {
        let now = Local::now();
        let commit = self.commit.as_deref();
        let manifest = SweepManifest::new(experiment, now.fixed_offset(), commit, &self.datasets);
        let name = manifest.experiment.name.clone();
        let folder = Folder::create(logdir, &name, &now, |folder| manifest.save(folder));
        let locked = folder.and_then(|folder| Ok((Lock::take(folder.path())?, folder)));
        match locked {
            Ok((lock, folder)) => {
                self.locks.push(lock);
                PlannedExperiment::sweep(manifest, &folder)
            }
            Err(error) => PlannedExperiment::blocked(manifest.experiment, logdir, &error),
        }
    }

    /// Writes the annotations into the folder of each sweep, and of each run that is in none.
    pub fn annotate(&self, annotations: &Annotations) -> Result<(), RunsError> {
        if *annotations == Annotations::default() {
            return Ok(());
        }
        let mut annotated: Vec<&Path> = Vec::new();
        for QueuedRun { experiment, .. } in
            self.runs.iter().filter(|run| run.experiment.blocked.is_none())
        {
            if annotated.last() != Some(&&*experiment.root) {
                annotations.save(&Folder::at(&experiment.root))?;
                annotated.push(&experiment.root);
                let _ = annotations.name.as_deref().map(|name| experiment.alias.set(name.into()));
            }
        }
        Ok(())
    }

    /// The folders to resume after this invocation, each once; `places` are those of the queue.
    pub(super) fn unfinished(&self, places: &[u32]) -> Vec<PathBuf> {
        let mut roots: Vec<&Path> = Vec::new();
        for (run, place) in self.runs.iter().zip(places) {
            let ending = self.results.ending(*place as usize);
            let left = !matches!(ending, Some(Ending::Completed | Ending::Failed));
            if left
                && roots.last() != Some(&&*run.experiment.root)
                && !roots.contains(&&*run.experiment.root)
            {
                roots.push(&run.experiment.root);
            }
        }
        roots.into_iter().map(Path::to_owned).collect()
    }
}

/// The folder of a run of its own has its config from the first moment.
fn plan_run(experiment: Experiment, logdir: &Path) -> PlannedExperiment {
    let config = experiment.runs.iter().map(|run| run.plan.to_toml()).collect::<String>();
    let folder = Folder::create(logdir, &experiment.name, &Local::now(), |folder| {
        let (sums, text) = sums_of(&folder.config(), config.as_bytes());
        write_atomic(&folder.config(), config.as_bytes(), Durability::ProcessCrash)?;
        write_atomic(&sums, text.as_bytes(), Durability::ProcessCrash)
    });
    match folder {
        Ok(folder) => PlannedExperiment::new(experiment, folder.path().to_owned()),
        Err(error) => PlannedExperiment::blocked(experiment, logdir, &error),
    }
}

impl PlannedExperiment {
    fn new(experiment: Experiment, root: PathBuf) -> PlannedExperiment {
        let Experiment { name, sweep, runs, .. } = experiment;
        PlannedExperiment {
            name: name.into(),
            alias: OnceLock::new(),
            root,
            sweep,
            runs,
            data: BTreeMap::new(),
            blocked: None,
            outcomes: Mutex::default(),
            index: RunIndex::default(),
        }
    }

    /// The run of its own in `dir`.
    pub(super) fn single(plan: Plan, dir: &Path) -> PlannedExperiment {
        PlannedExperiment::new(Experiment::single(plan), dir.to_owned())
    }

    /// The runs of a sweep in `folder`.
    pub(super) fn sweep(manifest: SweepManifest, folder: &Folder) -> PlannedExperiment {
        let SweepManifest { experiment, data, .. } = manifest;
        PlannedExperiment { data, ..PlannedExperiment::new(experiment, folder.path().to_owned()) }
    }

    fn blocked(experiment: Experiment, logdir: &Path, error: &RunsError) -> PlannedExperiment {
        let blocked = Some(error.to_string());
        PlannedExperiment { blocked, ..PlannedExperiment::new(experiment, logdir.to_owned()) }
    }

    /// Every run, in the order of the plan.
    pub(super) fn queue(planned: Arc<PlannedExperiment>) -> impl Iterator<Item = QueuedRun> {
        let total = planned.runs.len() as u32;
        (0..total).map(move |index| QueuedRun {
            experiment: Arc::clone(&planned),
            index,
            epochs: None,
        })
    }

    /// The name of its runs.
    pub fn name(&self) -> &Arc<str> {
        self.alias.get().unwrap_or(&self.name)
    }

    /// The keys that make its runs different.
    pub(super) fn keys(&self) -> &[String] {
        self.runs.keys()
    }

    /// The label of a run and what makes it different from the others; nothing of a plan that is none.
    pub(super) fn heading(&self, number: usize, cache: &mut LineCache) -> (String, Vec<Change>) {
        self.runs.heading(number, cache).unwrap_or_default()
    }

    /// The folder of a run of a sweep.
    pub(super) fn run_dir(&self, number: usize, cache: &mut LineCache) -> PathBuf {
        self.dir(&self.runs.label(number, cache))
    }

    /// Whether its runs have folders in that of a sweep.
    pub(super) fn is_sweep(&self) -> bool {
        self.sweep
    }

    /// Number of runs.
    pub(super) fn n_runs(&self) -> usize {
        self.runs.len()
    }

    /// Adds the end of a run, which has a folder or not; returns its line among the outcomes.
    pub(super) fn add_outcome(
        &self,
        status: &Status,
        has_folder: bool,
        outcome: &impl Serialize,
    ) -> (u32, Ending) {
        let line = serde_json::to_string(&(status, has_folder, outcome)).unwrap_or_default();
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        outcomes.push(&line);
        (outcomes.len() as u32 - 1, Ending::of(status))
    }

    /// The end of a run by its line.
    pub(super) fn outcome(
        &self,
        line: u32,
        cache: &mut LineCache,
    ) -> Option<(Status, bool, Outcome)> {
        let outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        serde_json::from_str(outcomes.get(line as usize, cache)).ok()
    }

    /// The folder of the run with this label.
    pub(super) fn dir(&self, label: &str) -> PathBuf {
        match self.sweep {
            true => Folder::at(&self.root).child(label).path().to_owned(),
            false => self.root.clone(),
        }
    }
}

impl QueuedRun {
    /// The run in full.
    ///
    /// # Errors
    ///
    /// A plan that is none, in words.
    pub(super) fn job(&self) -> Result<Job, String> {
        let run = self.experiment.runs.get(self.index as usize)?;
        let data = self.experiment.data.get(&run.plan.data.identity()).cloned();
        let dir = self.experiment.dir(&run.label);
        let mut plan = as_extended(run.plan, &dir);
        if let Some(epochs) = self.epochs {
            plan.training.epochs = epochs.get() as usize;
        }
        Ok(Job { dir, run: Variant { plan, ..run }, data })
    }

    /// Gives the run so many epochs in all.
    pub(super) fn extend(&mut self, epochs: usize) {
        self.epochs = NonZero::new(u32::try_from(epochs).unwrap_or(u32::MAX));
    }

    /// Its label and what makes it different from the other runs, see [`PlannedExperiment::heading`].
    pub(super) fn heading(&self, cache: &mut LineCache) -> (String, Vec<Change>) {
        self.experiment.heading(self.number(), cache)
    }

    /// Its folder, which may not be there yet.
    pub(super) fn dir(&self) -> PathBuf {
        self.experiment.run_dir(self.number(), &mut LineCache::default())
    }

    /// Adds the end of the run, as its record tells it, to the index of its sweep.
    pub(super) fn add_to_index(&self, dir: &Path) {
        if self.experiment.sweep {
            self.experiment.index.append(
                &self.experiment.root,
                self.index as usize,
                &Folder::at(dir),
            );
        }
    }

    /// Its number in the plan.
    pub(super) fn number(&self) -> usize {
        self.index as usize
    }
}
