//! Loads configs: reads the files and their bases, applies `--set`, expands sweeps, collects diagnostics.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::check::{self, DatasetLookup, DescribeDataset, KnownWeights, notes};
use super::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile, SourceKind};
use super::document::{Override, Spanned, assign, merge, parse, parse_override};
use super::experiment::{Experiment, SearchText};
use super::paths::{reason, relative_to, similar};
use super::plan::Plan;
use super::schema::validate;
use super::sweep::{
    Planner, SearchSpace, TrialSpace, check_objective, check_search, expand, freeze, objective,
    pruner,
};
use crate::data;
use crate::memory::Bytes;
use crate::system;

/// Maximum bytes of a config.
const MAX_CONFIG: u64 = 16 << 20;

/// The sections that make several runs of a config.
const MAKE_RUNS: [&str; 2] = ["sweep", "cross_validation"];

/// Loads configs with the `--set` arguments applied, or returns all diagnostics.
pub fn load(paths: &[PathBuf], sets: &[String]) -> Result<Vec<Experiment>, Diagnostics> {
    load_with(paths, sets, &data::describe)
}

/// Like [`load`] with another description of data sets.
pub fn load_with(
    paths: &[PathBuf],
    sets: &[String],
    describe: &DescribeDataset<'_>,
) -> Result<Vec<Experiment>, Diagnostics> {
    let mut diagnostics = Diagnostics(Vec::new());
    let mut overrides = Vec::new();
    for (index, argument) in sets.iter().enumerate() {
        match parse_override(index, argument) {
            Ok(set) => overrides.push(set),
            Err(diagnostic) => diagnostics.add(*diagnostic),
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
            Ok(experiment) => {
                let notes = told.into_iter().chain(experiment.notes.iter().cloned()).collect();
                experiments.push(Experiment { notes, ..experiment });
            }
            Err(found) => found.into_iter().for_each(|diagnostic| diagnostics.add(diagnostic)),
        }
    }
    if diagnostics.0.is_empty() { Ok(experiments) } else { Err(diagnostics) }
}

fn load_one(
    path: &Path,
    sets: &[Override],
    describe: &mut DatasetLookup<'_>,
    weights: &mut KnownWeights,
) -> Result<Experiment, Vec<Diagnostic>> {
    let mut root = read(path, &mut Vec::new())?;
    // First what changes the number of runs, which decides about the others.
    let (of_sweep, others): (Vec<_>, Vec<_>) =
        sets.iter().partition(|set| MAKE_RUNS.contains(&&*set.path[0].0) && !set.varies());
    apply(&mut root, of_sweep)?;
    let mut space = SearchSpace::read(root.take("sweep"))?;
    space.put(&others)?;
    let cross_validation = root.take("cross_validation");
    let (nested_overrides, others): (Vec<_>, Vec<_>) =
        others.into_iter().filter(|set| !set.varies()).partition(|set| space.covers(set));
    let broken = apply(&mut root, others).err();
    if let Some(entry) = cross_validation {
        space.cross_validate(entry, &mut root)?;
    }
    let mut needs = Bytes::default();
    let valid = valid_sections(&mut root, &space, &nested_overrides);
    let mut notes = Vec::new();
    let mut planner = |root: Spanned| {
        let (plan, memory, found) = plan(path, root, &valid, describe, weights)?;
        needs = needs.max(memory);
        notes.extend(found.into_iter().filter(|note| !notes.contains(note)).collect::<Vec<_>>());
        Ok(plan)
    };
    if space.is_empty() {
        let found = planner(root);
        return match broken {
            None => {
                found.map(|plan| Experiment { memory: needs, notes, ..Experiment::single(plan) })
            }
            Some(diagnostics) => Err([diagnostics, found.err().unwrap_or_default()].concat()),
        };
    }
    if let Some(diagnostics) = broken {
        return Err(diagnostics);
    }
    if space.is_search() {
        let found = search(&root, &space, &nested_overrides, &mut planner)?;
        return Ok(Experiment { memory: needs, ..found });
    }
    let (runs, repeats) = expand(&root, &space, &nested_overrides, &mut planner)?;
    let name = runs.plan()["name"].as_str().unwrap_or_default().to_owned();
    Ok(Experiment { name, sweep: true, runs, search: None, repeats, notes, memory: needs })
}

/// The experiment of a search, of which every parameter and the first trials are checked.
fn search(
    root: &Spanned,
    space: &SearchSpace,
    nested_overrides: &[&Override],
    planner: &mut Planner<'_>,
) -> Result<Experiment, Vec<Diagnostic>> {
    space.combinations().map_err(|diagnostic| vec![*diagnostic])?;
    let none = || vec![Diagnostic::at(Location::File("sweep".into()), "no search", "")];
    let trials = TrialSpace::new(root, space, nested_overrides)?.ok_or_else(none)?;
    let found = check_search(&trials, planner);
    if !found.is_empty() {
        return Err(found);
    }
    let plan = planner(trials.config(&trials.drawn(0))?)?;
    if let Some(diagnostic) = check_objective(&trials, &plan) {
        return Err(vec![diagnostic]);
    }
    let pruner = pruner(&trials, &plan)?;
    let n = pruner.and_then(|pruner| pruner.trials()).unwrap_or(trials.trials);
    let text = SearchText {
        config: freeze(root, space, nested_overrides, &plan.name),
        objective: objective(&trials, &plan),
        trials: n,
        replicates: trials.seeds.len().max(1),
        parallel: trials.options.under_way(n),
    };
    Ok(Experiment { sweep: true, search: Some(text), ..Experiment::single(plan) })
}

