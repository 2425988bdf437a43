//! Scans folders for runs and sweeps of earlier processes, and queues the work left. `resumable`
//! inspects a single folder. Symbolic links are followed, each target once.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::runs::{RunsError, remove_abandoned};
use crate::sweep::resumable::{Kind, Resumable, identity, inspect, kind};
use crate::sweep::{RunQueue, RunResults};
use crate::system::sentence;

/// The result of a scan.
#[derive(Debug, Default)]
pub struct ResumeScan {
    /// The readable runs and sweeps.
    pub found: Vec<Resumable>,
    /// The folders in use by another process, as text.
    pub busy: Vec<String>,
    /// The unreadable runs and sweeps, with reasons.
    pub unreadable: Vec<String>,
}

const WANTED: &str = "want the folder of a run or of a sweep, such as \
                      logs/adam/20261123-210800, or one with such below it";

impl ResumeScan {
    /// Scans `dirs`: folders of runs, of sweeps, or with either below them.
    ///
    /// # Errors
    ///
    /// A folder without any run or sweep, or a run or sweep in `dirs` that cannot be resumed now.
    /// Runs and sweeps below `dirs` are skipped instead.
    pub fn of(dirs: &[PathBuf]) -> Result<ResumeScan> {
        let mut scan = ResumeScan::default();
        for dir in dirs {
            if !dir.is_dir() {
                bail!("there is no folder `{}`; {WANTED}", dir.display());
            }
            let before = scan.size();
            match kind(dir) {
                Kind::Other => scan.scan_folder(dir)?,
                kind => {
                    if !scan.has(dir) {
                        let found = inspect(dir, kind)?;
                        scan.found.retain(|other| !other.id.starts_with(&found.id));
                        scan.found.push(Resumable { named: true, ..found });
                    }
                }
            }
            let id = identity(dir);
            let below = |found: &Resumable| found.id.starts_with(&id);
            if before == scan.size() && !scan.has(dir) && !scan.found.iter().any(below) {
                bail!("there is no run and no sweep in `{}`; {WANTED}", dir.display());
            }
        }
        Ok(scan)
    }

    /// Whether the run or sweep in `dir` has been found already.
    fn has(&self, dir: &Path) -> bool {
        let id = identity(dir);
        let child = |found: &Resumable| found.is_sweep && Some(&*found.id) == id.parent();
        self.found.iter().any(|found| found.id == id || child(found))
    }

    fn size(&self) -> usize {
        self.found.len() + self.busy.len() + self.unreadable.len()
    }

    /// Scans `dir`, then the targets of the links below.
    fn scan_folder(&mut self, dir: &Path) -> Result<()> {
        let mut entered = HashSet::from([identity(dir)]);
        let mut links = self.scan_below(dir)?;
        while !links.is_empty() {
            let mut next = Vec::new();
            for link in links.into_iter().filter(|link| entered.insert(identity(link))) {
                next.extend(self.scan_at(&link));
            }
            links = next;
        }
        Ok(())
    }

    /// Scans `dir` and returns the links to folders.
    fn scan_below(&mut self, dir: &Path) -> Result<Vec<PathBuf>> {
        remove_abandoned(dir);
        let entries = fs::read_dir(dir);
        let entries = entries.with_context(|| format!("cannot read `{}`", dir.display()))?;
        let (mut dirs, mut links): (Vec<PathBuf>, Vec<PathBuf>) = entries
            .flatten()
            .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
            .partition(|path| !path.is_symlink());
        dirs.sort();
        links.sort();
        for dir in dirs {
            links.extend(self.scan_at(&dir));
        }
        Ok(links)
    }

    /// Scans `dir`, a run, a sweep, or a parent of either. Returns the links inside.
    fn scan_at(&mut self, dir: &Path) -> Vec<PathBuf> {
        match kind(dir) {
            // An unreadable folder has no run to resume.
            Kind::Other => return self.scan_below(dir).unwrap_or_default(),
            _ if self.has(dir) => {}
            kind => match inspect(dir, kind) {
                Ok(found) => self.found.push(found),
                Err(error) => match error.downcast_ref() {
                    Some(RunsError::InUse { .. }) => self.busy.push(sentence(&error)),
                    _ => self.unreadable.push(sentence(&error)),
                },
            },
        }
        Vec::new()
    }

    /// The queue of the work left, with the results of the surrounding runs. `retry_failed`
    /// includes the failed runs.
    pub fn into_queue(self, retry_failed: bool) -> RunQueue {
        let (mut queue, mut locks, mut results) = (Vec::new(), Vec::new(), RunResults::default());
        for mut found in self.found {
            if !found.named && !found.is_unfinished(retry_failed) {
                continue;
            }
            locks.extend(found.lock);
            for (place, run) in found.runs.into_iter().enumerate() {
                if !run.has_ended(retry_failed)
                    && let Some(queued) = run.queued
                {
                    found.results.clear(place);
                    queue.push(queued);
                }
            }
            results.append(found.results);
        }
        RunQueue::new(queue, locks, results)
    }
}
