//! The runs of an experiment in little memory: the plan of the first in full, of every run its
//! differences from that one. A run is expanded when it is asked for.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::experiment::{Change, Variant};
use super::packed_lines::{LineCache, PackedLines};
use super::plan::Plan;

/// The runs of an experiment, in the order in which they start.
///
/// A run takes about 30 bytes: the 100,000 runs that a sweep may have take 3 MB.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Runs {
    /// The plan that all lines differ from.
    plan: Value,
    /// The keys of the changes of every run.
    keys: Vec<String>,
    /// A [`Line`] for each run, as JSON.
    lines: PackedLines,
}

/// A run, as it differs from the first.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Line<'a> {
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

/// What makes one JSON value of another; the keys are JSON pointers (RFC 6901).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Difference {
    /// What has another value.
    #[serde(skip_serializing_if = "Map::is_empty", default)]
    set: Map<String, Value>,
    /// What is not there.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    unset: Vec<String>,
}

/// The differences of plans from the first of them, before it is known how many there will be.
#[derive(Default)]
pub(super) struct Draft {
    plan: Value,
    differences: PackedLines,
}

impl Draft {
    /// Takes the next plan.
    pub(super) fn push(&mut self, difference: &str) {
        self.differences.push(difference);
    }

    /// How a plan differs from the first, as text that only equal plans share.
    pub(super) fn difference(&mut self, plan: &Plan) -> String {
        let plan = serde_json::to_value(plan).unwrap_or_default();
        if self.plan.is_null() {
            self.plan.clone_from(&plan);
        }
        serde_json::to_string(&Difference::between(&self.plan, &plan)).unwrap_or_default()
    }

    /// Number of plans.
    pub(super) fn len(&self) -> usize {
        self.differences.len()
    }

    /// The runs of these plans, without any yet.
    pub(super) fn runs(&self, keys: Vec<String>) -> Runs {
        Runs { plan: self.plan.clone(), keys, ..Runs::default() }
    }

    /// The difference of a plan.
    pub(super) fn at<'a>(&'a self, index: usize, cache: &'a mut LineCache) -> &'a str {
        self.differences.get(index, cache)
    }
}

