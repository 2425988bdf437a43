//! `runner submit`: freezes sweeps and submits each as one array of workers; returns at once.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};

use super::check::show_problems;
use super::cores::cores;
use super::load;
use crate::cli::args::SubmitArgs;
use crate::cli::display::console::Console;
use crate::cli::display::format::{count, shell_word};
use crate::cli::exit::Exit;
use crate::cluster::{Engine, Limits, Script, Submission, ToolError};
use crate::config::Experiment;
use crate::experiment::DatasetCache;
use crate::runs::lock_trouble;
use crate::sweep::{ResumeScan, RunProgress, RunQueue};
use crate::system::sentence;

/// A sweep to submit.
struct Target {
    name: String,
    dir: PathBuf,
    /// The number of runs.
    runs: usize,
    /// The number of runs left.
    left: usize,
    /// The mean time of the ended runs, in seconds.
    seconds: Option<f64>,
    /// The trials that may be under way together, of a search.
    parallel: Option<usize>,
}

/// Submits sweeps.
pub(crate) fn submit(args: &SubmitArgs, console: &Console) -> anyhow::Result<Exit> {
    let engine = Engine::from(args.engine);
    if engine == Engine::HyperQueue && 1 < args.chain {
        let error =
            anyhow!("`--chain` is for Slurm; HyperQueue starts a stopped task again itself");
        return Ok(refuse(&error, console));
    }
    let limits = match engine.limits() {
        Ok(limits) => limits,
        // The script can be shown anywhere.
        Err(_) if args.dry_run => engine.assumed_limits(),
        Err(error) => return Ok(refuse(&error, console)),
    };
    let targets = match targets(args, console) {
        Ok(Ok(targets)) => targets,
        Ok(Err(exit)) => return Ok(exit),
        Err(error) => return Ok(refuse(&error, console)),
    };
    for target in &targets {
        if target.left == 0 {
            console.say(&format!("nothing is left to do in {}", target.dir.display()));
            continue;
        }
        if let Err(error) = submit_one(target, args, limits, console) {
            return Ok(refuse(&error, console));
        }
    }
    Ok(Exit::Done)
}

fn refuse(error: &anyhow::Error, console: &Console) -> Exit {
    let help = error.downcast_ref::<ToolError>().map(|error| format!("\n  help: {}", error.help()));
    console.error(&format!(
        "{}; nothing was submitted{}",
        sentence(error),
        help.unwrap_or_default()
    ));
    Exit::BadRequest
}

/// The sweeps of the arguments: a folder, or the sweeps of configs, which are frozen now. An inner error has
/// been shown.
fn targets(args: &SubmitArgs, console: &Console) -> anyhow::Result<Result<Vec<Target>, Exit>> {
    if let [dir] = &*args.targets
        && dir.is_dir()
    {
        return Ok(Ok(vec![existing(dir, args.retry_failed)?]));
    }
    let experiments = match load::load_and_verify(&args.targets, &args.set, console.err.color) {
        Ok(experiments) => experiments,
        Err(pictures) => return Ok(Err(show_problems(&pictures, console))),
    };
    if let Some(single) = experiments.iter().find(|experiment| !experiment.sweep) {
        bail!("`{}` is a single run, want a sweep; `runner run` trains a run", single.name);
    }
    load::show_notes(&experiments, console);
    Ok(Ok(if args.dry_run { planned(&experiments, args) } else { freeze(experiments, args)? }))
}

/// The sweep in a folder that is there.
fn existing(dir: &Path, retry_failed: bool) -> anyhow::Result<Target> {
    if let Some(last) = Submission::last(dir)? {
        let tasks = last.queued_tasks()?;
        if let Some(task) = tasks.first() {
            bail!(
                "{} of job {} are still queued or running ({} {}); `runner cancel {}` ends them",
                count(tasks.len(), "task"),
                last.jobs.join(", "),
                task.state,
                task.place,
                shell_word(dir)
            );
        }
    }
    let scan = ResumeScan::of(&[dir.to_owned()])?;
    let [found] = &*scan.found else {
        bail!("`{}` holds several runs, want the folder of one sweep", dir.display());
    };
    if !found.is_sweep() {
        bail!("`{}` is a single run, want a sweep; `runner resume` finishes a run", dir.display());
    }
    let is_left = |progress: RunProgress| match progress {
        RunProgress::Done => false,
        RunProgress::Failed => retry_failed,
        RunProgress::Interrupted | RunProgress::Paused | RunProgress::Waiting => true,
    };
    let runs = found.runs.len();
    let left = found.runs.iter().filter(|run| is_left(run.progress)).count();
    let name = dir.canonicalize().ok().and_then(|dir| Some(dir.parent()?.file_name()?.to_owned()));
    let name = name.map_or_else(|| "sweep".to_owned(), |name| name.to_string_lossy().into_owned());
    let (seconds, parallel) = (found.mean_seconds(), found.parallel());
    Ok(Target { name, dir: dir.to_owned(), runs, left, seconds, parallel })
}

