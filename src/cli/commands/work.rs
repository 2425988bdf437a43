//! `runner work`: trains the shard of a sweep that an engine, or a user, gives to this process.

use std::sync::Arc;
use std::time::Duration;

use super::interrupt::Interrupt;
use super::run::{Workload, work as run_queue};
use crate::cli::args::{Requeue, WorkArgs};
use crate::cli::display::console::Console;
use crate::cli::display::format::count;
use crate::cli::display::summary::{Outcome, OutputOptions, report};
use crate::cli::exit::Exit;
use crate::cluster;
use crate::memory::Bytes;
use crate::sweep::{BoardSummary, finish_sweep, shard_queue};
use crate::system::sentence;

/// The time to wait for another process in a run's folder: an engine may start a task again before the
/// earlier instance has ended.
const PATIENCE: Duration = Duration::from_secs(60);

/// Trains the unfinished runs of the shard.
pub(crate) fn work(args: &WorkArgs, console: &Console) -> anyhow::Result<Exit> {
    let wait = (PATIENCE, args.requeue.is_some());
    let queue = match shard_queue(&args.dir, args.shard, args.retry_failed, wait) {
        Ok(queue) => queue,
        Err(error) => {
            console.error(&format!("{}; nothing was started", sentence(&error)));
            return Ok(Exit::BadRequest);
        }
    };
    let left = queue.runs.len();
    if !args.work.quiet {
        let all = count(queue.results().len(), "run");
        console.say(&format!("{all} in this shard, {left} to train"));
    }
    let interrupt = Arc::new(Interrupt::idempotent());
    let names = queue.runs.iter().map(|run| Arc::clone(run.experiment.name())).collect();
    let (queue, unfinished) = if queue.runs.is_empty() {
        (queue, Vec::new())
    } else {
        let runs = Workload { names, largest: Bytes::default(), patience: PATIENCE };
        let (queue, unfinished, _) =
            run_queue(runs, || Ok(queue), &args.work, &interrupt, console)?;
        (queue, unfinished)
    };
    let results = queue.results().clone();
    let exit = match Exit::of(&results, interrupt.asked()) {
        Exit::Failed if queue.has_given_up() => Exit::Stopped,
        exit => exit,
    };
    // Releases the lock of the sweep, so that the last worker can take it as a whole.
    drop(queue);
    let shown = if interrupt.asked() { None } else { finish_sweep(&args.dir)? };
    let ending = Outcome {
        results: &results,
        logdir: None,
        shown: &shown.unwrap_or_else(BoardSummary::default),
        unfinished: &unfinished,
    };
    report(&ending, OutputOptions::of(&args.work), console)?;
    if exit == Exit::Stopped
        && let Some(Requeue::Slurm) = args.requeue
    {
        requeue(console)?;
    }
    Ok(exit)
}

fn requeue(console: &Console) -> anyhow::Result<()> {
    let is_requeued = cluster::requeue_this_task()?;
    console.say(if is_requeued {
        "Slurm starts this task again"
    } else {
        "this task was cancelled or preempted: not requeued"
    });
    Ok(())
}
