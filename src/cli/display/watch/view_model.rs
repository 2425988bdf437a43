//! The content of the screen of `watch`: the rows of the list and the curves of one run.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use chrono::{DateTime, Utc};

use super::state::{Order, State};
use crate::cli::display::escape::escape_line;
use crate::cli::display::format::{ago, eta, number, or_dash};
use crate::query::{LiveRun, LiveRuns, Series, State as RunState, higher_is_better, metric_names};
use crate::runs::monitored;
use crate::train::Logs;

/// What is to be seen.
#[derive(Clone, Debug)]
pub(crate) struct ViewModel {
    /// How many runs are in which state.
    pub(crate) title: String,
    /// The names of the columns.
    pub(crate) head: Vec<String>,
    /// A line for each run.
    pub(crate) lines: Vec<RunRow>,
    /// The line whose curves are drawn.
    pub(crate) chosen: usize,
    /// What is drawn, such as `loss of adam/20261123-210800`.
    pub(crate) caption: String,
    /// The curves over the epochs.
    pub(crate) curves: Vec<Series>,
    /// The last epoch that the run is to train, from 1.
    pub(crate) last_epoch: f64,
    /// What is wrong, or what the keys do.
    pub(crate) foot: String,
    /// Whether the foot says what is wrong.
    pub(crate) trouble: bool,
    /// Whether the keys are explained.
    pub(crate) help: bool,
}

/// A run in the list.
#[derive(Clone, Debug)]
pub(crate) struct RunRow {
    /// A cell for each column.
    pub(crate) cells: Vec<String>,
    /// How far it got.
    pub(crate) state: RunState,
}

impl ViewModel {
    /// What there is now, as the user wants to see it; `tasks` are those of submitted sweeps, in a sentence.
    pub(crate) fn of(live: &LiveRuns, tasks: Option<&str>, state: &mut State) -> ViewModel {
        let mut model = ViewModel::at(live, state, Utc::now());
        if let Some(tasks) = tasks {
            model.title += &format!("; {}", escape_line(tasks));
        }
        model
    }

    fn at(live: &LiveRuns, state: &mut State, now: DateTime<Utc>) -> ViewModel {
        let mut runs: Vec<&LiveRun> = live.runs.iter().collect();
        sort(&mut runs, state.order);
        let chosen = choose(&runs, state);
        let logs: Vec<Logs> = runs.iter().map(|run| last(run)).collect();
        let labels = labels(&runs, live.dir());
        let metrics: Vec<String> = metric_names(&logs).into_iter().map(str::to_owned).collect();
        let drawn = drawn(&runs);
        let metric = state.metric(&drawn).unwrap_or("loss");
        let followed = runs.get(chosen);
        let (foot, trouble) = match live.unreadable.first() {
            Some(what) => (what.clone(), true),
            None if runs.is_empty() => {
                ("no run yet; `runner run CONFIG` starts one".to_owned(), false)
            }
            None => (keys(state.order), false),
        };
        ViewModel {
            title: title(live),
            head: head(&metrics),
            lines: runs
                .iter()
                .zip(&logs)
                .zip(&labels)
                .map(|((run, logs), label)| line(run, (label, logs), &metrics, now))
                .collect(),
            chosen,
            caption: followed
                .map_or_else(String::new, |_| format!("{metric} of {}", labels[chosen])),
            curves: followed.map_or_else(Vec::new, |run| curves(run, metric)),
            last_epoch: followed.map_or(1, |run| run.planned.unwrap_or(run.epochs()).max(2)) as f64,
            foot,
            trouble,
            help: state.help,
        }
        .escaped()
    }

    /// The same with every text as a terminal may show it: names and columns come from files.
    fn escaped(mut self) -> ViewModel {
        let texts = [&mut self.title, &mut self.caption, &mut self.foot];
        let names = self.curves.iter_mut().map(|series| &mut series.name);
        let cells = self.lines.iter_mut().flat_map(|line| &mut line.cells);
        for text in texts.into_iter().chain(&mut self.head).chain(names).chain(cells) {
            *text = escape_line(text).into_owned();
        }
        self
    }
}

fn keys(order: Order) -> String {
    format!("↑↓ run  ←→ number  s sort by {}  ? help  q leave", order.word())
}

fn sort(runs: &mut [&LiveRun], order: Order) {
    let judged = |run: &LiveRun| monitored(&last(run));
    let by_time = |a: &&LiveRun, b: &&LiveRun| {
        let running = |run: &LiveRun| run.run.state != RunState::Running;
        let started = |run: &LiveRun| run.run.record.started;
        running(a)
            .cmp(&running(b))
            .then(started(b).cmp(&started(a)))
            .then(a.run.dir.cmp(&b.run.dir))
    };
    match order {
        Order::Time => runs.sort_by(by_time),
        Order::Name => runs.sort_by(|a, b| a.run.dir.cmp(&b.run.dir)),
        Order::Best => runs.sort_by(|a, b| match (judged(a), judged(b)) {
            (Some((_, a)), Some((_, b))) => a.total_cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }),
    }
}

