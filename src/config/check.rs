//! What no schema can say: whether the parts of a plan fit each other and the data. It also fills
//! in what depends on them; it reads the data's description, never the data.

use std::path::{Path, PathBuf};

use super::callbacks;
use super::fit;
use super::load::{beside, reason};
use super::optimizer;
use super::plan::{BUILT_IN, Plan};
use super::problem::{Location, Origin, Place, Problem};
use super::tensorboard;
use super::tree::Node;
use super::words::{list, nearest};
use crate::data::{DataError, Description, Source};

/// Tells what a data set is; [`crate::data::describe`] outside tests.
pub type Describe<'a> = dyn Fn(&Source) -> Result<Description, DataError> + 'a;

/// The same with a memory, its error in words.
pub(super) type Describer<'a> = dyn FnMut(&Source) -> Result<Description, String> + 'a;

/// Makes the paths of a plan absolute, fills in what follows from its file and its data, and says
/// all that does not fit.
pub(super) fn resolve(
    plan: &mut Plan,
    root: &Node,
    file: &Path,
    describe: &mut Describer<'_>,
) -> Result<(), Vec<Problem>> {
    let written = Written { root, file };
    let mut problems = Vec::new();
    problems.extend(name(plan, &written));
    problems.extend(weights(plan, &written));
    match dataset(plan, &written, describe) {
        Ok(data) => {
            fill(plan, &written, &data);
            problems.extend(rows(plan, &written, &data));
            problems.extend(fit::network(plan, &written, &data));
            problems.extend(tensorboard::tensorboard(plan, &written, &data));
        }
        Err(problem) => problems.push(*problem),
    }
    problems.extend(fit::activations(plan, &written));
    problems.extend(optimizer::arguments(plan, &written));
    problems.extend(callbacks::callbacks(plan, &written));
    if problems.is_empty() { Ok(()) } else { Err(problems) }
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
    fn absolute(&self, key: &str, path: &str) -> Result<String, Box<Problem>> {
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

fn weights(plan: &mut Plan, written: &Written<'_>) -> Option<Problem> {
    let key = "model.weights";
    let given = plan.model.weights.as_ref()?.to_string_lossy().into_owned();
    let path = match written.absolute(key, &given) {
        Ok(path) => PathBuf::from(path),
        Err(problem) => return Some(*problem),
    };
    let why = match std::fs::metadata(&path) {
        Ok(found) if found.is_file() => None,
        Ok(_) => Some("it is no file".to_owned()),
        Err(error) => Some(reason(&error)),
    };
    plan.model.weights = Some(path);
    let message = format!("cannot read the weights `{given}`: {}", why?);
    Some(written.problem(&[key], message, "the path is relative to the config that it stands in"))
}

fn dataset(
    plan: &mut Plan,
    written: &Written<'_>,
    describe: &mut Describer<'_>,
) -> Result<Description, Box<Problem>> {
    let key = "data.dataset";
    if let Source::Path(_) = plan.data.source() {
        let given = plan.data.dataset.clone();
        plan.data.dataset = written.absolute(key, &given)?;
        if let Err(error) = std::fs::metadata(&plan.data.dataset) {
            let message = format!("cannot read the data `{given}`: {}", reason(&error));
            return Err(written.problem(&[key], message, dataset_help(&given)).into());
        }
    }
    describe(&plan.data.source()).map_err(|error| {
        written.problem(&[key, "data"], error, "check the data, or name another").into()
    })
}

fn dataset_help(given: &str) -> String {
    match nearest(given, BUILT_IN) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write {}, or a path relative to the config", list(&BUILT_IN)),
    }
}

/// What follows from the data when the config does not say it.
fn fill(plan: &mut Plan, written: &Written<'_>, data: &Description) {
    plan.data.scale.get_or_insert(data.default_scale);
    plan.model.input_shape.get_or_insert_with(|| vec![data.shape.iter().product()]);
    if fit::is_regression(plan, data) && written.origin("training.metrics").is_none() {
        plan.training.metrics.retain(|metric| !metric.is_of_classes());
    }
}

fn rows(plan: &Plan, written: &Written<'_>, data: &Description) -> Vec<Problem> {
    let mut problems = Vec::new();
    let limit = plan.data.limit.unwrap_or(data.rows);
    if data.rows < limit {
        let message = "`data.limit` is more than there is";
        let help = "leave `limit` out to take every row";
        let label = format!("got {limit}, the training set has {} rows", data.rows);
        problems.push(written.problem(&["data.limit"], message, help).label(label));
    }
    let rows = limit.min(data.rows);
    let split = plan.data.validation_split;
    let training = plan.data.training_rows(rows);
    if training == 0 || (split != 0.0 && training == rows) {
        let side = if training == 0 { "training" } else { "validation" };
        let message = format!("`data.validation_split` leaves no row for {side}");
        let help = match rows {
            0 | 1 => "take more rows: both sides need one",
            _ if training == 0 => "take a smaller share, or more rows",
            _ => "take a larger share or more rows, or 0 for no validation",
        };
        let label = format!("floor({rows} * (1 - {split})) = {training} of {rows} rows train");
        let paths = ["data.validation_split", "data.limit", "data"];
        problems.push(written.problem(&paths, message, help).label(label));
    }
    problems
}
