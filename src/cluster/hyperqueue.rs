//! HyperQueue's command `hq`. Its exit codes and those of its tasks decide nothing: what is done stands in the
//! folders of the runs.
//!
//! A server that is started anew counts its jobs from 1 again. Therefore a job is ours only if its program is the
//! script of the submission.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::task::{Job, Limits, QueuedTask};
use super::tool::output;
use crate::quote::clip;

const HELP: &str = "submit where HyperQueue's server runs, with `hq` in PATH \
                    (https://github.com/It4innovations/hyperqueue/releases); `runner work` needs no engine";

/// The answer of `hq job info`, as far as it is used.
#[derive(Deserialize)]
struct JobDetail {
    info: JobInfo,
    #[serde(default)]
    submits: Vec<serde_json::Value>,
    #[serde(default)]
    tasks: Vec<Task>,
}

#[derive(Deserialize)]
struct JobInfo {
    id: u64,
}

#[derive(Deserialize)]
struct Task {
    id: usize,
    state: String,
    worker: Option<u64>,
}

/// The limits: none that matter, and a task of a stopped or lost worker is started again.
///
/// # Errors
///
/// No `hq` on this machine, or no server.
pub(super) fn limits() -> Result<Limits> {
    hq(&["server", "info"])?;
    // Task numbers have 32 bits.
    Ok(Limits { max_tasks: u32::MAX as usize, requeues: true })
}

/// The command that submits a script. `hq` reads the options in the script, since its name ends in `.sh`.
pub(super) fn command(script: &Path, options: &[String]) -> Command {
    let mut command = Command::new("hq");
    command.args(["--output-mode=quiet", "submit"]).args(options).arg(script);
    command
}

/// Submits by this command. Returns the job's id.
pub(super) fn submit(mut command: Command) -> Result<String> {
    let text = output(&mut command, HELP)?;
    let id = text.trim();
    match id.parse::<u64>() {
        Ok(_) => Ok(id.to_owned()),
        Err(_) => bail!("cannot read the job's id in the answer of hq: {}", clip(text)),
    }
}

/// The tasks of these jobs that are waiting or running.
pub(super) fn queued_tasks(jobs: &[Job<'_>]) -> Result<Vec<QueuedTask>> {
    let ids: Vec<&str> = jobs.iter().map(|job| job.id).collect();
    parse_tasks(&hq(&["job", "info", &ids.join(",")])?, jobs)
}

/// Cancels jobs.
pub(super) fn cancel(jobs: &[String]) -> Result<()> {
    hq(&["job", "cancel", &jobs.join(",")]).map(drop)
}

/// The JSON that `hq` answers with.
fn hq(arguments: &[&str]) -> Result<String> {
    Ok(output(Command::new("hq").arg("--output-mode=json").args(arguments), HELP)?)
}

fn parse_tasks(text: &str, jobs: &[Job<'_>]) -> Result<Vec<QueuedTask>> {
    let details: Vec<JobDetail> = serde_json::from_str(text)
        .with_context(|| format!("cannot read the answer of hq: {}", clip(text)))?;
    let mut found = Vec::new();
    for detail in details {
        let id = detail.info.id.to_string();
        let is_ours = |job: &&Job<'_>| job.id == id && runs_script(&detail.submits, job.script);
        if jobs.iter().find(is_ours).is_none() {
            continue;
        }
        let open =
            detail.tasks.iter().filter(|task| ["waiting", "running"].contains(&&*task.state));
        found.extend(open.map(|task| QueuedTask {
            job: id.clone(),
            number: task.id,
            state: task.state.clone(),
            place:
                task.worker.map_or("for a worker".to_owned(), |worker| format!("worker {worker}")),
        }));
    }
    Ok(found)
}

/// Whether a submit has the script among the words of its program.
fn runs_script(submits: &[serde_json::Value], script: &Path) -> bool {
    let words = |submit: &serde_json::Value| -> Vec<String> {
        let words = submit.pointer("/array/program/args").and_then(|words| words.as_array());
        let words = words.into_iter().flatten().filter_map(|word| word.as_str());
        words.map(str::to_owned).collect()
    };
    submits.iter().flat_map(words).any(|word| Path::new(&word) == script)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"[{"info": {"id": 3, "name": "job.sh", "task_count": 4},
        "submits": [{"array": {"program": {"args": ["/bin/sh", "/logs/a/1/submit/0001/job.sh"]}}}],
        "tasks": [{"id": 0, "state": "finished", "worker": 1}, {"id": 1, "state": "running", "worker": 2},
                  {"id": 2, "state": "waiting"}, {"id": 3, "state": "canceled"}]}]"#;

    #[test]
    fn open_tasks_are_those_that_wait_or_run() {
        let script = Path::new("/logs/a/1/submit/0001/job.sh");
        let tasks = parse_tasks(ANSWER, &[Job { id: "3", script }]).unwrap();
        let task = |number, state: &str, place: &str| QueuedTask {
            job: "3".to_owned(),
            number,
            state: state.to_owned(),
            place: place.to_owned(),
        };
        assert_eq!(tasks, [task(1, "running", "worker 2"), task(2, "waiting", "for a worker")]);
        assert!(tasks[0].is_running() && !tasks[1].is_running());
    }

    #[test]
    fn job_of_another_server_with_the_same_id_is_not_ours() {
        let script = Path::new("/logs/a/1/submit/0002/job.sh");
        assert_eq!(parse_tasks(ANSWER, &[Job { id: "3", script }]).unwrap(), []);
        assert_eq!(parse_tasks("[]", &[Job { id: "3", script }]).unwrap(), []);
        let error = parse_tasks("{}", &[Job { id: "3", script }]).unwrap_err().to_string();
        assert_eq!(error, "cannot read the answer of hq: {}");
    }
}
