//! Selects the runs of a sweep for TensorBoard. The Scalars page ticks no run above 40 folders with
//! event files, Time Series none above 500. A larger sweep therefore shows the best runs and hides
//! the others.
//!
//! Hidden event files are renamed and stay in place. The selection depends on the results alone,
//! not on their order. A resumed sweep selects again.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};

use crate::config::{Change, LineCache, is_replicate_key, short_keys};
use crate::experiment::{Replicates, monitored, set_visible, write_charts};
use crate::sweep::out_of_fold;
use crate::sweep::planned::{PlannedExperiment, QueuedRun};
use crate::sweep::{RunQueue, RunResult, RunResults, Status, SweepEvent};
use crate::system::sentence;

/// The number of settings shown of a sweep with more runs. Two large sweeps and two single runs,
/// with three folders each, stay below 40.
pub const MAX_SHOWN: usize = 16;

/// The subfolder of a sweep with the means of the replicates.
const MEANS: &str = "mean";

/// The sweeps of a queue and their visible runs.
#[derive(Debug, Default)]
pub struct Board(Mutex<Sweeps>);

#[derive(Debug, Default)]
struct Sweeps {
    by_folder: BTreeMap<PathBuf, Sweep>,
    /// The cross-validations, whose predictions become one file at the end.
    divided: Vec<Arc<PlannedExperiment>>,
    /// Results from before the queue, read when a run ends, so that the first run starts without
    /// delay.
    known: RunResults,
}

/// The summary of a board at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardSummary {
    /// For each sweep folder, the number of shown settings or runs, and the total.
    pub parts: Vec<(PathBuf, usize, usize)>,
    /// Write errors.
    pub errors: Vec<String>,
}

#[derive(Debug, Default)]
struct Sweep {
    runs: usize,
    /// The number of runs per setting: seeds times folds.
    replicates: usize,
    /// The shown settings, and the settings with some ended runs. Hidden settings need no memory.
    settings: HashMap<u64, Setting>,
    /// The best complete settings, best first, if not all are shown.
    best: Vec<Ranked>,
    /// Whether a run has three folders with event files, as in Keras's layout.
    threefold: Option<bool>,
    errors: Vec<String>,
}

/// A setting by key and first run.
#[derive(Clone, Debug, PartialEq)]
struct Ranked {
    value: f64,
    first: PathBuf,
    key: u64,
}

/// The ended runs of a setting, different only in seed and fold.
#[derive(Debug, Default)]
struct Setting {
    changes: Vec<Change>,
    /// The names in labels of the keys in which the runs differ.
    replicate_keys: Vec<String>,
    runs: Vec<Ended>,
}

#[derive(Debug)]
struct Ended {
    dir: PathBuf,
    /// The monitored number; lower is better.
    value: Option<f64>,
}

impl Board {
    /// The board of a queue with the results of the surrounding runs. A sweep without queued runs
    /// stays unchanged, and so does a sweep with other workers.
    pub fn new(queue: &RunQueue) -> Board {
        let mut sweeps: BTreeMap<PathBuf, Sweep> = BTreeMap::new();
        let mut divided = Vec::new();
        let mut last: Option<&Arc<PlannedExperiment>> = None;
        for QueuedRun { experiment, .. } in &queue.runs {
            if experiment.is_sweep()
                && !experiment.is_shared
                && !last.is_some_and(|last| Arc::ptr_eq(last, experiment))
            {
                sweeps.insert(experiment.root.clone(), Sweep::of(experiment));
                divided.extend(out_of_fold::has_folds(experiment).then(|| Arc::clone(experiment)));
                last = Some(experiment);
            }
        }
        let known = if sweeps.is_empty() { RunResults::default() } else { queue.results().clone() };
        Board(Mutex::new(Sweeps { by_folder: sweeps, divided, known }))
    }

    /// The board of a sweep whose runs have all ended elsewhere.
    pub(super) fn of_ended(experiment: &Arc<PlannedExperiment>, known: RunResults) -> Board {
        let by_folder = BTreeMap::from([(experiment.root.clone(), Sweep::of(experiment))]);
        let divided = vec![Arc::clone(experiment)];
        Board(Mutex::new(Sweeps { by_folder, divided, known }))
    }

    /// Takes in an event of the queue. The last run of a setting may change the selection.
    pub fn observe(&self, notice: &SweepEvent<'_>) {
        let SweepEvent::Finished { result, .. } = notice else { return };
        let mut sweeps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sweeps.take_known();
        let Some(sweep) = sweeps.by_folder.get_mut(&result.root) else { return };
        if let Some((key, hidden)) = sweep.end(result) {
            sweep.apply(&result.root, key, true);
            for (key, setting) in hidden {
                sweep.show(&result.root, key, &setting, true);
            }
        }
    }

