//! The ranked table of the page, a line for each group.

use serde_json::Value;

use super::markup::{self, escape};
use crate::config::short_keys;
use crate::query::comparison::Comparison;
use crate::query::format::short_reason;
use crate::query::group::ResultGroup;
use crate::query::order::compare_metric;
use crate::query::run::State;

/// The table, which scripts sort; none for what has nothing beside it.
pub(super) fn section(comparison: &Comparison, labels: &[String]) -> String {
    if comparison.groups.len() < 2 {
        return String::new();
    }
    let keys = shown_keys(comparison);
    let best: Vec<_> = comparison.metrics.iter().map(|name| best(comparison, name)).collect();
    let lines = comparison.groups.iter().zip(labels).enumerate();
    let lines: String = lines
        .map(|(rank, (group, label))| line(comparison, &keys, rank, (group, label), &best))
        .collect();
    let left_out = match comparison.keys.len() - keys.len() {
        0 => "",
        _ => "Other keys that differ are in the configs below. ",
    };
    let note = if comparison.groups.iter().any(|group| 1 < group.runs.len()) {
        "Runs that differ only in their seed are one line: mean ± standard deviation. "
    } else {
        ""
    };
    let content = format!(
        "<p class=\"hint\">{note}{left_out}Click a heading to sort by it; point at a line to see its curve.</p>\n\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"ranking-title\">\n\
         <table class=\"sortable\">\n<thead><tr>{}</tr></thead>\n<tbody>\n{lines}</tbody>\n\
         </table>\n</div>\n",
        head(comparison, &keys)
    );
    markup::section("ranking", "Ranking", &content)
}

/// The columns for settings: of the keys that all have the first few, for the page has an edge.
fn shown_keys(comparison: &Comparison) -> Vec<String> {
    const MOST: usize = 6;
    let mut keys = comparison.shared_keys();
    // The folder says it already.
    keys.retain(|key| key != "name");
    keys.truncate(MOST);
    keys
}

fn head(comparison: &Comparison, keys: &[String]) -> String {
    let keys = short_keys(keys);
    let name = if comparison.are_trials() { "trial" } else { "run" };
    let mut columns = vec![("rank".to_owned(), true), (name.to_owned(), false)];
    columns.extend(keys.into_iter().map(|key| (key, false)));
    columns.extend(told(comparison).into_iter().map(|(name, _)| (name.to_owned(), false)));
    columns.extend(comparison.metrics.iter().map(|name| (name.clone(), false)));
    columns.extend(ends(comparison).map(|name| (name.to_owned(), false)));
    let words = ["run", "trial", "status", "why pruned", "tags", "note"];
    let column = |(name, sorted): (String, bool)| {
        let sorted = if sorted { " aria-sort=\"ascending\"" } else { "" };
        let class = if words.contains(&name.as_str()) { "" } else { " class=\"n\"" };
        // A heading may break after a part of its name.
        let name = escape(&name).replace('_', "_<wbr>").replace('.', ".<wbr>");
        format!("<th scope=\"col\"{class}{sorted}><button type=\"button\">{name}</button></th>")
    };
    columns.into_iter().map(column).collect()
}

/// The last columns: the number of runs and their states only where these differ.
fn ends(comparison: &Comparison) -> impl Iterator<Item = &'static str> {
    let replicated = replicated(comparison);
    let unfinished = unfinished(comparison);
    let has_rungs = has_rungs(comparison);
    let all = ["runs", "status", "rung", "why pruned", "epochs", "seconds"];
    all.into_iter().filter(move |name| match *name {
        "runs" => replicated,
        "status" => unfinished,
        "rung" | "why pruned" => has_rungs,
        _ => true,
    })
}

fn replicated(comparison: &Comparison) -> bool {
    comparison.groups.iter().any(|group| 1 < group.runs.len())
}

fn unfinished(comparison: &Comparison) -> bool {
    let mut runs = comparison.groups.iter().flat_map(|group| &group.runs);
    runs.any(|run| run.state != State::Completed)
}

/// Whether the runs are of a search with a pruner.
fn has_rungs(comparison: &Comparison) -> bool {
    comparison.groups.iter().any(|group| rung(group).is_some())
}

/// The last rung of a group.
fn rung(group: &ResultGroup) -> Option<usize> {
    Some(group.runs[0].record.trial.as_ref()?.rung?.number)
}

/// The states of a group.
fn states(group: &ResultGroup) -> String {
    let mut states: Vec<_> = group.runs.iter().map(|run| run.state.word()).collect();
    states.dedup();
    format!("<td>{}</td>", states.join(", "))
}

