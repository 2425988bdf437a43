//! The source of the plans of a sweep: a fixed list, or a search that proposes them as results arrive.

use std::path::Path;
use std::time::Duration;

use crate::config::{Change, LineCache, Runs, Variant};
use crate::sweep::peers::Peers;
use crate::sweep::run_state::{RunOutcome, RunState};
use crate::sweep::rungs::RungTask;
use crate::sweep::shard::Shard;
use crate::sweep::trial_result::state_in;
use crate::sweep::trials::{Readiness, Trials};

/// The source of the plans of an experiment.
#[derive(Debug)]
pub(super) enum PlanSource {
    /// All plans are known.
    Fixed(Runs),
    /// Plans depend on the results of earlier runs.
    Search {
        /// Their trials.
        trials: Box<Trials>,
        /// The other workers, if there are any.
        peers: Option<Peers>,
    },
}

impl PlanSource {
    /// The number of runs.
    pub(super) fn len(&self) -> usize {
        match self {
            PlanSource::Fixed(runs) => runs.len(),
            PlanSource::Search { trials, .. } => trials.n_runs(),
        }
    }

    /// A run in full.
    ///
    /// # Errors
    ///
    /// An invalid plan, or a trial that is not proposed, as text.
    pub(super) fn get(&self, run: usize) -> Result<Variant, String> {
        match self {
            PlanSource::Fixed(runs) => runs.get(run),
            PlanSource::Search { trials, .. } => {
                let missing = || format!("trial {} is not proposed", trials.trial_of(run));
                trials.get(run).ok_or_else(missing)
            }
        }
    }

    /// The label and the changes of a run; empty for an invalid plan.
    pub(super) fn heading(&self, run: usize, cache: &mut LineCache) -> (String, Vec<Change>) {
        match self {
            PlanSource::Fixed(runs) => runs.heading(run, cache).unwrap_or_default(),
            PlanSource::Search { trials, .. } => trials.heading(run),
        }
    }

    /// The label of a run.
    pub(super) fn label(&self, run: usize, cache: &mut LineCache) -> String {
        match self {
            PlanSource::Fixed(runs) => runs.label(run, cache),
            PlanSource::Search { trials, .. } => trials.heading(run).0,
        }
    }

    /// The keys that vary.
    pub(super) fn keys(&self) -> Vec<String> {
        match self {
            PlanSource::Fixed(runs) => runs.keys().to_vec(),
            PlanSource::Search { trials, .. } => trials.search().keys(),
        }
    }

    /// The number of runs of a setting, if that is known without their plans.
    pub(super) fn replicates(&self) -> Option<usize> {
        match self {
            PlanSource::Fixed(_) => None,
            PlanSource::Search { trials, .. } => Some(trials.search().replicates()),
        }
    }

    /// The trial of a run of a search.
    pub(super) fn trial(&self, run: usize) -> Option<usize> {
        match self {
            PlanSource::Fixed(_) => None,
            PlanSource::Search { trials, .. } => Some(trials.trial_of(run)),
        }
    }

    /// Proposes the plan of a run, as far as results are known.
    pub(super) fn prepare(&self, run: usize) -> Readiness {
        match self {
            PlanSource::Fixed(_) => Readiness::Ready,
            PlanSource::Search { trials, .. } => trials.prepare(run),
        }
    }

    /// Waits for the plan of a run. `report` takes the reason of a long wait.
    pub(super) fn wait(
        &self,
        run: usize,
        stop: &dyn Fn() -> bool,
        report: &dyn Fn(&str),
    ) -> Readiness {
        match self {
            PlanSource::Fixed(_) => Readiness::Ready,
            PlanSource::Search { trials, peers: None } => trials.wait(run, stop),
            PlanSource::Search { trials, peers: Some(peers) } => {
                peers.wait(trials, run, stop, report)
            }
        }
    }

    /// Leaves the trials of a search that are not in `shard` to other workers on the folder `root`.
    /// See [`Peers`] for `patience` and `gives_up`.
    pub(super) fn share(
        &mut self,
        root: &Path,
        shard: Shard,
        (patience, gives_up): (Duration, bool),
    ) {
        if let PlanSource::Search { peers, .. } = self {
            *peers = Some(Peers::new(root.to_owned(), shard, patience, gives_up));
        }
    }

    /// Whether the worker of a search has given its place up, because no process trained a trial that it needed.
    pub(super) fn has_given_up(&self) -> bool {
        matches!(self, PlanSource::Search { peers: Some(peers), .. } if peers.has_given_up())
    }

    /// Takes in the result of a run of another worker, as far as it is there.
    pub(super) fn look_at_peer(&self, run: usize) {
        if let PlanSource::Search { trials, peers: Some(peers) } = self
            && trials.prepare(run) == Readiness::Ready
        {
            peers.look(trials, trials.trial_of(run));
        }
    }

    /// The number of workers of a search that have work at the same time.
    pub(super) fn parallel(&self) -> Option<usize> {
        match self {
            PlanSource::Fixed(_) => None,
            PlanSource::Search { trials, .. } => Some(trials.search().under_way(trials.total())),
        }
    }

    /// Takes in that a run is to start: its result is not known.
    pub(super) fn open(&self, run: usize) {
        if let PlanSource::Search { trials, .. } = self {
            trials.open(run);
        }
    }

    /// Takes in that a worker has left a run in `dir`; without a folder it has no result, and without
    /// `has_result` only those of earlier rungs.
    pub(super) fn ended(&self, run: usize, dir: Option<&Path>, has_result: bool) {
        if let PlanSource::Search { trials, .. } = self {
            let lost = RunState { outcome: RunOutcome::Lost, values: Vec::new() };
            let found = |dir| state_in(dir, trials.search().objective());
            let mut known = dir.map_or(lost, found);
            if !has_result {
                known.outcome = RunOutcome::Lost;
            }
            trials.tell(run, known);
        }
    }

    /// Whether runs may pause at rungs.
    pub(super) fn has_rungs(&self) -> bool {
        match self {
            PlanSource::Fixed(_) => false,
            PlanSource::Search { trials, .. } => trials.pruning.is_some(),
        }
    }

    /// The next piece of work of a search with a pruner, see [`Trials::next_task`]. `report` takes the reason of a
    /// long wait.
    pub(super) fn next_task(
        &self,
        stop: &dyn Fn() -> bool,
        report: &dyn Fn(&str),
    ) -> Option<(usize, RungTask)> {
        match self {
            PlanSource::Fixed(_) => None,
            PlanSource::Search { trials, peers: None } => trials.next_task(stop),
            PlanSource::Search { trials, peers: Some(peers) } => {
                peers.next_task(trials, stop, report)
            }
        }
    }

    /// The outcome of a run of a search.
    pub(super) fn outcome(&self, run: usize) -> Option<RunOutcome> {
        match self {
            PlanSource::Fixed(_) => None,
            PlanSource::Search { trials, .. } => Some(trials.outcome(run)),
        }
    }

    /// The number of trials of a search after which no combination was left.
    pub(super) fn exhausted(&self) -> Option<usize> {
        match self {
            PlanSource::Fixed(_) => None,
            PlanSource::Search { trials, .. } => trials.exhausted(),
        }
    }
}
