//! `runner run --dry-run` of a search: its space and the trials that depend on no result.

use std::path::Path;

use crate::cli::display::console::stdout_width;
use crate::cli::display::escape::escape_line;
use crate::cli::display::fit::fit_columns;
use crate::cli::display::format::{count, or_dash};
use crate::cli::display::table::Column;
use crate::config::{Change, Pruner, Search, SearchText, ShortTexts, Trial, short_keys};
use crate::search::{Outcome, Rung};

/// Trials that are listed.
const MAX_SHOWN: usize = 20;

/// The space of a search and its startup trials, a line of comment each, so that the whole is still TOML.
pub(super) fn proposals(text: &SearchText, name: &str) -> String {
    let search = match Search::parse(&text.config, Path::new("plan.json")) {
        Ok(search) => search,
        Err(error) => return comment(&error),
    };
    let trials = match startup(&search) {
        Ok(trials) => trials,
        Err(error) => return comment(&error),
    };
    let objective = search.objective();
    let way = if objective.rises { "greatest" } else { "least" };
    let at = if objective.at_best { "best" } else { "last" };
    let together = if search.waits() {
        format!(", {} under way together", search.lag() + 1)
    } else {
        String::new()
    };
    let head = format!(
        "\n# {}: a search of {}{together}, for the {way} {} of the {at} epoch\n",
        escape_line(name),
        count(text.trials, "trial"),
        objective.name,
    );
    let first =
        format!("# The first {}, which depend on no result:\n", count(trials.len(), "trial"));
    head + &brackets(search.pruner()) + &space(&text.config) + &first + &table(&search, &trials)
}

/// The brackets of Hyperband, a line each: `# bracket of 9 trials at epoch 1, 3 at 3, 1 at 9`.
fn brackets(pruner: Option<Pruner>) -> String {
    let Some(Pruner::Hyperband { rule, .. }) = pruner else { return String::new() };
    let line = |rungs: Vec<Rung>| {
        let rung = |rung: &Rung| format!("{} at epoch {}", rung.trials, rung.epochs);
        format!("# bracket: {}\n", rungs.iter().map(rung).collect::<Vec<_>>().join(", "))
    };
    rule.brackets().into_iter().map(line).collect()
}

/// The trials that are proposed without a result; the first of many.
fn startup(search: &Search) -> Result<Vec<Trial>, String> {
    let mut trials = Vec::new();
    while trials.len() < search.startup_trials().min(MAX_SHOWN).min(search.trials()) {
        let outcomes = vec![Some(Outcome::Pending); trials.len()];
        match search.propose(&trials, &outcomes)? {
            Some(trial) => trials.push(trial),
            None => break,
        }
    }
    Ok(trials)
}

/// `[sweep]` of the config.
fn space(config: &str) -> String {
    config.find("[sweep]").map_or(String::new(), |start| comment(&config[start..]))
}

fn comment(text: &str) -> String {
    text.lines().map(|line| format!("# {}\n", escape_line(line))).collect()
}

fn table(search: &Search, trials: &[Trial]) -> String {
    let keys: Vec<_> = search.keys().into_iter().filter(|key| key != "seed").collect();
    let numbers = (0..trials.len()).map(|number| format!("{number:04}"));
    let mut columns = vec![Column::words("trial", numbers)];
    for (key, name) in keys.iter().zip(short_keys(&keys)) {
        let change = |trial: &Trial| {
            let mut changes = trial.runs.iter().take(1).flat_map(|run| run.changes.clone());
            changes.find(|change| change.key == *key)
        };
        let changes: Vec<_> = trials.iter().map(change).collect();
        let short = ShortTexts::of(changes.iter().flatten().map(|change| &change.value));
        let text = |change: &Option<Change>| or_dash(change.as_ref(), |c| short.get(&c.value));
        let texts: Vec<_> = changes.iter().map(text).collect();
        columns.push(Column::values(&name, texts).shrinkable().drop_rank(1));
    }
    let width = stdout_width().map(|width| width.saturating_sub(2));
    let fitted = fit_columns(columns, width);
    let note = fitted.note("--dry-run --json");
    fitted.lines.iter().chain(&note).map(|line| format!("# {line}\n")).collect()
}
