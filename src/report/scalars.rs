//! All scalars that a log folder of TensorBoard holds, whoever wrote them; it keeps none of them.

use std::fs;
use std::path::{Path, PathBuf};

use super::refusal::Refusal;
use crate::events::{Scalar, Tags, read_scalars};

/// Hands every scalar below `logdir` to `each`, with its run: the folder of the event file, as seen
/// from there, `.` for the log folder itself. It says which files are damaged or cannot be read.
///
/// The runs, and the files of each, come in the order of their names, as TensorBoard reads them.
pub fn logged_scalars(
    logdir: &Path,
    each: &mut dyn FnMut(&str, Scalar<'_>),
) -> Result<Vec<String>, Refusal> {
    let mut notes = Vec::new();
    let mut folders = Vec::new();
    find(logdir, &mut folders, &mut notes);
    if folders.is_empty() {
        let what = format!("there is no event file in `{}`", logdir.display());
        return Err(Refusal::new(what, "want a folder such as for `tensorboard --logdir`"));
    }
    for (folder, files) in folders {
        let run = folder.strip_prefix(logdir).unwrap_or(&folder);
        let run = if run == Path::new("") { Path::new(".") } else { run };
        let (run, mut tags) = (run.to_string_lossy(), Tags::default());
        for file in files {
            match read_scalars(&file, &mut tags, &mut |scalar| each(&run, scalar)) {
                Ok(None) => {}
                Ok(Some(damage)) => notes.push(format!("`{}`: {damage}", file.display())),
                Err(error) => notes.push(error.to_string()),
            }
        }
    }
    Ok(notes)
}

/// A folder with event files, and those.
type Files = (PathBuf, Vec<PathBuf>);

fn find(dir: &Path, found: &mut Vec<Files>, notes: &mut Vec<String>) {
    let entries = fs::read_dir(dir).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(error) => return notes.push(format!("cannot read `{}`: {error}", dir.display())),
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    let is_dir = |entry: &&fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let is_events = |entry: &&fs::DirEntry| {
        entry.file_name().to_string_lossy().contains("tfevents") && !is_dir(entry)
    };
    let files: Vec<_> = entries.iter().filter(is_events).map(fs::DirEntry::path).collect();
    if !files.is_empty() {
        found.push((dir.to_owned(), files));
    }
    entries.iter().filter(is_dir).for_each(|entry| find(&entry.path(), found, notes));
}
