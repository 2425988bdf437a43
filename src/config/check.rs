//! What no schema can say: whether the parts of a plan fit each other and the data. It also fills
//! in what depends on them; it reads the data's description, never the data.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::callbacks;
use super::classes;
use super::data;
use super::fit;
use super::initial_weights::{self, KnownWeights};
use super::load::beside;
use super::memory;
use super::optimizer;
use super::plan::Plan;
use super::problem::{Location, Origin, Place, Problem};
use super::tensorboard;
use super::tree::Node;

use crate::data::{DataError, DatasetInfo, Source};
use crate::memory::{Bytes, machine};

/// Tells what a data set is; [`crate::data::describe`] outside tests.
pub type Describe<'a> = dyn Fn(&Source) -> Result<DatasetInfo, DataError> + 'a;

/// The same with a memory.
pub(super) type Describer<'a> = dyn FnMut(&Source) -> Result<DatasetInfo, Arc<DataError>> + 'a;

/// Makes the paths of a plan absolute, fills in what follows from its file and its data, and says
/// all that does not fit; else the memory that the run takes.
pub(super) fn resolve(
    plan: &mut Plan,
    root: &Node,
    file: &Path,
    describe: &mut Describer<'_>,
    known: &mut KnownWeights,
) -> Result<Bytes, Vec<Problem>> {
    let written = Written { root, file };
    let mut problems = Vec::new();
    let mut needs = Bytes::default();
    problems.extend(name(plan, &written));
    let lost_weights = initial_weights::path(plan, &written);
    let has_weights = lost_weights.is_none();
    problems.extend(lost_weights);
    match data::dataset(plan, &written, describe) {
        Ok(data) => {
            data::fill(plan, &written, &data);
            problems.extend(data::validation(plan, &written, &data, describe));
            problems.extend(data::rows(plan, &written, &data));
            problems.extend(fit::network(plan, &written, &data));
            problems.extend(classes::classes(plan, &written, &data));
            problems.extend(tensorboard::tensorboard(plan, &written, &data));
            match memory::memory(plan, &written, &data, machine()) {
                Ok(found) => needs = found,
                Err(problem) => problems.push(*problem),
            }
            if has_weights && problems.is_empty() {
                problems.extend(initial_weights::content(plan, &written, known));
            }
        }
        Err(problem) => problems.push(*problem),
    }
    problems.extend(fit::activations(plan, &written));
    problems.extend(optimizer::arguments(plan, &written));
    problems.extend(callbacks::callbacks(plan, &written));
    if problems.is_empty() { Ok(needs) } else { Err(problems) }
}

/// A config as it was written, to find the places of what is wrong.
pub(super) struct Written<'a> {
    root: &'a Node,
    file: &'a Path,
}

impl Written<'_> {
    /// Where the value of a dotted path was written.
    pub(super) fn origin(&self, path: &str) -> Option<&Origin> {
        self.root.find(path).map(|node| &node.origin)
    }

    /// A problem at the first of some dotted paths that was written, else with the file.
    pub(super) fn problem(
        &self,
        paths: &[&str],
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        let found = paths.iter().find_map(|path| self.origin(path));
        let location = found.map_or_else(|| Location::File(self.file.to_owned()), Location::from);
        Problem::at(location, message, help)
    }

    /// The absolute form of the path at `key`: a config's paths start from the folder of the file
    /// that they were written in, an argument's from the current folder.
    pub(super) fn absolute(&self, key: &str, path: &str) -> Result<String, Box<Problem>> {
        let from = match self.origin(key).map(|origin| &origin.source.place) {
            Some(Place::File(file)) => beside(file, path),
            Some(Place::Argument(_)) => PathBuf::from(path),
            None => beside(self.file, path),
        };
        let tidy = std::path::absolute(from).map(|path| path.components().collect::<PathBuf>());
        let text = tidy.ok().and_then(|path| path.into_os_string().into_string().ok());
        text.ok_or_else(|| {
            let message = "the path is empty, or its folder has a name that is not UTF-8";
            self.problem(&[key], message, "write another path").into()
        })
    }
}

fn name(plan: &mut Plan, written: &Written<'_>) -> Option<Problem> {
    let given = written.origin("name").is_some();
    if !given {
        let stem = written.file.file_stem().unwrap_or_default();
        plan.name = stem.to_string_lossy().into_owned();
    }
    let why = bad_folder_name(&plan.name)?;
    let name = plan.name.escape_debug();
    let message = format!("`{name}` cannot be the name of a run's folder: {why}");
    let help = match given {
        true => "use letters, digits, `-`, `_` and `.`",
        false => "give the run another name than its file: name = \"...\"",
    };
    Some(written.problem(&["name"], message, help))
}

/// Why a name cannot be that of a folder on every system that logs are copied to.
fn bad_folder_name(name: &str) -> Option<&'static str> {
    const LONGEST: usize = 100;
    if name.is_empty() {
        return Some("it is empty");
    }
    if LONGEST < name.len() {
        return Some("it is longer than 100 bytes");
    }
    if name.starts_with('.') || name.ends_with('.') {
        return Some("it begins or ends with a dot");
    }
    if name.starts_with(char::is_whitespace) || name.ends_with(char::is_whitespace) {
        return Some("it begins or ends with a blank");
    }
    let bad = |c: char| c.is_control() || r#"/\:*?"<>|"#.contains(c);
    name.contains(bad).then_some(r#"it contains one of /\:*?"<>| or a control character"#)
}