    /// Updates the files of all sweeps to match all results.
    pub fn close(self, results: &RunResults) -> BoardSummary {
        let mut sweeps = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        sweeps.take_known();
        let Sweeps { by_folder: mut sweeps, divided, .. } = sweeps;
        if !sweeps.is_empty() {
            let mut open: Option<(PathBuf, u64, Setting)> = None;
            for result in results.iter() {
                let Some(sweep) = sweeps.get_mut(&result.root) else { continue };
                let key = key(&result.changes);
                let Some(ended) = Ended::of(&result) else { continue };
                if !open
                    .as_ref()
                    .is_some_and(|(root, known, _)| *root == result.root && *known == key)
                {
                    open = Some((result.root.clone(), key, Setting::default()));
                }
                if let Some((root, _, setting)) = &mut open {
                    setting.add(ended, &result.changes);
                    if setting.runs.len() == sweep.replicates {
                        sweep.show(root, key, setting, false);
                    }
                }
            }
        }
        let mut shown = BoardSummary::default();
        let written = divided.iter().map(|experiment| out_of_fold::write(experiment));
        shown.errors.extend(written.filter_map(|written| Some(sentence(&written.err()?))));
        for (root, mut sweep) in sweeps {
            sweep.charts(&root);
            if sweep.is_large() && !sweep.best.is_empty() {
                let settings = sweep.runs / sweep.replicates;
                shown.parts.push((root, sweep.best.len(), settings));
            }
            shown.errors.append(&mut sweep.errors);
        }
        shown
    }
}

impl Sweeps {
    /// Takes in the results from before the queue, once.
    fn take_known(&mut self) {
        for result in std::mem::take(&mut self.known).iter() {
            if let Some(sweep) = self.by_folder.get_mut(&result.root) {
                sweep.end(&result);
            }
        }
    }
}

impl Ended {
    /// A completed, pruned or failed run with a folder.
    fn of(result: &RunResult) -> Option<Ended> {
        let value = match result.status {
            Status::Completed | Status::Pruned(_) => {
                result.last.as_ref().and_then(monitored).map(|(_, value)| value)
            }
            Status::Failed(_) | Status::Diverged(_) => None,
            Status::Stopped | Status::Skipped | Status::Paused | Status::Busy(_) => return None,
        };
        Some(Ended { dir: result.dir.clone()?, value })
    }
}

impl Sweep {
    fn of(planned: &PlannedExperiment) -> Sweep {
        let mut cache = LineCache::default();
        if let Some(replicates) = planned.source.replicates() {
            return Sweep { runs: planned.n_runs(), replicates, ..Sweep::default() };
        }
        let mut setting = |number: usize| key(&planned.heading(number, &mut cache).1);
        // The replicates of a setting are adjacent, and all settings have as many.
        let replicates = if planned.keys().iter().any(|key| is_replicate_key(key)) {
            let first = setting(0);
            (0..planned.n_runs()).take_while(|number| setting(*number) == first).count()
        } else {
            1
        };
        Sweep { runs: planned.n_runs(), replicates: replicates.max(1), ..Sweep::default() }
    }

    /// Takes in a result. For a complete setting, returns the key and the settings to hide.
    fn end(&mut self, result: &RunResult) -> Option<(u64, Vec<(u64, Setting)>)> {
        let ended = Ended::of(result)?;
        let key = key(&result.changes);
        let setting = self.settings.entry(key).or_default();
        setting.add(ended, &result.changes);
        if setting.runs.len() < self.replicates {
            return None;
        }
        let loser = self.rank(key);
        let hidden = loser.and_then(|loser| Some((loser, self.settings.remove(&loser)?)));
        Some((key, hidden.into_iter().collect()))
    }

    fn is_large(&self) -> bool {
        MAX_SHOWN < self.runs
    }

    /// Ranks a complete setting and returns the setting dropped from the best.
    fn rank(&mut self, key: u64) -> Option<u64> {
        if !self.is_large() {
            return None;
        }
        let setting = &self.settings[&key];
        let value = setting.value().unwrap_or(f64::INFINITY);
        let first = setting.runs.first().map_or_else(PathBuf::new, |run| run.dir.clone());
        let threefold = *self.threefold.get_or_insert_with(|| first.join("train").is_dir());
        let most = if threefold { MAX_SHOWN / 3 } else { MAX_SHOWN };
        self.best.push(Ranked { value, first, key });
        self.best.sort_by(|a, b| a.value.total_cmp(&b.value).then_with(|| a.first.cmp(&b.first)));
        if most < self.best.len() { self.best.pop().map(|last| last.key) } else { None }
    }

    /// Updates the visibility of a complete setting, if the setting is kept.
    fn apply(&mut self, root: &Path, key: u64, anew: bool) {
        if let Some(setting) = self.settings.remove(&key) {
            self.show(root, key, &setting, anew);
            self.settings.insert(key, setting);
        }
    }

