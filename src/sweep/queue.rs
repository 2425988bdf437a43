//! A queue: the runs of an invocation, each with a folder and the lock to write there. The module
//! creates folders and plans, and starts no run.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Local;

use crate::config::Experiment;
use crate::experiment::DatasetCache;
use crate::runs::{
    Annotations, Durability, Folder, Lock, RunsError, git_commit, sums_of, write_atomic,
};
use crate::sweep::SweepManifest;
use crate::sweep::planned::{PlannedExperiment, QueuedRun};
use crate::sweep::result::Ending;
use crate::sweep::results::RunResults;

/// The runs of an invocation.
#[derive(Debug)]
pub struct RunQueue {
    /// The runs, in the order of their start.
    pub runs: Vec<QueuedRun>,
    /// Whether a completed run loses its checkpoint, and so cannot have more epochs.
    pub discard_checkpoints: bool,
    /// The locks of the sweep folders, held as long as the queue.
    pub(super) locks: Vec<Lock>,
    pub(super) datasets: DatasetCache,
    /// The commit of the current folder, if the folder is a repository.
    pub(super) commit: Option<String>,
    /// The results of the queued and the surrounding runs. The queued runs are pending, in queue
    /// order.
    pub(super) results: RunResults,
}

impl RunQueue {
    /// The queue of these runs, with the results of the surrounding runs.
    pub(super) fn new(queue: Vec<QueuedRun>, locks: Vec<Lock>, results: RunResults) -> RunQueue {
        let commit = std::env::current_dir().ok().and_then(|dir| git_commit(&dir));
        RunQueue {
            runs: queue,
            discard_checkpoints: false,
            locks,
            datasets: DatasetCache::default(),
            commit,
            results,
        }
    }

    /// The results of the queued and the surrounding runs, in the order of the plans.
    pub fn results(&self) -> &RunResults {
        &self.results
    }

    /// Reads the data of all experiments on `threads` threads, before any folder is created.
    ///
    /// # Errors
    ///
    /// An error for each unusable data set.
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

    /// Creates the folder of every experiment below `logdir`, complete for a later process to start
    /// the remaining runs. If a folder cannot be created, the runs of the experiment fail.
    pub fn plan(experiments: Vec<Experiment>, logdir: &Path, datasets: DatasetCache) -> RunQueue {
        let results = RunResults::default();
        let mut queue = RunQueue { datasets, ..RunQueue::new(Vec::new(), Vec::new(), results) };
        for experiment in experiments {
            let planned = if experiment.sweep {
                queue.plan_sweep(experiment, logdir)
            } else {
                plan_run(experiment, logdir)
            };
            queue.runs.extend(PlannedExperiment::queue(Arc::new(planned)));
        }
        queue.runs.iter().for_each(|_| queue.results.push_pending());
        queue
    }

    /// The folder of a sweep becomes visible with the manifest inside.
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
            Err(error) => PlannedExperiment::without_folder(manifest.experiment, logdir, &error),
        }
    }

    /// Writes the annotations into the folder of each sweep and of each single run.
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
                if let Some(name) = &annotations.name {
                    experiment.set_alias(name);
                }
            }
        }
        Ok(())
    }

    /// For each search that has tried every combination, its folder and the number of its trials.
    pub fn exhausted(&self) -> Vec<(PathBuf, usize)> {
        let mut found: Vec<(PathBuf, usize)> = Vec::new();
        for QueuedRun { experiment, .. } in &self.runs {
            let is_known = found.last().is_some_and(|(root, _)| *root == experiment.root);
            if let Some(trials) = experiment.source.exhausted().filter(|_| !is_known) {
                found.push((experiment.root.clone(), trials));
            }
        }
        found
    }

    /// Whether a search lacks a trial that another worker has not trained in time.
    pub fn has_given_up(&self) -> bool {
        self.runs.iter().any(|run| run.experiment.source.has_given_up())
    }

    /// The folders to resume after this invocation, without duplicates; `places` are the places of
    /// the queued runs.
    pub(super) fn unfinished(&self, places: &[u32]) -> Vec<PathBuf> {
        let mut roots: Vec<&Path> = Vec::new();
        for (run, place) in self.runs.iter().zip(places) {
            let ending = self.results.ending(*place as usize);
            let is_over = ending.is_none() && run.experiment.source.exhausted().is_some();
            let left = !is_over && !ending.is_some_and(Ending::is_final);
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

/// The folder of a single run becomes visible with the config inside.
fn plan_run(experiment: Experiment, logdir: &Path) -> PlannedExperiment {
    let config = experiment.runs.iter().map(|run| run.plan.to_toml()).collect::<String>();
    let folder = Folder::create(logdir, &experiment.name, &Local::now(), |folder| {
        let (sums, text) = sums_of(&folder.config(), config.as_bytes());
        write_atomic(&folder.config(), config.as_bytes(), Durability::ProcessCrash)?;
        write_atomic(&sums, text.as_bytes(), Durability::ProcessCrash)
    });
    match folder {
        Ok(folder) => PlannedExperiment::new(experiment, folder.path().to_owned()),
        Err(error) => PlannedExperiment::without_folder(experiment, logdir, &error),
    }
}
