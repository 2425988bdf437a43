//! From what a user calls a run to the run: a path, a name, a folder's name or the beginning of one,
//! `latest`; what could be several things is none.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::collect::Collection;
use super::refusal::Refusal;
use super::run::Run;
use crate::runs::Folder;

/// The word for the run that began last.
const LATEST: &str = "latest";
/// As many candidates are listed.
const SHOWN: usize = 8;

/// Chooses runs below a log folder, which is looked through when the first name wants it.
pub struct Chooser<'a> {
    logdir: &'a Path,
    all: Option<Collection>,
}

/// What was chosen.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The folder.
    pub dir: PathBuf,
    /// What the folder is.
    pub kind: Kind,
    /// The run, or all that are in the folder.
    pub runs: Vec<Run>,
    /// What in it cannot be read, and why.
    pub unreadable: Vec<String>,
}

/// What a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A run's.
    Run,
    /// A sweep's.
    Sweep,
    /// One with runs somewhere below it.
    Other,
}

impl<'a> Chooser<'a> {
    /// Chooses from the runs below `logdir`, or by path from any.
    pub fn new(logdir: &'a Path) -> Chooser<'a> {
        Chooser { logdir, all: None }
    }

    /// What `word` calls: a run, a sweep, or by its path a folder with such below it.
    pub fn choose(&mut self, word: &str) -> Result<Chosen, Refusal> {
        let inner = self.logdir.join(word);
        for (path, any) in [(Path::new(word), true), (&inner, false)] {
            if path.is_dir() {
                let chosen = at(path)?;
                // Below the log folder, `adam` is first of all the name of a run.
                if chosen.kind != Kind::Other || any && !chosen.runs.is_empty() {
                    return Ok(chosen);
                }
            }
        }
        let logdir = self.logdir;
        if self.all.is_none() {
            self.all = Some(Collection::of(logdir)?);
        }
        let all = self.all.as_ref().map_or(&[][..], |all| &all.runs);
        let sweeps = self.all.as_ref().map_or(&[][..], |all| &all.sweeps);
        named(word, all, sweeps, logdir)
    }

    /// All runs that the words call, each once; and what cannot be read, and why.
    pub fn all(&mut self, words: &[String]) -> Result<(Vec<Run>, Vec<String>), Refusal> {
        let (mut runs, mut notes, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        for word in words {
            let chosen = self.choose(word)?;
            notes.extend(chosen.unreadable);
            for run in chosen.runs {
                // Two words may lead to one folder by different ways.
                let place = run.dir.canonicalize().unwrap_or_else(|_| run.dir.clone());
                if seen.insert(place) {
                    runs.push(run);
                }
            }
        }
        Ok((runs, notes))
    }

    /// The only run that `word` calls.
    pub fn one(&mut self, word: &str) -> Result<Run, Refusal> {
        let mut chosen = self.choose(word)?;
        match (chosen.runs.len(), chosen.unreadable.first()) {
            (1, _) => Ok(chosen.runs.swap_remove(0)),
            (0, Some(what)) => Err(Refusal::new(what.clone(), "choose another run")),
            (0, None) => Err(Refusal::new(
                format!("no run of `{word}` has begun"),
                format!("`runner resume {}` starts them", chosen.dir.display()),
            )),
            (n, _) => Err(ambiguous(
                &format!("`{word}` has {n} runs, want one"),
                chosen.runs.iter().map(|run| run.label(self.logdir)),
            )),
        }
    }
}

/// What is at a path.
fn at(path: &Path) -> Result<Chosen, Refusal> {
    let folder = Folder::at(path);
    let kind = if folder.sweep_plan().is_file() {
        Kind::Sweep
    } else if folder.record().is_file() {
        Kind::Run
    } else {
        Kind::Other
    };
    let Collection { runs, unreadable, .. } = Collection::of(path)?;
    Ok(Chosen { dir: path.to_owned(), kind, runs, unreadable })
}

/// What has the name, or the only one whose folder begins so.
fn named(word: &str, all: &[Run], sweeps: &[PathBuf], logdir: &Path) -> Result<Chosen, Refusal> {
    if word == LATEST {
        let latest = all.iter().max_by_key(|run| (run.record.started, &run.dir));
        return latest.map(single).ok_or_else(|| nothing(word, all, logdir));
    }
    let folder = |dir: &Path| dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let inner = |dir: &Path| dir.strip_prefix(logdir).unwrap_or(dir).display().to_string();
    let sweep_name = |dir: &Path| dir.parent().map_or(String::new(), folder);
    let exact = |dir: &Path, name: &str| name == word || folder(dir) == word;
    let begun = |dir: &Path, _: &str| folder(dir).starts_with(word) || inner(dir).starts_with(word);
    for fits in [&exact as &dyn Fn(&Path, &str) -> bool, &begun] {
        // The name of a sweep's run is the sweep's.
        let run_fits =
            |run: &&Run| fits(&run.dir, if run.sweep.is_some() { "" } else { &run.record.name });
        let whole: Vec<_> = sweeps.iter().filter(|dir| fits(dir, &sweep_name(dir))).collect();
        // What begins like a sweep's folder means the sweep, not each run in it.
        let in_whole = |run: &&Run| whole.iter().any(|sweep| run.dir.starts_with(sweep));
        let runs: Vec<_> = all.iter().filter(run_fits).filter(|run| !in_whole(run)).collect();
        match (&runs[..], &whole[..]) {
            ([], []) => {}
            ([run], []) => return Ok(single(run)),
            ([], [sweep]) => return at(sweep),
            (runs, sweeps) => {
                let runs = runs.iter().map(|run| run.label(logdir));
                let sweeps = sweeps.iter().map(|dir| inner(dir));
                let n = runs.len() + sweeps.len();
                return Err(ambiguous(&format!("`{word}` may be any of {n}"), runs.chain(sweeps)));
            }
        }
    }
    Err(nothing(word, all, logdir))
}

fn single(run: &Run) -> Chosen {
    let runs = vec![run.clone()];
    Chosen { dir: run.dir.clone(), kind: Kind::Run, runs, unreadable: Vec::new() }
}

fn ambiguous(message: &str, candidates: impl Iterator<Item = String>) -> Refusal {
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
    Refusal::new(text, "give one of these, or so much of its folder's name that no other begins so")
}

fn nothing(word: &str, all: &[Run], logdir: &Path) -> Refusal {
    let shown = logdir.display();
    if all.is_empty() {
        return Refusal::new(
            format!("there is no run in `{shown}`"),
            "`runner run CONFIG` makes one; --logdir DIR looks elsewhere",
        );
    }
    let names: Vec<_> = all.iter().map(|run| run.record.name.as_str()).collect();
    let near = |name: &&&str| strsim::damerau_levenshtein(word, name) <= word.len().max(3) / 3;
    let help = match names.iter().find(near) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("`runner list {shown}` shows what there is; --logdir DIR looks elsewhere"),
    };
    Refusal::new(format!("no run in `{shown}` is called `{word}`"), help)
}
