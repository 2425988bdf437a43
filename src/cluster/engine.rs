//! The engines that run the tasks of a submission, and what both of them do.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::task::{Job, Limits, QueuedTask};
use super::{hyperqueue, slurm};

/// The work of a task of Slurm, at least, in seconds. A shorter task costs the scheduler more than the cluster
/// gains.
const TASK_SECONDS: f64 = 600.0;
/// The time of a run before any has ended, in seconds.
const ASSUMED_RUN_SECONDS: f64 = 1.0;
/// The runs of a task of HyperQueue, which starts a task in milliseconds and divides the tasks among workers.
const RUNS_PER_TASK: usize = 16;
/// The tasks of HyperQueue, at most: each reads the plan of the sweep, which takes 2 µs for each of its runs.
const MOST_TASKS: usize = 1000;

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Slurm: `sbatch`, `squeue`, `scontrol`, `scancel`.
    Slurm,
    /// HyperQueue: `hq`.
    HyperQueue,
}

impl Engine {
    /// The name, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Slurm => "Slurm",
            Engine::HyperQueue => "HyperQueue",
        }
    }

    /// The name as an argument of `--engine`.
    pub fn argument(self) -> &'static str {
        match self {
            Engine::Slurm => "slurm",
            Engine::HyperQueue => "hyperqueue",
        }
    }

    /// The limits of the cluster.
    ///
    /// # Errors
    ///
    /// No engine on this machine, or no answer.
    pub fn limits(self) -> Result<Limits> {
        match self {
            Engine::Slurm => slurm::limits(),
            Engine::HyperQueue => hyperqueue::limits(),
        }
    }

    /// The limits to show a script by where there is no engine.
    pub fn assumed_limits(self) -> Limits {
        Limits { max_tasks: usize::MAX, requeues: true }
    }

    /// The number of tasks for `runs` runs of `seconds` seconds each, if known, at most `most`: tasks of ten
    /// minutes or more, and of HyperQueue of some runs.
    pub fn tasks_for(self, runs: usize, seconds: Option<f64>, most: usize) -> usize {
        let wanted = match self {
            Engine::Slurm => {
                (runs as f64 * seconds.unwrap_or(ASSUMED_RUN_SECONDS) / TASK_SECONDS) as usize
            }
            Engine::HyperQueue => runs.div_ceil(RUNS_PER_TASK).min(MOST_TASKS),
        };
        wanted.clamp(1, most.min(runs).max(1))
    }

    /// The command that submits a script with these options, after the end of another job if any.
    pub(super) fn command(self, script: &Path, options: &[String], after: Option<&str>) -> Command {
        match self {
            Engine::Slurm => slurm::command(script, options, after),
            Engine::HyperQueue => hyperqueue::command(script, options),
        }
    }

    /// Submits a script with these options. Returns the job's id.
    ///
    /// # Errors
    ///
    /// A refusal by the engine, in its words.
    pub(super) fn submit(
        self,
        script: &Path,
        options: &[String],
        after: Option<&str>,
    ) -> Result<String> {
        let command = self.command(script, options, after);
        match self {
            Engine::Slurm => slurm::submit(command),
            Engine::HyperQueue => hyperqueue::submit(command),
        }
    }

    /// The tasks of these jobs that are waiting or running, by one call of the engine.
    ///
    /// # Errors
    ///
    /// No engine on this machine, or no answer. A job that the engine no longer knows has no tasks.
    pub fn queued_tasks(self, jobs: &[Job<'_>]) -> Result<Vec<QueuedTask>> {
        match self {
            _ if jobs.is_empty() => Ok(Vec::new()),
            Engine::Slurm => slurm::queued_tasks(jobs),
            Engine::HyperQueue => hyperqueue::queued_tasks(jobs),
        }
    }

    /// Cancels jobs.
    ///
    /// # Errors
    ///
    /// No engine on this machine, or a refusal.
    pub fn cancel(self, jobs: &[String]) -> Result<()> {
        match self {
            Engine::Slurm => slurm::cancel(jobs),
            Engine::HyperQueue => hyperqueue::cancel(jobs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_of_slurm_take_ten_minutes_or_more() {
        let tasks = |runs, seconds| Engine::Slurm.tasks_for(runs, seconds, 1001);
        assert_eq!(tasks(200, None), 1);
        assert_eq!(tasks(6000, None), 10);
        assert_eq!(tasks(6000, Some(10.0)), 100);
        assert_eq!(tasks(1_000_000, Some(10.0)), 1001);
        assert_eq!(tasks(3, Some(1e6)), 3);
        assert_eq!(tasks(0, None), 1);
    }

    #[test]
    fn tasks_of_hyperqueue_have_some_sixteen_runs() {
        let tasks = |runs| Engine::HyperQueue.tasks_for(runs, Some(600.0), usize::MAX);
        assert_eq!([0, 1, 16, 17, 160].map(tasks), [1, 1, 1, 2, 10]);
        assert_eq!(tasks(1_000_000), MOST_TASKS);
    }
}
