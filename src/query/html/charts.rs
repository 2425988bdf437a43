//! The data of the charts as JSON, with thinned histories, and their empty frames.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::markup::{escape, section};
use crate::config::short_keys;
use crate::query::comparison::Comparison;
use crate::query::names::metric_names;
use crate::query::order::higher_is_better;
use crate::query::parallel;
use crate::query::run::Run;
use crate::runs::{History, monitored};

/// As many numbers are drawn in all, about.
const NUMBERS: usize = 200_000;
/// A curve has as many points at least, if it has them at all.
const POINTS: usize = 60;

/// All that is drawn.
#[derive(Debug, Serialize)]
pub(super) struct Charts<'a> {
    /// The names of the numbers of the last epochs.
    metrics: &'a [String],
    /// Those that are best where they are greatest.
    rising: Vec<&'a str>,
    /// The number that runs are judged by.
    judge: &'a str,
    /// What is drawn over the epochs, without the names of validation.
    curves: Vec<String>,
    /// The keys that differ and that all have.
    keys: Vec<String>,
    /// What is ranked, the best first.
    groups: Vec<GroupData<'a>>,
    /// All runs, in the order of their groups.
    runs: Vec<RunData>,
}

#[derive(Debug, Serialize)]
struct GroupData<'a> {
    label: &'a str,
    settings: Vec<Option<&'a Value>>,
    /// The mean of each metric.
    means: Vec<Option<f32>>,
}

#[derive(Debug, Serialize)]
struct RunData {
    label: String,
    group: usize,
    seed: u64,
    /// The epoch with the best monitored number; epochs count from 1 on the page.
    best: Option<usize>,
    epochs: Vec<usize>,
    /// For each epoch in `epochs`; null for what is not finite.
    history: Vec<(String, Vec<Option<f32>>)>,
    /// The metrics of the last epoch.
    last: Vec<Option<f32>>,
    config: Option<String>,
}

impl<'a> Charts<'a> {
    /// Reads the histories and configs; says which cannot be read.
    pub(super) fn of(
        comparison: &'a Comparison,
        labels: &'a [String],
        base: &Path,
    ) -> (Charts<'a>, Vec<String>) {
        let groups = || comparison.groups.iter();
        let runs: Vec<(usize, &Run)> = groups()
            .enumerate()
            .flat_map(|(place, group)| group.runs.iter().map(move |run| (place, run)))
            .collect();
        let read: Vec<_> = parallel::map(&runs, |(_, run)| (run.history(), run.config()));
        let numbers = |found: &History| found.columns.len().max(1) * runs.len();
        let mut notes = Vec::new();
        let mut data = Vec::new();
        for ((group, run), (history, config)) in runs.iter().zip(read) {
            let history = history.unwrap_or_else(|error| {
                notes.push(error.to_string());
                History { columns: Vec::new(), epochs: Vec::new() }
            });
            let points = POINTS.max(NUMBERS / numbers(&history));
            let config = config.map_err(|error| notes.push(error)).ok();
            let told = run_data(*group, run, &history, points, &comparison.metrics, base);
            data.push(RunData { config, ..told });
        }
        // Defaults that follow from a swept key would repeat its axis.
        let keys: Vec<_> = comparison.shared_keys();
        let keys: Vec<_> = keys.into_iter().filter(|key| !comparison.is_derived(key)).collect();
        let logs =
            metric_names(groups().flat_map(|group| &group.runs).map(|run| &run.record.metrics));
        let judge = groups().find_map(|group| Some(monitored(&group.runs[0].record.metrics)?.0));
        let charts = Charts {
            metrics: &comparison.metrics,
            rising: logs.into_iter().filter(|name| higher_is_better(name)).collect(),
            judge: judge.unwrap_or("loss"),
            curves: curves(&data),
            keys: short_keys(&keys),
            groups: groups()
                .zip(labels)
                .map(|(group, label)| GroupData {
                    label,
                    settings: keys.iter().map(|key| group.setting(key)).collect(),
                    means: comparison
                        .metrics
                        .iter()
                        .map(|name| finite(group.metric(name)?.mean))
                        .collect(),
                })
                .collect(),
            runs: data,
        };
        (charts, notes)
    }