/// The place of the chosen run, after the steps that keys have asked for.
fn choose(runs: &[&LiveRun], state: &mut State) -> usize {
    let before = state.run.as_ref().and_then(|dir| runs.iter().position(|run| run.run.dir == *dir));
    let last = runs.len().saturating_sub(1) as isize;
    let place = (before.unwrap_or(0) as isize).saturating_add(state.steps).clamp(0, last) as usize;
    // Until a key has chosen, the first in the list is shown, whichever it is.
    if state.steps != 0 || before.is_some() {
        state.run = runs.get(place).map(|run| run.run.dir.clone());
    }
    state.steps = 0;
    place
}

/// The numbers of the last epoch, of a run that trains too.
fn last(run: &LiveRun) -> Logs {
    match run.history.epochs.last() {
        Some((_, values)) => {
            Logs(run.history.columns.iter().cloned().zip(values.iter().copied()).collect())
        }
        None => run.run.record.metrics.clone(),
    }
}

/// What there is to draw: the loss first, the learning rate last.
fn drawn(runs: &[&LiveRun]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in runs.iter().flat_map(|run| &run.history.columns) {
        let name = name.strip_prefix("val_").unwrap_or(name);
        if !names.iter().any(|other| other == name) {
            names.push(name.to_owned());
        }
    }
    names.sort_by_key(|name| name == "learning_rate");
    names
}

fn title(live: &LiveRuns) -> String {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for run in &live.runs {
        let place = RunState::ALL.iter().position(|state| *state == run.run.state).unwrap_or(0);
        *counts.entry(place).or_default() += 1;
    }
    let words = counts.iter().map(|(place, n)| format!("{n} {}", RunState::ALL[*place].word()));
    let words: Vec<_> = words.collect();
    format!(
        "{}: {}",
        live.dir().display(),
        if words.is_empty() { "no run".to_owned() } else { words.join(", ") }
    )
}

fn head(metrics: &[String]) -> Vec<String> {
    let fixed = ["run", "status", "epochs", "age", "left"].map(str::to_owned);
    fixed.into_iter().chain(metrics.iter().cloned()).collect()
}

/// The names of the runs: name and folder, of one sweep the folders alone, of several also the sweep's.
fn labels(runs: &[&LiveRun], base: &Path) -> Vec<String> {
    let sweeps: HashSet<_> = runs.iter().filter_map(|run| run.run.sweep.as_ref()).collect();
    let is_one = sweeps.len() == 1 && runs.iter().all(|run| run.run.sweep.is_some());
    let label = |run: &&LiveRun| {
        let folder = run.run.dir.file_name().unwrap_or_default().to_string_lossy();
        match run.run.sweep {
            Some(_) if is_one => folder.into_owned(),
            Some(_) => run.run.label(base),
            None => format!("{}/{folder}", run.run.record.name),
        }
    };
    runs.iter().map(label).collect()
}

fn line(
    run: &LiveRun,
    (label, logs): (&str, &Logs),
    metrics: &[String],
    now: DateTime<Utc>,
) -> RunRow {
    let state = run.run.state;
    let (done, planned) = (run.epochs(), run.planned);
    let age = (now - run.run.record.started.to_utc()).as_seconds_f64();
    let left = planned.filter(|_| state == RunState::Running && 0 < done);
    // The epochs to come take as long as those that were.
    let left = left.map(|planned| eta(age / done as f64 * planned.saturating_sub(done) as f64));
    let mut cells = vec![
        label.to_owned(),
        state.word().to_owned(),
        planned.map_or_else(|| done.to_string(), |planned| format!("{done}/{planned}")),
        ago(age),
        left.unwrap_or_default(),
    ];
    cells.extend(metrics.iter().map(|name| or_dash(logs.get(name), number)));
    RunRow { cells, state }
}

/// The number over the epochs and that of validation, each with its last and its best value.
fn curves(run: &LiveRun, metric: &str) -> Vec<Series> {
    let series = |name: String| {
        let values = run.history.column(&name)?;
        let best = values.iter().copied().filter(|value| value.is_finite());
        let best = if higher_is_better(&name) {
            best.max_by(f64::total_cmp)
        } else {
            best.min_by(f64::total_cmp)
        };
        let now = or_dash(values.last().copied(), number);
        let name = format!("{name} {now}, best {}", or_dash(best, number));
        let epochs = run.history.epochs.iter().map(|(epoch, _)| (*epoch + 1) as f64);
        let points = epochs.zip(values).filter(|(_, value)| value.is_finite());
        Some(Series { name, points: points.collect() })
    };
    [metric.to_owned(), format!("val_{metric}")].into_iter().filter_map(series).collect()
}
