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
use crate::config::Plan;
use crate::sweep::{self, RunResult};

/// Trains every run that the configs describe.
pub(super) fn run(args: &RunArgs, console: &Console) -> anyhow::Result<Exit> {
    let request = &args.request;
    let plans = match load::load(&request.configs, &request.set, console.err.color) {
        Ok(plans) => plans,
        Err(pictures) => return Ok(show_problems(&pictures, console)),
    };
    if args.dry_run {
        return dry_run(&plans, args.json, console);
    }
    let interrupt = Arc::new(Interrupt::default());
    let results = train(&plans, args, &interrupt, console)?;
    let wanted = Wanted { quiet: args.quiet, json: args.json };
    let told = report(&results, &args.logdir, wanted, console);
    let exit = Exit::of(&results, interrupt.asked());
    told.map(|()| exit)
}

fn train(
    plans: &[Plan],
    args: &RunArgs,
    interrupt: &Arc<Interrupt>,
    console: &Console,
) -> anyhow::Result<Vec<RunResult>> {
    let names = plans.iter().map(|plan| plan.name.clone()).collect();
    let kind = progress::kind(args.progress, args.quiet, plans.len(), console.err.terminal);
    let progress = Arc::new(Progress::new(kind, names, console.err));
    let teller = Arc::clone(&progress);
    interrupt.listen(move |text| teller.message(text))?;
    let options = options(args);
    let results = sweep::run(plans, &options, &interrupt.stop, &|notice| progress.observe(&notice));
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