    /// Shows or hides the runs of a complete setting and their mean; `anew` rewrites the mean.
    fn show(&mut self, root: &Path, key: u64, setting: &Setting, anew: bool) {
        let place = self.best.iter().position(|best| best.key == key);
        let large = self.is_large();
        let shown = !large || place.is_some();
        let errors = &mut self.errors;
        let mut note = |result: Result<()>| {
            errors.extend(result.err().map(|error| sentence(&error)));
        };
        if 1 < self.replicates {
            note(setting.show_mean(root, (shown, large), anew));
        }
        for (at, run) in setting.runs.iter().enumerate() {
            // Only the first replicate of the best setting brings pictures and histograms.
            let alone = self.replicates == 1 || place == Some(0) && at == 0;
            note(set_visible(&run.dir, !large || shown && alone));
        }
    }

    /// The charts of the Custom Scalars page, if there are replicates.
    fn charts(&mut self, root: &Path) {
        if self.replicates == 1 {
            return;
        }
        let complete =
            self.settings.values().filter(|setting| setting.runs.len() == self.replicates);
        let runs = complete.flat_map(|setting| &setting.runs);
        let run = runs.filter(|run| run.value.is_some()).min_by(|a, b| a.dir.cmp(&b.dir));
        let written = run.map(|run| write_charts(&root.join(MEANS), &run.dir));
        self.errors.extend(written.and_then(Result::err).map(|error| sentence(&error)));
    }
}

impl Setting {
    /// Adds an ended run, in the order of the folders.
    fn add(&mut self, ended: Ended, changes: &[Change]) {
        self.changes = changes.to_vec();
        let keys: Vec<_> = changes.iter().map(|change| change.key.clone()).collect();
        let names = keys.iter().zip(short_keys(&keys)).filter(|(key, _)| is_replicate_key(key));
        self.replicate_keys = names.map(|(_, name)| name).collect();
        self.runs.push(ended);
        self.runs.sort_by(|a, b| a.dir.cmp(&b.dir));
    }

    /// The mean of the monitored numbers.
    fn value(&self) -> Option<f64> {
        let values: Vec<f64> = self.runs.iter().filter_map(|run| run.value).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        Some(mean).filter(|mean| !mean.is_nan())
    }

    /// Writes the mean of the completed runs, or removes it.
    fn show_mean(&self, root: &Path, (shown, large): (bool, bool), anew: bool) -> Result<()> {
        let completed = self.runs.iter().filter(|run| run.value.is_some());
        let runs: Vec<_> = completed.map(|run| run.dir.clone()).collect();
        let Some(first) = self.runs.first() else { return Ok(()) };
        let dir = root.join(MEANS).join(setting_name(&first.dir, &self.replicate_keys));
        if shown && !runs.is_empty() {
            if anew || !dir.is_dir() {
                Replicates { runs: &runs, changes: &self.changes, has_session: large }
                    .write(&dir)?;
            }
            return Ok(());
        }
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove `{}`", dir.display()))
            }
            _ => Ok(()),
        }
    }
}

/// A hash shared by the replicates of a setting and by no other run of the sweep.
fn key(changes: &[Change]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for change in changes.iter().filter(|change| !is_replicate_key(&change.key)) {
        (&change.key, change.text()).hash(&mut hasher);
    }
    hasher.finish()
}

/// The name of a run's folder without these keys, which are the last: `0036-optimizer=muon`.
fn setting_name(dir: &Path, keys: &[String]) -> String {
    let mut name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for key in keys.iter().rev() {
        let ends = [format!(",{key}="), format!("-{key}=")];
        let end = ends.iter().filter_map(|end| name.rfind(end)).max();
        name.truncate(end.unwrap_or(name.len()));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicates_share_a_name() {
        let keys = ["repeat", "fold", "seed"].map(str::to_owned);
        let name = |name: &str| setting_name(Path::new(name), &keys);
        assert_eq!(name("logs/a/0036-optimizer=muon,seed=0"), "0036-optimizer=muon");
        assert_eq!(name("0002-seed=2"), "0002");
        assert_eq!(name("0012-units=64,repeat=0,fold=2,seed=1"), "0012-units=64");
        assert_eq!(name("0012-repeat=0,fold=2"), "0012");
        assert_eq!(name("0002-units=64"), "0002-units=64");
    }

    #[test]
    fn the_best_are_shown_in_whatever_order_they_end() {
        let values: Vec<f64> = (0..100).map(|i| f64::from(i * 37 % 50)).collect();
        let shown = |order: &mut dyn Iterator<Item = usize>| {
            let mut sweep = Sweep { runs: values.len(), replicates: 1, ..Sweep::default() };
            for i in order {
                let run = Ended { dir: PathBuf::from(format!("{i:04}")), value: Some(values[i]) };
                let setting = Setting { runs: vec![run], ..Setting::default() };
                sweep.settings.insert(i as u64, setting);
                sweep.rank(i as u64);
            }
            sweep.best
        };
        let best = shown(&mut (0..100));
        assert_eq!(best, shown(&mut (0..100).rev()), "ties too");
        let want: Vec<_> = (0..MAX_SHOWN).map(|place| (place / 2) as f64).collect();
        assert_eq!(best.iter().map(|ranked| ranked.value).collect::<Vec<_>>(), want);
    }
}
