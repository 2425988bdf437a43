//! Slurm's commands: `sbatch`, `squeue`, `scontrol`, `scancel`. None of them is called in a loop, and `sacct`
//! is never called: many clusters have no accounting.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::quote::clip;

/// The array size that Slurm has by default.
const DEFAULT_MAX_ARRAY_SIZE: usize = 1001;

/// What the cluster permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One more than the highest index of an array, and so the largest number of tasks from 0.
    pub max_array_size: usize,
    /// Whether a task may be requeued.
    pub requeues: bool,
}

/// A task in Slurm's queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedTask {
    /// The id, such as `17_3`.
    pub id: String,
    /// Slurm's state, such as `PENDING` or `RUNNING`.
    pub state: String,
    /// The reason to wait, or the node.
    pub place: String,
}

/// The limits in `scontrol show config`.
///
/// # Errors
///
/// No Slurm on this machine, or no answer.
pub fn limits() -> Result<Limits> {
    Ok(parse_limits(&output(Command::new("scontrol").args(["show", "config"]))?))
}

/// Submits a script with these options, after the end of another job if any. Returns the job's id.
///
/// # Errors
///
/// A refusal by Slurm, in its words.
pub(super) fn submit(script: &Path, options: &[String], after: Option<&str>) -> Result<String> {
    let text = output(command(script, options, after).env("LC_ALL", "C"))?;
    // With several clusters: `17;cluster`.
    let id = text.trim().split(';').next().unwrap_or_default().to_owned();
    match id.parse::<u64>() {
        Ok(_) => Ok(id),
        Err(_) => bail!("cannot read the job's id in the answer of sbatch: {}", clip(text)),
    }
}

/// The command that submits a script.
pub(super) fn command(script: &Path, options: &[String], after: Option<&str>) -> Command {
    let mut command = Command::new("sbatch");
    command.arg("--parsable");
    command.args(after.map(|id| format!("--dependency=afterany:{id}")));
    command.args(options).arg(script);
    command
}

/// The tasks of these jobs that are waiting or running, by one call of `squeue`.
///
/// # Errors
///
/// No Slurm on this machine, or no answer. A job that Slurm no longer knows has no tasks.
pub fn queued_tasks(jobs: &[String]) -> Result<Vec<QueuedTask>> {
    let mut squeue = Command::new("squeue");
    squeue.args(["-h", "-r", "-o", "%i|%T|%R", "-j", &jobs.join(",")]);
    match output(&mut squeue) {
        Ok(text) => Ok(parse_tasks(&text)),
        Err(error) if error.to_string().contains("Invalid job id") => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Cancels jobs.
///
/// # Errors
///
/// No Slurm on this machine, or a refusal.
pub fn cancel(jobs: &[String]) -> Result<()> {
    output(Command::new("scancel").args(jobs)).map(drop)
}

/// Requeues the task of this process, if Slurm still counts it as running. A cancelled or preempted task is
/// not running: requeueing would bring a cancelled task back. Returns whether the task was requeued.
///
/// # Errors
///
/// A process outside Slurm, or no answer.
pub fn requeue_this_task() -> Result<bool> {
    let task = task_id(|name| std::env::var(name).ok())
        .context("`--requeue slurm`: SLURM_JOB_ID is not set; this is no job of Slurm")?;
    let state = output(Command::new("squeue").args(["-h", "-r", "-o", "%T", "-j", &task]))?;
    if state.trim() != "RUNNING" {
        return Ok(false);
    }
    output(Command::new("scontrol").args(["requeue", &task])).map(|_| true)
}

/// The id of a task for `scontrol requeue`. The plain job id of an array's task may be that of the whole array.
fn task_id(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    match (variable("SLURM_ARRAY_JOB_ID"), variable("SLURM_ARRAY_TASK_ID")) {
        (Some(job), Some(task)) => Some(format!("{job}_{task}")),
        _ => variable("SLURM_JOB_ID"),
    }
}

fn parse_limits(config: &str) -> Limits {
    let value = |key: &str| {
        let pair = |line: &str| {
            let (name, value) = line.split_once('=')?;
            (name.trim() == key).then(|| value.trim().to_owned())
        };
        config.lines().find_map(pair)
    };
    let max_array_size = value("MaxArraySize").and_then(|size| size.parse().ok());
    Limits {
        max_array_size: max_array_size.unwrap_or(DEFAULT_MAX_ARRAY_SIZE),
        requeues: value("JobRequeue").is_none_or(|value| value != "0"),
    }
}

fn parse_tasks(text: &str) -> Vec<QueuedTask> {
    let task = |line: &str| {
        let mut parts = line.splitn(3, '|').map(str::to_owned);
        Some(QueuedTask { id: parts.next()?, state: parts.next()?, place: parts.next()? })
    };
    text.lines().filter_map(task).collect()
}

/// The standard output of a command that succeeds.
fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| {
        format!("cannot start `{name}`; a machine that submits jobs to Slurm has it")
    })?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        // Slurm's commands begin their lines with their own names.
        let words = words.trim().trim_start_matches(&format!("{name}: "));
        bail!("{name}: {}", clip(words));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_the_configuration() {
        let text = "MaxArraySize            = 2001\nJobRequeue              = 0\n";
        assert_eq!(parse_limits(text), Limits { max_array_size: 2001, requeues: false });
        let unknown = Limits { max_array_size: DEFAULT_MAX_ARRAY_SIZE, requeues: true };
        assert_eq!(parse_limits("Configuration data as of today\n"), unknown);
    }

    #[test]
    fn tasks_are_lines_of_squeue() {
        let tasks = parse_tasks("17_0|RUNNING|n12\n17_1|PENDING|(Priority)\n");
        let task = |id: &str, state: &str, place: &str| QueuedTask {
            id: id.to_owned(),
            state: state.to_owned(),
            place: place.to_owned(),
        };
        assert_eq!(tasks, [task("17_0", "RUNNING", "n12"), task("17_1", "PENDING", "(Priority)")]);
    }

    #[test]
    fn the_task_of_an_array_is_never_named_by_its_job_alone() {
        let array = |name: &str| match name {
            "SLURM_JOB_ID" | "SLURM_ARRAY_JOB_ID" => Some("17".to_owned()),
            "SLURM_ARRAY_TASK_ID" => Some("3".to_owned()),
            _ => None,
        };
        assert_eq!(task_id(array).as_deref(), Some("17_3"));
        let single = |name: &str| (name == "SLURM_JOB_ID").then(|| "17".to_owned());
        assert_eq!(task_id(single).as_deref(), Some("17"));
        assert_eq!(task_id(|_| None), None);
    }
}
