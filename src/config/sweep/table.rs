//! The table `[sweep]` as it is written, and the sweep that it means.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::axis::{self, Axis};
use crate::config::problem::{Origin, Problem};
use crate::config::schema::{SCHEMA, resolve};
use crate::config::tree::{Entry, Node, Value};
use crate::config::walk::walk_at;

/// `[sweep]`: several runs from one config.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(in crate::config) struct Table {
    /// How values are taken from the parameters.
    pub(in crate::config) method: Method,
    /// How many draws a random search makes.
    #[schemars(range(min = 1), extend("x-default" = "none; required for `random`"))]
    pub(in crate::config) trials: Option<u64>,
    /// Every draw of a random search derives from it.
    #[schemars(range(max = 9_223_372_036_854_775_807_u64))]
    pub(in crate::config) seed: u64,
    /// Replicates: every combination is run once with each of these in the place of `seed`.
    #[schemars(inner(range(max = 9_223_372_036_854_775_807_u64)))]
    #[schemars(extend("x-default" = "the config's own seed"))]
    pub(in crate::config) seeds: Vec<u64>,
    /// What varies: the dotted path of any key, with the list of its values or, for a random
    /// search, what they are drawn from.
    #[schemars(extend("examples" = [{
        "optimizer.learning_rate": [0.01, 0.001],
        "model.layers.0.units": [32, 64],
    }]))]
    parameters: BTreeMap<String, Parameter>,
}

/// How values are taken from the parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum Method {
    /// Every combination of the values, the last parameter changing fastest.
    #[default]
    Grid,
    /// `trials` combinations, every value drawn for itself.
    Random,
}

/// What a parameter is written as; read from the tree, where places are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Parameter {
    /// One of these.
    Values(#[schemars(length(min = 1))] Vec<serde_json::Value>),
    /// A number of a range.
    Drawn(Distribution),
    /// The parameters below a key: `optimizer.learning_rate` without quotes.
    Below(BTreeMap<String, Parameter>),
}

/// What the values of a random search are drawn from; floats are rounded to four digits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "distribution", rename_all = "snake_case")]
pub(in crate::config) enum Distribution {
    /// A number, each part of the range as likely as any other.
    Uniform {
        /// The least.
        min: f64,
        /// The greatest.
        max: f64,
    },
    /// A number, each order of magnitude as likely as any other.
    LogUniform {
        /// The least.
        #[schemars(extend("exclusiveMinimum" = 0.0))]
        min: f64,
        /// The greatest.
        #[schemars(extend("exclusiveMinimum" = 0.0))]
        max: f64,
    },
    /// A whole number, each as likely as any other.
    IntUniform {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
}

/// The keys that a table of a distribution, and no path of the config, has.
pub(in crate::config) const DISTRIBUTION: [&str; 3] = ["distribution", "min", "max"];

/// What varies from run to run.
#[derive(Clone, Debug)]
pub(in crate::config) struct Sweep {
    /// Number of draws, if values are drawn.
    pub(in crate::config) trials: Option<u64>,
    /// Where the draws come from.
    pub(in crate::config) seed: u64,
    /// The seeds of replicates, each with its place; empty if there are none.
    pub(in crate::config) seeds: Vec<(u64, Origin)>,
    /// The parameters, in the order in which they are written.
    pub(in crate::config) axes: Vec<Axis>,
}

impl Sweep {
    /// Reads the entry `sweep` of a config.
    pub(in crate::config) fn read(mut entry: Entry) -> Result<Sweep, Vec<Problem>> {
        let parameters = entry.node.take("parameters");
        let schema = resolve(&SCHEMA["properties"]["sweep"]);
        let mut problems = walk_at(&entry.node, schema, &["sweep"]);
        let axes = match parameters {
            Some(parameters) => axis::read(parameters),
            None => Ok(Vec::new()),
        };
        let axes = axes.unwrap_or_else(|found| {
            problems.extend(found);
            Vec::new()
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        let table = Table::deserialize(entry.node.to_toml()).map_err(|error| {
            vec![Problem::at(&entry.origin, error.message(), "`runner schema` describes every key")]
        })?;
        let seeds = seeds(&entry.node);
        problems.extend(repeated_seed(&seeds));
        problems.extend(match table.method {
            Method::Grid => wrong_in_grid(&entry.node, &axes),
            Method::Random => wrong_in_random(&entry, &table),
        });
        if axes.is_empty() && (seeds.is_empty() || table.method == Method::Random) {
            let help = "add `[sweep.parameters]` with a list of values for some key, such as \
                        `\"optimizer.learning_rate\" = [0.1, 0.01]`";
            problems.push(Problem::at(&entry.origin, "the sweep varies nothing", help));
        }
        let trials = (table.method == Method::Random).then(|| table.trials.unwrap_or(1));
        let sweep = Sweep { trials, seed: table.seed, seeds, axes };
        if problems.is_empty() { Ok(sweep) } else { Err(problems) }
    }
}

/// The seeds with their places.
fn seeds(table: &Node) -> Vec<(u64, Origin)> {
    let items = table.entry("seeds").map(|entry| &entry.node.value);
    let Some(Value::Array(items)) = items else { return Vec::new() };
    items.iter().filter_map(seed).collect()
}

/// A seed with its place.
pub(super) fn seed(node: &Node) -> Option<(u64, Origin)> {
    match node.value {
        Value::Integer(seed) => Some((u64::try_from(seed).ok()?, node.origin.clone())),
        _ => None,
    }
}

/// A seed that is there twice would be two equal runs.
pub(super) fn repeated_seed(seeds: &[(u64, Origin)]) -> Option<Problem> {
    let again = |at: usize| seeds[..at].iter().position(|(seed, _)| *seed == seeds[at].0);
    let (second, first) = (0..seeds.len()).find_map(|at| Some((at, again(at)?)))?;
    let message = format!("the seed {} is there twice", seeds[second].0);
    let problem = Problem::at(&seeds[second].1, message, "take one of them out");
    Some(problem.related(Some(&seeds[first].1), "the first"))
}

fn wrong_in_grid(table: &Node, axes: &[Axis]) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(entry) = table.entry("trials") {
        let help = "take it out, or write `method = \"random\"`";
        problems.push(Problem::at(&entry.origin, "a grid has no `trials`", help));
    }
    if let Some(entry) = table.entry("seed") {
        let message = "a grid draws nothing, so it has no seed of its own";
        let help = "to run every combination with several seeds write `seeds = [0, 1, 2]`";
        problems.push(Problem::at(&entry.origin, message, help));
    }
    problems.extend(axes.iter().filter_map(|axis| {
        let origin = axis.drawn()?;
        let message = "a grid cannot take values from a range";
        let help = "list the values, or write `method = \"random\"` and how many `trials`";
        Some(Problem::at(origin, message, help))
    }));
    problems
}

fn wrong_in_random(entry: &Entry, table: &Table) -> Vec<Problem> {
    if table.trials.is_some() {
        return Vec::new();
    }
    let method = entry.node.entry("method").map_or(&entry.origin, |method| &method.node.origin);
    let message = "a random search must know how many `trials` to make";
    vec![Problem::at(method, message, "add `trials = 20` to `[sweep]`")]
}
