//! What no schema can say: whether the parts of a plan fit each other and the data. It also fills
//! in what depends on them; it reads the data's description, never the data.

use std::path::{Path, PathBuf};

use super::fit;
use super::load::{beside, reason};
use super::plan::Plan;
use super::problem::{Location, Origin, Place, Problem};
use super::tree::Node;
use super::walk::{list, nearest};
use crate::data::{DataError, Description, Source};
use crate::model::{Loss, Metric};
use crate::train::Direction;

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
    let mut problems = Vec::new();
    name(plan, root, file).unwrap_or_else(|problem| problems.push(problem));
    weights(plan, root, file).unwrap_or_else(|problem| problems.push(problem));
    match dataset(plan, root, file, describe) {
        Ok(data) => {
            let written = Written { root, file };
            fill(plan, &written, &data);
            problems.extend(rows(plan, &written, &data));
            problems.extend(fit::network(plan, &written, &data));
        }
        Err(problem) => problems.push(problem),
    }
    let written = Written { root, file };
    problems.extend(fit::activations(plan, &written));
    problems.extend(monitor(plan, &written));
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

    /// The place of the first of some dotted paths that was written, else the file.
    pub(super) fn at(&self, paths: &[&str]) -> Location {
        let found = paths.iter().find_map(|path| self.origin(path));
        found.map_or_else(|| Location::File(self.file.to_owned()), Location::from)
    }
}

fn name(plan: &mut Plan, root: &Node, file: &Path) -> Result<(), Problem> {
    let written = root.find("name");
    if written.is_none() {
        plan.name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    }
    let Some(why) = bad_folder_name(&plan.name) else { return Ok(()) };
    let message =
        format!("`{}` cannot be the name of a run's folder: {why}", plan.name.escape_debug());
    let help = match written {
        Some(_) => "use letters, digits, `-`, `_` and `.`",
        None => "give the run another name than its file: name = \"...\"",
    };
    let location =
        written.map_or_else(|| Location::File(file.to_owned()), |node| (&node.origin).into());
    Err(Problem::at(location, message, help))
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

/// The absolute form of a path: a config's paths start from the file that they were written in, an
/// argument's from the current folder.
fn absolute(path: &str, written: Option<&Node>, file: &Path) -> Option<String> {
    let from = match written.map(|node| &node.origin.source.place) {
        Some(Place::File(file)) => beside(file, path),
        Some(Place::Argument(_)) => PathBuf::from(path),
        None => beside(file, path),
    };
    let tidy: PathBuf = std::path::absolute(from).ok()?.components().collect();
    tidy.into_os_string().into_string().ok()
}

fn not_utf8(root: &Node, path: &str, file: &Path) -> Problem {
    let message = "the folder of the config has a name that is not UTF-8";
    Written { root, file }.problem(&[path], message, "rename the folder, or use an absolute path")
}

impl Written<'_> {
    /// A problem at the first of some dotted paths that was written.
    pub(super) fn problem(
        &self,
        paths: &[&str],
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        Problem::at(self.at(paths), message, help)
    }
}

fn weights(plan: &mut Plan, root: &Node, file: &Path) -> Result<(), Problem> {
    let Some(weights) = &mut plan.model.weights else { return Ok(()) };
    let key = "model.weights";
    let path = weights.to_string_lossy().into_owned();
    *weights =
        absolute(&path, root.find(key), file).ok_or_else(|| not_utf8(root, key, file))?.into();
    let found = std::fs::metadata(&*weights);
    let why = match found {
        Ok(found) if found.is_file() => return Ok(()),
        Ok(_) => "it is no file".to_owned(),
        Err(error) => reason(&error),
    };
    let message = format!("cannot read the weights `{path}`: {why}");
    let help = "the path is relative to the config that it stands in";
    Err(Written { root, file }.problem(&[key], message, help))
}

