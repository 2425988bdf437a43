//! Selects runs by path, name, folder name or a unique prefix, `latest` or `best`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::collection::Collection;
use super::error::RequestError;
use super::group::is_cross_validation;
use super::named::{called, named};
use super::pick::{self, Pick};
use super::run::Run;
use super::selection::{FolderKind, Purpose, Selection, at, listed, single};
use super::weights_file::{self, run_of_weights};

/// Chooses runs below a log folder, which is looked through when the first name wants it.
pub struct RunSelector<'a> {
    logdir: &'a Path,
    purpose: Purpose,
    by: Option<&'a str>,
    all: Option<Collection>,
    notes: Vec<String>,
}

impl<'a> RunSelector<'a> {
    /// Chooses from the runs below `logdir`, or by path from any.
    pub fn new(logdir: &'a Path) -> RunSelector<'a> {
        RunSelector { logdir, purpose: Purpose::Ask, by: None, all: None, notes: Vec::new() }
    }

    /// Chooses for this purpose.
    pub fn purpose(self, purpose: Purpose) -> RunSelector<'a> {
        RunSelector { purpose, ..self }
    }

    /// Takes the number by which `best` is chosen; without one it is the monitor of the plan.
    pub fn by(self, by: Option<&'a str>) -> RunSelector<'a> {
        RunSelector { by, ..self }
    }

    /// The run that was taken, for each word that could mean several.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What `word` calls: a run, a sweep, or by its path a folder with such below it.
    pub fn select(&mut self, word: &str) -> Result<Selection, RequestError> {
        if self.purpose == Purpose::Ask
            && let Some((dir, weights)) = run_of_weights(word, self.logdir)?
        {
            return Ok(Selection { weights: Some(weights), ..at(&dir)? });
        }
        let inner = self.logdir.join(word);
        for (path, any) in [(Path::new(word), true), (&inner, false)] {
            if path.is_dir() {
                let selection = at(path)?;
                // Below the log folder, `adam` is first of all the name of a run.
                if selection.kind != FolderKind::Other || any && !selection.runs.is_empty() {
                    return Ok(selection);
                }
            }
        }
        if let Some((base, which)) = Pick::parse(word) {
            return self.pick(word, base, which);
        }
        let (logdir, purpose) = (self.logdir, self.purpose);
        let (selection, note) = named(word, self.collection()?, logdir, purpose)?;
        self.notes.extend(note);
        Ok(selection)
    }

    /// Everything below the log folder.
    fn collection(&mut self) -> Result<&Collection, RequestError> {
        if self.all.is_none() {
            self.all = Some(Collection::of(self.logdir)?);
        }
        Ok(self.all.get_or_insert_default())
    }

    /// The last or the best of the runs that `base` calls; of all, if it is empty.
    fn pick(&mut self, word: &str, base: &str, which: Pick) -> Result<Selection, RequestError> {
        let (logdir, by) = (self.logdir, self.by);
        let runs = self.runs_of(base)?;
        let none = || {
            RequestError::new(
                format!("there is no run for `{word}` in `{}`", logdir.display()),
                "`runner run CONFIG` makes one; --logdir DIR looks elsewhere",
            )
        };
        let (run, note) = match which {
            _ if runs.is_empty() => return Err(none()),
            Pick::Best => pick::best(&runs, by, logdir)?,
            Pick::Latest => {
                let run = pick::latest(&runs).ok_or_else(none)?;
                (run, format!("{}, the last of {} to begin", run.label(logdir), runs.len()))
            }
        };
        if 1 < runs.len() {
            self.notes.push(format!("{word}: {note}"));
        }
        Ok(single(run))
    }

    /// All runs in the folder `base`, or all of this name.
    fn runs_of(&mut self, base: &str) -> Result<Vec<Run>, RequestError> {
        if base.is_empty() {
            return Ok(self.collection()?.runs.clone());
        }
        let logdir = self.logdir;
        for path in [PathBuf::from(base), logdir.join(base)] {
            if path.is_dir() {
                let found = Collection::of(&path)?;
                if !found.runs.is_empty() {
                    return Ok(found.runs);
                }
            }
        }
        let runs = called(base, &self.collection()?.runs);
        if runs.is_empty() {
            Ok(named(base, self.collection()?, logdir, Purpose::Remove)?.0.runs)
        } else {
            Ok(runs)
        }
    }

    /// All runs that the words call, each once; and what cannot be read, and why.
    pub fn select_all(
        &mut self,
        words: &[String],
    ) -> Result<(Vec<Run>, Vec<String>), RequestError> {
        let (mut runs, mut notes, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        for word in words {
            let selection = self.select(word)?;
            notes.extend(selection.unreadable);
            for run in selection.runs {
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
    pub fn select_one(&mut self, word: &str) -> Result<Run, RequestError> {
        let selection = self.select(word)?;
        self.only(word, selection)
    }

    /// The only run that `word` calls, and its file of weights: the one that `word` itself names,
    /// the file `weights` in the run's folder, or the weights that it ended with.
    pub fn select_weights(
        &mut self,
        word: &str,
        weights: Option<&Path>,
    ) -> Result<(Run, PathBuf), RequestError> {
        let selection = self.select(word)?;
        self.weights_of(word, selection, weights)
    }

    /// The runs that `word` calls, each with its file of weights: those of the folds of one
    /// cross-validation, or else a single run as [`RunSelector::select_weights`].
    pub fn select_networks(
        &mut self,
        word: &str,
        weights: Option<&Path>,
    ) -> Result<Vec<(Run, PathBuf)>, RequestError> {
        let selection = self.select(word)?;
        if weights.or(selection.weights.as_deref()).is_some()
            || !is_cross_validation(&selection.runs)
        {
            return Ok(vec![self.weights_of(word, selection, weights)?]);
        }
        let with_weights = |run: Run| weights_file::last(&run).map(|path| (run, path));
        selection.runs.into_iter().map(with_weights).collect()
    }

    fn weights_of(
        &self,
        word: &str,
        mut selection: Selection,
        weights: Option<&Path>,
    ) -> Result<(Run, PathBuf), RequestError> {
        let named = selection.weights.take();
        let run = self.only(word, selection)?;
        let path = match (named, weights) {
            (Some(_), Some(weights)) => {
                return Err(RequestError::new(
                    format!("got two files of weights, `{word}` and `{}`", weights.display()),
                    "want one; --weights is for the name of a run",
                ));
            }
            (Some(path), None) => path,
            (None, Some(weights)) => weights_file::in_run(&run, weights)?,
            (None, None) => weights_file::last(&run)?,
        };
        Ok((run, path))
    }

    fn only(&self, word: &str, mut selection: Selection) -> Result<Run, RequestError> {
        match (selection.runs.len(), selection.unreadable.first()) {
            (1, _) => Ok(selection.runs.swap_remove(0)),
            (0, Some(what)) => Err(RequestError::new(what.clone(), "choose another run")),
            (0, None) => Err(RequestError::new(
                format!("no run of `{word}` has begun"),
                format!("`runner resume {}` starts them", selection.dir.display()),
            )),
            (n, _) => {
                let labels = selection.runs.iter().map(|run| run.label(self.logdir));
                let message = format!("`{word}` has {n} runs, want one");
                let word = word.trim_end_matches('/');
                let help = format!("give one of these, `{word}/best` or `{word}/latest`");
                Err(RequestError::new(listed(&message, labels), help))
            }
        }
    }
}
