//! The results of the runs of an invocation, in the order of the plans. A packed result of a sweep
//! takes about 100 bytes; label and changes are read from the plan.

use std::path::Path;
use std::sync::Arc;

use crate::config::LineCache;
use crate::runs::{Best, Outcome};
use crate::sweep::planned::{PlannedExperiment, QueuedRun};
use crate::sweep::result::{Ending, RunResult};

/// The results of the runs of an invocation.
#[derive(Clone, Debug, Default)]
pub struct RunResults(Vec<Slot>);

/// The result of a run.
#[derive(Clone, Debug)]
enum Slot {
    /// No result yet.
    Pending,
    /// The result of a single run.
    Whole(Box<RunResult>),
    /// The result of a run of a sweep: a line of [`PlannedExperiment::outcomes`].
    Packed { run: QueuedRun, line: u32, ending: Ending },
}

impl RunResults {
    /// Adds a run without a result.
    pub(super) fn push_pending(&mut self) {
        self.0.push(Slot::Pending);
    }

    /// Adds the result of a single run.
    pub(super) fn push(&mut self, result: RunResult) {
        self.0.push(Slot::Whole(Box::new(result)));
    }

    /// Sets the result of a run of a sweep to a line of [`PlannedExperiment::outcomes`].
    pub(super) fn set_packed(&mut self, place: usize, run: &QueuedRun, ending: Ending, line: u32) {
        self.0[place] = Slot::Packed { run: run.clone(), line, ending };
    }

    /// Sets the result of the run at `place`.
    pub(super) fn set(&mut self, place: usize, run: &QueuedRun, result: RunResult) {
        if result.label.is_empty() {
            self.0[place] = Slot::Whole(Box::new(result));
            return;
        }
        let RunResult {
            status, dir, epochs, last, best, early_stopping, seconds, trial, rung, ..
        } = result;
        let metrics = last.unwrap_or_default();
        let best = best.map(|(epoch, metrics)| Best { epoch, metrics });
        let outcome = Outcome { seconds, epochs, metrics, best, early_stopping, trial, rung };
        let (line, ending) = run.experiment.add_outcome(&status, dir.is_some(), &outcome);
        self.set_packed(place, run, ending, line);
    }

    /// Appends the results of `other`.
    pub(super) fn append(&mut self, mut other: RunResults) {
        self.0.append(&mut other.0);
    }

    /// Removes the result at `place`.
    pub(super) fn clear(&mut self, place: usize) {
        self.0[place] = Slot::Pending;
    }

    /// The places of the runs without a result.
    pub(super) fn pending(&self) -> Vec<u32> {
        let pending = |place: &usize| matches!(self.0[*place], Slot::Pending);
        (0..self.0.len()).filter(pending).map(|place| place as u32).collect()
    }

    /// The number of runs, with or without a result.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no run.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ending of the run at `place`; `None` without a result.
    pub fn ending(&self, place: usize) -> Option<Ending> {
        match self.0.get(place)? {
            Slot::Pending => None,
            Slot::Whole(result) => Some(Ending::of(&result.status)),
            Slot::Packed { ending, .. } => Some(*ending),
        }
    }

    /// The ending of each run with a result.
    pub fn endings(&self) -> impl Iterator<Item = Ending> {
        (0..self.0.len()).filter_map(|place| self.ending(place))
    }

    /// The folder of the sweep, if all runs with a result belong to the same sweep.
    pub fn sweep(&self) -> Option<&Path> {
        let root = |slot| match slot {
            &Slot::Pending => None,
            Slot::Whole(result) => Some((!result.label.is_empty()).then_some(&*result.root)),
            Slot::Packed { run, .. } => Some(Some(&*run.experiment.root)),
        };
        let mut roots = self.0.iter().filter_map(root);
        let first = roots.next()?;
        first.filter(|_| roots.all(|root| root == first))
    }

    /// The names of the runs with a result.
    pub fn names(&self) -> Vec<Arc<str>> {
        let name = |slot: &Slot| match slot {
            Slot::Pending => None,
            Slot::Whole(result) => Some(Arc::clone(&result.name)),
            Slot::Packed { run, .. } => Some(Arc::clone(run.experiment.name())),
        };
        self.0.iter().filter_map(name).collect()
    }

    /// The results in order.
    pub fn iter(&self) -> impl Iterator<Item = RunResult> {
        let mut unpacker = Unpacker::default();
        self.0.iter().filter_map(move |slot| unpacker.result(slot))
    }
}

impl FromIterator<RunResult> for RunResults {
    fn from_iter<I: IntoIterator<Item = RunResult>>(results: I) -> RunResults {
        RunResults(results.into_iter().map(|result| Slot::Whole(Box::new(result))).collect())
    }
}

/// Unpacks results, with a cache for the current sweep.
#[derive(Default)]
struct Unpacker {
    experiment: Option<Arc<PlannedExperiment>>,
    outcomes: LineCache,
    headings: LineCache,
}

impl Unpacker {
    fn result(&mut self, slot: &Slot) -> Option<RunResult> {
        let (run, line) = match slot {
            Slot::Pending => return None,
            Slot::Whole(result) => return Some((**result).clone()),
            Slot::Packed { run, line, .. } => (run, *line),
        };
        if !self.experiment.as_ref().is_some_and(|last| Arc::ptr_eq(last, &run.experiment)) {
            *self =
                Unpacker { experiment: Some(Arc::clone(&run.experiment)), ..Unpacker::default() };
        }
        let (status, has_folder, outcome) = run.experiment.outcome(line, &mut self.outcomes)?;
        let (label, changes) = run.heading(&mut self.headings);
        let dir = has_folder.then(|| run.experiment.dir(&label));
        let name = Arc::clone(run.experiment.name());
        Some(RunResult {
            label,
            changes,
            dir,
            ..RunResult::new(name, &run.experiment.root, status, outcome)
        })
    }
}