/// The rung of a group, and the reason why it was pruned with the whole of it as title.
fn pruning(group: &ResultGroup) -> String {
    let rung = match rung(group) {
        None => "<td class=\"n\">-</td>".to_owned(),
        Some(rung) => number(rung as f64, &rung.to_string(), ""),
    };
    let mut trials = group.runs.iter().filter_map(|run| run.record.trial.as_ref());
    let reason = match trials.find_map(|trial| trial.reason.as_deref()) {
        None => "<td>-</td>".to_owned(),
        Some(reason) => {
            format!(
                "<td class=\"reason\" title=\"{}\">{}</td>",
                escape(reason),
                escape(short_reason(reason))
            )
        }
    };
    rung + &reason
}

/// The tags or the notes of a group.
type Told = fn(&ResultGroup) -> Vec<&str>;

/// The columns for the tags and the notes, where there are any.
fn told(comparison: &Comparison) -> Vec<(&'static str, Told)> {
    let all = [("tags", ResultGroup::tags as Told), ("note", ResultGroup::notes)];
    let any = |of: Told| comparison.groups.iter().any(|group| !of(group).is_empty());
    all.into_iter().filter(|(_, of)| any(*of)).collect()
}

fn line(
    comparison: &Comparison,
    keys: &[String],
    rank: usize,
    (group, label): (&ResultGroup, &str),
    best: &[Option<f64>],
) -> String {
    let mut line = format!(
        "<tr data-group=\"{rank}\">{}<th scope=\"row\">{}</th>",
        number((rank + 1) as f64, &(rank + 1).to_string(), ""),
        escape(label)
    );
    keys.iter().for_each(|key| line += &setting(group.setting(key)));
    for (_, of) in told(comparison) {
        line += &format!("<td>{}</td>", escape(&of(group).join(", ")));
    }
    for (name, best) in comparison.metrics.iter().zip(best) {
        line += &match group.metric(name) {
            None => "<td class=\"n\">-</td>".to_owned(),
            Some(spread) => {
                let class = if Some(spread.mean) == *best { " best" } else { "" };
                number(spread.mean, &spread.to_string(), class)
            }
        };
    }
    if replicated(comparison) {
        line += &number(group.runs.len() as f64, &group.runs.len().to_string(), "");
    }
    if unfinished(comparison) {
        line += &states(group);
    }
    if has_rungs(comparison) {
        line += &pruning(group);
    }
    let mean = |of: &dyn Fn(usize) -> f64| {
        (0..group.runs.len()).map(of).sum::<f64>() / group.runs.len() as f64
    };
    let epochs = mean(&|run| group.runs[run].record.epochs as f64);
    let seconds = mean(&|run| group.runs[run].record.seconds);
    line += &number(epochs, &format!("{}", (epochs * 10.0).round() / 10.0), "");
    line += &number(seconds, &format!("{seconds:.1}"), "");
    line + "</tr>\n"
}

/// The best of a number's means.
fn best(comparison: &Comparison, name: &str) -> Option<f64> {
    let groups = comparison.groups.iter().filter(|group| !group.is_pruned());
    let means = groups.filter_map(|group| Some(group.metric(name)?.mean));
    means.min_by(|a, b| compare_metric(name, Some(*a), Some(*b)))
}

/// A cell whose text is sorted by `value`.
fn number(value: f64, text: &str, class: &str) -> String {
    format!("<td class=\"n{class}\" data-v=\"{value}\">{}</td>", escape(text))
}

fn setting(value: Option<&Value>) -> String {
    match value {
        None => "<td>-</td>".to_owned(),
        Some(Value::Number(n)) => number(n.as_f64().unwrap_or(f64::NAN), &n.to_string(), ""),
        Some(Value::String(text)) => words(text),
        Some(other) => words(&other.to_string()),
    }
}

/// A cell of text, which is cut in the middle where it is long; the whole is its title.
fn words(text: &str) -> String {
    const MOST: usize = 60;
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= MOST {
        let class = if 12 < chars.len() { " class=\"long\"" } else { "" };
        return format!("<td{class}>{}</td>", escape(text));
    }
    let part = |chars: &[char]| chars.iter().collect::<String>();
    let short = format!("{}…{}", part(&chars[..36]), part(&chars[chars.len() - 23..]));
    format!("<td class=\"long\" title=\"{}\">{}</td>", escape(text), escape(&short))
}
