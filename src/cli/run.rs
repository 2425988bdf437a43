//! `runner run`: configs to plans, plans to results, shown as they come; it trains nothing itself.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use super::args::RunArgs;
use super::check::show_problems;
use super::console::Console;
use super::dry_run::dry_run;
use super::exit::Exit;
use super::interrupt::Interrupt;
use super::load;
use super::progress::{self, Progress};
use super::report::{Wanted, report};
use crate::config::Experiment;
use crate::sweep::{self, RunResult};

/// Trains every run that the configs describe.
pub(super) fn run(args: &RunArgs, console: &Console) -> anyhow::Result<Exit> {
    let request = &args.request;
    let experiments = match load::load(&request.configs, &request.set, console.err.color) {
        Ok(experiments) => experiments,
        Err(pictures) => return Ok(show_problems(&pictures, console)),
    };
    if args.dry_run {
        return dry_run(&experiments, args.json, console);
    }
    let interrupt = Arc::new(Interrupt::default());
    let results = train(&experiments, args, &interrupt, console)?;
    let wanted = Wanted { quiet: args.quiet, json: args.json };
    let told = report(&results, &args.logdir, wanted, console);
    let exit = Exit::of(&results, interrupt.asked());
    told.map(|()| exit)
}

fn train(
    experiments: &[Experiment],
    args: &RunArgs,
    interrupt: &Arc<Interrupt>,
    console: &Console,
) -> anyhow::Result<Vec<RunResult>> {
    let plans = experiments.iter().flat_map(|e| &e.runs).map(|variant| &variant.plan);
    let names: Vec<_> = plans.map(|plan| plan.name.clone()).collect();
    let kind = progress::kind(args.progress, args.quiet, names.len(), console.err.terminal);
    let progress = Arc::new(Progress::new(kind, names, console.err));
    let teller = Arc::clone(&progress);
    interrupt.listen(move |text| teller.message(text))?;
    let options = options(args);
    let tell = |notice: sweep::Notice<'_>| progress.observe(&notice);
    let results = sweep::run(experiments, &options, &interrupt.stop, &tell);
    interrupt.finish();
    progress.close();
    results
}

fn options(args: &RunArgs) -> sweep::Options<'_> {
    let cores = || available_parallelism().map_or(1, NonZero::get);
    let threads = args.threads.unwrap_or_else(cores);
    let jobs = args.jobs.unwrap_or(threads);
    sweep::Options { logdir: &args.logdir, jobs, threads, fail_fast: args.fail_fast }
}
