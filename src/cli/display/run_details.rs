//! The details of one run as text: provenance, config, history, curve.

use chrono::Utc;

use super::console::{Console, Style, stdout_width};
use super::curve::curves;
use super::fit::width;
use super::format::{ago, count, duration, is_class_score, number};
use super::table::{Column, lines, transposed};
use super::width::wrap;
use crate::cluster::RunTask;
use crate::query::{Run, SearchProgress, Series, State};
use crate::runs::{History, Record};

/// What is told of a run.
pub(crate) struct RunDetails<'a> {
    pub(crate) run: &'a Run,
    /// Its resolved plan, in TOML.
    pub(crate) config: &'a str,
    pub(crate) history: &'a History,
    /// The number that is drawn.
    pub(crate) metric: &'a str,
    /// The progress of the search that proposed the run.
    pub(crate) progress: Option<&'a SearchProgress>,
    /// The task of a submitted sweep that has the run.
    pub(crate) task: Option<&'a RunTask>,
}

/// The text, with a heading over each part.
pub(crate) fn run_details(told: &RunDetails<'_>, console: &Console) -> String {
    let head = |text: &str| console.out.paint(Style::Head, text) + "\n";
    let run = told.run;
    let mut text = head(&format!("{}  {}", run.record.name, run.dir.display()));
    text += &facts(told, console);
    text += &format!("\n{}", head("config"));
    for line in told.config.lines() {
        text += &wrapped(format!("  {line}").trim_end(), 6);
    }
    if told.history.epochs.is_empty() {
        return text + "\nno epoch is done\n";
    }
    text += &format!("\n{}", head("history"));
    epochs(run, told.history).iter().for_each(|line| text += &format!("  {line}\n"));
    let scores = class_scores(told.history);
    if !scores.is_empty() {
        text += &format!("\n{}", head("classes, after the last epoch"));
        scores.iter().for_each(|line| text += &format!("  {line}\n"));
    }
    let series = series(told.history, told.metric);
    text + &format!("\n{}{}", head(told.metric), curves(&series, "epoch", console))
}

/// Names and values, aligned.
fn facts(told: &RunDetails<'_>, console: &Console) -> String {
    let run = told.run;
    let record = &run.record;
    let mut facts = vec![("status", status(run, console))];
    facts.extend(record.error.clone().map(|error| ("error", error)));
    let reason = record.trial.as_ref().and_then(|trial| trial.reason.clone());
    facts.extend(reason.map(|reason| ("pruned", reason)));
    facts.extend(record.early_stopping.as_ref().map(|stop| ("ending", stop.to_string())));
    let age = ago((Utc::now() - record.started.to_utc()).as_seconds_f64());
    facts.push(("started", format!("{} ({age} ago)", record.started.format("%Y-%m-%d %H:%M:%S"))));
    for again in &record.resumed {
        let when = again.at.format("%Y-%m-%d %H:%M:%S");
        facts.push(("resumed", format!("{when}, in epoch {}", again.epoch + 1)));
    }
    facts.extend(run.sweep.as_ref().map(|dir| ("sweep", dir.display().to_string())));
    if let Some(task) = told.task {
        facts.extend(task.queued.as_ref().map(|queued| ("task", queued.text())));
        facts.push(("output", task.output.display().to_string()));
    }
    facts.extend(told.progress.and_then(|progress| trial(run, progress)));
    if !run.annotations.tags.is_empty() {
        facts.push(("tags", run.annotations.tags.join(", ")));
    }
    facts.extend(run.annotations.note.clone().map(|note| ("note", note)));
    facts.extend(provenance(record));
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    // An error may have several lines; they stay in their column.
    let line = |(at, name, text): (usize, &str, &str)| {
        let name = if at == 0 { name } else { "" };
        wrapped(&format!("  {name:<width$}  {text}"), width + 4)
    };
    let lines = facts.iter().flat_map(|(name, text)| {
        text.trim_end().split('\n').enumerate().map(move |(at, text)| line((at, name, text)))
    });
    lines.collect()
}

/// The trial of a run and the best trials up to it.
fn trial(run: &Run, progress: &SearchProgress) -> Option<(&'static str, String)> {
    let at = run.record.trial.as_ref()?.number;
    let shown = |(trial, value): &(usize, f64)| format!("{trial}: {}", number(*value));
    let best: Vec<_> = progress.best_so_far().iter().map(shown).collect();
    let name = &progress.objective.name;
    let trials = count(progress.trials, "trial");
    Some(("trial", format!("{at} of {trials}; best {name} so far, by trial: {}", best.join(", "))))
}

