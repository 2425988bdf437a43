//! The tasks of submitted sweeps, by one call of each engine for all of them, and the states of runs that follow
//! from files and tasks together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::engine::Engine;
use super::submission::Submission;
use super::task::{Job, QueuedTask};
use crate::query::{Run, State};

/// What the engines have of submitted sweeps.
#[derive(Debug, Default)]
pub struct QueueStatus {
    sweeps: Vec<SweepStatus>,
}

/// A submitted sweep.
#[derive(Debug)]
struct SweepStatus {
    dir: PathBuf,
    submission: Submission,
    /// The waiting and running tasks; `None` if the engine has not answered.
    tasks: Option<Vec<QueuedTask>>,
}

/// The part of a task in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunTask {
    /// The waiting or running task that has the run, if any.
    pub queued: Option<QueuedTask>,
    /// The file with the output of the run's tasks.
    pub output: PathBuf,
}

impl QueueStatus {
    /// Asks the engines. Without a submitted sweep none is called, and an engine without an answer is no error:
    /// the state of the runs stands in their folders.
    pub fn of<'a>(sweeps: impl Iterator<Item = &'a Path>) -> QueueStatus {
        let submitted = |dir: &Path| {
            let submission = Submission::last(dir).ok()??;
            Some(SweepStatus { dir: dir.to_owned(), submission, tasks: None })
        };
        let mut sweeps: Vec<_> = sweeps.filter_map(submitted).collect();
        for engine in [Engine::Slurm, Engine::HyperQueue] {
            ask(engine, &mut sweeps);
        }
        QueueStatus { sweeps }
    }

    /// Whether none of the sweeps is submitted.
    pub fn is_empty(&self) -> bool {
        self.sweeps.is_empty()
    }

    /// The waiting and running tasks of all sweeps, counted, as `3 tasks pending (Priority)`.
    pub fn tasks(&self) -> Option<String> {
        let tasks = self.sweeps.iter().flat_map(|sweep| sweep.tasks.iter().flatten());
        let tasks: Vec<&QueuedTask> = tasks.collect();
        (!tasks.is_empty()).then(|| tasks_by_state(&tasks))
    }

    /// Refines the state of a run that is not at its end by the task that has it.
    pub fn mark(&self, run: &mut Run) {
        if let Some(sweep) = self.sweep_of(run)
            && let Some(tasks) = &sweep.tasks
        {
            let here = run.record.machine.hostname == *gethostname::gethostname().to_string_lossy();
            run.state = state(run.state, sweep.task_of(run, tasks), here);
        }
    }

    /// The task that has a run of a submitted sweep.
    pub fn task(&self, run: &Run) -> Option<RunTask> {
        let sweep = self.sweep_of(run)?;
        let number = number(run)? % sweep.submission.tasks.max(1);
        let queued = sweep.tasks.as_ref().and_then(|tasks| sweep.task_of(run, tasks)).cloned();
        Some(RunTask { queued, output: sweep.submission.output(number) })
    }

    /// A sentence for each of the sweeps with runs left, `runs` being all runs that have begun.
    pub fn notes(&self, runs: &[Run]) -> Vec<String> {
        let of = |sweep: &SweepStatus| {
            let states = runs.iter().filter(|run| run.sweep.as_deref() == Some(&sweep.dir));
            sweep.note(&states.map(|run| run.state).collect::<Vec<_>>())
        };
        self.sweeps.iter().filter_map(of).collect()
    }

    fn sweep_of(&self, run: &Run) -> Option<&SweepStatus> {
        let dir = run.sweep.as_ref()?;
        self.sweeps.iter().find(|sweep| sweep.dir == *dir)
    }
}

/// Asks one engine for the tasks of all of its jobs.
fn ask(engine: Engine, sweeps: &mut [SweepStatus]) {
    let scripts: Vec<PathBuf> = sweeps.iter().map(|sweep| sweep.submission.script()).collect();
    let of_engine = |sweep: &SweepStatus| sweep.submission.engine == engine;
    let jobs = sweeps.iter().zip(&scripts).filter(|(sweep, _)| of_engine(sweep));
    let jobs = jobs
        .flat_map(|(sweep, script)| sweep.submission.jobs.iter().map(move |id| Job { id, script }));
    let Ok(tasks) = engine.queued_tasks(&jobs.collect::<Vec<_>>()) else { return };
    for sweep in sweeps.iter_mut().filter(|sweep| of_engine(sweep)) {
        let ours = |task: &&QueuedTask| sweep.submission.jobs.contains(&task.job);
        sweep.tasks = Some(tasks.iter().filter(ours).cloned().collect());
    }
}

/// The state of a run, of which `task` is the task if it waits or runs. `here` says that the run was last trained
/// on this machine, so that its lock is seen.
fn state(by_files: State, task: Option<&QueuedTask>, here: bool) -> State {
    match (by_files, task) {
        (State::Interrupted, Some(task)) if task.is_running() && !here => State::Running,
        (State::Interrupted | State::Stopped, Some(_)) => State::Requeued,
        (State::Interrupted, None) => State::Lost,
        (other, _) => other,
    }
}

/// The number that the shards divide: of the trial, of a search, and else of the run.
fn number(run: &Run) -> Option<usize> {
    match &run.record.trial {
        Some(trial) => Some(trial.number),
        None => run.place().parse().ok(),
    }
}

