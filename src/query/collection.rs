//! All runs below a folder, at any depth; it reads each folder's names and each run's record.
//!
//! Symbolic links to folders are followed, as TensorBoard follows them. Each place is entered by one
//! link at most, so that links in a circle come to an end, and a run that has several ways to it is
//! found once.

use std::collections::HashSet;
use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use super::error::RequestError;
use super::parallel;
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
    pub fn of(dir: &Path) -> Result<Collection, RequestError> {
        if !dir.is_dir() {
            let shown = dir.display();
            return Err(RequestError::new(
                format!("there is no folder `{shown}`"),
                "`runner run` leaves its runs in `logs`, or in --logdir DIR",
            ));
        }
        // Of a run that is named alone, the sweep is above.
        let Found { mut all, links } = walk(dir, sweep_of(dir).as_deref());
        if !links.is_empty() {
            all.follow(dir, links);
        }
        Ok(all)
    }

    /// Adds everything behind the links, and behind the links there.
    fn follow(&mut self, root: &Path, mut links: Vec<PathBuf>) {
        let mut entered = HashSet::from([place(root)]);
        while !links.is_empty() {
            links.sort();
            let mut next = Vec::new();
            for link in links {
                if entered.insert(place(&link)) {
                    let found = walk(&link, sweep_of(&link).as_deref());
                    self.append(found.all);
                    next.extend(found.links);
                }
            }
            links = next;
        }
        // The first way to a run is the one without links, or with the fewest.
        let mut seen = HashSet::new();
        self.runs.retain(|run| seen.insert(place(&run.dir)));
        self.sweeps.retain(|dir| seen.insert(place(dir)));
        self.runs.sort_by(|a, b| a.dir.cmp(&b.dir));
        self.sweeps.sort();
    }

    fn append(&mut self, mut other: Collection) {
        self.runs.append(&mut other.runs);
        self.sweeps.append(&mut other.sweeps);
        self.unreadable.append(&mut other.unreadable);
    }
}

/// The folder of the sweep that the run in `dir` is of, also where `dir` is a link to the run.
pub(super) fn sweep_of(dir: &Path) -> Option<PathBuf> {
    let above = |dir: &Path| {
        let parent = dir.parent()?;
        Folder::at(parent).sweep_plan().is_file().then(|| parent.to_owned())
    };
    above(dir).or_else(|| above(&dir.canonicalize().ok()?))
}

/// A folder by whatever way it was reached.
fn place(dir: &Path) -> PathBuf {
    dir.canonicalize().unwrap_or_else(|_| dir.to_owned())
}

/// What a folder holds, and the links in it that lead to folders.
#[derive(Default)]
struct Found {
    all: Collection,
    links: Vec<PathBuf>,
}

fn walk(dir: &Path, sweep: Option<&Path>) -> Found {
    let mut found = Found::default();
    match Run::load(dir, sweep) {
        Ok(run) => found.all.runs.push(run),
        // Most folders are looked into once: whether there is a record, opening it tells.
        Err(RunsError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
            match below(dir) {
                Ok(entries) => found = walk_all(dir, entries),
                Err(error) => {
                    let what = format!("cannot read `{}`: {error}", dir.display());
                    found.all.unreadable.push(what);
                }
            }
        }
        Err(error) => found.all.unreadable.push(error.to_string()),
    }
    found
}

fn walk_all(dir: &Path, entries: Entries) -> Found {
    let sweep = entries.is_sweep.then_some(dir);
    let found: Vec<_> = parallel::map(&entries.folders, |folder| walk(folder, sweep));
    let mut all = Found { links: entries.links, ..Found::default() };
    all.all.sweeps.extend(sweep.map(Path::to_owned));
    for mut found in found {
        all.all.append(found.all);
        all.links.append(&mut found.links);
    }
    all
}

/// The folders in a folder, sorted, without hidden ones; and whether it is a sweep's.
#[derive(Default)]
struct Entries {
    folders: Vec<PathBuf>,
    /// Symbolic links to folders.
    links: Vec<PathBuf>,
    is_sweep: bool,
}

fn below(dir: &Path) -> Result<Entries, Error> {
    let mut entries = Entries::default();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        let hidden = name.to_string_lossy().starts_with('.');
        if kind.is_dir() {
            entries.folders.extend((!hidden).then(|| entry.path()));
        } else if kind.is_symlink() && entry.path().is_dir() {
            entries.links.extend((!hidden).then(|| entry.path()));
        } else if Folder::at(dir).sweep_plan().file_name() == Some(&name) {
            entries.is_sweep = true;
        }
    }
    entries.folders.sort();
    Ok(entries)
}
