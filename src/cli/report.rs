//! The end of an invocation: the table or the JSON, what failed, what was stopped, where to look;
//! it decides no exit status.

use std::path::Path;

use super::console::{Console, Tone, stdout_width};
use super::format::{count, shell_word};
use super::labels::Labels;
use super::{json, table};
use crate::sweep::{RunResult, Status};

/// What of the end is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// Failures only.
    pub(super) quiet: bool,
    /// One JSON value on stdout.
    pub(super) json: bool,
}

/// Says how the runs ended: data first, then failures, so that the last lines are those to read.
pub(super) fn report(
    results: &[RunResult],
    logdir: &Path,
    wanted: Wanted,
    console: &Console,
) -> anyhow::Result<()> {
    let written = if wanted.json {
        console.data(&(serde_json::to_string_pretty(&json::results(results))? + "\n"))
    } else if !wanted.quiet && 1 < results.len() {
        console.data(&table::table(results, console.out, stdout_width()))
    } else {
        Ok(())
    };
    // What failed is told even if the data could not be.
    failures(results, console);
    if !wanted.quiet {
        notes(results, logdir).iter().for_each(|note| console.say(note));
    }
    Ok(written?)
}

fn failures(results: &[RunResult], console: &Console) {
    let mut failed = 0;
    for (label, result) in Labels::of(results).iter().zip(results) {
        let Status::Failed(text) = &result.status else { continue };
        failed += 1;
        console.error(&format!("{label}: {text}"));
        if let Some(dir) = &result.dir {
            console.say(&format!("  what it logged so far is in {}", dir.display()));
        }
    }
    if 0 < failed && 1 < results.len() {
        let line = format!("{failed} of {} failed", count(results.len(), "run"));
        console.say(&console.err.paint(Tone::Bad, &line));
    }
}

/// What was stopped, and where the logs are.
fn notes(results: &[RunResult], logdir: &Path) -> Vec<String> {
    let mut notes: Vec<_> = Labels::of(results).iter().zip(results).filter_map(stopped).collect();
    let skipped = results.iter().filter(|result| result.status == Status::Skipped).count();
    if 0 < skipped {
        notes.push(format!("{} not started", count(skipped, "run")));
    }
    if let [RunResult { dir: Some(dir), status: Status::Completed, .. }] = results {
        notes.push(format!("logs: {}", dir.display()));
    }
    if results.iter().any(|result| result.dir.is_some()) {
        notes.push(format!("see them with: tensorboard --logdir {}", shell_word(logdir)));
    }
    notes
}

fn stopped((label, result): (&String, &RunResult)) -> Option<String> {
    if result.status != Status::Stopped {
        return None;
    }
    let after = count(result.epochs, "epoch");
    let place = result.dir.as_ref();
    let saved = place
        .map_or(String::new(), |dir| format!("; its logs and weights are in {}", dir.display()));
    Some(format!("{label}: stopped after {after}{saved}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::progress::script::{completed, ended, failed};

    fn said(results: &[RunResult]) -> String {
        notes(results, Path::new("logs")).join("\n")
    }

    #[test]
    fn a_single_run_says_where_to_look() {
        insta::assert_snapshot!(said(&[completed("adam", &[])]), @r"
        logs: logs/adam/20261123-210800
        see them with: tensorboard --logdir logs
        ");
    }

    #[test]
    fn an_interruption_says_what_is_left() {
        let results = [
            completed("adam", &[]),
            ended("sgd", Status::Stopped, &[]),
            RunResult { dir: None, ..ended("rmsprop", Status::Skipped, &[]) },
        ];
        insta::assert_snapshot!(said(&results), @r"
        sgd: stopped after 2 epochs; its logs and weights are in logs/sgd/20261123-210800
        1 run not started
        see them with: tensorboard --logdir logs
        ");
    }

    #[test]
    fn a_run_without_a_folder_leads_nowhere() {
        assert_eq!(said(&[RunResult { dir: None, ..failed("adam", "disk full") }]), "");
    }
}