impl SweepStatus {
    /// The waiting or running task that has a run: the running one, if a chain of jobs has several.
    fn task_of<'a>(&self, run: &Run, tasks: &'a [QueuedTask]) -> Option<&'a QueuedTask> {
        let number = number(run)? % self.submission.tasks.max(1);
        let of_run = || tasks.iter().filter(|task| task.number == number);
        of_run().find(|task| task.is_running()).or_else(|| of_run().next())
    }

    /// `logs/a/1: 4 of 20 runs done, 2 running, 14 queued; 2 tasks running on n1, n2; 1 task pending (Priority)`.
    fn note(&self, states: &[State]) -> Option<String> {
        let tasks = self.tasks.as_ref()?;
        let done = |state: &&State| [State::Completed, State::Pruned].contains(state);
        let n_done = states.iter().filter(done).count();
        let n_runs = self.submission.runs.max(states.len());
        let n_failed = states.iter().filter(|state| **state == State::Failed).count();
        if tasks.is_empty() && n_done + n_failed == n_runs {
            return None;
        }
        let mut parts = vec![format!("{n_done} of {n_runs} runs done")];
        for state in State::ALL.iter().filter(|state| !done(state)) {
            let n = states.iter().filter(|other| *other == state).count();
            parts.extend((0 < n).then(|| format!("{n} {}", state.word())));
        }
        let n_left = n_runs - states.len();
        let left = if tasks.is_empty() { "not begun" } else { "queued" };
        parts.extend((0 < n_left).then(|| format!("{n_left} {left}")));
        let dir = self.dir.display();
        let queue = if !tasks.is_empty() {
            tasks_by_state(&tasks.iter().collect::<Vec<_>>())
        } else {
            format!(
                "no task is queued or running, `runner submit {dir} --engine {}` submits what is left",
                self.submission.engine.argument()
            )
        };
        Some(format!("{dir}: {}; {queue}", parts.join(", ")))
    }
}

/// `2 tasks running on n1, n2; 3 tasks pending (Priority)`.
fn tasks_by_state(tasks: &[&QueuedTask]) -> String {
    let mut by_state: BTreeMap<&str, Vec<&QueuedTask>> = BTreeMap::new();
    for task in tasks {
        by_state.entry(&task.state).or_default().push(task);
    }
    let part = |(state, tasks): (&&str, &Vec<&QueuedTask>)| {
        let mut places: Vec<&str> = tasks.iter().map(|task| &*task.place).collect();
        places.sort_unstable();
        places.dedup();
        let on = if tasks[0].is_running() { " on" } else { "" };
        let plural = if tasks.len() == 1 { "" } else { "s" };
        format!("{} task{plural} {state}{on} {}", tasks.len(), places.join(", "))
    };
    by_state.iter().rev().map(part).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(number: usize, state: &str, place: &str) -> QueuedTask {
        let (job, state, place) = ("17".to_owned(), state.to_owned(), place.to_owned());
        QueuedTask { job, number, state, place }
    }

    fn sweep(tasks: Vec<QueuedTask>) -> SweepStatus {
        let submission = Submission {
            engine: Engine::Slurm,
            jobs: vec!["17".to_owned()],
            tasks: 4,
            runs: 20,
            command: Vec::new(),
            program: String::new(),
            created: chrono::Local::now().fixed_offset(),
            folder: PathBuf::from("/logs/a/1/submit/0001"),
        };
        SweepStatus { dir: PathBuf::from("logs/a/1"), submission, tasks: Some(tasks) }
    }

    #[test]
    fn state_follows_from_files_and_tasks() {
        let (running, pending) = (task(0, "running", "n1"), task(0, "pending", "(Priority)"));
        let cases = [
            // On another machine the lock may be invisible; here it is free.
            (State::Interrupted, Some(&running), false, State::Running),
            (State::Interrupted, Some(&running), true, State::Requeued),
            (State::Interrupted, Some(&pending), false, State::Requeued),
            (State::Interrupted, None, false, State::Lost),
            (State::Stopped, Some(&pending), true, State::Requeued),
            (State::Stopped, None, true, State::Stopped),
            (State::Running, None, true, State::Running),
            (State::Completed, Some(&pending), true, State::Completed),
        ];
        for (by_files, task, here, want) in cases {
            assert_eq!(state(by_files, task, here), want, "{by_files:?} {task:?} {here}");
        }
    }

    #[test]
    fn sentence_has_runs_by_state_and_tasks_with_their_places() {
        let tasks = vec![
            task(0, "running", "n2"),
            task(1, "running", "n1"),
            task(2, "pending", "(Priority)"),
        ];
        let states = [State::Completed, State::Completed, State::Running, State::Requeued];
        assert_eq!(
            sweep(tasks).note(&states).as_deref(),
            Some(
                "logs/a/1: 2 of 20 runs done, 1 running, 1 requeued, 16 queued; \
                 2 tasks running on n1, n2; 1 task pending (Priority)"
            )
        );
        assert_eq!(
            sweep(Vec::new()).note(&[State::Lost]).as_deref(),
            Some(
                "logs/a/1: 0 of 20 runs done, 1 lost, 19 not begun; no task is queued or running, \
                 `runner submit logs/a/1 --engine slurm` submits what is left"
            )
        );
        assert_eq!(sweep(Vec::new()).note(&[State::Completed; 20]), None);
        assert_eq!(SweepStatus { tasks: None, ..sweep(Vec::new()) }.note(&[]), None);
    }
}
