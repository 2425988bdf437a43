//! Reads and checks the table `[sweep]`.

use serde::Deserialize;

use super::axis::{self, Axis};
use super::foreign_words::foreign_words;
use super::options::{SearchOptions, wrong_in_draws, wrong_trials};
use crate::config::diagnostic::{Diagnostic, Span};
use crate::config::document::{Entry, Spanned, Value};
use crate::config::plan::{Method, SweepTable};
use crate::config::schema::{SCHEMA, resolve, validate_at};

/// The sweep of a config.
#[derive(Clone, Debug)]
pub(crate) struct Sweep {
    /// Number of draws, if values are drawn.
    pub(crate) trials: Option<u64>,
    /// How trials are proposed, if they are not drawn.
    pub(crate) search: Option<SearchOptions>,
    /// The seed of the draws.
    pub(crate) seed: u64,
    /// The seeds of replicates, each with its place; empty if there are none.
    pub(crate) seeds: Vec<(u64, Span)>,
    /// The parameters, in the order of the config.
    pub(crate) axes: Vec<Axis>,
}

impl Sweep {
    /// Reads the entry `sweep` of a config.
    pub(crate) fn read(mut entry: Entry) -> Result<Sweep, Vec<Diagnostic>> {
        let parameters = entry.node.take("parameters");
        let schema = resolve(&SCHEMA["properties"]["sweep"]);
        let foreign = foreign_words(&mut entry.node);
        if !foreign.is_empty() {
            return Err(foreign);
        }
        let mut diagnostics = validate_at(&entry.node, schema, &["sweep"]);
        let axes = match parameters {
            Some(parameters) => axis::read(parameters),
            None => Ok(Vec::new()),
        };
        let axes = axes.unwrap_or_else(|found| {
            diagnostics.extend(found);
            Vec::new()
        });
        if !diagnostics.is_empty() {
            return Err(diagnostics);
        }
        let table = SweepTable::deserialize(entry.node.to_toml()).map_err(|error| {
            vec![Diagnostic::at(
                &entry.span,
                error.message(),
                "`runner schema` describes every key",
            )]
        })?;
        let seeds = seeds(&entry.node);
        diagnostics.extend(repeated_seed(&seeds));
        diagnostics.extend(match table.method {
            Method::Grid => wrong_in_grid(&entry.node, &axes),
            Method::Random | Method::Tpe => wrong_trials(&entry, &table),
        });
        if table.method != Method::Tpe {
            diagnostics.extend(wrong_in_draws(&table, &entry.node, &axes));
        }
        if axes.is_empty() && (seeds.is_empty() || table.method != Method::Grid) {
            let help = "add `[sweep.parameters]` with a list of values for some key, such as \
                        `\"optimizer.learning_rate\" = [0.1, 0.01]`";
            diagnostics.push(Diagnostic::at(&entry.span, "the sweep varies nothing", help));
        }
        let trials = (table.method != Method::Grid).then(|| table.trials.unwrap_or(1));
        // Trials with conditions differ in their parameters, which a list of runs cannot express.
        let has_conditions = axes.iter().any(|axis| axis.when.is_some());
        let is_search = table.method == Method::Tpe || table.pruner.is_some() || has_conditions;
        let search = is_search.then(|| SearchOptions::of(&table, &entry.node));
        let sweep = Sweep { trials, search, seed: table.seed, seeds, axes };
        if diagnostics.is_empty() { Ok(sweep) } else { Err(diagnostics) }
    }
}

/// The seeds with their places.
fn seeds(table: &Spanned) -> Vec<(u64, Span)> {
    let items = table.entry("seeds").map(|entry| &entry.node.value);
    let Some(Value::Array(items)) = items else { return Vec::new() };
    items.iter().filter_map(seed).collect()
}

/// A seed with its place.
pub(crate) fn seed(node: &Spanned) -> Option<(u64, Span)> {
    match node.value {
        Value::Integer(seed) => Some((u64::try_from(seed).ok()?, node.span.clone())),
        _ => None,
    }
}

/// The diagnostic of a repeated seed, which would repeat a run.
pub(crate) fn repeated_seed(seeds: &[(u64, Span)]) -> Option<Diagnostic> {
    let again = |at: usize| seeds[..at].iter().position(|(seed, _)| *seed == seeds[at].0);
    let (second, first) = (0..seeds.len()).find_map(|at| Some((at, again(at)?)))?;
    let message = format!("the seed {} is there twice", seeds[second].0);
    let diagnostic = Diagnostic::at(&seeds[second].1, message, "take one of them out");
    Some(diagnostic.related(Some(&seeds[first].1), "the first"))
}

fn wrong_in_grid(table: &Spanned, axes: &[Axis]) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    if let Some(entry) = table.entry("pruner") {
        let message = "a grid trains every combination to its end";
        let help = "take `pruner` out, or write `method = \"random\"`: of lists of values it draws \
                    combinations, each once";
        diagnostics.push(Diagnostic::at(&entry.span, message, help));
        return diagnostics;
    }
    if let Some(entry) = table.entry("trials") {
        let help = "take it out, or write `method = \"random\"`";
        diagnostics.push(Diagnostic::at(&entry.span, "a grid has no `trials`", help));
    }
    if let Some(entry) = table.entry("seed") {
        let message = "a grid draws nothing, so it has no seed of its own";
        let help = "to run every combination with several seeds write `seeds = [0, 1, 2]`";
        diagnostics.push(Diagnostic::at(&entry.span, message, help));
    }
    diagnostics.extend(axes.iter().filter_map(|axis| {
        let span = axis.drawn()?;
        let message = "a grid cannot take values from a range";
        let help = "list the values, or write `method = \"random\"` and how many `trials`";
        Some(Diagnostic::at(span, message, help))
    }));
    diagnostics
}
