//! `runner run`: configs to plans, plans to results, shown as they come; it trains nothing itself.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use super::args::{RunArgs, Work};
use super::check::show_problems;
use super::console::Console;
use super::dry_run::dry_run;
use super::exit::Exit;
use super::interrupt::Interrupt;
use super::load;
use super::progress::{self, Progress};
use super::report::{Ending, Wanted, report};
use crate::sweep::{Batch, Notice, Options, RunResult};

/// Trains every run that the configs describe.
pub(super) fn run(args: &RunArgs, console: &Console) -> anyhow::Result<Exit> {
    let request = &args.request;
    let experiments = match load::load(&request.configs, &request.set, console.err.color) {
        Ok(experiments) => experiments,
        Err(pictures) => return Ok(show_problems(&pictures, console)),
    };
    if args.dry_run {
        return dry_run(&experiments, args.work.json, console);
    }
    let names = experiments.iter().flat_map(|e| &e.runs).map(|run| run.plan.name.clone());
    let interrupt = Arc::new(Interrupt::default());
    let plan = || Batch::plan(&experiments, &args.logdir);
    let (batch, results) = work(names.collect(), plan, &args.work, &interrupt, console)?;
    let ending = Ending {
        results: &results,
        logdir: Some(&args.logdir),
        unfinished: &batch.unfinished(&results),
    };
    let told = report(&ending, Wanted::of(&args.work), console);
    let exit = Exit::of(&results, interrupt.asked());
    told.map(|()| exit)
}

/// Runs a batch, whose runs have these names, and shows how it goes. The batch is made once
/// Ctrl-C is listened to.
pub(super) fn work(
    names: Vec<String>,
    batch: impl FnOnce() -> Batch,
    args: &Work,
    interrupt: &Arc<Interrupt>,
    console: &Console,
) -> anyhow::Result<(Batch, Vec<RunResult>)> {
    let kind = progress::kind(args.progress, args.quiet, names.len(), console.err.terminal);
    let progress = Arc::new(Progress::new(kind, names, console.err));
    let teller = Arc::clone(&progress);
    interrupt.listen(move |text| teller.message(text))?;
    let options = options(args);
    let batch = batch();
    let tell = |notice: Notice<'_>| progress.observe(&notice);
    let results = batch.run(&options, &interrupt.stop, &tell);
    interrupt.finish();
    progress.close();
    Ok((batch, results?))
}

fn options(args: &Work) -> Options {
    let cores = || available_parallelism().map_or(1, NonZero::get);
    let threads = args.threads.unwrap_or_else(cores);
    let jobs = args.jobs.unwrap_or(threads);
    let max_failures = args.max_failures.or(args.fail_fast.then_some(1));
    Options { jobs, threads, max_failures }
}
