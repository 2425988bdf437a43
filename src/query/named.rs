//! Finds the run or sweep of a name. Of several, the youngest is taken.

use std::path::Path;

use super::collection::Collection;
use super::error::RequestError;
use super::pick::{is_completed, is_unfinished};
use super::run::Run;
use super::selection::{Purpose, Selection, at, listed, single};

/// A run of its own, or a sweep with its runs.
struct Candidate<'a> {
    dir: &'a Path,
    /// The run, unless it is a sweep.
    run: Option<&'a Run>,
    runs: Vec<&'a Run>,
    /// Whether it was called by its name, not by its folder.
    by_name: bool,
}

/// All runs of this name, those of sweeps too.
pub(super) fn called(name: &str, all: &[Run]) -> Vec<Run> {
    all.iter().filter(|run| run.record.name == name).cloned().collect()
}

/// What has the name, or the only one whose folder begins so; and a note of the choice where there
/// was one.
pub(super) fn named(
    word: &str,
    all: &Collection,
    logdir: &Path,
    purpose: Purpose,
) -> Result<(Selection, Option<String>), RequestError> {
    let inner = |dir: &Path| dir.strip_prefix(logdir).unwrap_or(dir).display().to_string();
    let begun = |dir: &Path| folder(dir).starts_with(word) || inner(dir).starts_with(word);
    let mut found = candidates(all, &|dir, name| name == word || folder(dir) == word);
    if found.is_empty() {
        found = candidates(all, &|dir, _| begun(dir));
    }
    found.iter_mut().for_each(|one| one.by_name = one.name() == word);
    match &found[..] {
        [] => Err(nothing(word, &all.runs, logdir)),
        [one] => Ok((one.selection()?, None)),
        several if purpose == Purpose::Remove || !are_versions(several) => {
            let message = format!("`{word}` may be any of {}", several.len());
            let message = listed(&message, several.iter().map(|one| inner(one.dir)));
            let help = "give one of these, or so much of its folder's name that no other begins so";
            Err(RequestError::new(message, help))
        }
        several => {
            let (one, why) = youngest(several, purpose);
            Ok((one.selection()?, Some(format!("{word}: {}, {why}", inner(one.dir)))))
        }
    }
}

impl Candidate<'_> {
    fn name(&self) -> String {
        match (self.run, self.runs.first().copied()) {
            (Some(run), _) | (None, Some(run)) => run.record.name.clone(),
            (None, None) => self.dir.parent().map_or(String::new(), folder),
        }
    }

    fn selection(&self) -> Result<Selection, RequestError> {
        self.run.map_or_else(|| at(self.dir), |run| Ok(single(run)))
    }
}

fn folder(dir: &Path) -> String {
    dir.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The sweeps and runs that fit, by folder and name, in the order of their folders; the name of a
/// sweep's run is the sweep's.
fn candidates<'a>(all: &'a Collection, fits: &dyn Fn(&Path, &str) -> bool) -> Vec<Candidate<'a>> {
    let of_sweep = |dir: &'a Path| {
        let runs = all.runs.iter().filter(|run| run.sweep.as_deref() == Some(dir));
        Candidate { dir, run: None, runs: runs.collect(), by_name: false }
    };
    let sweeps = all.sweeps.iter().map(|dir| of_sweep(dir));
    let sweeps: Vec<_> = sweeps.filter(|sweep| fits(sweep.dir, &sweep.name())).collect();
    let fits_run =
        |run: &&Run| fits(&run.dir, if run.sweep.is_some() { "" } else { &run.record.name });
    // A word that a sweep's folder begins with means the sweep, not each run in it.
    let in_sweep = |run: &&Run| sweeps.iter().any(|sweep| run.dir.starts_with(sweep.dir));
    let runs = all.runs.iter().filter(fits_run).filter(|run| !in_sweep(run));
    let run =
        |run: &'a Run| Candidate { dir: &run.dir, run: Some(run), runs: vec![run], by_name: false };
    let mut found: Vec<_> = runs.map(run).collect();
    found.extend(sweeps);
    found
}

/// Whether all are one config that was run several times: they have one name, and their folders
/// were not told apart by the word.
fn are_versions(several: &[Candidate<'_>]) -> bool {
    let first = &several[0];
    several.iter().all(|one| {
        let same_folder = folder(one.dir) == folder(first.dir);
        one.name() == first.name() && (one.by_name && first.by_name || same_folder)
    })
}

/// The youngest that serves the purpose, or the youngest of all; and why it was taken.
fn youngest<'a, 'b>(several: &'b [Candidate<'a>], purpose: Purpose) -> (&'b Candidate<'a>, String) {
    let (serves, word): (fn(&Run) -> bool, _) = match purpose {
        Purpose::Finish => (is_unfinished, "unfinished"),
        _ => (is_completed, "completed"),
    };
    let fit = |one: &Candidate<'_>| one.runs.iter().any(|run| serves(run));
    let age = |one: &Candidate<'_>| one.runs.iter().map(|run| run.record.started).max();
    let best = several.iter().max_by_key(|one| (fit(one), age(one), one.dir));
    let best = best.unwrap_or(&several[0]);
    let n_fit = several.iter().filter(|one| fit(one)).count();
    let why = match n_fit {
        0 => format!("the youngest of {}, none of which is {word}", several.len()),
        n if n == several.len() => format!("the youngest of {n}"),
        1 => format!("the only {word} one of {}", several.len()),
        n => format!("the youngest of {n} that are {word}, of {}", several.len()),
    };
    (best, why)
}

fn nothing(word: &str, all: &[Run], logdir: &Path) -> RequestError {
    let shown = logdir.display();
    if all.is_empty() {
        return RequestError::new(
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
    RequestError::new(format!("no run in `{shown}` is called `{word}`"), help)
}
