//! The planned runs of an experiment, and the queued run.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::Serialize;

use crate::config::saved_plan;
use crate::config::{Change, Experiment, LineCache, PackedLines, Plan, Search, Variant};
use crate::runs::{Folder, Outcome, RunIndex, RunsError};
use crate::sweep::SweepManifest;
use crate::sweep::extend_trials::planned_trials;
use crate::sweep::plan_source::PlanSource;
use crate::sweep::result::{Ending, Status};
use crate::sweep::shard::Shard;
use crate::sweep::trials::Trials;
use crate::system;

/// A run to start.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// The plan, and the differences from the other runs of the sweep.
    pub run: Variant,
    /// The run's folder. A run of a sweep creates the folder at the start.
    pub dir: PathBuf,
    /// The SHA-256 of the data at planning time, if known.
    pub data: Option<String>,
    /// The number of the trial, of a search.
    pub trial: Option<usize>,
}

/// The runs of an experiment, with their folder.
#[derive(Debug)]
pub struct PlannedExperiment {
    name: Arc<str>,
    /// The user's name for the runs.
    alias: OnceLock<Arc<str>>,
    /// The folder to resume: the folder of the sweep, or of the single run.
    pub root: PathBuf,
    sweep: bool,
    pub(super) source: PlanSource,
    /// The SHA-256 of the data at planning time, by name in the plans.
    data: BTreeMap<String, String>,
    /// The reason why no run can start: the folder could not be created.
    pub(super) blocked: Option<String>,
    /// Whether other workers train runs of the sweep now. The index then stays as it is.
    pub(super) is_shared: bool,
    /// The results of the runs, in the order of their ends, see [`RunResults`].
    outcomes: Mutex<PackedLines>,
    pub(super) index: RunIndex,
}

/// A queued run, 16 bytes in size.
#[derive(Clone, Debug)]
pub struct QueuedRun {
    /// The experiment of the run.
    pub experiment: Arc<PlannedExperiment>,
    index: u32,
    /// Epochs of an extended run, in place of the plan's epochs.
    epochs: Option<NonZero<u32>>,
}

impl PlannedExperiment {
    pub(super) fn new(experiment: Experiment, root: PathBuf) -> PlannedExperiment {
        let Experiment { name, sweep, runs, .. } = experiment;
        PlannedExperiment {
            name: name.into(),
            alias: OnceLock::new(),
            root,
            sweep,
            source: PlanSource::Fixed(runs),
            data: BTreeMap::new(),
            blocked: None,
            is_shared: false,
            outcomes: Mutex::default(),
            index: RunIndex::default(),
        }
    }

    /// The single run in `dir`.
    pub(super) fn single(plan: Plan, dir: &Path) -> PlannedExperiment {
        PlannedExperiment::new(Experiment::single(plan), dir.to_owned())
    }

    /// The runs of a sweep in `folder`.
    pub(super) fn sweep(manifest: SweepManifest, folder: &Folder) -> PlannedExperiment {
        let SweepManifest { experiment, data, .. } = manifest;
        let source = experiment.search.as_ref().map(|text| {
            let search = Search::parse(&text.config, &folder.sweep_plan())?;
            let total = planned_trials(folder, (search.trials(), search.replicates()))
                .map_err(|e| format!("{e:#}"))?;
            let trials = Box::new(Trials::new(search, total));
            Ok(PlanSource::Search { trials, peers: None })
        });
        let fixed = PlannedExperiment::new(experiment, folder.path().to_owned());
        match source {
            None => PlannedExperiment { data, ..fixed },
            Some(Ok(source)) => PlannedExperiment { data, source, ..fixed },
            Some(Err(error)) => PlannedExperiment { blocked: Some(error), ..fixed },
        }
    }

    pub(super) fn without_folder(
        experiment: Experiment,
        logdir: &Path,
        error: &RunsError,
    ) -> PlannedExperiment {
        let blocked = Some(error.to_string());
        PlannedExperiment { blocked, ..PlannedExperiment::new(experiment, logdir.to_owned()) }
    }

    /// Every run, in the order of the plan.
    pub(super) fn queue(planned: Arc<PlannedExperiment>) -> impl Iterator<Item = QueuedRun> {
        let total = planned.source.len() as u32;
        (0..total).map(move |index| QueuedRun {
            experiment: Arc::clone(&planned),
            index,
            epochs: None,
        })
    }

