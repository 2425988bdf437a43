//! `runner run`: configs to plans, plans to results, shown as they come; it trains nothing itself.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use super::args::{Annotate, RunArgs, Work};
use super::check::show_problems;
use super::console::Console;
use super::dry_run::dry_run;
use super::exit::Exit;
use super::format::count;
use super::interrupt::Interrupt;
use super::load;
use super::progress::{self, Progress};
use super::report::{Ending, Wanted, report};
use crate::config::Plan;
use crate::runs::Annotations;
use crate::sweep::{Batch, Notice, Options, RunResult};

/// Trains every run that the configs describe.
pub(super) fn run(args: &RunArgs, console: &Console) -> anyhow::Result<Exit> {
    let request = &args.request;
    let mut experiments = match load::load(&request.configs, &request.set, console.err.color) {
        Ok(experiments) => experiments,
        Err(pictures) => return Ok(show_problems(&pictures, console)),
    };
    let annotations = args.annotate.annotations();
    if let Some(name) = &annotations.name {
        let [experiment] = &mut experiments[..] else {
            console.error(&format!(
                "--name {name} is for one config, got {}\n  help: --tag is for any number",
                experiments.len()
            ));
            return Ok(Exit::Request);
        };
        experiment.name.clone_from(name);
    }
    if args.dry_run {
        load::show_notes(&experiments, console);
        return dry_run(&experiments, args.work.json, console);
    }
    let plans = experiments.iter().flat_map(|experiment| &experiment.runs);
    if let Some(problem) = unknown_metric(args.work.sort.as_deref(), plans.map(|run| &run.plan)) {
        console.error(&problem);
        return Ok(Exit::Request);
    }
    if !args.work.quiet {
        load::show_notes(&experiments, console);
    }
    for repeats in experiments.iter().map(|experiment| experiment.repeats).filter(|n| 0 < *n) {
        console.say(&format!("{} the same as an earlier one, left out", count(repeats, "draw")));
    }
    let names = experiments.iter().flat_map(|e| e.runs.iter().map(|_| e.name.clone()));
    let interrupt = Arc::new(Interrupt::default());
    let plan = || {
        let mut batch = Batch::plan(&experiments, &args.logdir);
        batch.annotate(&annotations)?;
        Ok(batch)
    };
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
    batch: impl FnOnce() -> anyhow::Result<Batch>,
    args: &Work,
    interrupt: &Arc<Interrupt>,
    console: &Console,
) -> anyhow::Result<(Batch, Vec<RunResult>)> {
    let n_runs = names.len();
    let kind = progress::kind(args.progress, args.quiet, names.len(), console.err.terminal);
    let progress = Arc::new(Progress::new(kind, names, console.err));
    let teller = Arc::clone(&progress);
    interrupt.listen(move |text| teller.message(text))?;
    let options = options(args);
    if !args.quiet && 1 < n_runs {
        let jobs = options.jobs.min(n_runs);
        console.say(&format!("{}, {jobs} at a time", count(n_runs, "run")));
    }
    let batch = batch()?;
    let tell = |notice: Notice<'_>| progress.observe(&notice);
    let results = batch.run(&options, &interrupt.stop, &tell);
    interrupt.finish();
    progress.close();
    Ok((batch, results?))
}

impl Annotate {
    fn annotations(&self) -> Annotations {
        let mut annotations = Annotations { name: self.name.clone(), ..Annotations::default() };
        annotations.note = self.note.clone().filter(|note| !note.is_empty());
        annotations.add_tags(&self.tag);
        annotations
    }
}

/// What is wrong with sorting by a metric that no plan logs.
fn unknown_metric<'a>(sort: Option<&str>, plans: impl Iterator<Item = &'a Plan>) -> Option<String> {
    let sort = sort?;
    let mut known = Vec::new();
    for plan in plans {
        let names = plan.training.metrics.iter().map(|metric| metric.name());
        for name in std::iter::once("loss").chain(names) {
            known.push(name.to_owned());
            known.extend((0.0 < plan.data.validation_split).then(|| format!("val_{name}")));
        }
    }
    known.sort();
    known.dedup();
    let want = || format!("`--sort {sort}`: no run logs it; want one of {}", known.join(", "));
    (!known.iter().any(|name| name == sort)).then(want)
}

fn options(args: &Work) -> Options {
    let cores = || available_parallelism().map_or(1, NonZero::get);
    let threads = args.threads.unwrap_or_else(cores);
    let jobs = args.jobs.unwrap_or(threads);
    let max_failures = args.max_failures.or(args.fail_fast.then_some(1));
    Options { jobs, threads, max_failures }
}
