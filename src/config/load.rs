//! From paths to experiments: reads the files and what they extend, puts `--set` on top, expands
//! sweeps, and gathers what is wrong with any; no data is read beyond its description.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::check::{self, Describe};
use super::experiment::Experiment;
use super::initial_weights::KnownWeights;
use super::nearest::nearest;
use super::notes::notes;
use super::plan::Plan;
use super::problem::{Location, Place, Problem, Problems, Source};
use super::set::{self, Set};
use super::sweep::{Space, expand};
use super::tree::{self, Node};
use super::walk;
use crate::data;
use crate::memory::Bytes;
use crate::system;

/// Bytes of a config.
const MAX_CONFIG: u64 = 16 << 20;

/// Reads configs, each with the `--set` arguments on top, or says all that is wrong with any.
pub fn load(paths: &[PathBuf], sets: &[String]) -> Result<Vec<Experiment>, Problems> {
    load_with(paths, sets, &data::describe)
}

/// The same, for whoever describes data in another way.
pub fn load_with(
    paths: &[PathBuf],
    sets: &[String],
    describe: &Describe<'_>,
) -> Result<Vec<Experiment>, Problems> {
    let mut problems = Problems(Vec::new());
    let mut overrides = Vec::new();
    for (index, argument) in sets.iter().enumerate() {
        match set::parse(index, argument) {
            Ok(set) => overrides.push(set),
            Err(problem) => problems.add(*problem),
        }
    }
    let mut known = HashMap::new();
    let mut describe = |source: &data::Source| {
        known.entry(source.clone()).or_insert_with(|| describe(source).map_err(Arc::new)).clone()
    };
    let mut weights = KnownWeights::default();
    let mut experiments = Vec::new();
    for path in paths {
        let (mut asked, mut told) = (HashSet::new(), Vec::new());
        let mut ask = |source: &data::Source| {
            let found = describe(source);
            if asked.insert(source.clone()) {
                for note in found.iter().flat_map(|data| notes(source, data)) {
                    if !told.contains(&note) {
                        told.push(note);
                    }
                }
            }
            found
        };
        let loaded = load_one(path, &overrides, &mut ask, &mut weights);
        match loaded {
            Ok(experiment) => experiments.push(Experiment { notes: told, ..experiment }),
            Err(found) => found.into_iter().for_each(|problem| problems.add(problem)),
        }
    }
    if problems.0.is_empty() { Ok(experiments) } else { Err(problems) }
}

fn load_one(
    path: &Path,
    sets: &[Set],
    describe: &mut check::Describer<'_>,
    weights: &mut KnownWeights,
) -> Result<Experiment, Vec<Problem>> {
    let mut root = read(path, &mut Vec::new())?;
    // First what changes the sweep, which decides about the others.
    let (of_sweep, others): (Vec<_>, Vec<_>) =
        sets.iter().partition(|set| set.path[0].0 == "sweep" && !set.varies());
    apply(&mut root, of_sweep)?;
    let mut space = Space::read(root.take("sweep"))?;
    space.put(&others)?;
    let (below, others): (Vec<_>, Vec<_>) =
        others.into_iter().filter(|set| !set.varies()).partition(|set| space.covers(set));
    let broken = apply(&mut root, others).err();
    let mut needs = Bytes::default();
    let mut planner = |root: &Node| {
        let (plan, memory) = plan(path, root, describe, weights)?;
        needs = needs.max(memory);
        Ok(plan)
    };
    if space.is_empty() {
        let found = planner(&root);
        return match broken {
            None => found.map(|plan| Experiment { memory: needs, ..Experiment::single(plan) }),
            Some(problems) => Err([problems, found.err().unwrap_or_default()].concat()),
        };
    }
    if let Some(problems) = broken {
        return Err(problems);
    }
    let (runs, repeats) = expand(&root, &space, &below, &mut planner)?;
    let name = runs.plan()["name"].as_str().unwrap_or_default().to_owned();
    Ok(Experiment { name, sweep: true, runs, repeats, notes: Vec::new(), memory: needs })
}