impl FromIterator<Variant> for Runs {
    /// Takes runs of which every one has the keys of the first among its changes, in its order.
    fn from_iter<I: IntoIterator<Item = Variant>>(variants: I) -> Runs {
        let (mut draft, mut runs) = (Draft::default(), None);
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
    pub(super) fn single(plan: &Plan) -> Runs {
        let mut draft = Draft::default();
        let difference = draft.difference(plan);
        let mut runs = draft.runs(Vec::new());
        runs.push(String::new(), Vec::new(), None, &difference);
        runs
    }

    /// Runs as [`Runs::plan`], [`Runs::keys`] and [`Runs::lines`] give them.
    pub fn from_parts(plan: Value, keys: Vec<String>, lines: PackedLines) -> Runs {
        Runs { plan, keys, lines }
    }

    /// Takes the next run: `values` are those of the keys.
    pub(super) fn push(
        &mut self,
        label: String,
        values: Vec<toml::Value>,
        seed: Option<u64>,
        difference: &str,
    ) {
        let Ok(differs) = serde_json::from_str(difference) else { return };
        let line = Line { label, values, seed, differs };
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
    /// Parts that are no run's, in words.
    pub fn heading(
        &self,
        index: usize,
        cache: &mut LineCache,
    ) -> Result<(String, Vec<Change>), String> {
        let line: Line<'_> = serde_json::from_str(self.lines.get(index, cache)).map_err(words)?;
        Ok(self.changed(line))
    }

    /// A run in full.
    ///
    /// # Errors
    ///
    /// Parts that are no run's, in words.
    pub fn get(&self, index: usize) -> Result<Variant, String> {
        self.read(index, &mut LineCache::default())
    }

    fn read(&self, index: usize, cache: &mut LineCache) -> Result<Variant, String> {
        let line: Line<'_> = serde_json::from_str(self.lines.get(index, cache)).map_err(words)?;
        let difference: Difference = serde_json::from_str(line.differs.get()).map_err(words)?;
        let plan = difference.apply(self.plan.clone())?;
        let mut plan = Plan::deserialize(plan).map_err(words)?;
        plan.seed = line.seed.unwrap_or(plan.seed);
        let (label, changes) = self.changed(line);
        Ok(Variant { label, changes, plan })
    }

    fn changed(&self, line: Line<'_>) -> (String, Vec<Change>) {
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
            let line: Line<'_> = serde_json::from_str(self.lines.get(index, &mut cache)).ok()?;
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

impl Difference {
    fn between(base: &Value, other: &Value) -> Difference {
        let mut found = Difference::default();
        found.compare(base, other, &mut String::new());
        found
    }

    fn compare(&mut self, base: &Value, other: &Value, path: &mut String) {
        let end = path.len();
        let mut below = |this: &mut Self, key: &str, base: Option<&Value>, other| {
            // Most of two plans is the same: no path is made for it.
            if base.zip(other).is_some_and(|(base, other)| is_same(base, other)) {
                return;
            }
            path.push('/');
            path.push_str(&key.replace('~', "~0").replace('/', "~1"));
            match (base, other) {
                (Some(base), Some(other)) => this.compare(base, other, path),
                (None, Some(other)) => drop(this.set.insert(path.clone(), Value::clone(other))),
                (_, None) => this.unset.push(path.clone()),
            }
            path.truncate(end);
        };
        match (base, other) {
            (Value::Object(base), Value::Object(other)) => {
                for key in base.keys().filter(|key| !other.contains_key(*key)) {
                    below(self, key, base.get(key), None);
                }
                for (key, value) in other {
                    below(self, key, base.get(key), Some(value));
                }
            }
            (Value::Array(base), Value::Array(other)) if base.len() == other.len() => {
                for (index, (base, other)) in base.iter().zip(other).enumerate() {
                    below(self, &index.to_string(), Some(base), Some(other));
                }
            }
            _ if is_same(base, other) => {}
            _ => drop(self.set.insert(path.clone(), other.clone())),
        }
    }

    /// Makes the other value of the first.
    fn apply(self, mut value: Value) -> Result<Value, String> {
        let wrong = |pointer: &str| format!("the plan has no place `{pointer}`");
        for pointer in &self.unset {
            match place(&mut value, pointer) {
                Some((Value::Object(table), key)) => drop(table.shift_remove(&key)),
                _ => return Err(wrong(pointer)),
            }
        }
        for (pointer, new) in self.set {
            if pointer.is_empty() {
                value = new;
                continue;
            }
            match place(&mut value, &pointer) {
                Some((Value::Object(table), key)) => drop(table.insert(key, new)),
                Some((Value::Array(items), key)) => {
                    let item = key.parse().ok().and_then(|index: usize| items.get_mut(index));
                    *item.ok_or_else(|| wrong(&pointer))? = new;
                }
                _ => return Err(wrong(&pointer)),
            }
        }
        Ok(value)
    }

    /// What of it is at a pointer or below.
    fn within(mut self, pointer: &str) -> Difference {
        let is_within = |path: &str| {
            path.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.set.retain(|path, _| is_within(path));
        self.unset.retain(|path| is_within(path));
        self
    }
}

/// The table or array that a pointer leads into, and the key in it.
fn place<'a>(value: &'a mut Value, pointer: &str) -> Option<(&'a mut Value, String)> {
    let (parent, key) = pointer.rsplit_once('/')?;
    Some((value.pointer_mut(parent)?, key.replace("~1", "/").replace("~0", "~")))
}

/// Whether two values are the same to the bit: `0.0` and `-0.0` are equal as numbers.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) if one.as_f64() == Some(0.0) => {
            one.to_string() == other.to_string()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same =
                |(key, value): (_, &Value)| other.get(key).is_some_and(|o| is_same(value, o));
            one.len() == other.len() && one.iter().all(same)
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            (-3_i64..3).prop_map(Value::from),
            prop_oneof![Just(0.0), Just(-0.0), Just(0.1)].prop_map(Value::from),
            "[a~/]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map("[ab~/]{0,2}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_difference_makes_one_value_of_the_other(base in any_json(), other in any_json()) {
            let text = serde_json::to_string(&Difference::between(&base, &other)).unwrap();
            let found: Difference = serde_json::from_str(&text).unwrap();
            let made = found.apply(base.clone()).unwrap();
            prop_assert_eq!(made.to_string().len(), other.to_string().len());
            prop_assert_eq!(made, other);
            prop_assert_eq!(Difference::between(&base, &base), Difference::default());
        }
    }

    #[test]
    fn a_difference_that_fits_nothing_is_said() {
        for text in [r#"{"set":{"/a/b":1}}"#, r#"{"unset":["/a/b"]}"#, r#"{"set":{"/c/7":1}}"#] {
            let found: Difference = serde_json::from_str(text).unwrap();
            let error = found.apply(json!({"c": [1]})).unwrap_err();
            assert!(error.starts_with("the plan has no place `/"), "{error}");
        }
        let lines = serde_json::from_str(r#"[{"label": 3}]"#).unwrap();
        let runs = Runs::from_parts(json!({}), Vec::new(), lines);
        assert_eq!(runs.len(), 1);
        assert!(runs.get(0).is_err() && runs.iter().next().is_none());
    }
}
