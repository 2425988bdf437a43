//! Expands a search space to runs; each run is checked like a config of its own.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use sha2::{Digest, Sha256};

use super::axis::{Axis, Values};
use super::label::{label, short_keys};
use super::packed_lines::LineCache;
use super::runs::{Runs, RunsBuilder};
use super::short_texts::ShortTexts;
use super::space::SearchSpace;
use super::variant::Change;
use crate::config::diagnostic::{Diagnostic, Location, Span};
use crate::config::document::{Override, Spanned, Value, assign};
use crate::config::plan::{Distribution, Plan};

/// Makes the plan of a config in which nothing varies, or says what is wrong with it.
pub(crate) type Planner<'a> = dyn FnMut(Spanned) -> Result<Plan, Vec<Diagnostic>> + 'a;

/// The runs of the config `root` over `space`, and the number of repeated draws; `nested_overrides`
/// are overrides of keys within swept tables.
pub(crate) fn expand(
    root: &Spanned,
    space: &SearchSpace,
    nested_overrides: &[&Override],
    planner: &mut Planner<'_>,
) -> Result<(Runs, usize), Vec<Diagnostic>> {
    let mut sweep =
        Sweeper { root, space, axes: space.axes().collect(), nested_overrides, planner };
    let total = space.combinations().map_err(|diagnostic| vec![*diagnostic])?;
    if 0 < total {
        sweep.check_ends(&space.combination(0))?;
    }
    let Plans { draft, kept, repeats } = sweep.plans(total)?;
    if space.drawn.is_none() && !repeats.is_empty() {
        return Err(sweep.equals(&repeats));
    }
    Ok((sweep.runs(&draft, &kept), repeats.len()))
}

/// The different plans of the combinations.
struct Plans {
    draft: RunsBuilder,
    /// The combination of each plan of the draft.
    kept: Vec<u32>,
    /// The combinations that are the same as an earlier one, each after that one.
    repeats: Vec<[u32; 2]>,
}

struct Sweeper<'a, 'p> {
    root: &'a Spanned,
    space: &'a SearchSpace,
    axes: Vec<&'a Axis>,
    nested_overrides: &'a [&'a Override],
    planner: &'a mut Planner<'p>,
}

impl Sweeper<'_, '_> {
    fn plan(&mut self, values: &[Spanned]) -> Result<Plan, Vec<Diagnostic>> {
        let mut root = self.root.clone();
        let mut pairs: Vec<_> = self.axes.iter().zip(values).collect();
        // A whole table first, then the keys within it.
        pairs.sort_by_key(|(axis, _)| axis.path.len());
        let put = pairs.into_iter().map(|(axis, value)| (axis.path.as_slice(), value));
        let put = put
            .chain(self.nested_overrides.iter().map(|set| (set.path.as_slice(), &set.values[0])));
        let failed = put.filter_map(|(path, value)| assign(&mut root, path, value).err());
        let diagnostics: Vec<_> = failed.map(|diagnostic| *diagnostic).collect();
        if diagnostics.is_empty() { (self.planner)(root) } else { Err(diagnostics) }
    }

