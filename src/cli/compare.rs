//! `runner compare`: runs beside each other, as a table or as JSON; what differs, the report room
//! finds out.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::columns::{Column, lines, turned};
use super::console::{Console, Tone, stdout_width};
use super::exit::Exit;
use super::format::{count, or_dash};
use super::json::number;
use super::list::{setting, short_note};
use super::questions::CompareArgs;
use crate::config::short_keys;
use crate::report::{Comparison, Group, Refusal, Spread, read_settings};

/// Compares runs.
pub(super) fn compare(args: &CompareArgs, console: &Console) -> anyhow::Result<Exit> {
    let (comparison, notes) = match comparison(args, console) {
        Ok(compared) => compared,
        Err(refusal) => {
            console.error(&refusal.to_string());
            return Ok(Exit::Request);
        }
    };
    let shown = &comparison.groups[..comparison.groups.len().min(args.top.unwrap_or(usize::MAX))];
    if args.json {
        let value = as_json(&comparison, shown);
        console.data(&(serde_json::to_string_pretty(&value)? + "\n"))?;
    } else {
        console.data(&table(&comparison, shown, args.choice.logdir(), console))?;
        if comparison.keys.is_empty() && 1 < comparison.groups.len() {
            console.say("their configs do not differ");
        }
        let left = comparison.groups.len() - shown.len();
        if 0 < left {
            console
                .say(&format!("{} more below; leave out --top to see them", count(left, "line")));
        }
    }
    notes.iter().for_each(|note| console.error(note));
    Ok(if notes.is_empty() { Exit::Done } else { Exit::Failed })
}

fn comparison(args: &CompareArgs, console: &Console) -> Result<(Comparison, Vec<String>), Refusal> {
    let (runs, mut notes) = args.choice.all(&args.runs, &args.filters, console)?;
    if runs.is_empty() {
        let what = notes.first().cloned().unwrap_or_else(|| "no run of it has begun".to_owned());
        return Err(Refusal::new(what, "`runner list` shows what there is"));
    }
    notes.extend(read_settings(&runs));
    Ok((Comparison::of(runs, args.sort.as_deref())?, notes))
}

fn as_json(comparison: &Comparison, shown: &[Group]) -> Value {
    let spread = |spread: Option<Spread>| {
        let deviation = |spread: Spread| spread.deviation.map(number);
        spread.map(|s| json!({ "mean": number(s.mean), "deviation": deviation(s) }))
    };
    let group = |group: &Group| {
        let metrics = |of: &dyn Fn(&str) -> Option<Spread>| -> Map<String, Value> {
            comparison.metrics.iter().map(|name| (name.clone(), json!(spread(of(name))))).collect()
        };
        let config = comparison.keys.iter().map(|key| (key.clone(), json!(group.setting(key))));
        json!({
            "config": config.collect::<Map<_, _>>(),
            "seeds": group.seeds(),
            "last": metrics(&|name| group.metric(name)),
            "best": metrics(&|name| group.best(name)),
            "runs": group.runs.iter().map(|run| json!({
                "name": run.record.name,
                "dir": run.dir.to_string_lossy(),
                "tags": run.annotations.tags,
                "note": run.annotations.note,
                "status": run.state.word(),
                "seed": run.record.seed,
                "epochs": run.record.epochs,
            })).collect::<Vec<_>>(),
        })
    };
    json!({ "keys": comparison.keys, "lines": shown.iter().map(group).collect::<Vec<_>>() })
}

/// The table: a line for each group, or a column for each where only that fits the terminal.
fn table(comparison: &Comparison, shown: &[Group], base: &Path, console: &Console) -> String {
    let cells = |cell: &dyn Fn(&Group) -> String| shown.iter().map(cell).collect::<Vec<_>>();
    let mut columns =
        vec![Column::words("run", comparison.labels(base).into_iter().take(shown.len()))];
    for (key, short) in comparison.keys.iter().zip(short_keys(&comparison.keys)) {
        let text = |group: &Group| or_dash(group.setting(key), setting);
        columns.push(Column::values(&short, cells(&text)));
    }
    let told = [("tags", Group::tags as fn(&Group) -> Vec<&str>), ("note", Group::notes)];
    for (title, of) in told {
        if shown.iter().any(|group| !of(group).is_empty()) {
            let text = |group: &Group| short_note(Some(&of(group).join(", ")));
            columns.push(Column::words(title, cells(&text)));
        }
    }
    if comparison.groups.iter().any(|group| 1 < group.runs.len()) {
        columns.push(Column::numbers("runs", cells(&|group| group.runs.len().to_string())));
    }
    let states = |group: &Group| {
        let mut words: Vec<_> = group.runs.iter().map(|run| run.state.word()).collect();
        words.dedup();
        words.join(", ")
    };
    if shown.iter().any(|group| states(group) != "completed") {
        columns.push(Column::words("status", cells(&states)));
    }
    for name in &comparison.metrics {
        let text = |group: &Group| or_dash(group.metric(name), |spread| spread.to_string());
        columns.push(Column::numbers(name, cells(&text)));
    }
    let width = |lines: &[String]| lines.iter().map(|line| line.chars().count()).max();
    let (flat, upright) = (lines(&columns), turned(&columns));
    let most = stdout_width().unwrap_or(usize::MAX);
    let turn = width(&flat) > Some(most) && width(&upright) < width(&flat);
    let lines = if turn { upright } else { flat };
    let tone = |line: usize| match line {
        0 => Some(Tone::Head),
        1 if !turn && 1 < shown.len() => Some(Tone::Good),
        _ => None,
    };
    let paint = |(i, line): (usize, &String)| match tone(i) {
        Some(tone) => console.out.paint(tone, line) + "\n",
        None => format!("{line}\n"),
    };
    lines.iter().enumerate().map(paint).collect()
}
