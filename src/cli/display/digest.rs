//! Selects the results for a table of the best groups, in memory independent of the size of the sweep.

use std::collections::HashSet;

use super::result_groups::{Group, result_groups, swept_settings};
use super::result_table::{TableOptions, status};
use crate::query::rank;
use crate::sweep::{RunResult, RunResults};

/// Results in memory at a time.
const HELD: usize = 2000;

/// The results of a table with as many lines as `cut` wants, and the number of lines that were left out
/// of them. The table has the same lines and columns as that of all results.
pub(super) fn digest(results: &RunResults, cut: TableOptions<'_>) -> (Vec<RunResult>, usize) {
    let (mut held, mut left_out) = (Vec::new(), 0);
    for result in results.iter() {
        let ends_line =
            held.last().is_some_and(|last| swept_settings(last) != swept_settings(&result));
        if HELD.max(cut.top.saturating_mul(2)) <= held.len() && ends_line {
            left_out += reduce(&mut held, cut);
        }
        held.push(result);
    }
    (held, left_out)
}

/// Keeps the best lines, and one line of each kind that a column may show; returns the number of the
/// others.
fn reduce(held: &mut Vec<RunResult>, cut: TableOptions<'_>) -> usize {
    let lines = result_groups(held);
    let mut kept: HashSet<usize> =
        rank(&lines, cut.sort).iter().take(cut.top).map(|(_, line)| *line).collect();
    let mut known = HashSet::new();
    for (at, line) in lines.iter().enumerate() {
        for kind in kinds(line, &held[0]) {
            if known.insert(kind) {
                kept.insert(at);
            }
        }
    }
    let left_out = lines.len() - kept.len();
    let runs = |(at, line): (usize, &Group<'_>)| vec![kept.contains(&at); line.runs.len()];
    let mut keep = lines.iter().enumerate().flat_map(runs).collect::<Vec<_>>().into_iter();
    held.retain(|_| keep.next().unwrap_or(true));
    left_out
}

/// What decides about the columns of a table, as texts.
fn kinds(line: &Group<'_>, first: &RunResult) -> Vec<String> {
    let mut kinds = vec![format!("replicated: {}", 1 < line.runs.len())];
    for change in &line.runs[0].changes {
        let is_list = change.value.is_array() || change.value.is_table();
        let first = first.changes.iter().find(|first| first.key == change.key);
        let is_same = first.is_some_and(|first| first.value == change.value);
        let value = if is_list { change.text() } else { is_same.to_string() };
        kinds.push(format!("{}: {value}", change.key));
    }
    for run in &line.runs {
        kinds.push(format!("status: {}", status(&run.status)));
        kinds.push(format!("epochs: {}", run.epochs == first.epochs));
        kinds.push(format!("rung: {}", run.rung.is_some()));
        let names = run.last.iter().flat_map(|logs| &logs.0).map(|(name, _)| name);
        kinds.extend(names.map(|name| format!("number: {name}")));
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::display::progress::script::completed;
    use crate::cli::display::result_table::table;
    use crate::sweep::Status;

    /// A run of a sweep over the rate and the units, with two seeds for each setting.
    fn swept(index: usize) -> RunResult {
        let (setting, seed) = (index / 2, index % 2);
        let rate = (setting / 3 + 1) as f64 / 4096.0;
        let units = [16, 32, 64][setting % 3];
        let changes = serde_json::json!([
            { "key": "optimizer.learning_rate", "value": rate },
            { "key": "model.layers.0.units", "value": units },
            { "key": "training.batch_size", "value": 32 },
            { "key": "seed", "value": seed },
        ]);
        let loss = ((setting * 37) % 5003) as f64 / 1000.0;
        let mut result = completed("sweep", &[("loss", loss)]);
        if index == 4001 {
            result.status = Status::Failed("loss is nan".to_owned());
            result.last = None;
            result.epochs = 1;
        }
        RunResult {
            label: format!("{index:04}-x"),
            root: "logs/sweep/20261123-210800".into(),
            changes: serde_json::from_value(changes).unwrap(),
            ..result
        }
    }

    #[test]
    fn table_of_the_digest_is_that_of_all_results() {
        let all: Vec<_> = (0..9000).map(swept).collect();
        for (sort, top) in [(None, 20), (Some("loss"), 3), (Some("accuracy"), 5)] {
            let cut = TableOptions { sort, top };
            let (held, left_out) = digest(&all.iter().cloned().collect(), cut);
            assert!(held.len() < HELD + 100, "{}", held.len());
            assert_eq!(result_groups(&held).len() + left_out, 4500);
            assert_eq!(table(&held, cut, None).lines, table(&all, cut, None).lines);
        }
    }
}
