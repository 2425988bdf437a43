//! The end of `run` and `resume`: results as a table or JSON, failures, and the next commands.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::console::{Console, Style, stdout_width};
use super::digest::digest;
use super::format::{count, shell_word};
use super::json;
use super::labels::Labels;
use super::result_groups::{is_one_sweep, result_groups};
use super::result_table;
use super::result_table::TableOptions;
use crate::cli::args::ExecutionArgs;
use crate::experiment::monitored;
use crate::sweep::{BoardSummary, Ending, RunResult, RunResults, Status};

/// What of the end is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutputOptions<'a> {
    /// Failures only.
    pub(crate) quiet: bool,
    /// One JSON value on stdout.
    pub(crate) json: bool,
    /// What the table is ranked by.
    pub(crate) sort: Option<&'a str>,
    /// Lines of the table.
    pub(crate) top: Option<usize>,
}

impl<'a> OutputOptions<'a> {
    /// What the arguments want.
    pub(crate) fn of(args: &'a ExecutionArgs) -> OutputOptions<'a> {
        OutputOptions {
            quiet: args.quiet,
            json: args.json,
            sort: args.sort.as_deref(),
            top: args.top,
        }
    }

    fn cut(&self, results: &RunResults) -> TableOptions<'a> {
        const OF_A_SWEEP: usize = 20;
        let most = if results.sweep().is_some() { OF_A_SWEEP } else { usize::MAX };
        TableOptions { sort: self.sort, top: self.top.unwrap_or(most) }
    }
}

/// How an invocation ended.
pub(crate) struct Outcome<'a> {
    /// Every run's result.
    pub(crate) results: &'a RunResults,
    /// The folder that all logs are in, if it is one.
    pub(crate) logdir: Option<&'a Path>,
    /// What TensorBoard shows of the sweeps.
    pub(crate) shown: &'a BoardSummary,
    /// The folders to resume.
    pub(crate) unfinished: &'a [PathBuf],
}

/// Says how the runs ended: data first, then failures, so that the last lines are those to read.
pub(crate) fn report(
    ending: &Outcome<'_>,
    wanted: OutputOptions<'_>,
    console: &Console,
) -> anyhow::Result<()> {
    let results = ending.results;
    let written = if wanted.json {
        console.stream(|out| {
            serde_json::to_writer_pretty(&mut *out, &json::Results::new(results))?;
            out.write_all(b"\n")
        })
    } else if !wanted.quiet && 1 < results.len() {
        let cut = wanted.cut(results);
        let (results, left_out) = digest(results, cut);
        let table = result_table::table(&results, cut, stdout_width());
        let text = result_table::painted(&results, cut, console.out, &table.lines);
        let wide = table.note(&wide(ending));
        let notes: Vec<_> = more(&results, left_out, cut).into_iter().chain(wide).collect();
        console.data(&text).map(|()| notes.iter().for_each(|note| console.say(note)))
    } else {
        Ok(())
    };
    // What failed is told even if the data could not be.
    failures(results, console);
    if !wanted.quiet {
        notes(ending).iter().for_each(|note| console.say(note));
    }
    Ok(written?)
}

/// The command that lists these runs with every column.
fn wide(ending: &Outcome<'_>) -> String {
    let dir = ending.results.sweep().or(ending.logdir);
    let dir = dir.map_or_else(String::new, |dir| format!(" {}", shell_word(dir)));
    format!("runner list --wide{dir}")
}

/// How to see the lines that were left out.
fn more(results: &[RunResult], left_out: usize, cut: TableOptions<'_>) -> Option<String> {
    let lines = result_groups(results).len() + left_out;
    let left = lines.checked_sub(cut.top).filter(|left| 0 < *left)?;
    let command = if is_one_sweep(results) {
        let sort = cut.sort.map_or_else(|| judged(results), str::to_owned);
        format!("runner list --sort {sort} {}", shell_word(&results[0].root))
    } else {
        format!("--top {lines}")
    };
    Some(format!("{left} more below; see them with: {command}"))
}

/// The number by which the table is ranked when none is named.
fn judged(results: &[RunResult]) -> String {
    let logs = results.iter().filter_map(|result| result.last.as_ref());
    let names: Vec<_> = logs.filter_map(|logs| Some(monitored(logs)?.0)).collect();
    let best = names.iter().find(|name| **name == "val_loss").or(names.first());
    best.map_or("loss", |name| *name).to_owned()
}

