//! `runner run`: loads configs, runs the queue with progress, prints the results.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::check::show_problems;
use super::cores::{Concurrency, cores};
use super::dry_run::dry_run;
use super::interrupt::Interrupt;
use super::load;
use crate::cli::args::{AnnotationArgs, ExecutionArgs, RunArgs};
use crate::cli::display::console::Console;
use crate::cli::display::format::count;
use crate::cli::display::progress::{self, Progress};
use crate::cli::display::summary::{Outcome, OutputOptions, report};
use crate::cli::exit::Exit;
use crate::config::{Experiment, Variant};
use crate::data::DataError;
use crate::experiment::DatasetCache;
use crate::memory::{Bytes, machine};
use crate::query::RequestError;
use crate::runs::{Annotations, check_writable};
use crate::sweep::{Board, BoardSummary, Options, RunQueue, SweepEvent};
use crate::system::sentence;

/// Trains every run that the configs describe.
pub(crate) fn run(args: &RunArgs, console: &Console) -> anyhow::Result<Exit> {
    let request = match args.request.resolved(&args.logdir, console) {
        Ok(request) => request,
        Err(refusal) => {
            console.error(&refusal.to_string());
            return Ok(Exit::BadRequest);
        }
    };
    let mut experiments = match request.experiments(console.err.color) {
        Ok(experiments) => experiments,
        Err(pictures) => return Ok(show_problems(&pictures, console)),
    };
    let annotations = args.annotate.annotations();
    if let Err(problem) = rename(&mut experiments, annotations.name.as_deref()) {
        console.error(&problem);
        return Ok(Exit::BadRequest);
    }
    if args.dry_run {
        load::show_notes(&experiments, console);
        return dry_run(&experiments, args.work.json, console);
    }
    let unwritable = unwritable(&experiments, &args.logdir).map(|error| error.to_string());
    let problem = unwritable.or_else(|| unknown_metric(args.work.sort.as_deref(), &experiments));
    if let Some(problem) = problem {
        console.error(&problem);
        return Ok(Exit::BadRequest);
    }
    show_notes(&experiments, args.work.quiet, console);
    let threads = Concurrency::new(cores(), args.work.threads, args.work.jobs).threads;
    let datasets = match RunQueue::read(&experiments, threads) {
        Ok(datasets) => datasets,
        Err(errors) => return Ok(refuse(&errors, console)),
    };
    if args.plan_only {
        return plan_only(experiments, datasets, &annotations, args, console);
    }
    train(experiments, datasets, &annotations, args, console)
}

/// Trains the runs of the experiments and prints their results.
fn train(
    experiments: Vec<Experiment>,
    datasets: DatasetCache,
    annotations: &Annotations,
    args: &RunArgs,
    console: &Console,
) -> anyhow::Result<Exit> {
    let largest = experiments.iter().map(|experiment| experiment.memory).max().unwrap_or_default();
    let names = names(&experiments);
    let objective = objective(&experiments);
    let interrupt = Arc::new(Interrupt::default());
    let plan = || {
        let queue = RunQueue::plan(experiments, &args.logdir, datasets);
        queue.annotate(annotations)?;
        Ok(queue)
    };
    let runs = Workload { names, largest, patience: Duration::ZERO };
    let (queue, unfinished, shown) = work(runs, plan, &args.work, &interrupt, console)?;
    let ending = Outcome {
        results: queue.results(),
        logdir: Some(&args.logdir),
        shown: &shown,
        unfinished: &unfinished,
    };
    let options = OutputOptions::of(&args.work);
    let options = OutputOptions { sort: options.sort.or(objective.as_deref()), ..options };
    let told = report(&ending, options, console);
    let exit = Exit::of(queue.results(), interrupt.asked());
    told.map(|()| exit)
}

/// Makes the folders of the runs and prints them.
fn plan_only(
    experiments: Vec<Experiment>,
    datasets: DatasetCache,
    annotations: &Annotations,
    args: &RunArgs,
    console: &Console,
) -> anyhow::Result<Exit> {
    let queue = RunQueue::plan(experiments, &args.logdir, datasets);
    queue.annotate(annotations)?;
    let mut roots: Vec<&Path> = Vec::new();
    for experiment in queue.runs.iter().map(|run| &run.experiment) {
        if let Some(reason) = experiment.blocked() {
            console.error(&format!("{}: {reason}", experiment.name()));
            return Ok(Exit::Failed);
        }
        if roots.last() != Some(&&*experiment.root) {
            roots.push(&experiment.root);
        }
    }
    let lines: String = roots.iter().map(|root| format!("{}\n", root.display())).collect();
    console.data(&lines)?;
    Ok(Exit::Done)
}

/// The name of every run.
fn names(experiments: &[Experiment]) -> Vec<Arc<str>> {
    let names = |experiment: &Experiment| {
        std::iter::repeat_n(Arc::from(&*experiment.name), experiment.n_runs())
    };
    experiments.iter().flat_map(names).collect()
}

/// The number by which the trials of the only experiment are ranked, if it is a search.
fn objective(experiments: &[Experiment]) -> Option<String> {
    let [Experiment { search: Some(search), .. }] = experiments else { return None };
    Some(search.objective.name.clone())
}

/// Shows the notes of the configs, unless `quiet`, and the number of draws that were left out.
fn show_notes(experiments: &[Experiment], quiet: bool, console: &Console) {
    if !quiet {
        load::show_notes(experiments, console);
    }
    for repeats in experiments.iter().map(|experiment| experiment.repeats).filter(|n| 0 < *n) {
        console.say(&format!("{} the same as an earlier one, left out", count(repeats, "draw")));
    }
}

