//! Runs experiments on one thread pool, several at a time, and finds the unfinished work of earlier
//! processes. The module prints nothing and is independent of TOML.

mod agenda;
mod board;
mod budget;
mod checks;
mod event;
mod load;
mod manifest;
mod one_run;
mod out_of_fold;
mod peers;
mod plan_source;
mod planned;
mod pruning;
mod queue;
mod result;
mod results;
mod run_state;
mod rungs;
mod shared_rungs;
mod trial_result;
mod trials;

mod extend;
mod extend_trials;
mod resumable;
mod scan;
mod shard;
mod worker;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub use board::{Board, BoardSummary, MAX_SHOWN};
pub use event::SweepEvent;
pub use extend_trials::extend_trials;
pub use manifest::SweepManifest;
pub use planned::{Job, PlannedExperiment, QueuedRun};
pub use queue::RunQueue;
pub use result::{Ending, RunResult, Status};
pub use results::RunResults;
pub use resumable::{Resumable, ResumableRun, RunProgress};
pub use scan::ResumeScan;
pub use shard::Shard;
pub use worker::{finish_sweep, shard_queue};

use anyhow::Context;
use rayon::{BroadcastContext, ThreadPool, ThreadPoolBuilder};

use agenda::{Agenda, Work, WorkKind};
use budget::Budget;
use load::Load;
use one_run::run_one;
use resumable::plan as plan_of;
use trials::Readiness;

use crate::experiment::{self, RunContext};

/// The options of [`RunQueue::run`].
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Concurrent runs, at least 1.
    pub jobs: usize,
    /// Threads in all, at least 1. With fewer runs than threads, the spare threads work inside the
    /// runs.
    pub threads: usize,
    /// Bytes of memory for all concurrent runs, if known. A run waits for free memory.
    pub memory: Option<u64>,
    /// The number of failed runs after which the other runs stop.
    pub max_failures: Option<usize>,
    /// The time that a run waits for another process in its folder.
    pub patience: Duration,
}

impl RunQueue {
    /// Runs all runs with the concurrency of `options` and keeps the results, see
    /// [`RunQueue::results`]. Returns the folders to resume.
    ///
    /// An error or a panic in a run becomes the result of this run alone. Once `stop` is set, runs
    /// stop after the current step, and no further run starts.
    pub fn run(
        &mut self,
        options: &Options,
        stop: &AtomicBool,
        observe: &(dyn Fn(SweepEvent<'_>) + Sync),
    ) -> anyhow::Result<Vec<PathBuf>> {
        let places = self.results.pending();
        self.runs.iter().for_each(|run| run.experiment.source.open(run.number()));
        let results = Mutex::new(std::mem::take(&mut self.results));
        let ran = self.run_all(options, stop, observe, &|run, result| {
            let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
            results.set(places[run] as usize, &self.runs[run], result);
        });
        self.results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        ran.map(|()| self.unfinished(&places))
    }

    fn run_all(
        &self,
        options: &Options,
        stop: &AtomicBool,
        observe: &(dyn Fn(SweepEvent<'_>) + Sync),
        keep: &(dyn Fn(usize, RunResult) + Sync),
    ) -> anyhow::Result<()> {
        let jobs = options.jobs.clamp(1, self.runs.len().max(1));
        let load = Load::new(jobs, self.runs.len(), Budget::new(options.memory));
        let failures = Failures { count: AtomicUsize::new(0), most: options.max_failures };
        let context = RunContext {
            threads: &|| load.share(options.threads),
            datasets: &self.datasets,
            git_commit: self.commit.as_deref(),
            stop: &|| stop.load(Ordering::Relaxed) || failures.are_too_many(),
            patience: options.patience,
            discard_checkpoints: self.discard_checkpoints,
            save_every: experiment::SAVE_EVERY,
            sync_every: experiment::SYNC_EVERY,
        };
        let one = |Work { run, kind }: Work| {
            let queued = &self.runs[run];
            let source = &queued.experiment.source;
            let readiness = match kind {
                WorkKind::Whole => {
                    load.waiting(|| wait_for_plan((run, queued), context.stop, observe))
                }
                WorkKind::Rung(_) | WorkKind::Leave => source.prepare(queued.number()),
            };
            if readiness == Readiness::Exhausted {
                return load.ended();
            }
            let how = (&kind, readiness);
            let result = run_one((run, queued), how, &context, &load.budget, observe);
            let is_result = Ending::of(&result.status).is_result();
            source.ended(queued.number(), result.dir.as_deref(), is_result);
            if result.status == Status::Paused && kind != WorkKind::Leave {
                return observe(SweepEvent::Paused { run });
            }
            load.ended();
            failures.take(&result);
            observe(SweepEvent::Finished { run, result: &result });
            result.dir.iter().for_each(|dir| queued.add_to_index(dir));
            keep(run, result);
        };
        let agenda = Agenda::new(&self.runs);
        // A free worker takes the next run, so runs start in order.
        let next = || load.idle(|| agenda.next(context.stop, observe));
        let work = |_: BroadcastContext<'_>| std::iter::from_fn(next).for_each(one);
        pool(jobs)?.broadcast(work);
        Ok(())
    }
}

/// A pool of `jobs` threads, or fewer if the system starts no more.
fn pool(jobs: usize) -> anyhow::Result<ThreadPool> {
    let build = |jobs| {
        ThreadPoolBuilder::new().num_threads(jobs).thread_name(|i| format!("run-{i}")).build()
    };
    let fewer = std::iter::successors(Some(jobs / 2), |jobs| Some(jobs / 2));
    let found = build(jobs);
    let found = found.or_else(|error| {
        fewer.take_while(|jobs| 0 < *jobs).find_map(|jobs| build(jobs).ok()).ok_or(error)
    });
    found.context("cannot start a thread for the runs; is the number of processes limited?")
}

/// The number of failed runs so far, and the limit.
struct Failures {
    count: AtomicUsize,
    most: Option<usize>,
}

impl Failures {
    fn take(&self, result: &RunResult) {
        if let Status::Failed(_) = result.status {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn are_too_many(&self) -> bool {
        self.most.is_some_and(|most| most <= self.count.load(Ordering::Relaxed))
    }
}

/// Waits until a run has its plan, and reports a long wait.
fn wait_for_plan(
    (run, queued): (usize, &QueuedRun),
    stop: &dyn Fn() -> bool,
    observe: &(dyn Fn(SweepEvent<'_>) + Sync),
) -> Readiness {
    let report = |why: &str| observe(SweepEvent::Waiting { run, why });
    queued.experiment.source.wait(queued.number(), stop, &report)
}
