//! The queued and running tasks of submitted sweeps, by one call of the engine for all of them.

use std::collections::BTreeMap;
use std::path::Path;

use super::slurm::{QueuedTask, queued_tasks};
use super::submission::Submission;

/// A sentence for each of the sweeps with tasks in the queue. Without a submitted sweep the engine is not called,
/// and an engine without an answer is no error: the state of the runs stands in their folders.
pub fn queue_notes<'a>(sweeps: impl Iterator<Item = &'a Path>) -> Vec<String> {
    let submitted = |dir: &'a Path| Some((dir, Submission::last(dir).ok()??));
    let submissions: Vec<_> = sweeps.filter_map(submitted).collect();
    let jobs: Vec<String> =
        submissions.iter().flat_map(|(_, submission)| submission.jobs.clone()).collect();
    if jobs.is_empty() {
        return Vec::new();
    }
    let tasks = queued_tasks(&jobs).unwrap_or_default();
    submissions.iter().filter_map(|(dir, submission)| note(dir, submission, &tasks)).collect()
}

/// `logs/a/1: 2 tasks running on n1, n2; 3 tasks pending (Priority)`.
fn note(dir: &Path, submission: &Submission, tasks: &[QueuedTask]) -> Option<String> {
    let job = |task: &QueuedTask| task.id.split('_').next().unwrap_or_default().to_owned();
    let mut by_state: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for task in tasks.iter().filter(|task| submission.jobs.contains(&job(task))) {
        by_state.entry(&task.state).or_default().push(&task.place);
    }
    let part = |(state, places): (&&str, &Vec<&str>)| {
        let mut distinct = places.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let on = if *state == "RUNNING" { " on" } else { "" };
        let plural = if places.len() == 1 { "" } else { "s" };
        let (n, state) = (places.len(), state.to_lowercase());
        format!("{n} task{plural} {state}{on} {}", distinct.join(", "))
    };
    let parts: Vec<_> = by_state.iter().rev().map(part).collect();
    (!parts.is_empty()).then(|| format!("{}: {}", dir.display(), parts.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_counted_by_state_with_their_places() {
        let submission = Submission {
            engine: "slurm".to_owned(),
            jobs: vec!["17".to_owned()],
            tasks: 4,
            command: Vec::new(),
            program: String::new(),
            created: chrono::Local::now().fixed_offset(),
        };
        let task = |id: &str, state: &str, place: &str| QueuedTask {
            id: id.to_owned(),
            state: state.to_owned(),
            place: place.to_owned(),
        };
        let tasks = [
            task("17_0", "RUNNING", "n2"),
            task("17_1", "RUNNING", "n1"),
            task("17_2", "PENDING", "(Priority)"),
            task("18_0", "RUNNING", "n9"),
        ];
        let said = note(Path::new("logs/a/1"), &submission, &tasks);
        let want = "logs/a/1: 2 tasks running on n1, n2; 1 task pending (Priority)";
        assert_eq!(said.as_deref(), Some(want));
        assert_eq!(note(Path::new("logs/a/1"), &submission, &[]), None);
    }
}
