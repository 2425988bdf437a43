//! The searches on the page: the trials that were better than all before them.

use std::collections::BTreeSet;
use std::path::Path;

use super::markup::{self, escape};
use crate::query::comparison::Comparison;
use crate::query::format::{count, number};
use crate::query::run::Run;
use crate::query::search_progress::SearchProgress;

/// A table for each search; none without a search.
pub(super) fn section(comparison: &Comparison) -> String {
    let runs: Vec<Run> = comparison.groups.iter().flat_map(|group| &group.runs).cloned().collect();
    let trials = runs.iter().filter(|run| run.record.trial.is_some());
    let sweeps: BTreeSet<&Path> = trials.filter_map(|run| run.sweep.as_deref()).collect();
    let progress = sweeps.into_iter().filter_map(|sweep| SearchProgress::of(sweep, &runs));
    let tables: String = progress.map(|progress| table(&progress)).collect();
    if tables.is_empty() { tables } else { markup::section("search", "Search", &tables) }
}

fn table(progress: &SearchProgress) -> String {
    let name = escape(&progress.objective.name);
    let line = |(trial, value): &(usize, f64)| {
        format!("<tr><td>{trial}</td><td>{}</td></tr>\n", escape(&number(*value)))
    };
    let lines: String = progress.best_so_far().iter().map(line).collect();
    let trials = count(progress.trials, "trial");
    format!(
        "<p class=\"hint\">The best {name} so far, of {trials}:</p>\n<div class=\"scroll\">\n<table>\n\
         <thead><tr><th>trial</th><th>{name}</th></tr></thead>\n<tbody>\n{lines}</tbody>\n</table>\n\
         </div>\n"
    )
}
