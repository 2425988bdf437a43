//! Header, failures and footer of the page, from the records of the runs.

use std::path::Path;

use super::markup::{escape, list, section};
use super::page::Page;
use crate::query::comparison::Comparison;
use crate::query::format::{count, duration};
use crate::query::group::ResultGroup;
use crate::query::run::{Run, State};

/// The title, the best in large, and how all came about.
pub(super) fn header(page: &Page<'_>, labels: &[String]) -> String {
    let runs: Vec<&Run> = all(page.comparison).collect();
    let mut html = format!("<header>\n<h1>{}</h1>\n<p>{}</p>\n", escape(page.title), states(page));
    html += &best(page.comparison, labels);
    let of = if runs.len() == 1 { "Repeat it" } else { "Repeat the best run" };
    html += &format!("<p class=\"repeat\">{of}: <code>{}</code></p>\n", escape(page.repeat));
    let seconds: f64 = runs.iter().map(|run| run.record.seconds).sum();
    let epochs: usize = runs.iter().map(|run| run.record.epochs).sum();
    let started = runs.iter().map(|run| run.record.started).min();
    let mut facts = vec![
        ("trained", format!("{} in {}", count(epochs, "epoch"), duration(seconds))),
        ("data", each(&runs, |run| run.record.data.description.clone())),
        ("machine", each(&runs, machine)),
        ("runner", each(&runs, |run| run.record.version.clone())),
    ];
    if let Some(started) = started {
        facts.insert(0, ("started", started.format("%Y-%m-%d %H:%M:%S").to_string()));
    }
    let commit = each(&runs, |run| run.record.git_commit.clone().unwrap_or_default());
    if !commit.is_empty() {
        facts.push(("commit", commit));
    }
    let told = |mut words: Vec<&str>| {
        words.sort_unstable();
        words.dedup();
        words.join(", ")
    };
    let groups = || page.comparison.groups.iter();
    facts.push(("tags", told(groups().flat_map(ResultGroup::tags).collect())));
    facts.push(("note", told(groups().flat_map(ResultGroup::notes).collect())));
    facts.push(("cluster", page.queue.join("; ")));
    facts.retain(|(_, text)| !text.is_empty());
    if let [run] = runs[..] {
        facts.push(("seed", run.record.seed.to_string()));
        facts.push(("command", format!("runner {}", run.record.arguments.join(" "))));
        facts.push(("folder", run.dir.display().to_string()));
    }
    html + &list(&facts) + "</header>\n"
}

/// `12 runs: 11 completed, 1 failed`.
fn states(page: &Page<'_>) -> String {
    let of = |state: &State| all(page.comparison).filter(|run| run.state == *state).count();
    let words: Vec<_> = State::ALL
        .iter()
        .map(|state| (of(state), state.word()))
        .filter(|(n, _)| 0 < *n)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    format!("{}: {}", page.size(), words.join(", "))
}

/// The numbers of the first in the order, large.
fn best(comparison: &Comparison, labels: &[String]) -> String {
    let (Some(group), Some(label)) = (comparison.groups.first(), labels.first()) else {
        return String::new();
    };
    let number = |name: &String| {
        let spread = group.metric(name)?;
        let (name, spread) = (escape(name), spread.to_string());
        Some(format!("<div><dt>{name}</dt><dd>{spread}</dd></div>\n"))
    };
    let numbers: String = comparison.metrics.iter().filter_map(number).collect();
    let which = match comparison.groups.len() {
        1 => "Its last epoch".to_owned(),
        _ => format!("The best, <b>{}</b>, in its last epoch", escape(label)),
    };
    format!("<p class=\"which\">{which}</p>\n<dl class=\"large\">\n{numbers}</dl>\n")
}

/// What failed, and why.
pub(super) fn failures(comparison: &Comparison, base: &Path) -> String {
    let told = |run: &Run| {
        let error = run.record.error.as_ref()?;
        let label = escape(&run.label(base));
        Some(format!("<li><b>{label}</b><pre>{}</pre></li>\n", escape(error)))
    };
    let items: String = all(comparison).filter_map(told).collect();
    if items.is_empty() {
        return items;
    }
    section("failures", "What failed", &format!("<ul class=\"failures\">\n{items}</ul>\n"))
}

/// When and by what the page was made.
pub(super) fn footer(page: &Page<'_>) -> String {
    let made = page.made.format("%Y-%m-%d %H:%M:%S");
    let version = env!("CARGO_PKG_VERSION");
    format!("<footer>Made by runner {version} on {made}. Epochs count from 1.</footer>\n")
}

fn machine(run: &Run) -> String {
    let machine = &run.record.machine;
    format!("{}, {}, {}", machine.hostname, machine.cpu, count(machine.threads, "thread"))
}

fn all(comparison: &Comparison) -> impl Iterator<Item = &Run> {
    comparison.groups.iter().flat_map(|group| &group.runs)
}

/// What the runs have in common, or that they have nothing.
fn each(runs: &[&Run], of: impl Fn(&Run) -> String) -> String {
    let mut values: Vec<_> = runs.iter().map(|run| of(run)).collect();
    values.sort();
    values.dedup();
    match &values[..] {
        [value] => value.clone(),
        values => format!("{} different", values.len()),
    }
}
