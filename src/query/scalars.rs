//! All scalars of a TensorBoard log folder, read run by run.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::error::RequestError;
use crate::events::{Scalar, Tags, is_event_file, read_scalars};

/// How a log folder was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScalarReadSummary {
    /// The files that are damaged or cannot be read, and why.
    pub notes: Vec<String>,
    /// The number of values left out because a restart has logged their steps again.
    pub overwritten: usize,
}

/// Hands every scalar below `logdir` to `each`, with its run: the folder of the event file, as seen
/// from there, `.` for the log folder itself.
///
/// The runs, and the files of each, come in the order of their names, as TensorBoard reads them. A
/// value displaces all values of its run and tag that stand before it and have the same step or a
/// later one, as in TensorBoard's data server: they are the steps that a restarted job has repeated.
/// With `all` they are handed on too.
///
/// <https://github.com/tensorflow/tensorboard/blob/2.21.0/tensorboard/data/server/reservoir.rs>
///
/// # Errors
///
/// A folder without an event file.
pub fn logged_scalars(
    logdir: &Path,
    all: bool,
    each: &mut dyn FnMut(&str, Scalar<'_>),
) -> Result<ScalarReadSummary, RequestError> {
    let mut read = ScalarReadSummary::default();
    let folders = event_files(logdir, &mut read.notes);
    if folders.is_empty() {
        let what = format!("there is no event file in `{}`", logdir.display());
        return Err(RequestError::new(what, "want a folder such as for `tensorboard --logdir`"));
    }
    for (folder, files) in folders {
        let run = folder.strip_prefix(logdir).unwrap_or(&folder);
        let run = if run == Path::new("") { Path::new(".") } else { run };
        let (run, mut tags, mut shown) = (run.to_string_lossy(), Tags::default(), Shown::default());
        let mut take =
            |scalar: Scalar<'_>| if all { each(&run, scalar) } else { shown.add(scalar) };
        for file in files {
            match read_scalars(&file, &mut tags, &mut take) {
                Ok(None) => {}
                Ok(Some(damage)) => read.notes.push(format!("`{}`: {damage}", file.display())),
                Err(error) => read.notes.push(error.to_string()),
            }
        }
        read.overwritten += shown.hand_over(&mut |scalar| each(&run, scalar));
    }
    Ok(read)
}

/// The event files below `logdir` by their folders, both sorted; symbolic links are followed, but not
/// back to a folder that they are in.
fn event_files(logdir: &Path, notes: &mut Vec<String>) -> BTreeMap<PathBuf, Vec<PathBuf>> {
    let mut found: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for entry in WalkDir::new(logdir).follow_links(true).sort_by_file_name() {
        match entry {
            Ok(entry) => {
                let is_events = is_event_file(&entry.file_name().to_string_lossy());
                if is_events && entry.file_type().is_file() {
                    let folder = entry.path().parent().unwrap_or(logdir).to_owned();
                    found.entry(folder).or_default().push(entry.into_path());
                }
            }
            Err(error) => notes.extend(complaint(&error)),
        }
    }
    found
}

/// The complaint about a folder that cannot be read; a link in a circle, or to nothing, is passed over
/// as TensorBoard does.
fn complaint(error: &walkdir::Error) -> Option<String> {
    let cause = error.io_error().filter(|cause| cause.kind() != std::io::ErrorKind::NotFound)?;
    let path = error.path().unwrap_or(Path::new("")).display();
    Some(format!("cannot read `{path}`: {cause}"))
}

/// The values of one run that nothing has displaced.
#[derive(Default)]
struct Shown {
    tags: HashMap<String, usize>,
    names: Vec<String>,
    /// Of every tag the places of its values in `points`, steps rising.
    series: Vec<Vec<usize>>,
    /// In the order of the files.
    points: Vec<Point>,
}

struct Point {
    tag: usize,
    step: i64,
    wall_time: f64,
    value: f64,
    overwritten: bool,
}

impl Shown {
    fn add(&mut self, scalar: Scalar<'_>) {
        let tag = self.tag(scalar.tag);
        let series = &mut self.series[tag];
        while let Some(last) = series.pop_if(|last| scalar.step <= self.points[*last].step) {
            self.points[last].overwritten = true;
        }
        series.push(self.points.len());
        let Scalar { step, wall_time, value, .. } = scalar;
        self.points.push(Point { tag, step, wall_time, value, overwritten: false });
    }

    fn tag(&mut self, name: &str) -> usize {
        if let Some(tag) = self.tags.get(name) {
            return *tag;
        }
        self.tags.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        self.series.push(Vec::new());
        self.names.len() - 1
    }

    /// Hands on the values, and returns the number of those that are left out.
    fn hand_over(&self, each: &mut dyn FnMut(Scalar<'_>)) -> usize {
        for point in self.points.iter().filter(|point| !point.overwritten) {
            let Point { tag, step, wall_time, value, .. } = *point;
            each(Scalar { tag: &self.names[tag], step, wall_time, value });
        }
        self.points.iter().filter(|point| point.overwritten).count()
    }
}