/// The line, on a terminal wrapped to its width.
fn wrapped(line: &str, indent: usize) -> String {
    let lines = wrap(line, stdout_width().unwrap_or(usize::MAX), indent);
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn status(run: &Run, console: &Console) -> String {
    let record = &run.record;
    let word = run.state.word();
    let word = match run.state {
        State::Completed => console.out.paint(Style::Good, word),
        State::Failed => console.out.paint(Style::Bad, word),
        _ => word.to_owned(),
    };
    let after = format!("{} in {}", count(record.epochs, "epoch"), duration(record.seconds));
    let way_out = match run.state {
        State::Stopped | State::Interrupted | State::Lost => "; `runner resume` goes on with it",
        State::Requeued => "; its task will be started again",
        State::Paused => "; its search decides whether it goes on",
        State::Failed if record.is_machine_fault() => "; `runner resume` tries again",
        _ => "",
    };
    format!("{word}, {after}{way_out}")
}

fn provenance(record: &Record) -> Vec<(&'static str, String)> {
    let machine = &record.machine;
    let threads = count(machine.threads, "thread");
    let mut facts = vec![
        ("command", format!("runner {}", record.arguments.join(" "))),
        ("version", record.version.clone()),
    ];
    facts.extend(record.git_commit.clone().map(|commit| ("commit", commit)));
    facts.push(("machine", format!("{}, {}, {}", machine.hostname, machine.os, machine.cpu)));
    facts.push(("threads", threads));
    facts.push(("data", record.data.description.clone()));
    if !record.data.sha256.is_empty() {
        facts.push(("sha256", record.data.sha256.clone()));
    }
    facts.push(("seed", record.seed.to_string()));
    facts
}

/// The first, the best and the last epoch.
fn epochs(run: &Run, history: &History) -> Vec<String> {
    let last = history.epochs.len() - 1;
    let best = run.record.best.as_ref().map(|best| best.epoch);
    let best = best.and_then(|best| history.epochs.iter().position(|(epoch, _)| *epoch == best));
    let mut shown: Vec<(String, usize)> = Vec::new();
    for (word, place) in [("first", Some(0)), ("best", best), ("last", Some(last))] {
        let Some(place) = place else { continue };
        match shown.iter_mut().find(|(_, other)| *other == place) {
            Some((words, _)) => *words += &format!(", {word}"),
            None => shown.push((word.to_owned(), place)),
        }
    }
    shown.sort_by_key(|(_, place)| *place);
    let rows = || shown.iter().map(|(_, place)| &history.epochs[*place]);
    let mut columns = vec![
        Column::words("", shown.iter().map(|(words, _)| words.clone())),
        Column::numbers("epoch", rows().map(|(epoch, _)| (epoch + 1).to_string())),
    ];
    let shown = history.columns.iter().enumerate().filter(|(_, name)| !is_class_score(name));
    for (i, name) in shown {
        columns.push(Column::numbers(name, rows().map(|(_, values)| number(values[i]))));
    }
    let flat = lines(&columns);
    // Each line is indented by two.
    if stdout_width().is_some_and(|most| most < width(&flat) + 2) {
        transposed(&columns)
    } else {
        flat
    }
}

/// The scores of each class in the last epoch: a line for each class, a column for each score.
fn class_scores(history: &History) -> Vec<String> {
    let parts = history.columns.iter().filter_map(|name| name.split_once('/'));
    let (mut scores, mut classes): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for (score, class) in parts {
        if !scores.contains(&score) {
            scores.push(score);
        }
        if !classes.contains(&class) {
            classes.push(class);
        }
    }
    let cell = |score: &str, class: &str| {
        let value = history.column(&format!("{score}/{class}"));
        value.and_then(|values| values.last().copied()).map_or("-".to_owned(), number)
    };
    let names = Column::words("class", classes.iter().map(|class| (*class).to_owned()));
    let columns = scores
        .iter()
        .map(|score| Column::numbers(score, classes.iter().map(|class| cell(score, class))));
    let columns: Vec<_> = std::iter::once(names).chain(columns).collect();
    if classes.is_empty() { Vec::new() } else { lines(&columns) }
}

/// The number over the epochs, and that of validation if there is one.
fn series(history: &History, metric: &str) -> Vec<Series> {
    let names = [metric.to_owned(), format!("val_{metric}")];
    let series = |name: String| {
        let values = history.column(&name)?;
        let epochs = history.epochs.iter().map(|(epoch, _)| (*epoch + 1) as f64);
        Some(Series { name, points: epochs.zip(values).collect() })
    };
    names.into_iter().filter_map(series).collect()
}
