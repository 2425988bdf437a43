//! Runs experiments on one thread pool, several at a time, and finds the unfinished work of earlier
//! processes. The module prints nothing and is independent of TOML.

mod board;
mod budget;
mod event;
mod manifest;
mod out_of_fold;
mod plan_source;
mod planned;
mod queue;
mod result;
mod results;
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
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

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

use budget::Budget;
use resumable::plan as plan_of;
use trials::Readiness;

use crate::config::LineCache;
use crate::experiment::{self, RunContext, RunEvent, RunSpec, RunSummary};
use crate::runs::{self, RunsError};
use crate::system::sentence;
use crate::train::Diverged;

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
        let left = AtomicUsize::new(self.runs.len());
        let budget = Budget::new(options.memory);
        let failures = Failures { count: AtomicUsize::new(0), most: options.max_failures };
        let waiting = AtomicUsize::new(0);
        let context = RunContext {
            threads: &|| {
                let active = left.load(Ordering::Relaxed).clamp(1, jobs);
                let idle = budget.waiting() + waiting.load(Ordering::Relaxed);
                let active = active.saturating_sub(idle).max(1);
                (options.threads / active).max(1)
            },
            datasets: &self.datasets,
            git_commit: self.commit.as_deref(),
            stop: &|| stop.load(Ordering::Relaxed) || failures.are_too_many(),
            patience: options.patience,
            save_every: experiment::SAVE_EVERY,
            sync_every: experiment::SYNC_EVERY,
        };
        let one = |run: usize, queued: &QueuedRun| {
            waiting.fetch_add(1, Ordering::Relaxed);
            let readiness = queued.experiment.source.wait(queued.number(), context.stop);
            waiting.fetch_sub(1, Ordering::Relaxed);
            if readiness == Readiness::Exhausted {
                left.fetch_sub(1, Ordering::Relaxed);
                return;
            }
            let result = run_one((run, queued), readiness, &context, &budget, observe);
            left.fetch_sub(1, Ordering::Relaxed);
            queued.experiment.source.ended(queued.number(), result.dir.as_deref());
            failures.take(&result);
            observe(SweepEvent::Finished { run, result: &result });
            result.dir.iter().for_each(|dir| queued.add_to_index(dir));
            keep(run, result);
        };
        let next = AtomicUsize::new(0);
        // A free worker takes the next run, so runs start in order.
        let work = |_: BroadcastContext<'_>| {
            loop {
                let run = next.fetch_add(1, Ordering::Relaxed);
                let Some(queued) = self.runs.get(run) else { break };
                one(run, queued);
            }
        };
        pool(jobs)?.broadcast(work);
        Ok(())
    }
}

/// The assumed number of rows of a queued run, before the actual number is known.
const MOST_ROWS: usize = 1 << 16;

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

fn run_one(
    (run, queued): (usize, &QueuedRun),
    readiness: Readiness,
    context: &RunContext<'_>,
    budget: &Budget,
    observe: &(dyn Fn(SweepEvent<'_>) + Sync),
) -> RunResult {
    let started = Instant::now();
    let mut summary = RunSummary::default();
    let mut tell = |news: RunEvent<'_>| {
        observe(match news {
            RunEvent::Started(dir) => SweepEvent::Started { run, dir },
            RunEvent::Training(event) => SweepEvent::Training { run, event },
        });
    };
    let (dir, status) = match (&queued.experiment.blocked, &readiness) {
        (Some(error), _) | (None, Readiness::Broken(error)) => {
            (None, Status::Failed(error.clone()))
        }
        (None, Readiness::Blocked(_) | Readiness::Waiting) => (None, Status::Skipped),
        (None, _) if (context.stop)() => (None, Status::Skipped),
        (None, _) => match queued.job() {
            Ok(job) => {
                let bytes = job.run.plan.footprint(MOST_ROWS).total();
                let share = budget.take(bytes, context.stop);
                let ended = match (context.stop)() {
                    true => (None, Status::Skipped),
                    false => {
                        let status = train(&job, context, &mut summary, &mut tell);
                        (Some(job.dir), status)
                    }
                };
                drop(share);
                ended
            }
            Err(what) => (None, Status::Failed(format!("cannot read its plan: {what}"))),
        },
    };
    let (label, changes) = queued.heading(&mut LineCache::default());
    RunResult {
        name: Arc::clone(queued.experiment.name()),
        label,
        root: queued.experiment.root.clone(),
        changes,
        dir,
        status,
        epochs: summary.epochs,
        last: summary.last,
        best: summary.best,
        early_stopping: summary.early_stopping,
        seconds: started.elapsed().as_secs_f64(),
    }
}

fn train(
    job: &Job,
    context: &RunContext<'_>,
    summary: &mut RunSummary,
    tell: &mut dyn FnMut(RunEvent<'_>),
) -> Status {
    let spec = RunSpec {
        plan: &job.run.plan,
        dir: &job.dir,
        data: job.data.as_deref(),
        changes: &job.run.changes,
        trial: job.trial,
    };
    match experiment::run(&spec, context, summary, tell) {
        Ok(runs::Status::Stopped) => Status::Stopped,
        Ok(_) => Status::Completed,
        Err(error) if is_in_use(&error) => Status::Busy(sentence(&error)),
        Err(error) if job.trial.is_some() && error.is::<Diverged>() => {
            Status::Diverged(sentence(&error))
        }
        Err(error) => Status::Failed(sentence(&error)),
    }
}

/// Whether another process is at work on the run.
fn is_in_use(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(RunsError::InUse { .. }))
}
