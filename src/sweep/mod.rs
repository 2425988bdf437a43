//! Runs experiments on one pool of threads: contains their failures, reports as they go, saves as
//! they finish; it prints nothing and knows nothing of TOML.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rayon::prelude::*;

use crate::config::{Experiment, Plan};
use crate::experiment::{self, Feeds, News, Report, Setting};
use crate::runs;
use crate::train::{Event, Logs};

/// How plans are run.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The folder in which every run makes its own.
    pub logdir: &'a Path,
    /// Runs at a time, at least 1.
    pub jobs: usize,
    /// Threads to use in all, at least 1; with fewer runs than threads, those left over work
    /// inside the runs.
    pub threads: usize,
    /// Whether the first run that fails stops the others.
    pub fail_fast: bool,
}

/// Runs every run of every experiment, as many at a time as `options` allow; the results are in
/// their order.
///
/// What goes wrong in a run, a panic too, is its own result. Once `stop` is set, runs stop after
/// their step and no other starts.
pub fn run(
    experiments: &[Experiment],
    options: &Options<'_>,
    stop: &AtomicBool,
    observe: &(dyn Fn(Notice<'_>) + Sync),
) -> anyhow::Result<Vec<RunResult>> {
    let plans: Vec<&Plan> =
        experiments.iter().flat_map(|e| &e.runs).map(|variant| &variant.plan).collect();
    let jobs = options.jobs.clamp(1, plans.len().max(1));
    let commit = std::env::current_dir().ok().and_then(|dir| runs::git_commit(&dir));
    let failed = AtomicBool::new(false);
    let setting = Setting {
        logdir: options.logdir,
        threads: (options.threads / jobs).max(1),
        feeds: &Feeds::default(),
        git_commit: commit.as_deref(),
        stop: &|| stop.load(Ordering::Relaxed) || failed.load(Ordering::Relaxed),
    };
    let one = |(run, plan): (usize, &&Plan)| {
        let result = run_one(run, plan, &setting, observe);
        if options.fail_fast && matches!(result.status, Status::Failed(_)) {
            failed.store(true, Ordering::Relaxed);
        }
        observe(Notice::Finished { run, result: &result });
        result
    };
    // `with_max_len` hands the runs out one by one, in their order.
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(jobs).thread_name(|i| format!("run-{i}"));
    let all = || plans.par_iter().enumerate().with_max_len(1).map(one).collect();
    Ok(pool.build()?.install(all))
}

fn run_one(
    run: usize,
    plan: &Plan,
    setting: &Setting<'_>,
    observe: &(dyn Fn(Notice<'_>) + Sync),
) -> RunResult {
    let started = Instant::now();
    let mut report = Report::default();
    let status = match (setting.stop)() {
        true => Status::Skipped,
        false => {
            let mut tell = |news: News<'_>| {
                observe(match news {
                    News::Started(dir) => Notice::Started { run, dir },
                    News::Training(event) => Notice::Training { run, event },
                });
            };
            // What a panic leaves half done is this run's alone: its report is only read.
            let ended = catch_unwind(AssertUnwindSafe(|| {
                experiment::run(plan, setting, &mut report, &mut tell)
            }));
            status(ended)
        }
    };
    RunResult {
        name: plan.name.clone(),
        dir: report.dir,
        status,
        epochs: report.epochs,
        last: report.last,
        best: report.best,
        seconds: started.elapsed().as_secs_f64(),
    }
}

fn status(ended: Result<anyhow::Result<runs::Status>, Box<dyn Any + Send>>) -> Status {
    match ended {
        Ok(Ok(runs::Status::Stopped)) => Status::Stopped,
        Ok(Ok(_)) => Status::Completed,
        Ok(Err(error)) => Status::Failed(format!("{error:#}")),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
            Status::Failed(format!("a bug in runner: {text}"))
        }
    }
}

/// What a sweep tells whoever started it, from any of its threads; runs are numbered from 0
/// through all experiments, in their order.
#[derive(Clone, Copy, Debug)]
pub enum Notice<'a> {
    /// A run has its folder and is about to train.
    Started {
        /// Its number.
        run: usize,
        /// Its folder.
        dir: &'a Path,
    },
    /// Something happened in a run's fit.
    Training {
        /// Its number.
        run: usize,
        /// What happened.
        event: Event<'a>,
    },
    /// A run has ended, one way or another.
    Finished {
        /// Its number.
        run: usize,
        /// How it ended.
        result: &'a RunResult,
    },
}

/// How one run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    /// The plan's name.
    pub name: String,
    /// The run's folder, if there is one.
    pub dir: Option<PathBuf>,
    /// Whether it got to its end.
    pub status: Status,
    /// Epochs trained.
    pub epochs: usize,
    /// The numbers of the last epoch.
    pub last: Option<Logs>,
    /// The epoch (from 0) with the best monitored number, and its numbers.
    pub best: Option<(usize, Logs)>,
    /// Wall time from start to end.
    pub seconds: f64,
}

/// Whether a run got to its end.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// It trained all its epochs, or stopped as its callbacks wanted.
    Completed,
    /// It was asked to stop and saved its state.
    Stopped,
    /// It could not go on; the text says why, with the place and the deed.
    Failed(String),
    /// It was never started.
    Skipped,
}
