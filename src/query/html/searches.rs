//! The searches on the page: the best so far, the importance of parameters, and the objective by their values.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use super::markup::{self, escape};
use super::plot::{Plot, PlotAxis};
use crate::query::comparison::Comparison;
use crate::query::format::{count, number};
use crate::query::run::Run;
use crate::query::search_trials::SearchTrials;
use crate::query::slices::{Slice, short};

/// A part for each search; none without a search.
pub(super) fn section(comparison: &Comparison) -> String {
    let runs: Vec<Run> = comparison.groups.iter().flat_map(|group| &group.runs).cloned().collect();
    let trials = runs.iter().filter(|run| run.record.trial.is_some());
    let sweeps: BTreeSet<&Path> = trials.filter_map(|run| run.sweep.as_deref()).collect();
    let searches =
        sweeps.into_iter().filter_map(|sweep| SearchTrials::of(sweep, &runs).ok().flatten());
    let parts: String = searches.map(|search| part(&search)).collect();
    if parts.is_empty() { parts } else { markup::section("search", "Search", &parts) }
}

fn part(search: &SearchTrials) -> String {
    let name = escape(&search.objective.name);
    let trials = count(search.trials.len(), "trial");
    let ended = search.trials.iter().filter(|trial| trial.value.is_some()).count();
    let dots = if ended == search.trials.len() {
        ""
    } else {
        "; a dot is a trial that was trained to its end"
    };
    let mut html = format!(
        "<p class=\"hint\">The best {name} so far, of {trials}{dots}:</p>\n<div class=\"plots\">\n"
    );
    html += &best_so_far(search);
    html += "</div>\n<div class=\"beside\">\n";
    html += &best_table(search);
    html += &importance(search);
    html += "</div>\n";
    let _ = writeln!(
        html,
        "<p class=\"hint\">{name} by the value of each parameter; later trials are darker:</p>"
    );
    html += "<div class=\"plots\">\n";
    html.extend(search.slices().iter().map(|slice| slice_plot(search, slice)));
    html + "</div>\n"
}

/// The trials as dots, and the best so far as a line.
fn best_so_far(search: &SearchTrials) -> String {
    let ended: Vec<(f64, f64)> = search
        .trials
        .iter()
        .filter_map(|trial| Some((trial.number as f64, trial.value.filter(|x| x.is_finite())?)))
        .collect();
    let Some(y) = objective_axis(search, ended.iter().map(|(_, value)| *value)) else {
        return String::new();
    };
    let last = search.trials.last().map_or(0, |trial| trial.number) as f64;
    let x = PlotAxis {
        ends: [0.0, last.max(1.0)],
        texts: vec![(0.0, "0".into()), (1.0, last.to_string())],
    };
    let mut plot = Plot::new(560.0, 220.0, "trial", &search.objective.name, x, y);
    ended.iter().for_each(|(trial, value)| {
        plot.dot((*trial, *value), 0.5, &format!("trial {trial}: {}", number(*value)));
    });
    let mut corners: Vec<(f64, f64)> = Vec::new();
    for (trial, value) in search.best_so_far() {
        corners.extend(corners.last().map(|&(_, before)| (trial as f64, before)));
        corners.push((trial as f64, value));
    }
    corners.extend(corners.last().map(|&(_, value)| (last, value)));
    plot.line(&corners);
    plot.svg()
}

fn best_table(search: &SearchTrials) -> String {
    let name = escape(&search.objective.name);
    let line = |(trial, value): &(usize, f64)| {
        format!("<tr><td class=\"n\">{trial}</td><td class=\"n\">{}</td></tr>\n", number(*value))
    };
    let lines: String = search.best_so_far().iter().map(line).collect();
    format!(
        "<div class=\"scroll\">\n<table>\n<caption>Best so far</caption>\n\
         <thead><tr><th class=\"n\">trial</th><th class=\"n\">{name}</th></tr></thead>\n\
         <tbody>\n{lines}</tbody>\n</table>\n</div>\n"
    )
}

/// The shares of the parameters as bars.
fn importance(search: &SearchTrials) -> String {
    let Some(shares) = search.importance() else { return String::new() };
    let line = |(key, share): &(&str, f64)| {
        format!(
            "<tr><td>{}</td><td class=\"n\">{share:.2}</td>\
             <td><div class=\"share\" style=\"width:{:.0}px\"></div></td></tr>\n",
            escape(key),
            (200.0 * share).max(1.0)
        )
    };
    let lines: String = shares.iter().map(line).collect();
    format!(
        "<div class=\"scroll\">\n<table>\n<caption>Importance</caption>\n\
         <thead><tr><th>parameter</th><th class=\"n\">share</th><th></th></tr></thead>\n\
         <tbody>\n{lines}</tbody>\n</table>\n</div>\n"
    )
}

/// The objective by the values of a parameter.
fn slice_plot(search: &SearchTrials, slice: &Slice) -> String {
    let Some(y) = objective_axis(search, slice.points.iter().map(|(_, _, value)| *value)) else {
        return String::new();
    };
    let texts = match slice.choices.len() {
        0 => (0_u8..2).map(|end| (f64::from(end), slice.ends[usize::from(end)].clone())).collect(),
        n => {
            let choices = slice.choices.iter().enumerate();
            choices.map(|(at, text)| ((at as f64 + 0.5) / n as f64, text.clone())).collect()
        }
    };
    let title = if slice.log { format!("{} (log)", slice.key) } else { slice.key.clone() };
    let x = PlotAxis { ends: [0.0, 1.0], texts };
    let mut plot = Plot::new(270.0, 190.0, &title, "", x, y);
    let last = search.trials.last().map_or(1, |trial| trial.number.max(1)) as f64;
    for (trial, place, value) in &slice.points {
        let strength = 0.25 + 0.75 * *trial as f64 / last;
        plot.dot((*place, *value), strength, &format!("trial {trial}: {}", number(*value)));
    }
    plot.svg()
}

/// The axis of the objective, from the best to the worst but a tenth of the trials; the others lie at its end.
fn objective_axis(search: &SearchTrials, values: impl Iterator<Item = f64>) -> Option<PlotAxis> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    if search.objective.rises {
        values.reverse();
    }
    let (best, worst) = (*values.first()?, values[(values.len() - 1) * 9 / 10]);
    let (low, high) = (best.min(worst), best.max(worst));
    let high = if low < high { high } else { low + low.abs().max(1.0) * 0.1 };
    Some(PlotAxis { ends: [low, high], texts: vec![(0.0, short(low)), (1.0, short(high))] })
}
