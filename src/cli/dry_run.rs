//! `runner run --dry-run`: the resolved plans, as they would run, and what tells those of a sweep
//! apart; it starts none.

use serde_json::json;

use super::columns::{Column, lines};
use super::console::Console;
use super::exit::Exit;
use super::format::count;
use crate::config::{Change, Experiment, Plan, Variant, short_keys};

/// Prints the plans as TOML, one after the other, or as one JSON value.
pub(super) fn dry_run(
    experiments: &[Experiment],
    json: bool,
    console: &Console,
) -> anyhow::Result<Exit> {
    let runs = experiments.iter().flat_map(|experiment| &experiment.runs);
    let plans: Vec<_> = runs.map(|variant| &variant.plan).collect();
    let text = if json {
        serde_json::to_string_pretty(&json!({ "runs": plans }))? + "\n"
    } else {
        as_toml(&plans) + &experiments.iter().map(table).collect::<String>()
    };
    console.data(&text)?;
    Ok(Exit::Done)
}

fn as_toml(plans: &[&Plan]) -> String {
    if let [plan] = plans {
        return plan.to_toml();
    }
    let header = |(index, plan): (usize, &&Plan)| {
        format!("# run {} of {}: {}\n{}", index + 1, plans.len(), plan.name, plan.to_toml())
    };
    plans.iter().enumerate().map(header).collect::<Vec<_>>().join("\n")
}

/// What a sweep varies, a line of comment for each run, so that the whole is still TOML.
fn table(experiment: &Experiment) -> String {
    let Some(first) = experiment.runs.first().filter(|_| experiment.sweep) else {
        return String::new();
    };
    let keys: Vec<_> = first.changes.iter().map(|change| change.key.clone()).collect();
    let number = |run: &Variant| run.label.split('-').next().unwrap_or_default().to_owned();
    let mut columns = vec![Column::words("run", experiment.runs.iter().map(number))];
    for (i, short) in short_keys(&keys).iter().enumerate() {
        let value = |run: &Variant| run.changes.get(i).map_or("-".to_owned(), Change::text);
        columns.push(Column::values(short, experiment.runs.iter().map(value)));
    }
    let lines = lines(&columns).into_iter().map(|line| format!("# {line}\n"));
    let count = count(experiment.runs.len(), "run");
    format!("\n# {}: {count}\n", experiment.name) + &lines.collect::<String>()
}
