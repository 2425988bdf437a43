//! Files of weights: the run that one belongs to, and the files of a run.

use std::fs;
use std::path::{Path, PathBuf, absolute};

use super::error::RequestError;
use super::run::Run;
use crate::runs::Folder;

/// As many files are named in a message.
const SHOWN: usize = 8;

/// The run's folder and the path, if `word` is a file of weights, here or below the log folder.
pub(super) fn run_of_weights(
    word: &str,
    logdir: &Path,
) -> Result<Option<(PathBuf, PathBuf)>, RequestError> {
    let paths = [PathBuf::from(word), logdir.join(word)];
    let is_weights = |path: &&PathBuf| is_safetensors(path) && path.is_file();
    let Some(path) = paths.iter().find(is_weights) else { return Ok(None) };
    let full = absolute(path).unwrap_or_else(|_| path.clone());
    let is_run = |dir: &&Path| Folder::at(dir).record().is_file();
    // The path as it was given reads better than the whole one.
    let short = path.ancestors().skip(1).filter(|dir| *dir != Path::new("")).find(is_run);
    match short.or_else(|| full.ancestors().skip(1).find(is_run)) {
        Some(dir) => Ok(Some((dir.to_owned(), path.clone()))),
        None => Err(RequestError::new(
            format!("`{}` lies in no run's folder", path.display()),
            "the plan in a run's folder says what its weights are for; `model.weights` starts a \
             new run from any",
        )),
    }
}

/// The file of the run that `weights` names, seen from the run's folder or from here.
pub(super) fn in_run(run: &Run, weights: &Path) -> Result<PathBuf, RequestError> {
    let inner = run.dir.join(weights);
    let real = |path: &Path| path.canonicalize().ok();
    let is_inside = |path: &Path| {
        real(path).zip(real(&run.dir)).is_some_and(|(path, dir)| path.starts_with(dir))
    };
    let found =
        [inner.as_path(), weights].into_iter().find(|path| path.is_file() && is_inside(path));
    found.map(Path::to_owned).ok_or_else(|| {
        let message = format!("`{}` has no weights `{}`", run.dir.display(), weights.display());
        RequestError::new(message, known(run).unwrap_or_else(|| NONE.to_owned()))
    })
}

/// The weights that the run ended with.
pub(super) fn last(run: &Run) -> Result<PathBuf, RequestError> {
    let path = Folder::at(&run.dir).weights();
    if path.is_file() {
        return Ok(path);
    }
    let message = format!("`{}` has no weights yet; it is {}", run.dir.display(), run.state.word());
    Err(RequestError::new(message, known(run).unwrap_or_else(|| NONE.to_owned())))
}

const NONE: &str = "a run writes them at its end; `runner resume` brings it there";

/// A help that names the files of weights that the run has.
fn known(run: &Run) -> Option<String> {
    let mut files = Vec::new();
    collect(&run.dir, &mut files);
    files.sort();
    let names = files.iter().filter_map(|path| path.strip_prefix(&run.dir).ok());
    let names: Vec<_> = names.map(|name| name.display().to_string()).collect();
    let more = if SHOWN < names.len() { ", ..." } else { "" };
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| format!("--weights FILE takes what there is: {shown}{more}"))
}

/// The weights below a folder, but for those of a checkpoint, which hold an optimizer's state too.
fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_dir && path != Folder::at(dir).checkpoint() {
            collect(&path, files);
        } else if is_safetensors(&path) {
            files.push(path);
        }
    }
}

fn is_safetensors(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("safetensors"))
}