    /// Plans the ends of every range, so that a diagnostic points at the range, not at a draw.
    fn check_ends(&mut self, first: &[Spanned]) -> Result<(), Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        for index in 0..self.axes.len() {
            let Values::Drawn { from, node } = &self.axes[index].values else { continue };
            for (key, value) in ["min", "max"].iter().zip(from.ends()) {
                let span = node.entry(key).map_or(&node.span, |entry| &entry.node.span);
                let end = Spanned { value, span: span.clone() };
                let found = self.try_end(first, index, &end);
                diagnostics.extend(if found.is_empty() || !self.wants_whole(first, index, from) {
                    found
                } else {
                    vec![whole(&self.axes[index].key(), node)]
                });
            }
        }
        diagnostics.dedup();
        if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
    }

    /// The diagnostics of one value at the axis `index`.
    fn try_end(&mut self, first: &[Spanned], index: usize, end: &Spanned) -> Vec<Diagnostic> {
        let mut values = first.to_vec();
        values[index] = end.clone();
        let found = self.plan(&values).err().unwrap_or_default();
        let here = Location::from(&end.span);
        found.into_iter().filter(|diagnostic| diagnostic.location == here).collect()
    }

    /// Whether the key accepts the ends of the range as integers only.
    fn wants_whole(&mut self, first: &[Spanned], index: usize, from: &Distribution) -> bool {
        let span = first[index].span.clone();
        let mut fits = |value| {
            let end = Spanned { value, span: span.clone() };
            self.try_end(first, index, &end).is_empty()
        };
        from.ends().iter().any(|end| match end {
            Value::Float(float) => {
                let whole = float.ceil();
                fits(Value::Integer(whole as i128)) && !fits(Value::Float(whole))
            }
            _ => false,
        })
    }

    /// Plans every combination and stores the differences of the plans.
    fn plans(&mut self, total: usize) -> Result<Plans, Vec<Diagnostic>> {
        let (mut draft, mut kept, mut repeats) = (RunsBuilder::default(), Vec::new(), Vec::new());
        let mut known: HashMap<[u8; 16], u32> = HashMap::new();
        let mut found: Vec<CombinationDiagnostic> = Vec::new();
        for index in 0..total {
            let diagnostics = match self.plan(&self.space.combination(index)) {
                Ok(plan) if found.is_empty() => {
                    let difference = draft.difference(&plan);
                    let number = index as u32;
                    match known.entry(hash(&difference)) {
                        Entry::Occupied(first) => repeats.push([*first.get(), number]),
                        Entry::Vacant(new) => {
                            new.insert(number);
                            kept.push(number);
                            draft.push(&difference);
                        }
                    }
                    continue;
                }
                Ok(_) => continue,
                Err(diagnostics) => diagnostics,
            };
            for diagnostic in diagnostics {
                match found.iter_mut().find(|found| found.diagnostic == diagnostic) {
                    Some(found) => found.runs += 1,
                    None => found.push(CombinationDiagnostic { diagnostic, first: index, runs: 1 }),
                }
            }
        }
        if found.is_empty() {
            Ok(Plans { draft, kept, repeats })
        } else {
            Err(found.into_iter().map(|found| self.with_combination(found, total)).collect())
        }
    }

    /// Adds the combination to a diagnostic that depends on it and points elsewhere.
    fn with_combination(&self, found: CombinationDiagnostic, total: usize) -> Diagnostic {
        let swept = |diagnostic: &Diagnostic| match &diagnostic.location {
            Location::Text(span) => self.axes.iter().any(|axis| is_within(span, axis)),
            Location::File(_) => false,
        };
        if found.runs == total || swept(&found.diagnostic) {
            return found.diagnostic;
        }
        let values = self.space.combination(found.first);
        let values = self.axes.iter().zip(&values);
        let changes = values
            .filter(|(axis, _)| axis.varies())
            .map(|(axis, value)| format!("{} = {}", axis.key(), change(axis, value).text()));
        let with = changes.collect::<Vec<_>>().join(", ");
        let note = format!("so in {} of {total} combinations, first with {with}", found.runs);
        let note = match &found.diagnostic.note {
            Some(known) => format!("{known}; {note}"),
            None => note,
        };
        found.diagnostic.note(note)
    }

    /// The diagnostics of equal runs: two equal values of one list.
    fn equals(&self, repeats: &[[u32; 2]]) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        for pair in repeats {
            let [first, again] = pair.map(|index| self.space.combination(index as usize));
            let differ = first.iter().zip(&again).rfind(|(one, other)| one.span != other.span);
            let Some((one, other)) = differ else { continue };
            let message = "this value makes the same run as another";
            let diagnostic = Diagnostic::at(&other.span, message, "take one of the two out")
                .related(Some(&one.span), "the other");
            if !diagnostics.contains(&diagnostic) {
                diagnostics.push(diagnostic);
            }
        }
        diagnostics
    }

    /// The runs of the plans in `draft`, which are those of the combinations `kept`.
    fn runs(&self, draft: &RunsBuilder, kept: &[u32]) -> Runs {
        let varying = || self.axes.iter().filter(|axis| axis.varies());
        let mut keys: Vec<_> = varying().map(|axis| axis.key()).collect();
        let replicated = 1 < self.space.seeds.len();
        keys.extend(replicated.then(|| "seed".to_owned()));
        let short = short_keys(&keys);
        let texts: Vec<_> = varying().map(short_texts).collect();
        let seeds: Vec<Option<u64>> = if self.space.seeds.is_empty() {
            vec![None]
        } else {
            self.space.seeds.iter().map(|(seed, _)| Some(*seed)).collect()
        };
        let total = draft.len() * seeds.len();
        let (mut runs, mut cache) = (draft.runs(keys), LineCache::default());
        for (place, index) in kept.iter().enumerate() {
            let values = self.space.combination(*index as usize);
            for seed in &seeds {
                let all = self.axes.iter().zip(&values).filter(|(axis, _)| axis.varies());
                let mut changes: Vec<_> = all.map(|(axis, value)| change(axis, value)).collect();
                let of_axes = changes.iter().zip(&texts);
                let mut texts: Vec<_> = of_axes.map(|(c, texts)| texts.get(&c.value)).collect();
                if let Some(seed) = seed.filter(|_| replicated) {
                    let value = toml::Value::Integer(seed as i64);
                    changes.push(Change { key: "seed".to_owned(), value });
                    texts.push(seed.to_string());
                }
                let label = label(runs.len(), total, &short, &texts);
                let values = changes.into_iter().map(|change| change.value).collect();
                runs.push(label, values, *seed, draft.at(place, &mut cache));
            }
        }
        runs
    }
}

/// A diagnostic, and the number of combinations with it.
struct CombinationDiagnostic {
    diagnostic: Diagnostic,
    first: usize,
    runs: usize,
}

fn change(axis: &Axis, value: &Spanned) -> Change {
    Change { key: axis.key(), value: value.to_toml() }
}

/// Texts for the listed values of a parameter.
fn short_texts(axis: &&Axis) -> ShortTexts {
    let values: Vec<_> = axis.list().iter().map(Spanned::to_toml).collect();
    ShortTexts::of(&values)
}

fn whole(key: &str, range: &Spanned) -> Diagnostic {
    let at = range.entry("distribution").map_or(&range.span, |entry| &entry.node.span);
    let message = format!("`{key}` takes whole numbers only");
    Diagnostic::at(at, message, "write `distribution = \"int_uniform\"`")
}

/// Whether a span is within a parameter of the sweep.
fn is_within(span: &Span, axis: &Axis) -> bool {
    let places = axis.list().iter().map(|node| &node.span).chain(axis.drawn());
    let mut places = places.chain(axis.path.iter().map(|(_, span)| span));
    places.any(|place| {
        place.source == span.source
            && place.range.start <= span.range.start
            && span.range.end <= place.range.end
    })
}

/// A hash of 128 bits.
fn hash(text: &str) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&Sha256::digest(text)[..16]);
    half
}