fn failures(results: &RunResults, console: &Console) {
    let mut failed = 0;
    for (label, result) in labeled(results, Ending::Failed) {
        let Status::Failed(text) = &result.status else { continue };
        failed += 1;
        console.error(&format!("{label}: {text}"));
        if let Some(dir) = result.dir.as_ref().filter(|dir| dir.is_dir()) {
            console.say(&format!("  what it logged so far is in {}", dir.display()));
        }
    }
    if 0 < failed && 1 < results.len() {
        let line = format!("{failed} of {} failed", count(results.len(), "run"));
        console.say(&console.err.paint(Style::Bad, &line));
    }
}

/// What was stopped and how to go on with it, and where the logs are.
fn notes(ending: &Outcome<'_>) -> Vec<String> {
    let results = ending.results;
    let mut notes: Vec<_> = labeled(results, Ending::Stopped).map(stopped).collect();
    for (label, result) in labeled(results, Ending::Busy) {
        if let Status::Busy(why) = &result.status {
            notes.push(format!("{label}: left alone: {why}"));
        }
    }
    let skipped = results.endings().filter(|ending| *ending == Ending::Skipped).count();
    if 0 < skipped {
        notes.push(format!("{} not started", count(skipped, "run")));
    }
    if !ending.unfinished.is_empty() {
        let dirs: Vec<_> = ending.unfinished.iter().map(|dir| shell_word(dir)).collect();
        notes.push(format!("resume with: runner resume {}", dirs.join(" ")));
    }
    if results.len() == 1
        && let Some(result) = results.iter().next()
    {
        notes.extend(result.early_stopping.map(|stop| stop.to_string()));
        let logs = result.dir.filter(|_| result.status == Status::Completed);
        notes.extend(logs.map(|dir| format!("logs: {}", dir.display())));
    }
    notes.extend(ending.shown.errors.iter().map(|error| format!("warning: {error}")));
    notes.extend(ending.shown.parts.iter().map(|(root, shown, all)| {
        let some = if shown == all {
            "the means of replicates".to_owned()
        } else {
            format!("the best {shown} of {all}")
        };
        format!("TensorBoard shows {some}; every run: runner board {}", shell_word(root))
    }));
    let logged = results.iter().any(|result| result.dir.is_some());
    // The names of a sweep's runs are shortest from its own folder.
    if let Some(logdir) = results.sweep().or(ending.logdir).filter(|_| logged) {
        notes.push(format!("see them with: tensorboard --logdir {}", shell_word(logdir)));
    }
    notes
}

/// The results of the runs that ended so, each with its label.
fn labeled(results: &RunResults, ending: Ending) -> impl Iterator<Item = (String, RunResult)> {
    let any = results.endings().any(|known| known == ending);
    let labels = Labels::new(if any { results.names() } else { Vec::new() });
    let all = results.iter().take(if any { usize::MAX } else { 0 }).enumerate();
    let wanted = all.filter(move |(_, result)| Ending::of(&result.status) == ending);
    wanted.map(move |(run, result)| (labels.label(run, &result), result))
}

fn stopped((label, result): (String, RunResult)) -> String {
    let after = count(result.epochs, "epoch");
    let place = result.dir.as_ref();
    let saved = place
        .map_or(String::new(), |dir| format!("; its logs and weights are in {}", dir.display()));
    format!("{label}: stopped after {after}{saved}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::display::progress::script::{completed, ended, failed};

    fn said(results: &[RunResult]) -> String {
        let dirs = results.iter().filter_map(|result| result.dir.clone());
        let ending = Outcome {
            results: &results.iter().cloned().collect(),
            logdir: Some(Path::new("logs")),
            shown: &BoardSummary::default(),
            unfinished: &dirs.filter(|dir| dir.starts_with("logs/sgd")).collect::<Vec<_>>(),
        };
        notes(&ending).join("\n")
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
        resume with: runner resume logs/sgd/20261123-210800
        see them with: tensorboard --logdir logs
        ");
    }

    #[test]
    fn a_run_without_a_folder_leads_nowhere() {
        assert_eq!(said(&[RunResult { dir: None, ..failed("adam", "disk full") }]), "");
    }
}
