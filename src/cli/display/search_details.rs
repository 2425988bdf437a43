//! A search as text: the best so far, the importance of its parameters, and the objective by their values.

use std::collections::BTreeMap;

use super::console::{Console, Style, stdout_width};
use super::curve::curves;
use super::fit::fit_columns;
use super::format::number;
use super::table::Column;
use crate::query::{SearchTrials, Series, SliceGroup};

/// The characters of the longest bar.
const BAR: usize = 30;

/// The text, with a heading over each part.
pub(crate) fn search_details(search: &SearchTrials, console: &Console) -> String {
    let head = |text: &str| format!("\n{}\n", console.out.paint(Style::Head, text));
    let name = &search.objective.name;
    let mut text = facts(search, console);
    let best = search.best_so_far();
    if best.is_empty() {
        return text;
    }
    text += &head(&format!("best {name} so far"));
    let series = [Series { name: "best so far".to_owned(), points: steps(&best, search) }];
    text += &curves(&series, "trial", console);
    let line = |(trial, value): &(usize, f64)| format!("{trial}: {}", number(*value));
    let lines: Vec<_> = best.iter().map(line).collect();
    text += &format!("  by trial: {}\n", lines.join(", "));
    if let Some(importance) = search.importance() {
        text += &head("importance");
        let widest = importance.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0);
        for (key, share) in importance {
            let bar = "#".repeat((share * BAR as f64).round() as usize);
            text += format!("  {key:<widest$}  {share:.2}  {bar}").trim_end();
            text.push('\n');
        }
    }
    for slice in search.slices() {
        text += &head(&slice.key);
        let groups = search.groups(&slice);
        if groups.is_empty() {
            text += "  no trial with a result has it\n";
            continue;
        }
        let column = |name: &str, value: &dyn Fn(&SliceGroup) -> String| {
            Column::numbers(name, groups.iter().map(value).collect::<Vec<_>>())
        };
        let columns = vec![
            Column::words("value", groups.iter().map(|group| group.label.clone())).shrinkable(),
            column("trials", &|group| group.trials.to_string()),
            column("best", &|group| number(group.best)),
            column("median", &|group| number(group.median)),
        ];
        let width = stdout_width().map(|width| width.saturating_sub(2));
        for line in fit_columns(columns, width).lines {
            text += &format!("  {line}\n");
        }
    }
    text
}

/// The corners of the line of the best so far, to the last trial.
fn steps(best: &[(usize, f64)], search: &SearchTrials) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::new();
    for &(trial, value) in best {
        if let Some(&(_, last)) = corners.last() {
            corners.push((trial as f64, last));
        }
        corners.push((trial as f64, value));
    }
    let last = search.trials.last().map_or(0, |trial| trial.number) as f64;
    corners.extend(corners.last().map(|&(_, value)| (last, value)));
    corners
}

/// Folder, objective and the best trial.
fn facts(search: &SearchTrials, console: &Console) -> String {
    let objective = &search.objective;
    let way = if objective.rises { "greatest" } else { "least" };
    let epoch = if objective.at_best { "best" } else { "last" };
    let mut statuses = BTreeMap::new();
    search.trials.iter().for_each(|trial| *statuses.entry(trial.status()).or_insert(0) += 1);
    let statuses = statuses.iter().map(|(status, n): (_, &usize)| format!("{n} {status}"));
    let statuses: Vec<_> = statuses.collect();
    let mut text = console.out.paint(Style::Head, &format!("search  {}", search.dir.display()));
    text += &format!("\n  objective  the {way} {} of the {epoch} epoch\n", objective.name);
    text += &format!("  trials     {} begun: {}\n", search.trials.len(), statuses.join(", "));
    if let Some((number_of_best, value)) = search.best_so_far().last() {
        let best = search.trials.iter().find(|trial| trial.number == *number_of_best);
        let dir = best.and_then(|trial| Some(trial.runs.first()?.dir.display().to_string()));
        text += &format!("  best       {} in trial {number_of_best}\n", number(*value));
        text += &format!("             {}\n", dir.unwrap_or_default());
    }
    text
}
