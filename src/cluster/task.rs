//! Jobs and tasks of an engine, and its limits.

use std::path::Path;

/// What the cluster permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest number of tasks of a job.
    pub max_tasks: usize,
    /// Whether a task that stops before its end is started again.
    pub requeues: bool,
}

/// A task that waits or runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedTask {
    /// The id of the job.
    pub job: String,
    /// The number of the task in the job, from 0.
    pub number: usize,
    /// The engine's word for the state, in small letters, such as `pending`.
    pub state: String,
    /// The reason to wait, or the node.
    pub place: String,
}

/// A job of a submission.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The id.
    pub id: &'a str,
    /// The script that was submitted.
    pub script: &'a Path,
}

impl QueuedTask {
    /// The id of the task, such as `17_3`.
    pub fn id(&self) -> String {
        format!("{}_{}", self.job, self.number)
    }

    /// `17_3 running on n12`, or `17_3 pending (Priority)`.
    pub fn text(&self) -> String {
        let on = if self.is_running() { "on " } else { "" };
        format!("{} {} {on}{}", self.id(), self.state, self.place)
    }

    /// Whether a process of the task may be at work.
    pub fn is_running(&self) -> bool {
        ["running", "completing", "suspended", "stopped", "signaling"].contains(&&*self.state)
    }
}
