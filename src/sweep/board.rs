//! Which runs of a sweep TensorBoard shows. Its Scalars page ticks no run above 40 folders with event
//! files, and Time Series none above 500; so a larger sweep shows its best, and hides the others.
//!
//! Event files are hidden by their names and stay where they are. What is shown depends on the results
//! alone, not on their order, and is made again when a sweep is resumed.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

use crate::config::Change;
use crate::experiment::{Replicates, monitored, set_visible, write_charts};
use crate::sweep::{Batch, Notice, RunResult, Status};
use crate::system::sentence;

/// Settings that TensorBoard shows of a sweep with more runs than these. Two such sweeps and two runs
/// of their own, with three folders each, stay below 40.
pub const SHOWN: usize = 16;

/// The folder of a sweep with the means of its replicates.
const MEANS: &str = "mean";

/// The sweeps of a batch, and what TensorBoard shows of each.
#[derive(Debug, Default)]
pub struct Board(Mutex<BTreeMap<PathBuf, Sweep>>);

/// What a board says at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// How many of the settings, or runs, of a sweep are shown, and of how many, by the sweep's folder.
    pub parts: Vec<(PathBuf, usize, usize)>,
    /// What could not be written.
    pub errors: Vec<String>,
}

#[derive(Debug, Default)]
struct Sweep {
    runs: usize,
    settings: HashMap<u64, Setting>,
    /// The best complete settings, best first, if not all are shown.
    best: Vec<Ranked>,
    errors: Vec<String>,
}

/// A setting by its number and its first run.
#[derive(Clone, Debug, PartialEq)]
struct Ranked {
    value: f64,
    first: PathBuf,
    key: u64,
}

/// The runs that differ only in their seed. A hidden setting keeps its counts alone: a sweep may have
/// a hundred thousand.
#[derive(Debug, Default)]
struct Setting {
    planned: u32,
    ended: u32,
    changes: Vec<Change>,
    runs: Vec<Ended>,
}

#[derive(Debug)]
struct Ended {
    dir: PathBuf,
    /// The number that runs are compared by; the less the better.
    value: Option<f64>,
}

impl Board {
    /// The board of a batch, and of the runs around it whose results are `known`.
    pub fn new(batch: &Batch, known: &[Option<Box<RunResult>>]) -> Board {
        let mut sweeps: BTreeMap<PathBuf, Sweep> = BTreeMap::new();
        for run in &batch.queue {
            let (label, changes) = run.heading();
            if !label.is_empty() {
                sweeps.entry(run.of.root.clone()).or_default().plan(&changes);
            }
        }
        for result in known.iter().flatten() {
            // A sweep in which nothing is left to do stays as it is.
            if let Some(sweep) = sweeps.get_mut(&result.root) {
                sweep.plan(&result.changes);
            }
        }
        for result in known.iter().flatten() {
            if let Some(sweep) = sweeps.get_mut(&result.root)
                && let Some(key) = sweep.take(result)
            {
                sweep.rank(key);
            }
        }
        Board(Mutex::new(sweeps))
    }

    /// Takes in a notice of the batch: after the last run of a setting, what is shown may change.
    pub fn observe(&self, notice: &Notice<'_>) {
        let Notice::Finished { result, .. } = notice else { return };
        let mut sweeps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sweep) = sweeps.get_mut(&result.root) else { return };
        if let Some(key) = sweep.take(result) {
            let loser = sweep.rank(key);
            sweep.apply(&result.root, key, true);
            if let Some(loser) = loser.filter(|loser| *loser != key) {
                sweep.apply(&result.root, loser, true);
            }
        }
    }

    /// Brings the files of all sweeps in line with all results.
    pub fn close(self) -> Shown {
        let sweeps = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut shown = Shown::default();
        for (root, mut sweep) in sweeps {
            let complete = sweep.settings.iter().filter(|(_, setting)| setting.is_complete());
            let complete: Vec<_> = complete.map(|(key, _)| *key).collect();
            complete.iter().for_each(|key| sweep.apply(&root, *key, false));
            sweep.charts(&root);
            if sweep.is_large() && !sweep.best.is_empty() {
                shown.parts.push((root, sweep.best.len(), sweep.settings.len()));
            }
            shown.errors.append(&mut sweep.errors);
        }
        shown
    }
}

impl Sweep {
    fn plan(&mut self, changes: &[Change]) {
        self.runs += 1;
        self.settings.entry(key(changes)).or_default().planned += 1;
    }

    /// Takes in a result, and says which setting it completes, if it does.
    fn take(&mut self, result: &RunResult) -> Option<u64> {
        let value = match result.status {
            Status::Completed => result.last.as_ref().and_then(monitored).map(|(_, value)| value),
            Status::Failed(_) => None,
            Status::Stopped | Status::Skipped | Status::Busy(_) => return None,
        };
        let key = key(&result.changes);
        let setting = self.settings.get_mut(&key)?;
        let dir = result.dir.clone()?;
        setting.ended += 1;
        setting.changes.clone_from(&result.changes);
        setting.runs.push(Ended { dir, value });
        setting.runs.sort_by(|a, b| a.dir.cmp(&b.dir));
        setting.is_complete().then_some(key)
    }