    /// The frames of the charts.
    pub(super) fn sections(&self) -> String {
        let mut html = String::new();
        if !self.curves.is_empty() {
            html += &section("curves", "Learning curves", "<div class=\"chart\"></div>\n");
        }
        if !self.keys.is_empty() && 1 < self.groups.len() {
            let frames = "<div class=\"chart\" id=\"scatter\"></div>\n<div class=\"chart\" id=\"parallel\"></div>\n";
            html += &section("settings", "Hyperparameters", frames);
        }
        html
    }

    /// The config of the best, and for scripts the choice of the others.
    pub(super) fn configs(&self) -> String {
        let Some(config) = self.runs.first().and_then(|run| run.config.as_ref()) else {
            return String::new();
        };
        let label = escape(&self.runs[0].label);
        let content = format!(
            "<p id=\"which-config\">{label}</p>\n<pre id=\"config\" tabindex=\"0\">{}</pre>\n",
            escape(config)
        );
        section("configs", "Config, with every default", &content)
    }
}

fn run_data(
    group: usize,
    run: &Run,
    history: &History,
    points: usize,
    metrics: &[String],
    base: &Path,
) -> RunData {
    let best = run.record.best.as_ref().map(|best| best.epoch);
    let places = thinned(history, points, best);
    let column = |(place, name): (usize, &String)| {
        let values = places.iter().map(|i| finite(history.epochs[*i].1[place]));
        (name.clone(), values.collect())
    };
    RunData {
        label: run.label(base),
        group,
        seed: run.record.seed,
        best: best.map(|epoch| epoch + 1),
        epochs: places.iter().map(|i| history.epochs[*i].0 + 1).collect(),
        history: history.columns.iter().enumerate().map(column).collect(),
        last: metrics.iter().map(|name| finite(run.record.metrics.get(name)?)).collect(),
        config: None,
    }
}

/// The places of at most about `points` epochs, at equal distances; the first, the last and the best
/// among them.
fn thinned(history: &History, points: usize, best: Option<usize>) -> Vec<usize> {
    let n = history.epochs.len();
    let step = n.div_ceil(points).max(1);
    let wanted =
        |i: &usize| i.is_multiple_of(step) || i + 1 == n || Some(history.epochs[*i].0) == best;
    (0..n).filter(wanted).collect()
}

/// What there is to draw over the epochs: the loss first, the learning rate last.
fn curves(runs: &[RunData]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, _) in runs.iter().flat_map(|run| &run.history) {
        let name = name.strip_prefix("val_").unwrap_or(name);
        if !names.iter().any(|other| other == name) {
            names.push(name.to_owned());
        }
    }
    names.sort_by_key(|name| name == "learning_rate");
    names
}

/// Histories have 32 bits.
fn finite(value: f64) -> Option<f32> {
    Some(value as f32).filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(n: usize) -> History {
        let epochs = (0..n).map(|epoch| (epoch, vec![0.0])).collect();
        History { columns: vec!["loss".to_owned()], epochs }
    }

    #[test]
    fn thinning_keeps_the_ends_and_the_best() {
        assert_eq!(thinned(&history(5), 60, None), [0, 1, 2, 3, 4]);
        assert_eq!(thinned(&history(0), 60, None), [0_usize; 0]);
        let kept = thinned(&history(1000), 100, Some(501));
        assert!(kept.len() <= 102, "{}", kept.len());
        assert_eq!((kept[0], kept[kept.len() - 1]), (0, 999));
        assert!(kept.contains(&501) && kept.is_sorted());
    }
}