/// Applies overrides to a config, or returns all diagnostics.
fn apply(root: &mut Spanned, sets: Vec<&Override>) -> Result<(), Vec<Diagnostic>> {
    let put = |set: &Override| assign(root, &set.path, &set.values[0]).err();
    let diagnostics: Vec<_> =
        sets.into_iter().filter_map(put).map(|diagnostic| *diagnostic).collect();
    if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
}

/// The sections of a sweep's config that no run changes and that fit the schema: they are validated
/// once, not for each run.
fn valid_sections(
    root: &mut Spanned,
    space: &SearchSpace,
    nested_overrides: &[&Override],
) -> Vec<String> {
    if space.is_empty() {
        return Vec::new();
    }
    let changed =
        space.axes().map(|axis| &*axis.path).chain(nested_overrides.iter().map(|set| &*set.path));
    let changed: Vec<_> = changed.map(|path| path[0].0.clone()).collect();
    let mut checked = root.clone();
    if !validate(&mut checked, &changed).is_empty() {
        return Vec::new();
    }
    *root = checked;
    let keys = root.entries().iter().map(|entry| entry.key.clone());
    keys.filter(|key| !changed.contains(key)).collect()
}

/// The plan of a config in which nothing varies, the memory that it takes, and notes on its rows; the
/// sections in `valid` are known to fit the schema.
pub(super) fn plan(
    path: &Path,
    mut root: Spanned,
    valid: &[String],
    describe: &mut DatasetLookup<'_>,
    weights: &mut KnownWeights,
) -> Result<(Plan, Bytes, Vec<String>), Vec<Diagnostic>> {
    let diagnostics = validate(&mut root, valid);
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let root = &root;
    let mut plan = Plan::deserialize(root.to_toml()).map_err(|error| {
        let help = "`runner schema` describes every key";
        vec![Diagnostic::at(Location::File(path.to_owned()), error.message(), help)]
    })?;
    let (memory, notes) = check::resolve(&mut plan, root, path, describe, weights)?;
    Ok((plan, memory, notes))
}

/// The text of a config of at most [`MAX_CONFIG`] bytes.
fn read_text(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    // A shell may hand over a config as the pipe `/dev/fd/63`.
    let file =
        if path.starts_with("/dev") { std::fs::File::open(path)? } else { system::open(path)? };
    file.take(MAX_CONFIG + 1).read_to_string(&mut text)?;
    if text.len() as u64 <= MAX_CONFIG {
        Ok(text)
    } else {
        Err(std::io::Error::other(format!("it has more than {}", Bytes(MAX_CONFIG))))
    }
}

/// Reads a file and its bases; `chain` holds the files that extend it.
fn read(path: &Path, chain: &mut Vec<PathBuf>) -> Result<Spanned, Vec<Diagnostic>> {
    let text = read_text(path).map_err(|error| vec![unreadable(path, &error)])?;
    let source = Arc::new(SourceFile { kind: SourceKind::File(path.to_owned()), text });
    let mut root = parse(&source.text, &source)?;
    let Some(extends) = root.take("extends") else { return Ok(root) };
    let Some(base) = extends.node.as_str() else {
        let help = "write the path of a config, relative to this one: extends = \"base.toml\"";
        let diagnostic = Diagnostic::at(&extends.node.span, "`extends` must be a string", help)
            .label(format!("got {}", extends.node.kind()));
        return Err(vec![diagnostic]);
    };
    let base = relative_to(path, base);
    chain.push(identity(path));
    if let Some(start) = chain.iter().position(|known| *known == identity(&base)) {
        let names = chain[start..].iter().chain([&chain[start]]).map(|path| file_name(path));
        let diagnostic = Diagnostic::at(
            &extends.node.span,
            "`extends` goes round in a circle",
            "take `extends` out of one of them",
        )
        .note(names.collect::<Vec<_>>().join(" -> "));
        return Err(vec![diagnostic]);
    }
    if let Err(error) = system::open(&base) {
        let message = format!("cannot read `{}`: {}", base.display(), reason(&error));
        let help = "the path is relative to the config that it stands in";
        return Err(vec![Diagnostic::at(&extends.node.span, message, help)]);
    }
    let mut node = read(&base, chain)?;
    // A run is called after its own file.
    node.take("name");
    merge(&mut node, root);
    Ok(node)
}

/// The canonical form of a path.
fn identity(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
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
    Diagnostic::at(Location::File(path.to_owned()), message, help)
}