    fn is_large(&self) -> bool {
        SHOWN < self.runs
    }

    /// Puts a complete setting among the best, and says which one is there no more.
    fn rank(&mut self, key: u64) -> Option<u64> {
        if !self.is_large() {
            return None;
        }
        let setting = &self.settings[&key];
        let value = setting.value().unwrap_or(f64::INFINITY);
        let first = setting.runs.first().map_or_else(PathBuf::new, |run| run.dir.clone());
        // The layout of Keras has three folders with event files for each run.
        let threefold = first.join("train").is_dir();
        let most = if threefold { SHOWN / 3 } else { SHOWN };
        self.best.push(Ranked { value, first, key });
        self.best.sort_by(|a, b| a.value.total_cmp(&b.value).then_with(|| a.first.cmp(&b.first)));
        if most < self.best.len() { self.best.pop().map(|last| last.key) } else { None }
    }

    /// Shows or hides the runs of a complete setting and their mean, which is written again if `anew`.
    fn apply(&mut self, root: &Path, key: u64, anew: bool) {
        let place = self.best.iter().position(|best| best.key == key);
        let large = self.is_large();
        let Some(setting) = self.settings.get_mut(&key) else { return };
        let shown = !large || place.is_some();
        let errors = &mut self.errors;
        let mut note = |result: Result<()>| {
            errors.extend(result.err().map(|error| sentence(&error)));
        };
        if 1 < setting.planned {
            note(setting.show_mean(root, (shown, large), anew));
        }
        for (at, run) in setting.runs.iter().enumerate() {
            // Of replicates the first of the best setting brings pictures and histograms.
            let alone = setting.planned == 1 || place == Some(0) && at == 0;
            note(set_visible(&run.dir, !large || shown && alone));
        }
        if !shown {
            (setting.runs, setting.changes) = (Vec::new(), Vec::new());
        }
    }

    /// The charts of the Custom Scalars page, if there are replicates.
    fn charts(&mut self, root: &Path) {
        let replicated = self.settings.values().filter(|setting| 1 < setting.planned);
        let runs = replicated.filter(|setting| setting.is_complete()).flat_map(|s| &s.runs);
        let run = runs.filter(|run| run.value.is_some()).min_by(|a, b| a.dir.cmp(&b.dir));
        let written = run.map(|run| write_charts(&root.join(MEANS), &run.dir));
        self.errors.extend(written.and_then(Result::err).map(|error| sentence(&error)));
    }
}

impl Setting {
    fn is_complete(&self) -> bool {
        self.ended == self.planned
    }

    /// The mean of what the runs are compared by.
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
        let dir = root.join(MEANS).join(without_seed(&first.dir));
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

/// A number that all replicates of a setting share, and no other run of the sweep.
fn key(changes: &[Change]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for change in changes.iter().filter(|change| change.key != "seed") {
        (&change.key, change.text()).hash(&mut hasher);
    }
    hasher.finish()
}

/// The name of a run's folder without its seed: `0036-optimizer=muon`.
fn without_seed(dir: &Path) -> String {
    let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let end = [",seed=", "-seed="].iter().filter_map(|seed| name.rfind(seed)).max();
    name[..end.unwrap_or(name.len())].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_leave_the_names() {
        let name = |name: &str| without_seed(Path::new(name));
        assert_eq!(name("logs/a/0036-optimizer=muon,seed=0"), "0036-optimizer=muon");
        assert_eq!(name("0002-seed=2"), "0002");
        assert_eq!(name("0002-units=64"), "0002-units=64");
    }

    #[test]
    fn the_best_are_shown_in_whatever_order_they_end() {
        let values: Vec<f64> = (0..100).map(|i| f64::from(i * 37 % 50)).collect();
        let shown = |order: &mut dyn Iterator<Item = usize>| {
            let mut sweep = Sweep { runs: values.len(), ..Sweep::default() };
            for i in order {
                let run = Ended { dir: PathBuf::from(format!("{i:04}")), value: Some(values[i]) };
                let setting =
                    Setting { planned: 1, ended: 1, runs: vec![run], ..Setting::default() };
                sweep.settings.insert(i as u64, setting);
                sweep.rank(i as u64);
            }
            sweep.best
        };
        let best = shown(&mut (0..100));
        assert_eq!(best, shown(&mut (0..100).rev()), "ties too");
        let want: Vec<_> = (0..SHOWN).map(|place| (place / 2) as f64).collect();
        assert_eq!(best.iter().map(|ranked| ranked.value).collect::<Vec<_>>(), want);
    }
}
