//! Slurm's commands: `sbatch`, `squeue`, `scontrol`, `scancel`. None of them is called in a loop, and `sacct`
//! is never called: many clusters have no accounting.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::task::{Job, Limits, QueuedTask};
use super::tool::{self, ToolError};
use crate::quote::clip;

/// The array size that Slurm has by default.
const DEFAULT_MAX_ARRAY_SIZE: usize = 1001;

/// The limits in `scontrol show config`.
///
/// # Errors
///
/// No Slurm on this machine, or no answer.
pub(super) fn limits() -> Result<Limits> {
    Ok(parse_limits(&output(Command::new("scontrol").args(["show", "config"]))?))
}

/// Submits by this command. Returns the job's id.
pub(super) fn submit(mut command: Command) -> Result<String> {
    let text = output(command.env("LC_ALL", "C"))?;
    // With several clusters: `17;cluster`.
    let id = text.trim().split(';').next().unwrap_or_default().to_owned();
    match id.parse::<u64>() {
        Ok(_) => Ok(id),
        Err(_) => bail!("cannot read the job's id in the answer of sbatch: {}", clip(text)),
    }
}

/// The command that submits a script with these options, after the end of another job if any.
pub(super) fn command(script: &Path, options: &[String], after: Option<&str>) -> Command {
    let mut command = Command::new("sbatch");
    command.arg("--parsable");
    command.args(after.map(|id| format!("--dependency=afterany:{id}")));
    command.args(options).arg(script);
    command
}

/// The tasks of these jobs that are waiting or running, by one call of `squeue`.
pub(super) fn queued_tasks(jobs: &[Job<'_>]) -> Result<Vec<QueuedTask>> {
    let ids: Vec<&str> = jobs.iter().map(|job| job.id).collect();
    let mut squeue = Command::new("squeue");
    squeue.args(["-h", "-r", "-o", "%i|%T|%R", "-j", &ids.join(",")]);
    match output(&mut squeue) {
        Ok(text) => Ok(parse_tasks(&text)),
        Err(error) if error.to_string().contains("Invalid job id") => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// Cancels jobs.
pub(super) fn cancel(jobs: &[String]) -> Result<()> {
    output(Command::new("scancel").args(jobs))?;
    Ok(())
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
    output(Command::new("scontrol").args(["requeue", &task]))?;
    Ok(true)
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
        max_tasks: max_array_size.unwrap_or(DEFAULT_MAX_ARRAY_SIZE),
        requeues: value("JobRequeue").is_none_or(|value| value != "0"),
    }
}

fn parse_tasks(text: &str) -> Vec<QueuedTask> {
    let task = |line: &str| {
        let mut parts = line.splitn(3, '|');
        let (job, number) = parts.next()?.split_once('_')?;
        Some(QueuedTask {
            job: job.to_owned(),
            number: number.parse().ok()?,
            state: parts.next()?.to_lowercase(),
            place: parts.next()?.to_owned(),
        })
    };
    text.lines().filter_map(task).collect()
}

fn output(command: &mut Command) -> Result<String, ToolError> {
    tool::output(
        command,
        "submit on a machine of the cluster that runs Slurm; `runner work` needs no engine",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_the_configuration() {
        let text = "MaxArraySize            = 2001\nJobRequeue              = 0\n";
        assert_eq!(parse_limits(text), Limits { max_tasks: 2001, requeues: false });
        let unknown = Limits { max_tasks: DEFAULT_MAX_ARRAY_SIZE, requeues: true };
        assert_eq!(parse_limits("Configuration data as of today\n"), unknown);
    }

    #[test]
    fn tasks_are_lines_of_squeue() {
        let tasks = parse_tasks("17_0|RUNNING|n12\n17_1|PENDING|(Priority)\n");
        let task = |number, state: &str, place: &str| QueuedTask {
            job: "17".to_owned(),
            number,
            state: state.to_owned(),
            place: place.to_owned(),
        };
        assert_eq!(tasks, [task(0, "running", "n12"), task(1, "pending", "(Priority)")]);
        assert_eq!(tasks[1].id(), "17_1");
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