    /// The name of the runs.
    pub fn name(&self) -> &Arc<str> {
        self.alias.get().unwrap_or(&self.name)
    }

    /// Sets the user's name for the runs, unless already set.
    pub(super) fn set_alias(&self, name: &str) {
        let _ = self.alias.set(name.into());
    }

    /// The reason why no run can start, if any.
    pub fn blocked(&self) -> Option<&str> {
        self.blocked.as_deref()
    }

    /// The number of trials of a search that may be under way together.
    pub fn parallel(&self) -> Option<usize> {
        self.source.parallel()
    }

    /// The keys with different values among the runs.
    pub(super) fn keys(&self) -> Vec<String> {
        self.source.keys()
    }

    /// The label of a run and the differences from the other runs; empty for an invalid plan.
    pub(super) fn heading(&self, number: usize, cache: &mut LineCache) -> (String, Vec<Change>) {
        self.source.heading(number, cache)
    }

    /// The folder of a run of a sweep.
    pub(super) fn run_dir(&self, number: usize, cache: &mut LineCache) -> PathBuf {
        self.dir(&self.source.label(number, cache))
    }

    /// Whether the runs have folders in a sweep's folder.
    pub(super) fn is_sweep(&self) -> bool {
        self.sweep
    }

    pub(super) fn n_runs(&self) -> usize {
        self.source.len()
    }

    /// Adds the result of a run, with or without a folder. Returns the line among the outcomes.
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

    /// The result of a run by line.
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
        if self.sweep {
            Folder::at(&self.root).child(label).path().to_owned()
        } else {
            self.root.clone()
        }
    }
}

impl QueuedRun {
    /// The run in full.
    ///
    /// # Errors
    ///
    /// An invalid plan, as text.
    pub(super) fn job(&self) -> Result<Job, String> {
        let run = self.experiment.source.get(self.number())?;
        let data = self.experiment.data.get(&run.plan.data.identity()).cloned();
        let dir = self.experiment.dir(&run.label);
        let mut plan = as_extended(run.plan, &dir);
        if let Some(epochs) = self.epochs {
            plan.training.epochs = epochs.get() as usize;
        }
        let trial = self.experiment.source.trial(self.number());
        Ok(Job { dir, run: Variant { plan, ..run }, data, trial })
    }

    /// Sets the number of epochs in all.
    pub(super) fn extend(&mut self, epochs: usize) {
        self.epochs = NonZero::new(u32::try_from(epochs).unwrap_or(u32::MAX));
    }

    /// The label and the differences from the other runs, see [`PlannedExperiment::heading`].
    pub(super) fn heading(&self, cache: &mut LineCache) -> (String, Vec<Change>) {
        self.experiment.heading(self.number(), cache)
    }

    /// The run's folder, not necessarily existing.
    pub(super) fn dir(&self) -> PathBuf {
        self.experiment.run_dir(self.number(), &mut LineCache::default())
    }

    /// Adds the result in the run's record to the index of the sweep.
    pub(super) fn add_to_index(&self, dir: &Path) {
        if self.experiment.sweep && !self.experiment.is_shared {
            self.experiment.index.append(
                &self.experiment.root,
                self.index as usize,
                &Folder::at(dir),
            );
        }
    }

    /// Whether the run belongs to a shard: by its trial, of a search, and else by its number.
    pub(super) fn is_in(&self, shard: Shard) -> bool {
        let trial = self.experiment.source.trial(self.number());
        shard.has(trial.unwrap_or(self.number()))
    }

    /// Whether a search proposes the run.
    pub(super) fn is_trial(&self) -> bool {
        self.experiment.source.replicates().is_some()
    }

    /// The run's number in the plan.
    pub(super) fn number(&self) -> usize {
        self.index as usize
    }
}

/// The plan with the epochs of the run's own config, if higher after an interrupted extension.
fn as_extended(mut plan: Plan, dir: &Path) -> Plan {
    let config = system::read_to_string(&Folder::at(dir).config());
    if let Ok(own) = config.map_err(|error| error.to_string()).and_then(|text| saved_plan(&text)) {
        plan.training.epochs = plan.training.epochs.max(own.training.epochs);
    }
    plan
}