/// Gives the only experiment the name of `--name`.
fn rename(experiments: &mut [Experiment], name: Option<&str>) -> Result<(), String> {
    match (name, &mut *experiments) {
        (None, _) => Ok(()),
        (Some(name), [experiment]) => {
            name.clone_into(&mut experiment.name);
            Ok(())
        }
        (Some(name), _) => Err(format!(
            "--name {name} is for one config, got {}\n  help: --tag is for any number",
            experiments.len()
        )),
    }
}

/// Says what is wrong with the data, before anything has started.
fn refuse(errors: &[anyhow::Error], console: &Console) -> Exit {
    for error in errors {
        let help = error.downcast_ref::<DataError>().and_then(DataError::help);
        let help = help.unwrap_or_else(|| "mend the data, or name another".to_owned());
        console.error(&format!("{}; nothing was started\n  help: {help}", sentence(error)));
    }
    Exit::BadRequest
}

/// Why the experiments cannot leave their folders below `logdir`, if that can be known now.
fn unwritable(experiments: &[Experiment], logdir: &Path) -> Option<RequestError> {
    let help = "--logdir DIR leaves the runs elsewhere; nothing was started";
    let check = |experiment: &Experiment| check_writable(logdir, &experiment.name).err();
    experiments.iter().find_map(check).map(|error| RequestError::new(error.to_string(), help))
}

/// The runs of a queue before the queue is made.
pub(crate) struct Workload {
    /// The name of every run.
    pub(crate) names: Vec<Arc<str>>,
    /// The memory of the largest run, if known.
    pub(crate) largest: Bytes,
    /// The time that a run waits for another process in its folder.
    pub(crate) patience: Duration,
}

/// Runs a queue with progress. The queue is made once signals are handled. Returns the queue with its
/// results, and the folders to resume.
pub(crate) fn work(
    Workload { names, largest, patience }: Workload,
    queue: impl FnOnce() -> anyhow::Result<RunQueue>,
    args: &ExecutionArgs,
    interrupt: &Arc<Interrupt>,
    console: &Console,
) -> anyhow::Result<(RunQueue, Vec<PathBuf>, BoardSummary)> {
    let n_runs = names.len();
    let kind =
        progress::progress_style(args.progress, args.quiet, names.len(), console.err.terminal);
    let progress = Arc::new(Progress::new(kind, names, console.err));
    let teller = Arc::clone(&progress);
    interrupt.listen(move |text| teller.message(text))?;
    let options = options(args, patience, console);
    if !args.quiet && 1 < n_runs {
        let jobs = options.jobs.min(n_runs);
        console.say(&format!("{}, {jobs} at a time", count(n_runs, "run")));
        crowded(largest, jobs).iter().for_each(|note| console.say(note));
    }
    let mut queue = queue()?;
    queue.discard_checkpoints = args.discard_checkpoints;
    let board = Board::new(&queue);
    let tell = |notice: SweepEvent<'_>| {
        board.observe(&notice);
        progress.observe(&notice);
        if let SweepEvent::Waiting { why, .. } = notice {
            progress.message(why);
        }
    };
    let unfinished = queue.run(&options, &interrupt.stop, &tell);
    interrupt.finish();
    progress.close();
    for (root, trials) in queue.exhausted() {
        let (root, trials) = (root.display(), count(trials, "trial"));
        console.say(&format!("every combination is tried: `{root}` ends after {trials}"));
    }
    let (unfinished, shown) = (unfinished?, board.close(queue.results()));
    Ok((queue, unfinished, shown))
}

impl AnnotationArgs {
    fn annotations(&self) -> Annotations {
        let mut annotations = Annotations { name: self.name.clone(), ..Annotations::default() };
        annotations.note = self.note.clone().filter(|note| !note.is_empty());
        annotations.add_tags(&self.tag);
        annotations
    }
}

/// What is wrong with sorting by a metric that no plan logs.
fn unknown_metric(sort: Option<&str>, experiments: &[Experiment]) -> Option<String> {
    let sort = sort?;
    let mut known = BTreeSet::new();
    for Variant { plan, .. } in experiments.iter().flat_map(|e| e.runs.iter()) {
        let validates = plan.data.validates();
        let metrics = plan.training.all_metrics();
        let names = metrics.iter().flat_map(|metric| metric.names());
        for name in std::iter::once("loss".to_owned()).chain(names) {
            known.extend(validates.then(|| format!("val_{name}")));
            known.insert(name);
        }
    }
    let names = || known.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let want = || format!("`--sort {sort}`: no run logs it; want one of {}", names());
    (!known.contains(sort)).then(want)
}

/// What is to be known when runs of up to `largest` bytes do not fit into memory together.
fn crowded(largest: Bytes, jobs: usize) -> Option<String> {
    let free = machine()?.available;
    (free.0 < largest.0.saturating_mul(jobs as u64)).then(|| {
        format!("a run takes up to {largest}, {free} are free: a run waits until what it takes is")
    })
}

fn options(args: &ExecutionArgs, patience: Duration, console: &Console) -> Options {
    let Concurrency { threads, jobs, notes } = Concurrency::new(cores(), args.threads, args.jobs);
    if !args.quiet {
        notes.iter().for_each(|note| console.say(note));
    }
    let max_failures = args.max_failures.or(args.fail_fast.then_some(1));
    let memory = machine().map(|machine| machine.available.0);
    Options { jobs, threads, memory, max_failures, patience }
}
