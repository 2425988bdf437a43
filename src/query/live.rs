//! The runs below a folder during training. Only changed files are read again.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::collection::Collection;
use super::error::RequestError;
use super::run::Run;
use crate::runs::{Folder, History};

/// What is known of the runs below a folder.
#[derive(Debug, Default)]
pub struct LiveRuns {
    dir: PathBuf,
    /// The runs, in the order of their folders' names.
    pub runs: Vec<LiveRun>,
    /// The folders of all sweeps, with or without runs.
    pub sweeps: Vec<PathBuf>,
    /// What could not be read the last time, and why.
    pub unreadable: Vec<String>,
}

/// A run that is followed.
#[derive(Clone, Debug)]
pub struct LiveRun {
    /// The run, as its folder tells of it now.
    pub run: Run,
    /// The numbers of its epochs so far.
    pub history: History,
    /// How many epochs it is to train, if its config tells.
    pub planned: Option<usize>,
    read: Option<Stamp>,
}

/// By these, what has been read is told from what has been added.
type Stamp = (u64, Option<SystemTime>);

impl LiveRuns {
    /// Follows the runs below `dir`; knows none before [`Live::refresh`].
    pub fn of(dir: &Path) -> LiveRuns {
        LiveRuns { dir: dir.to_owned(), ..LiveRuns::default() }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Looks again.
    ///
    /// # Errors
    ///
    /// There is no such folder.
    pub fn refresh(&mut self) -> Result<(), RequestError> {
        let Collection { runs, sweeps, mut unreadable } = Collection::of(&self.dir)?;
        self.sweeps = sweeps;
        let known = self.runs.drain(..).map(|followed| (followed.run.dir.clone(), followed));
        let mut known: HashMap<PathBuf, LiveRun> = known.collect();
        for run in runs {
            let known = known.remove(&run.dir);
            let mut followed = LiveRun {
                planned: known.as_ref().and_then(|known| known.planned).or_else(|| planned(&run)),
                read: known.as_ref().and_then(|known| known.read),
                history: known.map_or_else(nothing, |known| known.history),
                run,
            };
            unreadable.extend(followed.read_history());
            self.runs.push(followed);
        }
        self.unreadable = unreadable;
        Ok(())
    }
}

impl LiveRun {
    /// How many epochs are done.
    pub fn epochs(&self) -> usize {
        self.history.epochs.len().max(self.run.record.epochs)
    }

    /// The last number called `name`.
    pub fn last(&self, name: &str) -> Option<f64> {
        let place = self.history.columns.iter().position(|column| column == name)?;
        self.history.epochs.last().map(|(_, values)| values[place])
    }

    /// Reads the history if it has changed, and says what is wrong with it.
    fn read_history(&mut self) -> Option<String> {
        let stamp = fs::metadata(Folder::at(&self.run.dir).history()).ok();
        let stamp = stamp.map(|meta| (meta.len(), meta.modified().ok()));
        if stamp.is_none() || stamp == self.read {
            return None;
        }
        match self.run.history() {
            Ok(history) => {
                self.history = history;
                self.read = stamp;
                None
            }
            Err(error) => Some(error.to_string()),
        }
    }
}

fn nothing() -> History {
    History { columns: Vec::new(), epochs: Vec::new() }
}

fn planned(run: &Run) -> Option<usize> {
    Some(run.plan().ok()?.training.epochs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_grown_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut live = LiveRuns::of(dir.path());
        live.refresh().unwrap();
        assert!(live.runs.is_empty() && live.unreadable.is_empty());
        fs::create_dir(dir.path().join("a")).unwrap();
        let record = r#"{"name":"a","status":"running","version":"1","arguments":[],
            "machine":{"hostname":"h","os":"o","cpu":"c","threads":1},
            "data":{"description":"d","sha256":""},"seed":0,
            "started":"2026-01-02T03:04:05+00:00","seconds":0.0,"epochs":0,"metrics":{}}"#;
        fs::write(dir.path().join("a/run.json"), record).unwrap();
        fs::write(dir.path().join("a/history.csv"), "epoch,loss\n0,0.5\n").unwrap();
        live.refresh().unwrap();
        assert_eq!((live.runs[0].epochs(), live.runs[0].last("loss")), (1, Some(0.5)));
        fs::write(dir.path().join("a/history.csv"), "epoch,loss\n0,0.5\n1,0.25\n").unwrap();
        live.refresh().unwrap();
        assert_eq!((live.runs[0].epochs(), live.runs[0].last("loss")), (2, Some(0.25)));
        fs::write(dir.path().join("a/run.json"), "{").unwrap();
        live.refresh().unwrap();
        assert_eq!((live.runs.len(), live.unreadable.len()), (0, 1));
        fs::remove_dir_all(dir.path()).unwrap();
        assert!(live.refresh().is_err());
    }
}