fn dataset(
    plan: &mut Plan,
    root: &Node,
    file: &Path,
    describe: &mut Describer<'_>,
) -> Result<Description, Problem> {
    let key = "data.dataset";
    let written = Written { root, file };
    if let Source::Path(_) = plan.data.source() {
        let given = plan.data.dataset.clone();
        let path = absolute(&given, root.find(key), file);
        plan.data.dataset = path.ok_or_else(|| not_utf8(root, key, file))?;
        if let Err(error) = std::fs::metadata(&plan.data.dataset) {
            let built_in =
                nearest(&given, super::plan::BUILT_IN).map(|n| format!("did you mean `{n}`?"));
            let help = built_in.unwrap_or_else(|| {
                format!(
                    "`dataset` is {} or a path relative to the config",
                    list(&super::plan::BUILT_IN)
                )
            });
            let message = format!("cannot read the data `{given}`: {}", reason(&error));
            return Err(written.problem(&[key], message, help));
        }
    }
    let described = describe(&plan.data.source());
    described
        .map_err(|error| written.problem(&[key, "data"], error, "check the data, or name another"))
}

/// What follows from the data when the config does not say it.
fn fill(plan: &mut Plan, written: &Written<'_>, data: &Description) {
    plan.data.scale.get_or_insert(data.default_scale);
    plan.model.input_shape.get_or_insert_with(|| vec![data.shape.iter().product()]);
    let real = data.classes.is_none() && plan.training.loss == Loss::MeanSquaredError {};
    if real && written.origin("training.metrics").is_none() {
        plan.training.metrics.retain(|metric| *metric != Metric::Accuracy);
    }
}

fn rows(plan: &Plan, written: &Written<'_>, data: &Description) -> Vec<Problem> {
    let mut problems = Vec::new();
    let limit = plan.data.limit.unwrap_or(data.rows);
    if data.rows < limit {
        let message = "`data.limit` is more than there is";
        let help = "leave `limit` out to take every row";
        problems.push(
            written
                .problem(&["data.limit"], message, help)
                .label(format!("got {limit}, the training set has {} rows", data.rows)),
        );
    }
    let rows = limit.min(data.rows);
    let split = plan.data.validation_split;
    let training = plan.data.training_rows(rows);
    if training == 0 || (split != 0.0 && training == rows) {
        let side = if training == 0 { "training" } else { "validation" };
        let message = format!("`data.validation_split` leaves no row for {side}");
        let help = match rows {
            0 | 1 => "take more rows: see `limit`".to_owned(),
            _ => format!(
                "of {rows} rows, a share between {} and {} is possible",
                1.0 / rows as f64,
                1.0 - 1.0 / rows as f64
            ),
        };
        let label = format!("floor({rows} * (1 - {split})) = {training} of {rows} rows train");
        let paths = ["data.validation_split", "data.limit", "data"];
        problems.push(written.problem(&paths, message, help).label(label));
    }
    problems
}

/// Whether the number that a callback watches will exist, and which way it gets better.
fn monitor(plan: &Plan, written: &Written<'_>) -> Vec<Problem> {
    let Some(stopping) = &plan.callbacks.early_stopping else { return Vec::new() };
    let monitor = stopping.monitor.as_str();
    let metrics = plan.training.metrics.iter().map(|metric| metric.name());
    let numbers: Vec<_> = std::iter::once("loss").chain(metrics).collect();
    let validated = numbers.iter().map(|name| format!("val_{name}"));
    let validates = plan.data.validation_split != 0.0;
    let mut all: Vec<_> = numbers.iter().map(|&name| name.to_owned()).collect();
    all.extend(validated.clone().filter(|_| validates));
    all.push("learning_rate".to_owned());
    let all: Vec<_> = all.iter().map(String::as_str).collect();

    let paths = ["callbacks.early_stopping.monitor", "callbacks.early_stopping"];
    if !all.contains(&monitor) {
        let message = format!("early stopping watches `{monitor}`, which will not exist");
        let help = match nearest(monitor, all.iter().copied()) {
            _ if validated.into_iter().any(|name| name == monitor) => {
                "set `data.validation_split`, or watch `loss`".to_owned()
            }
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("`monitor` is {}", list(&all)),
        };
        return vec![written.problem(&paths, message, help)];
    }
    if stopping.mode == Direction::Auto && monitor == "learning_rate" {
        let message = format!("`{monitor}` does not say whether less or more of it is better");
        let help = "add `mode = \"min\"` or `mode = \"max\"`";
        return vec![written.problem(&paths, message, help)];
    }
    Vec::new()
}
