//! All runs below a folder, at any depth; it reads each folder's names and each run's record, and
//! follows no links.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use super::parallel;
use super::refusal::Refusal;
use super::run::Run;
use crate::runs::{Folder, RunsError};

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Collection {
    /// The runs, in the order of their folders' names.
    pub runs: Vec<Run>,
    /// The folders of the sweeps.
    pub sweeps: Vec<PathBuf>,
    /// What cannot be read, and why.
    pub unreadable: Vec<String>,
}

impl Collection {
    /// Everything in `dir`, which may itself be a run or a sweep.
    pub fn of(dir: &Path) -> Result<Collection, Refusal> {
        if !dir.is_dir() {
            let shown = dir.display();
            return Err(Refusal::new(
                format!("there is no folder `{shown}`"),
                "`runner run` leaves its runs in `logs`, or in --logdir DIR",
            ));
        }
        // Of a run that is named alone, the sweep is above.
        Ok(walk(dir, sweep_of(dir).as_deref()))
    }
}

/// The folder of the sweep that the run in `dir` is of.
pub(super) fn sweep_of(dir: &Path) -> Option<PathBuf> {
    let parent = dir.parent()?;
    Folder::at(parent).sweep_plan().is_file().then(|| parent.to_owned())
}

fn walk(dir: &Path, sweep: Option<&Path>) -> Collection {
    let mut found = Collection::default();
    match Run::load(dir, sweep) {
        Ok(run) => found.runs.push(run),
        // Most folders are looked into once: whether there is a record, opening it tells.
        Err(RunsError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
            match below(dir) {
                Ok((folders, is_sweep)) => found = walk_all(dir, &folders, is_sweep),
                Err(error) => {
                    found.unreadable.push(format!("cannot read `{}`: {error}", dir.display()));
                }
            }
        }
        Err(error) => found.unreadable.push(error.to_string()),
    }
    found
}

fn walk_all(dir: &Path, folders: &[PathBuf], is_sweep: bool) -> Collection {
    let sweep = is_sweep.then_some(dir);
    let found: Vec<_> = parallel::map(folders, |folder| walk(folder, sweep));
    let mut all = Collection::default();
    all.sweeps.extend(sweep.map(Path::to_owned));
    for mut found in found {
        all.runs.append(&mut found.runs);
        all.sweeps.append(&mut found.sweeps);
        all.unreadable.append(&mut found.unreadable);
    }
    all
}

/// The folders in `dir`, sorted, without hidden ones; and whether it is a sweep's.
fn below(dir: &Path) -> Result<(Vec<PathBuf>, bool), Error> {
    let (mut folders, mut is_sweep) = (Vec::new(), false);
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        if entry.file_type()?.is_dir() {
            if !name.to_string_lossy().starts_with('.') {
                folders.push(entry.path());
            }
        } else if Folder::at(dir).sweep_plan().file_name() == Some(&name) {
            is_sweep = true;
        }
    }
    folders.sort();
    Ok((folders, is_sweep))
}
