//! The runs of an experiment in little memory: the plan of the first run, and the difference of each
//! run from it. [`Runs::get`] expands a run.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::json_diff::Difference;
use super::packed_lines::{LineCache, PackedLines};
use super::variant::{Change, Variant};
use crate::config::plan::Plan;

/// The runs of an experiment, in the order in which they start.
///
/// A run takes about 30 bytes: the 100,000 runs that a sweep may have take 3 MB.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Runs {
    /// The plan of the first run.
    plan: Value,
    /// The keys of the changes of every run.
    keys: Vec<String>,
    /// A [`RunLine`] for each run, as JSON.
    lines: PackedLines,
}

/// A run as its difference from the first run.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct RunLine<'a> {
    label: String,
    /// The values of its changes, in the order of their keys.
    values: Vec<toml::Value>,
    /// The seed of a replicate.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    seed: Option<u64>,
    /// A [`Difference`].
    #[serde(borrow)]
    differs: &'a RawValue,
}

/// Collects plans as differences from the first plan.
#[derive(Default)]
pub(crate) struct RunsBuilder {
    plan: Value,
    differences: PackedLines,
}

impl RunsBuilder {
    /// Appends a plan.
    pub(crate) fn push(&mut self, difference: &str) {
        self.differences.push(difference);
    }

    /// The difference of a plan from the first plan, as canonical text.
    pub(crate) fn difference(&mut self, plan: &Plan) -> String {
        let plan = serde_json::to_value(plan).unwrap_or_default();
        if self.plan.is_null() {
            self.plan.clone_from(&plan);
        }
        serde_json::to_string(&Difference::between(&self.plan, &plan)).unwrap_or_default()
    }

    /// Number of plans.
    pub(crate) fn len(&self) -> usize {
        self.differences.len()
    }

    /// Empty [`Runs`] for these plans.
    pub(crate) fn runs(&self, keys: Vec<String>) -> Runs {
        Runs { plan: self.plan.clone(), keys, ..Runs::default() }
    }

    /// The difference of a plan.
    pub(crate) fn at<'a>(&'a self, index: usize, cache: &'a mut LineCache) -> &'a str {
        self.differences.get(index, cache)
    }
}

impl FromIterator<Variant> for Runs {
    /// All runs must have the same changed keys in the same order.
    fn from_iter<I: IntoIterator<Item = Variant>>(variants: I) -> Runs {
        let (mut draft, mut runs) = (RunsBuilder::default(), None);
        for Variant { label, changes, plan } in variants {
            let difference = draft.difference(&plan);
            let (keys, values) = changes.into_iter().map(|c| (c.key, c.value)).unzip();
            let runs = runs.get_or_insert_with(|| draft.runs(keys));
            runs.push(label, values, None, &difference);
        }
        runs.unwrap_or_default()
    }
}

impl Runs {
    /// The only run of an experiment without a sweep.
    pub(crate) fn single(plan: &Plan) -> Runs {
        let mut draft = RunsBuilder::default();
        let difference = draft.difference(plan);
        let mut runs = draft.runs(Vec::new());
        runs.push(String::new(), Vec::new(), None, &difference);
        runs
    }

    /// Runs as [`Runs::plan`], [`Runs::keys`] and [`Runs::lines`] give them.
    pub fn from_parts(plan: Value, keys: Vec<String>, lines: PackedLines) -> Runs {
        Runs { plan, keys, lines }
    }

    /// Appends a run; `values` are the values of the keys.
    pub(crate) fn push(
        &mut self,
        label: String,
        values: Vec<toml::Value>,
        seed: Option<u64>,
        difference: &str,
    ) {
        let Ok(differs) = serde_json::from_str(difference) else { return };
        let line = RunLine { label, values, seed, differs };
        self.lines.push(&serde_json::to_string(&line).unwrap_or_default());
    }

    /// Number of runs.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The plan that every line differs from.
    pub fn plan(&self) -> &Value {
        &self.plan
    }

    /// The keys of the changes of every run, as dotted paths.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// Every run as a JSON object: its label, the values of the keys, how its plan differs.
    pub fn lines(&self) -> &PackedLines {
        &self.lines
    }

    /// The label of a run and its changes, without the work of its plan.
    ///
    /// # Errors
    ///
    /// Invalid parts.
    pub fn heading(
        &self,
        index: usize,
        cache: &mut LineCache,
    ) -> Result<(String, Vec<Change>), String> {
        let line: RunLine<'_> =
            serde_json::from_str(self.lines.get(index, cache)).map_err(words)?;
        Ok(self.changed(line))
    }

    /// The label of a run, see [`Runs::heading`]; empty for parts that are no run's.
    pub fn label(&self, index: usize, cache: &mut LineCache) -> String {
        #[derive(Deserialize)]
        struct RunLabel {
            label: String,
        }
        let line = serde_json::from_str(self.lines.get(index, cache));
        line.map_or_else(|_| String::new(), |RunLabel { label }| label)
    }

    /// A run in full.
    ///
    /// # Errors
    ///
    /// Invalid parts.
    pub fn get(&self, index: usize) -> Result<Variant, String> {
        self.read(index, &mut LineCache::default())
    }

    fn read(&self, index: usize, cache: &mut LineCache) -> Result<Variant, String> {
        let line: RunLine<'_> =
            serde_json::from_str(self.lines.get(index, cache)).map_err(words)?;
        let difference: Difference = serde_json::from_str(line.differs.get()).map_err(words)?;
        let plan = difference.apply(self.plan.clone())?;
        let mut plan = Plan::deserialize(plan).map_err(words)?;
        plan.seed = line.seed.unwrap_or(plan.seed);
        let (label, changes) = self.changed(line);
        Ok(Variant { label, changes, plan })
    }

    fn changed(&self, line: RunLine<'_>) -> (String, Vec<Change>) {
        let changes = self.keys.iter().zip(line.values);
        let changes = changes.map(|(key, value)| Change { key: key.clone(), value }).collect();
        (line.label, changes)
    }

    /// Every run in full, one after the other. Parts that are no run's are left out: [`Runs::get`]
    /// says why.
    pub fn iter(&self) -> impl Iterator<Item = Variant> {
        let mut cache = LineCache::default();
        (0..self.len()).filter_map(move |index| self.read(index, &mut cache).ok())
    }

    /// The runs of which each is the first with its value of a section, such as `data`.
    pub fn first_of_each(&self, section: &str) -> Vec<usize> {
        let pointer = format!("/{section}");
        let mut cache = LineCache::default();
        // Most sweeps vary no such key.
        let quoted = format!("\"{pointer}");
        if !(0..self.len()).any(|index| self.lines.get(index, &mut cache).contains(&quoted)) {
            return (0..self.len().min(1)).collect();
        }
        let mut part = |index: usize| {
            let line: RunLine<'_> = serde_json::from_str(self.lines.get(index, &mut cache)).ok()?;
            let difference: Difference = serde_json::from_str(line.differs.get()).ok()?;
            serde_json::to_string(&difference.within(&pointer)).ok()
        };
        let mut known = std::collections::HashSet::new();
        (0..self.len()).filter(|index| part(*index).is_none_or(|part| known.insert(part))).collect()
    }
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_of_no_run_are_errors() {
        let lines = serde_json::from_str(r#"[{"label": 3}]"#).unwrap();
        let runs = Runs::from_parts(json!({}), Vec::new(), lines);
        assert_eq!(runs.len(), 1);
        assert!(runs.get(0).is_err() && runs.iter().next().is_none());
    }
}