/// The sweeps as they would be frozen.
fn planned(experiments: &[Experiment], args: &SubmitArgs) -> Vec<Target> {
    let target = |experiment: &Experiment| Target {
        name: experiment.name.clone(),
        dir: args.logdir.join(&experiment.name).join("TIME"),
        runs: experiment.n_runs(),
        left: experiment.n_runs(),
        seconds: None,
        parallel: experiment.search.as_ref().map(|search| search.parallel),
    };
    experiments.iter().map(target).collect()
}

/// Freezes the plans of the sweeps. The locks are released at once.
fn freeze(experiments: Vec<Experiment>, args: &SubmitArgs) -> anyhow::Result<Vec<Target>> {
    let mut targets = Vec::new();
    for experiment in experiments {
        let (name, left) = (experiment.name.clone(), experiment.n_runs());
        let parallel = experiment.search.as_ref().map(|search| search.parallel);
        let datasets: DatasetCache = RunQueue::read(std::slice::from_ref(&experiment), cores())
            .map_err(|mut errors| errors.swap_remove(0))?;
        let queue = RunQueue::plan(vec![experiment], &args.logdir, datasets);
        let run = queue.runs.first().context("a sweep has runs")?;
        if let Some(reason) = run.experiment.blocked() {
            bail!("{reason}");
        }
        let dir = run.experiment.root.clone();
        targets.push(Target { name, dir, runs: left, left, seconds: None, parallel });
    }
    Ok(targets)
}

fn submit_one(
    target: &Target,
    args: &SubmitArgs,
    limits: Limits,
    console: &Console,
) -> anyhow::Result<()> {
    let Target { name, dir, runs, left, .. } = target;
    let engine = Engine::from(args.engine);
    let tasks = tasks(target, args, limits, console)?;
    let sweep = std::path::absolute(dir).with_context(|| format!("no path `{}`", dir.display()))?;
    let script = Script {
        engine,
        name: name.clone(),
        folder: Submission::next_folder(&sweep)?,
        sweep,
        tasks,
        requeues: limits.requeues,
        retry_failed: args.retry_failed,
        discard_checkpoints: !args.keep_checkpoints,
    };
    if args.dry_run {
        console.data(&script.text())?;
        let command = Submission::command(&script, &args.options);
        let words = command.iter().map(|word| shell_word(Path::new(word))).collect::<Vec<_>>();
        console.say(&format!("submits it with: {}", words.join(" ")));
        return Ok(());
    }
    if let Some(reason) = lock_trouble(dir) {
        console.say(&format!(
            "warning: {reason}: each run names its owner in a file there, and a second one stops the first; \
             do not resume the sweep elsewhere while its jobs run"
        ));
    }
    if !limits.requeues && args.chain == 1 {
        console.say("the cluster requeues no task: --chain N goes on after the time limit");
    }
    let submission = Submission::submit(&script, &args.options, args.chain, *runs)?;
    console.data(&(submission.jobs.join("\n") + "\n"))?;
    let (runs, tasks) = (count(*left, "run"), count(tasks, "task"));
    let folder = script.folder.strip_prefix(&script.sweep).unwrap_or(&script.folder);
    console.say(&format!("submitted {runs} in {tasks}; the script is {}/job.sh", folder.display()));
    console.say(&format!("follow them with: runner watch {}", shell_word(dir)));
    Ok(())
}

/// The number of tasks of a sweep.
fn tasks(
    target: &Target,
    args: &SubmitArgs,
    limits: Limits,
    console: &Console,
) -> anyhow::Result<usize> {
    let Target { name, left, seconds, parallel, .. } = target;
    let (engine, most) = (Engine::from(args.engine), limits.max_tasks);
    // Trials know each other's results: more tasks than `parallel` would only wait.
    let useful = parallel.unwrap_or(usize::MAX).min(*left);
    let tasks = match (args.tasks, engine, parallel) {
        (Some(tasks), ..) => tasks,
        // Tasks of a search wait for each other, which HyperQueue may not start together.
        (None, Engine::HyperQueue, Some(_)) => 1,
        (None, ..) => engine.tasks_for(*left, *seconds, most),
    };
    if useful < tasks.min(*left) && args.tasks.is_some() {
        console.say(&format!(
            "of the search `{name}` at most {useful} can work at the same time; more tasks would only wait"
        ));
    }
    let tasks = tasks.min(useful);
    if most < tasks {
        bail!("`--tasks {tasks}`: the cluster's arrays have at most {most} tasks (MaxArraySize)");
    }
    Ok(tasks)
}
