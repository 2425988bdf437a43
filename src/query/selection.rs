//! A selection: the folder that a word names, with the runs in it.

use std::path::{Path, PathBuf};

use super::collection::Collection;
use super::error::RequestError;
use super::run::Run;
use crate::runs::Folder;

/// As many candidates are listed.
const SHOWN: usize = 8;

/// The purpose of a choice; it decides which of several runs a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To be asked about: the youngest completed.
    Ask,
    /// To be trained further: the youngest completed.
    Extend,
    /// To be finished: the youngest that is not completed, if there is one.
    Finish,
    /// To be removed: none, for a guess would lose data.
    Remove,
}

/// What was chosen.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The folder.
    pub dir: PathBuf,
    /// What the folder is.
    pub kind: FolderKind,
    /// The run, or all that are in the folder.
    pub runs: Vec<Run>,
    /// What in it cannot be read, and why.
    pub unreadable: Vec<String>,
    /// The file of weights of the run that was named in its place.
    pub weights: Option<PathBuf>,
}

/// What a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderKind {
    /// A run's.
    Run,
    /// A sweep's.
    Sweep,
    /// One with runs somewhere below it.
    Other,
}

/// What is at a path.
pub(super) fn at(path: &Path) -> Result<Selection, RequestError> {
    let folder = Folder::at(path);
    let kind = if folder.sweep_plan().is_file() {
        FolderKind::Sweep
    } else if folder.record().is_file() {
        FolderKind::Run
    } else {
        FolderKind::Other
    };
    let Collection { runs, unreadable, .. } = Collection::of(path)?;
    Ok(Selection { dir: path.to_owned(), kind, runs, unreadable, weights: None })
}

pub(super) fn single(run: &Run) -> Selection {
    let runs = vec![run.clone()];
    let (dir, unreadable) = (run.dir.clone(), Vec::new());
    Selection { dir, kind: FolderKind::Run, runs, unreadable, weights: None }
}

/// The message with the candidates below it, the youngest first.
pub(super) fn listed(message: &str, candidates: impl Iterator<Item = String>) -> String {
    let mut candidates: Vec<_> = candidates.collect();
    // Folders are called after the time: the last is the youngest.
    candidates.reverse();
    let mut text = message.to_owned();
    for candidate in candidates.iter().take(SHOWN) {
        text += &format!("\n  {candidate}");
    }
    if SHOWN < candidates.len() {
        text += &format!("\n  ... and {} more", candidates.len() - SHOWN);
    }
    text
}