/// Puts overrides into a config, or says all that is wrong with any.
fn apply(root: &mut Node, sets: Vec<&Set>) -> Result<(), Vec<Problem>> {
    let put = |set: &Set| set::put(root, &set.path, &set.values[0]).err();
    let problems: Vec<_> = sets.into_iter().filter_map(put).map(|problem| *problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// The plan of a config in which nothing varies, and the memory that it takes.
fn plan(
    path: &Path,
    root: &Node,
    describe: &mut check::Describer<'_>,
    weights: &mut KnownWeights,
) -> Result<(Plan, Bytes), Vec<Problem>> {
    let mut root = root.clone();
    let problems = walk::walk(&mut root);
    if !problems.is_empty() {
        return Err(problems);
    }
    let root = &root;
    let mut plan = Plan::deserialize(root.to_toml()).map_err(|error| {
        let help = "`runner schema` describes every key";
        vec![Problem::at(Location::File(path.to_owned()), error.message(), help)]
    })?;
    let memory = check::resolve(&mut plan, root, path, describe, weights)?;
    Ok((plan, memory))
}

/// The text of a config, if it is not too long for one.
fn read_text(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    // A shell may hand over a config as the pipe `/dev/fd/63`.
    let file = match path.starts_with("/dev") {
        true => std::fs::File::open(path)?,
        false => system::open(path)?,
    };
    file.take(MAX_CONFIG + 1).read_to_string(&mut text)?;
    match text.len() as u64 <= MAX_CONFIG {
        true => Ok(text),
        false => Err(std::io::Error::other(format!("it has more than {}", Bytes(MAX_CONFIG)))),
    }
}

/// Reads one file and everything below it; `chain` holds the files that led here.
fn read(path: &Path, chain: &mut Vec<PathBuf>) -> Result<Node, Vec<Problem>> {
    let text = read_text(path).map_err(|error| vec![unreadable(path, &error)])?;
    let source = Arc::new(Source { place: Place::File(path.to_owned()), text });
    let mut root = tree::parse(&source.text, &source)?;
    let Some(extends) = root.take("extends") else { return Ok(root) };
    let Some(base) = extends.node.as_str() else {
        let help = "write the path of a config, relative to this one: extends = \"base.toml\"";
        let problem = Problem::at(&extends.node.origin, "`extends` must be a string", help)
            .label(format!("got {}", extends.node.kind()));
        return Err(vec![problem]);
    };
    let base = beside(path, base);
    chain.push(identity(path));
    if let Some(start) = chain.iter().position(|known| *known == identity(&base)) {
        let names = chain[start..].iter().chain([&chain[start]]).map(|path| file_name(path));
        let problem = Problem::at(
            &extends.node.origin,
            "`extends` goes round in a circle",
            "take `extends` out of one of them",
        )
        .note(names.collect::<Vec<_>>().join(" -> "));
        return Err(vec![problem]);
    }
    if let Err(error) = system::open(&base) {
        let message = format!("cannot read `{}`: {}", base.display(), reason(&error));
        let help = "the path is relative to the config that it stands in";
        return Err(vec![Problem::at(&extends.node.origin, message, help)]);
    }
    let mut node = read(&base, chain)?;
    // A run is called after its own file.
    node.take("name");
    tree::merge(&mut node, root);
    Ok(node)
}

/// `path` as seen from the folder of `file`.
pub(super) fn beside(file: &Path, path: &str) -> PathBuf {
    match file.parent() {
        Some(folder) => folder.join(path),
        None => PathBuf::from(path),
    }
}

/// What a path leads to, whatever way it is written.
fn identity(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    let help = match error.kind() {
        std::io::ErrorKind::NotFound => match similar(path, |name| name.ends_with(".toml")) {
            Some(name) => format!("did you mean `{}`?", path.with_file_name(name).display()),
            None => "check the path; it is relative to the current folder".to_owned(),
        },
        std::io::ErrorKind::InvalidData => "save the file as UTF-8".to_owned(),
        std::io::ErrorKind::IsADirectory => {
            format!("name the configs in it: {}", path.join("*.toml").display())
        }
        _ => "check that the file can be read".to_owned(),
    };
    let message = format!("cannot read the config: {}", reason(error));
    Problem::at(Location::File(path.to_owned()), message, help)
}

/// What the system says of an error, without its number.
pub(super) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        std::io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}

/// The file in the same folder whose name is nearest, of those with a fitting name.
pub(super) fn similar(path: &Path, fits: impl Fn(&str) -> bool) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let files = std::fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let mut names: Vec<_> =
        files.filter_map(|file| file.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    let known = names.iter().map(String::as_str).filter(|name| fits(name));
    nearest(path.file_name()?.to_str()?, known).map(str::to_owned)
}
