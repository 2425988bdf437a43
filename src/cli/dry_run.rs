//! `runner run --dry-run`: the resolved plans, as they would run; it starts none.

use serde_json::json;

use super::console::Console;
use super::exit::Exit;
use crate::config::{Experiment, Plan};

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
        as_toml(&plans)
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
